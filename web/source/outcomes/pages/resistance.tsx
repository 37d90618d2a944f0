import { useMemo } from "react";

import { seesRecords } from "../../identity.ts";
import { capital } from "../../wording.ts";
import { useAnswer } from "../asking.ts";
import { Choices } from "../choices.tsx";
import type { Mechanisms } from "../cohort.ts";
import { useWho } from "../context.ts";
import type { Figure, Question } from "../figure.ts";
import { type Flow, drawSankey } from "../figures/sankey.ts";
import { type Drug, drugsFigure } from "../figures/drugs.ts";
import { mechanismsFigure } from "../figures/mechanisms.ts";
import { FigureFrame, QueryLink } from "../frame.tsx";
import { published } from "../published.ts";
import { address } from "../route.ts";
import { Answered, LeftOut, Notice } from "../states.tsx";
import { PROPORTION } from "../statistics.ts";
import type { PageProperties } from "./pages.ts";

const MOST = 1000;
const QUERY = `query Resistance(
  $first: Int!
  $ofDrug: OutcomeStatisticsFilter
  $where: ResistanceFindingFilter!
) {
  drugs: outcomeStatistics(by: [DRUG]) {
    rows { group { value } resistanceMechanisms { ...mechanisms } }
  }
  outcomeStatistics(by: [], where: $ofDrug) {
    rows { resistanceMechanisms { ...mechanisms } }
  }
  resistanceFindings(first: $first, where: $where) {
    totalCount
    nodes {
      mechanism
      drug { inn }
      treatment { nextTherapyDay outcome { overallSurvival { event } } }
    }
  }
}
fragment mechanisms on ResistanceMechanisms {
  progressed profiled profilingUnknown
  mechanisms { mechanism amongProgressed { ...proportion } amongProfiled { ...proportion } }
}
${PROPORTION}`;

/** Who was profiled and explained, and not refuted since. */
const EXPLAINED = {
  status: { neq: "REFUTED" },
  not: { mechanism: { in: ["NOT_PROFILED", "UNKNOWN_PROFILED"] } },
};

interface Data {
  drugs: {
    rows: {
      group: { value: string | null }[];
      resistanceMechanisms: Mechanisms | null;
    }[];
  } | null;
  outcomeStatistics: { rows: { resistanceMechanisms: Mechanisms | null }[] } | null;
  resistanceFindings: {
    totalCount: number;
    nodes: {
      mechanism: string;
      drug: { inn: string } | null;
      treatment: {
        nextTherapyDay: number | null;
        outcome: { overallSurvival: { event: string } | null } | null;
      } | null;
    }[];
  } | null;
}

/** How tumours became resistant: to which drug, by which mechanism, and what came next. */
export function Resistance({ place: { parameters } }: PageProperties) {
  const { known } = useWho();
  return (
    <>
      <h1>Resistance</h1>
      {seesRecords(known) ? <Live drug={parameters.get("drug")} /> : <Unpublished />}
    </>
  );
}

function Unpublished() {
  return (
    <Notice title="Nothing is published of resistance">
      <p>
        A measure is published only when it has been proven that nobody can be found out by it
        together with all the others. For mechanisms of resistance there is no such proof, so they
        are told to those alone who may read the records.
      </p>
      <p>
        What you can pull instead, where the release tells it, is how many were treated with each
        drug, how many responded, and how many had benefit at week 16:{" "}
        <QueryLink question={published("DRUG")}>ask for it in the playground</QueryLink>, or see the{" "}
        <a href={address("/")}>cohorts</a>.
      </p>
    </Notice>
  );
}

function Live({ drug }: { drug: string | null }) {
  const question = useMemo<Question>(() => {
    const where = drug === null ? EXPLAINED : { ...EXPLAINED, drug: { inn: { eq: drug } } };
    const ofDrug = drug === null ? null : { drug: { eq: drug } };
    return { query: QUERY, variables: { first: MOST, ofDrug, where } };
  }, [drug]);
  const { asked, again } = useAnswer<Data>(question);
  return (
    <Answered asked={asked} again={again}>
      {(data, errors, rules) => (
        <>
          <p className="basis">
            <strong>Live:</strong> of the records that you may read, as they are now. A mechanism is
            told with both denominators: those whose tumour progressed, and those who were profiled
            then.
          </p>
          <Choices
            label="Drugs"
            all="All drugs"
            path="/resistance"
            parameter="drug"
            values={progressed(data).map(({ inn }) => inn)}
            chosen={drug}
          />
          <Figures data={data} drug={drug} question={question} />
          <LeftOut rules={rules} errors={errors} />
        </>
      )}
    </Answered>
  );
}

/** The drugs on which tumours progressed, with how. */
function progressed({ drugs }: Data): Drug[] {
  return (drugs?.rows ?? []).flatMap(({ group, resistanceMechanisms: told }) => {
    const inn = group[0]?.value ?? null;
    return inn === null || told === null || told.progressed === 0 ? [] : [{ inn, told }];
  });
}

function Figures({
  data,
  drug,
  question,
}: {
  data: Data;
  drug: string | null;
  question: Question;
}) {
  const flow = useMemo(() => flowing(data, drug, question), [data, drug, question]);
  const mechanisms = data.outcomeStatistics?.rows[0]?.resistanceMechanisms ?? null;
  const shares = useMemo(
    () =>
      mechanisms === null || mechanisms.mechanisms.length === 0
        ? null
        : mechanismsFigure(mechanisms, { code: drug ?? "all", question }),
    [mechanisms, drug, question],
  );
  const drugs = useMemo(() => drugsFigure(progressed(data), question), [data, question]);
  if (flow.rows.length === 0 && shares === null) {
    return (
      <Notice title="No resistance to tell of">
        <p>No tumour of those that you may see has progressed and been profiled yet.</p>
      </Notice>
    );
  }
  return (
    <div className="figures">
      {flow.rows.length > 0 && <FigureFrame figure={flow} wide />}
      {shares !== null && <FigureFrame figure={shares} wide />}
      {shares !== null && drug === null && <FigureFrame figure={drugs} wide />}
    </div>
  );
}

function flowing(data: Data, drug: string | null, question: Question): Figure<Flow> {
  const title = "From drug to mechanism to what came next";
  const found = data.resistanceFindings ?? { totalCount: 0, nodes: [] };
  const rows: Flow[] = [];
  for (const { mechanism, drug: lost, treatment } of found.nodes) {
    const flow = {
      drug: lost?.inn ?? "not known",
      mechanism: capital(mechanism),
      next: next(treatment),
    };
    const same = rows.find(
      (row) => row.drug === flow.drug && row.mechanism === flow.mechanism && row.next === flow.next,
    );
    if (same === undefined) rows.push({ ...flow, findings: 1 });
    else same.findings += 1;
  }
  rows.sort((one, other) => other.findings - one.findings || (one.drug < other.drug ? -1 : 1));
  const shown = found.nodes.length;
  const part = shown < found.totalCount ? ` The first ${shown} of ${found.totalCount}.` : "";
  return {
    title,
    name: `resistance-flow-${drug ?? "all"}`,
    note: `Counted are findings, suspected ones too, that name a mechanism and are not refuted; a treatment may have several. A band is a count, not a rate.${part}`,
    columns: [
      { title: "Drug", value: (row) => row.drug },
      { title: "Mechanism", value: (row) => row.mechanism },
      { title: "What came next", value: (row) => row.next },
      { title: "Findings", value: (row) => row.findings },
    ],
    rows,
    draw: (width) => drawSankey(rows, { title, width }),
    question,
  };
}

type Treatment = NonNullable<Data["resistanceFindings"]>["nodes"][number]["treatment"];

function next(treatment: Treatment): string {
  if (treatment === null) return "Not known";
  if (treatment.nextTherapyDay !== null) return "Another therapy";
  const event = treatment.outcome?.overallSurvival?.event;
  if (event === "EVENT") return "Died before one";
  return event === "CENSORED" ? "None so far" : "Not known";
}
