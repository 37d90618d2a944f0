import { useMemo } from "react";

import { capital } from "../../wording.ts";
import { seesRecords } from "../../identity.ts";
import { useAnswer } from "../asking.ts";
import { Choices } from "../choices.tsx";
import { useWho } from "../context.ts";
import type { Figure, Question } from "../figure.ts";
import {
  type Cell,
  drawOncoPrint,
  type Kind,
  type Print,
  type Status,
  toldKinds,
} from "../figures/oncoprint.ts";
import { FigureFrame, QueryLink } from "../frame.tsx";
import { published } from "../published.ts";
import { address } from "../route.ts";
import { Answered, LeftOut, Notice } from "../states.tsx";
import type { PageProperties } from "./pages.ts";

const MOST_PATIENTS = 80;
const MOST_GENES = 14;
const MOST_COHORTS = 500;
const WHERE = "$where: PatientFilter!";
/** Which genes are worth a row is asked first. */
const GENES = `query Genes($first: Int!, ${WHERE}) {
  patients(first: $first, where: $where) { totalCount nodes { biomarkers { __typename gene { symbol } } } }
  cohorts(first: ${MOST_COHORTS}) { nodes { code } }
}`;
/** Then all of those, and what is known of each gene where it is not altered. */
const print = (genes: string[]) => `query OncoPrint($first: Int!, ${WHERE}) {
  patients(first: $first, where: $where) {
    nodes {
      id
      biomarkers {
        __typename
        gene { symbol }
        ... on SmallVariant { consequence }
        ... on CopyNumber { copyNumberType }
      }
${genes.map((gene, at) => `      g${at}: geneStatus(symbol: ${JSON.stringify(gene)})`).join("\n")}
    }
  }
}`;

interface GenesData {
  patients: {
    totalCount: number;
    nodes: { biomarkers: Biomarker[] | null }[];
  };
  cohorts: { nodes: { code: string }[] };
}

type Patient = { id: string; biomarkers: Biomarker[] | null } & Record<`g${number}`, Status>;

interface Biomarker {
  __typename: string;
  gene: { symbol: string } | null;
  consequence?: string | null;
  copyNumberType?: string;
}

/** What was found in whom, and what nobody looked at. */
export function Biomarkers({ place: { parameters } }: PageProperties) {
  const { known } = useWho();
  return (
    <>
      <h1>Biomarkers</h1>
      {seesRecords(known) ? <Genes cohort={parameters.get("cohort")} /> : <Unpublished />}
    </>
  );
}

function Unpublished() {
  return (
    <Notice title="Biomarkers are told by records alone">
      <p>
        An OncoPrint shows each patient, and an authority sees no patient. What you can pull
        instead, where the release tells it, is by the gene that let a patient in: how many were
        treated, how many responded, and how many had benefit at week 16.
      </p>
      <p>
        <QueryLink question={published("GENE")}>Ask for it in the playground</QueryLink>, or see the{" "}
        <a href={address("/")}>cohorts</a>.
      </p>
    </Notice>
  );
}

function Genes({ cohort }: { cohort: string | null }) {
  const variables = useMemo(() => {
    // Who was looked at, with or without a finding: they are the denominators.
    const there = { molecularProfiles: { some: {} } };
    const within = { treatments: { some: { cohort: { code: { eq: cohort } } } } };
    return { first: MOST_PATIENTS, where: cohort === null ? there : { ...there, ...within } };
  }, [cohort]);
  const question = useMemo<Question>(() => ({ query: GENES, variables }), [variables]);
  const { asked, again } = useAnswer<GenesData>(question);
  return (
    <Answered asked={asked} again={again}>
      {({ patients, cohorts }, errors, rules) => (
        <>
          <p className="basis">
            <strong>Live:</strong> of the records that you may read, as they are now.
          </p>
          <Choices
            label="Cohorts"
            all="Everybody"
            path="/biomarkers"
            parameter="cohort"
            values={cohorts.nodes.map(({ code }) => code)}
            chosen={cohort}
          />
          <Printed
            genes={mostAltered(patients.nodes)}
            all={patients.totalCount}
            variables={variables}
            name={cohort ?? "all"}
          />
          <LeftOut rules={rules} errors={errors} />
        </>
      )}
    </Answered>
  );
}

interface PrintedProperties {
  genes: string[];
  all: number;
  variables: Record<string, unknown>;
  name: string;
}

function Printed(properties: PrintedProperties) {
  if (properties.genes.length > 0) return <Found {...properties} />;
  return (
    <Notice title="No alteration to tell of">
      <p>In nobody that you may see here was one found.</p>
    </Notice>
  );
}

function Found({ genes, all, variables, name }: PrintedProperties) {
  const question = useMemo<Question>(
    () => ({ query: print(genes), variables }),
    [genes.join(" "), variables],
  );
  const { asked, again } = useAnswer<{ patients: { nodes: Patient[] } }>(question);
  const nodes = asked.kind === "answered" ? asked.data.patients.nodes : null;
  const figure = useMemo(
    () => (nodes === null ? null : oncoPrint(genes, nodes, all, name, question)),
    [nodes, all, name, question],
  );
  return (
    <Answered asked={asked} again={again}>
      {() => figure && <FigureFrame figure={figure} wide />}
    </Answered>
  );
}

/** The gene that a biomarker says is altered: how much of a protein is there does not. */
function altered({ __typename, gene }: Biomarker): string[] {
  return gene === null || __typename === "ProteinExpression" ? [] : [gene.symbol];
}

/** Those that are altered in most. */
function mostAltered(nodes: GenesData["patients"]["nodes"]): string[] {
  const counts = new Map<string, number>();
  for (const { biomarkers } of nodes) {
    const genes = new Set((biomarkers ?? []).flatMap(altered));
    for (const gene of genes) counts.set(gene, (counts.get(gene) ?? 0) + 1);
  }
  const order = [...counts].sort(([a, many], [b, more]) => more - many || (a < b ? -1 : 1));
  return order.slice(0, MOST_GENES).map(([gene]) => gene);
}

function oncoPrint(
  genes: string[],
  nodes: Patient[],
  all: number,
  name: string,
  question: Question,
): Figure<Cell> {
  const title = "OncoPrint";
  const cells = nodes.flatMap((node) =>
    genes.map<Cell>((gene, at) => ({
      gene,
      patient: node.id,
      status: node[`g${at}`]!,
      kinds: kinds(node.biomarkers ?? [], gene),
    })),
  );
  const made: Print = { genes, patients: sorted(genes, nodes, cells), cells };
  const part = nodes.length < all ? ` These are the first ${nodes.length} of ${all} patients.` : "";
  return {
    title,
    name: `oncoprint-${name}`,
    note: `A column is a patient with a molecular profile, a row one of the genes altered in most of those shown. Beside it, counted of those shown: altered of assessed. Not assessed is not the same as not altered.${part}`,
    columns: [
      { title: "Gene", value: ({ gene }) => gene },
      { title: "Patient", value: ({ patient }) => patient },
      { title: "Status", value: ({ status }) => status },
      { title: "Found", value: ({ kinds }) => capital(toldKinds(kinds)) },
    ],
    rows: cells,
    draw: (width) => drawOncoPrint(made, { title, width }),
    question,
  };
}

/** As OncoPrints are: who has the most frequent gene altered first, then the next one. */
function sorted(genes: string[], nodes: Patient[], cells: Cell[]): string[] {
  const found = new Set(
    cells.filter(({ status }) => status === "ALTERED").map(({ gene, patient }) => gene + patient),
  );
  const key = (id: string) => genes.map((gene) => (found.has(gene + id) ? "0" : "1")).join("");
  const keys = nodes.map(({ id }) => ({ id, key: key(id) }));
  keys.sort((one, other) => (one.key < other.key ? -1 : one.key > other.key ? 1 : 0));
  return keys.map(({ id }) => id);
}

const TRUNCATING = /^(Nonsense|Frame_Shift|Splice_Site|Translation_Start|Nonstop)/;

function kinds(biomarkers: Biomarker[], gene: string): Kind[] {
  const found = biomarkers
    .filter((each) => each.gene?.symbol === gene)
    .flatMap<Kind>(({ __typename, consequence, copyNumberType }) => {
      switch (__typename) {
        case "CopyNumber":
          return /^(AMPLIFICATION|GAIN)$/.test(copyNumberType ?? "") ? "amplified" : "deleted";
        case "Fusion":
          return "fusion";
        case "SpliceVariant":
          return "splice";
        case "SmallVariant":
          return TRUNCATING.test(consequence ?? "") ? "truncating" : "variant";
        default:
          return [];
      }
    });
  return [...new Set(found)].sort();
}
