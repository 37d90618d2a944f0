import { useMemo } from "react";

import { seesRecords } from "../../identity.ts";
import { capital } from "../../wording.ts";
import { useAnswer } from "../asking.ts";
import { Basis } from "../basis.tsx";
import { type Cohort, type CohortData, cohortQuestion, type Outcomes } from "../cohort.ts";
import { useWho } from "../context.ts";
import type { Question } from "../figure.ts";
import { outcomesFigure } from "../figures/shares.ts";
import { FigureFrame } from "../frame.tsx";
import { address } from "../route.ts";
import { AllWithheld, Answered, LeftOut, Notice } from "../states.tsx";
import { bounds, count } from "../statistics.ts";
import { Live, type Told } from "./live.tsx";
import type { PageProperties } from "./pages.ts";

/** One cohort: what it is, how its treatments did and, from records, how that came about. */
export function CohortPage({ named }: PageProperties) {
  const question = useMemo(() => cohortQuestion(named), [named]);
  const { asked, again } = useAnswer<CohortData>(question);
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
                No cohort has the code <code>{named}</code>. The <a href={address("/")}>cohorts</a>{" "}
                are a place to begin.
              </p>
            </Notice>
          ) : (
            <>
              <About cohort={cohort} />
              <Basis of={outcomeStatistics} />
              <Content
                cohort={cohort}
                basis={outcomeStatistics}
                question={question}
                told={{ errors, rules }}
              />
            </>
          )
        }
      </Answered>
    </>
  );
}

function About({ cohort }: { cohort: Cohort }) {
  const { tumourType, drugs, stage, openedOn, design, biomarkerDefinition, outcomes } = cohort;
  const treated = outcomes === null ? "none to be seen" : count(outcomes.patients);
  const facts: [string, string][] = [
    ["Tumour type", tumourType],
    ["Treatment", drugs.map(({ inn }) => inn).join(" + ") || "not known"],
    ["Biomarker", biomarkerDefinition?.text ?? "not told"],
    ["Stage", stage === null ? "not told" : capital(stage)],
    ["Treated", treated],
    ["Evaluable", outcomes === null ? "none to be seen" : bounds(outcomes.evaluable)],
    ["Open since", openedOn ?? "not known"],
  ];
  return (
    <section aria-label="What the cohort is">
      <dl className="facts">
        {facts.map(([title, value]) => (
          <div key={title}>
            <dt>{title}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {design !== null && (
        <p className="told">
          By design in two stages: of the first {design.n1} more than {design.r1} must benefit to go
          on, of all {design.n} more than {design.r}.
        </p>
      )}
    </section>
  );
}

interface ContentProperties {
  cohort: Cohort;
  basis: CohortData["outcomeStatistics"];
  question: Question;
  told: Told;
}

function Content({ cohort: { code, outcomes }, basis, question, told }: ContentProperties) {
  const records = seesRecords(useWho().known);
  const empty = nothing(outcomes, { records, published: basis !== null });
  if (outcomes === null || empty !== null) {
    return (
      <>
        {empty}
        <LeftOut {...told} />
      </>
    );
  }
  const first = <Published outcomes={outcomes} code={code} question={question} />;
  if (records) return <Live code={code} outcomes={outcomes} told={told} first={first} />;
  return (
    <>
      <div className="figures">{first}</div>
      <p className="told">
        Curves, waterfalls and mechanisms are drawn from records, and are told to those alone who
        may read them.
      </p>
      <LeftOut {...told} />
    </>
  );
}

/** What is said where there is no number to show; null where there is one. */
function nothing(
  outcomes: Outcomes | null,
  { records, published }: { records: boolean; published: boolean },
) {
  if (!records && !published) {
    return (
      <Notice title="Nothing is published yet">
        <p>Outcomes stand here once the data office has published a release.</p>
      </Notice>
    );
  }
  if (outcomes === null || outcomes.patients.value === 0) {
    return records ? (
      <Notice title="Nobody to see in this cohort">
        <p>
          No treatment of this cohort is among the records that you may read: none has begun, or
          none is in your scope. What the cohort is, stands above.
        </p>
      </Notice>
    ) : (
      <Notice title="Nothing is told of this cohort">
        <p>The release published last has no treatment of this cohort.</p>
      </Notice>
    );
  }
  if (withheld(outcomes)) return <AllWithheld />;
  return null;
}

function withheld({ patients, ...outcomes }: Outcomes): boolean {
  const measures = [
    outcomes.objectiveResponse,
    outcomes.clinicalBenefit16w,
    outcomes.clinicalBenefit16wAllTreated,
  ];
  return patients.suppressed && measures.every(({ suppressed }) => suppressed);
}

function Published(properties: { outcomes: Outcomes; code: string; question: Question }) {
  const { outcomes, code, question } = properties;
  const figure = useMemo(
    () => outcomesFigure(outcomes, { code, question }),
    [outcomes, code, question],
  );
  return <FigureFrame figure={figure} />;
}
