/** The survival curves of one cohort, each with its table. */
import type { Figure, Question } from "../figure.ts";
import { exact, type SurvivalCurve, type SurvivalPoint } from "../statistics.ts";
import { drawSurvival, toldMedian } from "./survival.ts";

export interface CurveKind {
  title: string;
  stem: string;
  axis: string;
  since: string;
}

export const PROGRESSION_FREE: CurveKind = {
  title: "Progression-free survival",
  stem: "progression-free-survival",
  axis: "alive without progression",
  since: "the start of treatment",
};
export const OVERALL: CurveKind = {
  title: "Overall survival",
  stem: "overall-survival",
  axis: "alive",
  since: "the start of treatment",
};
export const DURATION: CurveKind = {
  title: "Duration of response",
  stem: "duration-of-response",
  axis: "still responding",
  since: "the first response",
};

export function curveFigure(
  curve: SurvivalCurve,
  { title, stem, axis, since }: CurveKind,
  { code, question }: { code: string; question: Question },
): Figure<SurvivalPoint> {
  const left = curve.eventUnknown + (stem === DURATION.stem ? 0 : curve.timeUnknown);
  const without = left > 0 ? ` ${left} left out: their event or time is not known.` : "";
  return {
    title,
    name: `${code}-${stem}`,
    note: `${curve.patients} treatments, ${curve.events} with the event. ${toldMedian(curve)}${without}`,
    columns: [
      { title: "Day", value: ({ day }) => day },
      { title: `${title} (%)`, value: ({ survival }) => exact(survival) },
      { title: "95% interval, lower end (%)", value: ({ lower }) => exact(lower) },
      { title: "95% interval, upper end (%)", value: ({ upper }) => exact(upper) },
      { title: "At risk", value: ({ atRisk }) => atRisk },
      { title: "Events", value: ({ events }) => events },
      { title: "Censored", value: ({ censored }) => censored },
    ],
    rows: curve.points,
    draw: (width) => drawSurvival([{ name: code, curve }], { title, axis, since, width }),
    question,
  };
}
