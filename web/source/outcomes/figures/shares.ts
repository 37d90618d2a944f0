/** Figures of one cohort that are shares with their intervals. */
import type { GeneRow, Outcomes, ResponseCount } from "../cohort.ts";
import type { Figure, Question } from "../figure.ts";
import { drawForest, forestColumns, type ForestRow } from "./forest.ts";
import { category } from "./response.ts";

interface About {
  code: string;
  question: Question;
}

/** How the cohort did: the measures that everyone may ask for. */
export function outcomesFigure(outcomes: Outcomes, about: About): Figure<ForestRow> {
  const { objectiveResponse, clinicalBenefit16w, clinicalBenefit16wAllTreated } = outcomes;
  const rows = [
    { label: "Objective response", proportion: objectiveResponse },
    { label: "Benefit, evaluable", proportion: clinicalBenefit16w, of: outcomes.evaluable },
    { label: "Benefit, all treated", proportion: clinicalBenefit16wAllTreated },
  ];
  return figure(rows, {
    ...about,
    title: "Response and benefit",
    stem: "outcomes",
    note: "Objective response: CR or PR as best overall response, not confirmed, of all treated. Benefit: CR, PR or SD at week 16. Exact 95% intervals.",
    axis: "share of treatments",
    head: "Measure",
    of: "Of",
  });
}

/** Every best overall response with its share. */
export function responsesFigure(found: ResponseCount[], about: About): Figure<ForestRow> {
  const rows = found.map(({ response, proportion }) => ({
    label: category(response).title,
    proportion,
  }));
  return figure(rows, {
    ...about,
    title: "Best overall response",
    stem: "responses",
    note: "Not confirmed (RECIST), of all treated; exact 95% intervals.",
    axis: "share of all treated",
    head: "Best overall response",
    of: "Treated",
  });
}

/** By the biomarker that let patients in. */
export function genesFigure(found: GeneRow[], about: About): Figure<ForestRow> {
  const rows = found.map(({ group, objectiveResponse }) => ({
    label: group[0]?.value ?? "Not known",
    proportion: objectiveResponse,
  }));
  return figure(rows, {
    ...about,
    title: "Objective response by matched gene",
    stem: "genes",
    note: "The genes of the biomarkers that let patients in; a treatment with several is in the group of each. Small groups: the intervals matter more than the shares.",
    axis: "objective response, of the treated of each gene",
    head: "Gene",
    of: "Treated",
  });
}

interface Told extends About {
  title: string;
  stem: string;
  note: string;
  axis: string;
  head: string;
  of: string;
}

function figure(rows: ForestRow[], told: Told): Figure<ForestRow> {
  const { title, axis } = told;
  return {
    title,
    name: `${told.code}-${told.stem}`,
    note: told.note,
    columns: forestColumns(told.head, told.of),
    rows,
    draw: (width) => drawForest(rows, { title, axis, width }),
    question: told.question,
  };
}
