import { useMemo } from "react";

import { useAnswer } from "../asking.ts";
import {
  type LiveData,
  liveQuestion,
  MOST_TREATMENTS,
  type Outcomes,
  type Treatment,
  type TreatmentsData,
  treatmentsQuestion,
} from "../cohort.ts";
import type { Figure, Question } from "../figure.ts";
import { curveFigure, DURATION, OVERALL, PROGRESSION_FREE } from "../figures/curves.ts";
import { funnelFigure, funnelRows } from "../figures/funnel.ts";
import { mechanismsFigure } from "../figures/mechanisms.ts";
import { genesFigure, responsesFigure } from "../figures/shares.ts";
import { swimmer } from "../figures/swimmer.ts";
import { waterfall } from "../figures/waterfall.ts";
import { FigureFrame } from "../frame.tsx";
import { Answered, LeftOut, Notice } from "../states.tsx";

/** What is counted of records, and drawn of them: for those who may read some. */
export function Live({ code, outcomes }: { code: string; outcomes: Outcomes }) {
  const counted = useMemo(() => liveQuestion(code), [code]);
  const recorded = useMemo(() => treatmentsQuestion(code), [code]);
  const live = useAnswer<LiveData>(counted);
  const records = useAnswer<TreatmentsData>(recorded);
  return (
    <>
      <Answered {...live}>
        {(data, errors, rules) => (
          <>
            <Counted data={data} outcomes={outcomes} code={code} question={counted} />
            <LeftOut rules={rules} errors={errors} />
          </>
        )}
      </Answered>
      <Answered {...records}>
        {({ cohort }, errors, rules) => (
          <>
            {cohort?.treatments != null && (
              <Drawn
                treatments={cohort.treatments.nodes}
                all={cohort.treatments.totalCount}
                code={code}
                question={recorded}
              />
            )}
            <LeftOut rules={rules} errors={errors} />
          </>
        )}
      </Answered>
    </>
  );
}

interface CountedProperties {
  data: LiveData;
  outcomes: Outcomes;
  code: string;
  question: Question;
}

function Counted({ data, outcomes, code, question }: CountedProperties) {
  const figures = useMemo(() => {
    const about = { code, question };
    const found = data.cohort?.outcomes ?? null;
    const funnel = data.all?.funnel ?? null;
    const mechanisms = found?.resistanceMechanisms ?? null;
    const { patients, evaluable } = outcomes;
    const treated = { value: patients.value, lower: patients.value, upper: patients.value };
    const curves = [
      [found?.progressionFreeSurvival, PROGRESSION_FREE],
      [found?.overallSurvival, OVERALL],
      [found?.durationOfResponse, DURATION],
    ] as const;
    return [
      funnel &&
        any(
          funnelFigure(funnelRows(funnel, treated, evaluable), {
            ...about,
            unknown: funnel.matchUnknown,
          }),
        ),
      found?.responseDistribution && any(responsesFigure(found.responseDistribution, about)),
      ...curves.map(([curve, kind]) =>
        curve && curve.patients > 0 ? any(curveFigure(curve, kind, about)) : null,
      ),
      data.genes && data.genes.rows.length > 0 && any(genesFigure(data.genes.rows, about)),
      mechanisms && mechanisms.mechanisms.length > 0 && any(mechanismsFigure(mechanisms, about)),
    ].filter((figure) => figure !== null && figure !== false && figure !== undefined);
  }, [data, outcomes, code, question]);
  const mechanisms = data.cohort?.outcomes?.resistanceMechanisms;
  return (
    <>
      {figures.map((figure) => (
        <FigureFrame key={figure.name} figure={figure} />
      ))}
      {mechanisms?.mechanisms.length === 0 && (
        <Notice title="No resistance mechanism was found">
          <p>
            {mechanisms.progressed} progressed; {mechanisms.profiled} of them were profiled then.
          </p>
        </Notice>
      )}
    </>
  );
}

interface DrawnProperties {
  treatments: Treatment[];
  all: number;
  code: string;
  question: Question;
}

function Drawn({ treatments, all, code, question }: DrawnProperties) {
  const about = useMemo(() => ({ code, question }), [code, question]);
  const bars = useMemo(() => waterfall(treatments, about), [treatments, about]);
  const lanes = useMemo(() => swimmer(treatments, about), [treatments, about]);
  if (treatments.length === 0) return null;
  return (
    <>
      {all > treatments.length && (
        <Notice title={`The first ${MOST_TREATMENTS} of ${all} treatments are drawn`} />
      )}
      {bars.rows.length > 0 ? (
        <FigureFrame figure={bars} wide={bars.rows.length > 40} />
      ) : (
        <Notice title="No target lesion was measured">
          <p>None of the {all} treatments has a change of target lesions on record.</p>
        </Notice>
      )}
      <FigureFrame figure={lanes} />
    </>
  );
}

/** Figures of different rows beside each other. */
function any<Row>(figure: Figure<Row>): Figure<unknown> {
  return figure as Figure<unknown>;
}
