import { type ReactNode, useMemo } from "react";

import type { GraphError, Rule } from "../../graph.ts";
import { seesRecords } from "../../identity.ts";
import { capital } from "../../wording.ts";
import { useAnswer } from "../asking.ts";
import { Basis, type Basis as BasisData } from "../basis.tsx";
import { useWho } from "../context.ts";
import type { Figure, Question } from "../figure.ts";
import { drawForest, forestColumns, type ForestRow } from "../figures/forest.ts";
import { FigureFrame } from "../frame.tsx";
import { address } from "../route.ts";
import { AllWithheld, Answered, LeftOut, Notice } from "../states.tsx";
import { type Bounds, count, type Count, type Proportion, PROPORTION } from "../statistics.ts";
import type { PageProperties } from "./pages.ts";

const MOST = 50;
const QUERY = `query Cohorts($first: Int!, $after: String) {
  cohorts(first: $first, after: $after) {
    totalCount
    pageInfo { hasNextPage hasPreviousPage endCursor }
    nodes {
      code tumourType stage openedOn
      drugs { inn }
      design { n1 n }
      outcomes {
        patients { value suppressed }
        evaluable { value lower upper }
        objectiveResponse { ...proportion }
        clinicalBenefit16w { ...proportion }
      }
    }
  }
  outcomeStatistics(by: [COHORT]) { basis release { version cutOff } }
}
${PROPORTION}`;

interface Outcomes {
  patients: Count;
  evaluable: Bounds;
  objectiveResponse: Proportion;
  clinicalBenefit16w: Proportion;
}

interface Cohort {
  code: string;
  tumourType: string;
  stage: string | null;
  openedOn: string | null;
  drugs: { inn: string }[];
  design: { n1: number; n: number } | null;
  outcomes: Outcomes | null;
}

interface Data {
  cohorts: {
    totalCount: number;
    pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; endCursor: string | null };
    nodes: Cohort[];
  };
  outcomeStatistics: BasisData | null;
}

/** All cohorts: how far they have come, and how those who were treated did. */
export function Cohorts({ place: { parameters } }: PageProperties) {
  const after = parameters.get("after");
  const question = useMemo<Question>(
    () => ({ query: QUERY, variables: { first: MOST, after } }),
    [after],
  );
  const { asked, again } = useAnswer<Data>(question);
  return (
    <>
      <h1>Cohorts</h1>
      <Answered asked={asked} again={again}>
        {(data, errors, rules) => (
          <Content data={data} errors={errors} rules={rules} question={question} />
        )}
      </Answered>
    </>
  );
}

interface ContentProperties {
  data: Data;
  errors: GraphError[];
  rules: Rule[];
  question: Question;
}

function Content({ data, errors, rules, question }: ContentProperties) {
  const { known } = useWho();
  const { nodes, totalCount, pageInfo } = data.cohorts;
  const figures = useMemo(() => forests(nodes, question), [nodes, question]);
  if (totalCount === 0) {
    return (
      <Notice title="No cohort yet">
        <p>A cohort stands here as soon as the data office has opened one.</p>
      </Notice>
    );
  }
  const unpublished = !seesRecords(known) && data.outcomeStatistics === null;
  return (
    <>
      <Basis of={data.outcomeStatistics} />
      {unpublished ? (
        <Notice title="Nothing is published yet">
          <p>Outcomes stand here once the data office has published a release.</p>
        </Notice>
      ) : figures[0]!.rows.length === 0 ? (
        <Notice title="Nobody to tell of">
          <p>In none of these cohorts is a treatment that you may see.</p>
        </Notice>
      ) : figures.every(({ rows }) => rows.every(({ proportion }) => proportion.suppressed)) ? (
        <AllWithheld />
      ) : (
        <div className="figures">
          {figures.map((figure) => (
            <FigureFrame key={figure.name} figure={figure} />
          ))}
        </div>
      )}
      <Listed cohorts={nodes} />
      <Pages pageInfo={pageInfo} shown={nodes.length} all={totalCount} />
      <LeftOut rules={rules} errors={errors} />
    </>
  );
}

function forests(cohorts: Cohort[], question: Question): Figure<ForestRow>[] {
  const of = (
    title: string,
    name: string,
    axis: string,
    note: string,
    measure: "objectiveResponse" | "clinicalBenefit16w",
  ): Figure<ForestRow> => {
    const rows = cohorts.flatMap(({ code, outcomes }) =>
      outcomes === null
        ? []
        : [
            {
              label: code,
              href: address(`/cohorts/${encodeURIComponent(code)}`),
              proportion: outcomes[measure],
              ...(measure === "clinicalBenefit16w" ? { of: outcomes.evaluable } : {}),
            },
          ],
    );
    return {
      title,
      name,
      note,
      columns: forestColumns("Cohort", measure === "clinicalBenefit16w" ? "Evaluable" : "Treated"),
      rows,
      draw: (width) => drawForest(rows, { title, axis, width }),
      question,
    };
  };
  return [
    of(
      "Objective response by cohort",
      "objective-response",
      "objective response, of all treated",
      "CR or PR as best overall response, not confirmed, of all treated; exact 95% intervals.",
      "objectiveResponse",
    ),
    of(
      "Clinical benefit at week 16 by cohort",
      "clinical-benefit-16w",
      "clinical benefit at week 16, of the evaluable",
      "CR, PR or SD at week 16, of the evaluable; exact 95% intervals.",
      "clinicalBenefit16w",
    ),
  ];
}

/** Explicit roles: on a phone the rows are laid out as cards, and stay a table for who hears it. */
function Listed({ cohorts }: { cohorts: Cohort[] }) {
  return (
    <section className="listed" aria-labelledby="listed">
      <h2 id="listed">Stage and accrual</h2>
      <table role="table" aria-labelledby="listed">
        <thead role="rowgroup">
          <tr role="row">
            {HEAD.map((title) => (
              <th key={title} scope="col" role="columnheader">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {cohorts.map((cohort) => (
            <Line key={cohort.code} cohort={cohort} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

const HEAD = ["Cohort", "Tumour type", "Treatment", "Stage", "Treated of planned", "Open since"];

function Line({ cohort }: { cohort: Cohort }) {
  const { code, tumourType, drugs, stage, openedOn } = cohort;
  const told =
    stage === null ? (
      <span className="withheld">not told</span>
    ) : (
      <span className="stage">{capital(stage)}</span>
    );
  const cells: ReactNode[] = [
    tumourType,
    drugs.map(({ inn }) => inn).join(" + "),
    told,
    <Accrual key="accrual" cohort={cohort} />,
    openedOn ?? "not known",
  ];
  return (
    <tr role="row">
      <th scope="row" role="rowheader">
        <a href={address(`/cohorts/${encodeURIComponent(code)}`)}>{code}</a>
      </th>
      {cells.map((content, place) => (
        <td key={HEAD[place]} role="cell" data-title={HEAD[place + 1]}>
          {content}
        </td>
      ))}
    </tr>
  );
}

/** How many were treated, beside how many the design wants in its first stage and in both. */
function Accrual({ cohort: { design, outcomes } }: { cohort: Cohort }) {
  const { known } = useWho();
  const value = outcomes?.patients.value ?? null;
  const none = seesRecords(known) ? "none" : "not told";
  const treated = outcomes === null ? none : count(outcomes.patients);
  const told = <span className={value === null ? "withheld" : undefined}>{treated}</span>;
  if (design === null) return told;
  const share = (n: number) => `${Math.min(100, (100 * n) / design.n)}%`;
  return (
    <span className="accrual">
      <span>
        {told} of {design.n}
      </span>
      <span className="track" aria-hidden="true">
        {value !== null && <i className="done" style={{ width: share(value) }} />}
        <i className="first-stage" style={{ left: share(design.n1) }} />
      </span>
      <span className="unseen">, {design.n1} in stage 1</span>
    </span>
  );
}

function Pages({
  pageInfo,
  shown,
  all,
}: {
  pageInfo: Data["cohorts"]["pageInfo"];
  shown: number;
  all: number;
}) {
  if (!pageInfo.hasNextPage && !pageInfo.hasPreviousPage) return null;
  return (
    <nav className="pages" aria-label="Further cohorts">
      <span>
        {shown} of {all} cohorts
      </span>
      {pageInfo.hasPreviousPage && <a href={address("/")}>From the first</a>}
      {pageInfo.hasNextPage && (
        <a href={address(`/?after=${encodeURIComponent(pageInfo.endCursor ?? "")}`)}>
          The next {Math.min(MOST, all)}
        </a>
      )}
    </nav>
  );
}
