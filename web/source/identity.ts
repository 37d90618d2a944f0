/** Who asks, as the graph says it. */
import { ask, type Credentials, type GraphError } from "./graph.ts";

export interface Viewer {
  role: string;
  granularity: string;
  organisation: { code: string; name: string };
  scope: { kind: string; code: string; validTo: string | null };
  /** The one that is stated, or the only one. */
  purpose: string | null;
  purposes: string[];
}

/** How much of what the viewer may see is invented; null where nothing tells. */
export type Synthetic = "all" | "some" | "none" | null;

export type Identity =
  | { kind: "absent" }
  | { kind: "asking"; credentials: Credentials }
  | { kind: "refused"; credentials: Credentials; code: string; message: string }
  | {
      kind: "known";
      credentials: Credentials;
      viewer: Viewer;
      synthetic: Synthetic;
      /** One whose story can be told: treated where there is such a one. */
      patient: string | null;
    };

export type Known = Extract<Identity, { kind: "known" }>;

const WHO = `query Who {
  viewer {
    role granularity organisation { code name } scope { kind code validTo } purpose purposes
  }
}`;
/** One of a kind tells enough. Who sees no record is not asked for any: cohorts say it too. */
const what = (records: boolean) => `query What {${
  records
    ? `
  invented: patients(first: 1, where: { synthetic: { eq: true } }) { nodes { id } }
  recorded: patients(first: 1, where: { synthetic: { eq: false } }) { nodes { id } }
  treated: patients(first: 1, where: { treatments: { some: {} } }) { nodes { id } }`
    : ""
}
  inventedCohorts: cohorts(first: 1, where: { synthetic: { eq: true } }) { nodes { code } }
  recordedCohorts: cohorts(first: 1, where: { synthetic: { eq: false } }) { nodes { code } }
}`;

/** Asks who asks; the refusal where that is not told. */
export async function viewerOf(credentials: Credentials): Promise<Viewer | GraphError> {
  const who = await ask(credentials, { query: WHO });
  const viewer = who.data?.viewer as Viewer | undefined;
  return viewer ?? who.errors?.[0] ?? { message: "The graph did not say who you are." };
}

/** Whether a viewer may see records; who may not gets what was published. */
export function seesRecords({ viewer }: { viewer: Viewer }): boolean {
  return viewer.granularity !== "AGGREGATE";
}

export async function identify(credentials: Credentials): Promise<Identity> {
  const viewer = await viewerOf(credentials);
  if ("message" in viewer) {
    const { message, extensions } = viewer;
    return { kind: "refused", credentials, code: extensions?.code ?? "", message };
  }
  const told = await ask(credentials, { query: what(seesRecords({ viewer })) });
  const found = (name: string) => (told.data?.[name] as Page | null | undefined)?.nodes ?? [];
  const any = (name: string) => found(name).length > 0;
  return {
    kind: "known",
    credentials,
    viewer,
    synthetic:
      share(any("invented"), any("recorded")) ??
      share(any("inventedCohorts"), any("recordedCohorts")),
    patient: [...found("treated"), ...found("invented"), ...found("recorded")][0]?.id ?? null,
  };
}

interface Page {
  nodes: { id: string }[];
}

function share(invented: boolean, recorded: boolean): Synthetic {
  if (invented) return recorded ? "some" : "all";
  return recorded ? "none" : null;
}
