/** Mechanisms of resistance, each as a share of those who progressed and of those profiled. */
import { capital } from "../../wording.ts";
import type { Figure, Question } from "../figure.ts";
import type { Proportion } from "../statistics.ts";
import { drawForest, forestColumns, type ForestRow } from "./forest.ts";

export interface Mechanisms {
  progressed: number;
  profiled: number;
  profilingUnknown: number;
  mechanisms: { mechanism: string; amongProgressed: Proportion; amongProfiled: Proportion }[];
}

/** To be added to a query that selects `...mechanisms`, beside that of a proportion. */
export const MECHANISMS = `fragment mechanisms on ResistanceMechanisms {
  progressed profiled profilingUnknown
  mechanisms { mechanism amongProgressed { ...proportion } amongProfiled { ...proportion } }
}`;

export function mechanismFigures(
  found: Mechanisms,
  name: string,
  question: Question,
): Figure<ForestRow>[] {
  const { progressed, profiled, profilingUnknown, mechanisms } = found;
  if (mechanisms.length === 0) return [];
  const of = (
    title: string,
    denominator: "amongProfiled" | "amongProgressed",
    note: string,
    axis: string,
  ): Figure<ForestRow> => {
    const rows = mechanisms.map((each) => ({
      label: capital(each.mechanism),
      proportion: each[denominator],
    }));
    return {
      title,
      name: `${name}-${denominator === "amongProfiled" ? "of-profiled" : "of-progressed"}`,
      note,
      columns: forestColumns("Mechanism", "Of"),
      rows,
      draw: (width) => drawForest(rows, { title, axis, width }),
      question,
    };
  };
  const unknown = profilingUnknown === 0 ? "" : ` Of ${profilingUnknown} nobody said.`;
  return [
    of(
      "Mechanisms among those profiled at progression",
      "amongProfiled",
      `${profiled} of ${progressed} that progressed were profiled: the rate that is usually meant.${unknown}`,
      "share of those profiled",
    ),
    of(
      "Mechanisms among all that progressed",
      "amongProgressed",
      `Of ${progressed} that progressed, profiled or not: too low where few were profiled.`,
      "share of those that progressed",
    ),
  ];
}
