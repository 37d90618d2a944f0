import { useMemo } from "react";

import { capital } from "../../wording.ts";
import { useAnswer } from "../asking.ts";
import { Basis, type Basis as BasisData } from "../basis.tsx";
import { seesRecords, useWho } from "../context.ts";
import type { Figure, Question } from "../figure.ts";
import { drawForest, type ForestRow, forestColumns } from "../figures/forest.ts";
import { drawSurvival, survivalColumns, toldMedian } from "../figures/survival.ts";
import { FigureFrame } from "../frame.tsx";
import { address } from "../route.ts";
import { AllWithheld, Answered, LeftOut, Notice } from "../states.tsx";
import { type Bounds, bounds, count, type Count, CURVE, type Proportion } from "../statistics.ts";
import { PROPORTION, type SurvivalCurve, type SurvivalPoint } from "../statistics.ts";
import type { PageProperties } from "./pages.ts";

/** Curves are told of records alone: who sees none is not asked for them. */
const query = (live: boolean) => `query Cohort($code: String!) {
  cohort(code: $code) {
    code tumourType stage openedOn
    drugs { inn }
    biomarkerDefinition { version text }
    design { n1 r1 n r p0 p1 }
    outcomes {
      patients { value suppressed }
      evaluable { value lower upper }
      objectiveResponse { ...proportion }
      clinicalBenefit16w { ...proportion }${
        live
          ? `
      progressionFreeSurvival { ...curve }
      overallSurvival { ...curve }
      durationOfResponse { ...curve }`
          : ""
      }
    }
  }
  outcomeStatistics(by: [COHORT]) { basis release { version cutOff } }
}
${PROPORTION}${live ? `\n${CURVE}` : ""}`;

interface Outcomes {
  patients: Count;
  evaluable: Bounds;
  objectiveResponse: Proportion;
  clinicalBenefit16w: Proportion;
  progressionFreeSurvival?: SurvivalCurve | null;
  overallSurvival?: SurvivalCurve | null;
  durationOfResponse?: SurvivalCurve | null;
}

interface CohortData {
  code: string;
  tumourType: string;
  stage: string | null;
  openedOn: string | null;
  drugs: { inn: string }[];
  biomarkerDefinition: { version: number; text: string } | null;
  design: { n1: number; r1: number; n: number; r: number } | null;
  outcomes: Outcomes | null;
}

interface Data {
  cohort: CohortData | null;
  outcomeStatistics: BasisData | null;
}

/** One cohort: what it is, how far it has come, and how those who were treated did. */
export function Cohort({ named }: PageProperties) {
  const { known } = useWho();
  const live = seesRecords(known);
  const question = useMemo<Question>(
    () => ({ query: query(live), variables: { code: named } }),
    [live, named],
  );
  const { asked, again } = useAnswer<Data>(question);
  return (
    <>
      <p className="way">
        <a href={address("/")}>Cohorts</a>
      </p>
      <h1>{named}</h1>
      <Answered asked={asked} again={again}>
        {({ cohort, outcomeStatistics }, errors, rules) =>
          cohort === null ? (
            <Notice title="There is no such cohort">
              <p>
                The <a href={address("/")}>list of cohorts</a> has those that there are.
              </p>
            </Notice>
          ) : (
            <>
              <Basis of={outcomeStatistics} />
              <Facts cohort={cohort} />
              <Figures cohort={cohort} question={question} />
              <LeftOut rules={rules} errors={errors} />
            </>
          )
        }
      </Answered>
    </>
  );
}

function Facts({ cohort }: { cohort: CohortData }) {
  const { tumourType, stage, drugs, openedOn, biomarkerDefinition, design, outcomes } = cohort;
  const told: [string, string][] = [
    ["Tumour type", tumourType],
    ["Treatment", drugs.map(({ inn }) => inn).join(" + ")],
    ["Biomarker", biomarkerDefinition?.text ?? "not defined"],
    ["Stage", stage === null ? "not told" : capital(stage)],
    ["Open since", openedOn ?? "not known"],
    ["Treated", outcomes === null ? "none that you may see" : count(outcomes.patients)],
    ["Evaluable at week 16", outcomes === null ? "–" : bounds(outcomes.evaluable)],
  ];
  if (design !== null) {
    const { n1, r1, n, r } = design;
    const stages = `${n1} in stage 1, more than ${r1} with benefit to go on; ${n} in all, more than ${r} to succeed`;
    told.push(["Design", stages]);
  }
  return (
    <section className="release" aria-label="What the cohort is">
      <dl>
        {told.map(([title, text]) => (
          <div key={title}>
            <dt>{title}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Figures({
  cohort: { code, outcomes },
  question,
}: {
  cohort: CohortData;
  question: Question;
}) {
  const shares = useMemo(
    () => (outcomes === null ? null : forest(code, outcomes, question)),
    [code, outcomes, question],
  );
  const curves = useMemo(
    () => (outcomes === null ? [] : survival(code, outcomes, question)),
    [code, outcomes, question],
  );
  if (shares === null) {
    return (
      <Notice title="Nobody to tell of">
        <p>In this cohort is no treatment that you may see, or nothing is published of it.</p>
      </Notice>
    );
  }
  if (shares.rows.every(({ proportion }) => proportion.suppressed)) return <AllWithheld />;
  return (
    <div className="figures">
      <FigureFrame figure={shares} wide />
      {curves.map((figure) => (
        <FigureFrame key={figure.name} figure={figure} />
      ))}
    </div>
  );
}

function forest(code: string, outcomes: Outcomes, question: Question): Figure<ForestRow> {
  const title = "Objective response and clinical benefit";
  const rows: ForestRow[] = [
    { label: "Objective response", proportion: outcomes.objectiveResponse },
    {
      label: "Benefit at week 16",
      proportion: outcomes.clinicalBenefit16w,
      of: outcomes.evaluable,
    },
  ];
  return {
    title,
    name: `${code}-response`,
    note: "Response (CR or PR, not confirmed) of all treated; benefit (CR, PR or SD at week 16) of the evaluable; exact 95% intervals.",
    columns: forestColumns("Measure", "Of"),
    rows,
    draw: (width) => drawForest(rows, { title, axis: "share of treatments", width }),
    question,
  };
}

function survival(code: string, outcomes: Outcomes, question: Question): Figure<SurvivalPoint>[] {
  const of = (
    name: string,
    title: string,
    axis: string,
    since: string,
    curve: SurvivalCurve | null | undefined,
  ): Figure<SurvivalPoint>[] => {
    if (curve == null || curve.points.length === 0) return [];
    const left = curve.eventUnknown + (name === "response-duration" ? 0 : curve.timeUnknown);
    const out = left === 0 ? "" : ` ${left} left out, of whom too little is known.`;
    return [
      {
        title,
        name: `${code}-${name}`,
        note: `${curve.patients} treatments, ${curve.events} with the event. ${toldMedian(curve)} Kaplan and Meier, log-log interval; + last seen without the event.${out}`,
        columns: survivalColumns,
        rows: curve.points,
        draw: (width) => drawSurvival([{ name: code, curve }], { title, axis, since, width }),
        question,
      },
    ];
  };
  const treated = "the start of treatment";
  return [
    ...of(
      "progression-free-survival",
      "Progression-free survival",
      "without progression",
      treated,
      outcomes.progressionFreeSurvival,
    ),
    ...of("overall-survival", "Overall survival", "alive", treated, outcomes.overallSurvival),
    ...of(
      "response-duration",
      "Duration of response",
      "still responding",
      "the first response",
      outcomes.durationOfResponse,
    ),
  ];
}
