import { type ReactNode, useMemo } from "react";

import type { GraphError, Rule } from "../../graph.ts";
import { type Asked, useAnswer } from "../asking.ts";
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
import { funnelFigure } from "../figures/funnel.ts";
import { mechanismsFigure } from "../figures/mechanisms.ts";
import { genesFigure, responsesFigure } from "../figures/shares.ts";
import { swimmer } from "../figures/swimmer.ts";
import { waterfall } from "../figures/waterfall.ts";
import { FigureFrame } from "../frame.tsx";
import { Answered, LeftOut, Notice } from "../states.tsx";

/** What answers say beside their data. */
export interface Told {
  errors: GraphError[];
  rules: Rule[];
}

interface LiveProperties {
  code: string;
  outcomes: Outcomes;
  /** What was said already. */
  told: Told;
  /** Stands before the others. */
  first: ReactNode;
}

/** What is counted of records, and drawn of them: for those who may read some. */
export function Live({ code, outcomes, told, first }: LiveProperties) {
  const counted = useMemo(() => liveQuestion(code), [code]);
  const recorded = useMemo(() => treatmentsQuestion(code), [code]);
  const live = useAnswer<LiveData>(counted);
  const records = useAnswer<TreatmentsData>(recorded);
  const all = [told, said(live.asked), said(records.asked)];
  return (
    <>
      <div className="figures">
        {first}
        <Answered {...live}>
          {(data) => <Shares data={data} outcomes={outcomes} code={code} question={counted} />}
        </Answered>
        <Answered {...records}>
          {({ cohort }) => <Drawn {...cohort?.treatments} code={code} question={recorded} />}
        </Answered>
        {live.asked.kind === "answered" && (
          <Curves data={live.asked.data} code={code} question={counted} />
        )}
      </div>
      <LeftOut
        rules={all.flatMap(({ rules }) => rules)}
        errors={all.flatMap(({ errors }) => errors)}
      />
    </>
  );
}

function said(asked: Asked<unknown>): Told {
  return asked.kind === "answered" ? asked : { errors: [], rules: [] };
}

interface CountedProperties {
  data: LiveData;
  code: string;
  question: Question;
}

function Shares({ data, outcomes, code, question }: CountedProperties & { outcomes: Outcomes }) {
  const mechanisms = data.cohort?.outcomes?.resistanceMechanisms ?? null;
  const figures = useMemo(() => {
    const about = { code, question };
    const found: ReactNode[] = [];
    const show = <Row,>(figure: Figure<Row>) =>
      found.push(<FigureFrame key={figure.name} figure={figure} />);
    const responses = data.cohort?.outcomes?.responseDistribution ?? null;
    if (responses !== null) show(responsesFigure(responses, about));
    const genes = data.genes?.rows ?? [];
    if (genes.length > 0) show(genesFigure(genes, about));
    if (mechanisms !== null && mechanisms.mechanisms.length > 0) {
      show(mechanismsFigure(mechanisms, about));
    }
    const funnel = data.all?.funnel ?? null;
    if (funnel !== null) show(funnelFigure(funnel, outcomes, about));
    return found;
  }, [data, mechanisms, outcomes, code, question]);
  return (
    <>
      {figures}
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

function Curves({ data, code, question }: CountedProperties) {
  const figures = useMemo(() => {
    const found = data.cohort?.outcomes;
    const curves = [
      [found?.progressionFreeSurvival, PROGRESSION_FREE],
      [found?.overallSurvival, OVERALL],
      [found?.durationOfResponse, DURATION],
    ] as const;
    return curves.flatMap(([curve, kind]) =>
      curve != null && curve.patients > 0 ? [curveFigure(curve, kind, { code, question })] : [],
    );
  }, [data, code, question]);
  return figures.map((figure) => <FigureFrame key={figure.name} figure={figure} />);
}

interface DrawnProperties {
  nodes?: Treatment[];
  totalCount?: number;
  code: string;
  question: Question;
}

const NONE: Treatment[] = [];

function Drawn({ nodes: treatments = NONE, totalCount: all = 0, code, question }: DrawnProperties) {
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
