/** Who asks, as the graph says it. */
import { ask, type Credentials } from "./graph.ts";

export interface Viewer {
  role: string;
  granularity: string;
  organisation: { code: string; name: string };
  scope: { kind: string; code: string; validTo: string | null };
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

const WHO = `query Who {
  viewer { role granularity organisation { code name } scope { kind code validTo } purposes }
}`;
/** An authority sees no patient, and is shown a cohort instead. */
const WHAT = `query What {
  patients(first: 1000) { nodes { id synthetic treatments { id } } }
  cohort(code: "OLA-BRCA-BTC") { synthetic }
}`;

export async function identify(credentials: Credentials): Promise<Identity> {
  const who = await ask(credentials, { query: WHO });
  const viewer = who.data?.viewer as Viewer | undefined;
  if (viewer === undefined) {
    const error = who.errors?.[0];
    const message = error?.message ?? "The graph did not say who you are.";
    return { kind: "refused", credentials, code: error?.extensions?.code ?? "", message };
  }
  const { data } = await ask(credentials, { query: WHAT });
  const patients = (data?.patients as Page | null)?.nodes ?? [];
  const cohort = data?.cohort as Marked | null | undefined;
  const marked = patients.length > 0 || !cohort ? patients : [cohort];
  return {
    kind: "known",
    credentials,
    viewer,
    synthetic: share(marked),
    patient: (patients.find(({ treatments }) => treatments.length > 0) ?? patients[0])?.id ?? null,
  };
}

interface Marked {
  synthetic: boolean;
}

interface Page {
  nodes: (Marked & { id: string; treatments: unknown[] })[];
}

function share(records: Marked[]): Synthetic {
  if (records.length === 0) return null;
  const invented = records.filter(({ synthetic }) => synthetic).length;
  if (invented === 0) return "none";
  return invented === records.length ? "all" : "some";
}
