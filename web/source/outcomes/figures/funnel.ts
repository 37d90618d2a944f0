/** From screened to evaluable: how many came how far. */
import * as Plot from "@observablehq/plot";

import type { Funnel, Outcomes } from "../cohort.ts";
import { ACCENT, INK, marked, named } from "../drawing.ts";
import type { Figure, Question } from "../figure.ts";
import { bounds, type Bounds } from "../statistics.ts";

export interface FunnelRow {
  step: string;
  /** Whom it counts: everyone whom the viewer may see, or this cohort. */
  where: "all" | "cohort";
  patients: number | null;
  told: string;
}

export function funnelRows(funnel: Funnel, { patients, evaluable }: Outcomes): FunnelRow[] {
  const all = (step: string, patients: number | null): FunnelRow => ({
    step,
    where: "all",
    patients,
    told: patients === null ? "withheld" : String(patients),
  });
  const here = (step: string, found: Bounds): FunnelRow => ({
    step,
    where: "cohort",
    patients: found.value,
    told: bounds(found),
  });
  return [
    all("Screened", funnel.screened),
    all("Molecular profile", funnel.profiled),
    all("Discussed by the board", funnel.discussed),
    all("Matched to a cohort", funnel.matched),
    all("Offered a treatment", funnel.offered.numerator.value),
    all("Treated", funnel.treated),
    all("Evaluable at week 16", funnel.evaluable),
    here("Treated in this cohort", {
      value: patients.value,
      lower: patients.value,
      upper: patients.value,
    }),
    here("Evaluable in this cohort", evaluable),
  ];
}

export function funnelFigure(
  funnel: Funnel,
  outcomes: Outcomes,
  { code, question }: { code: string; question: Question },
): Figure<FunnelRow> {
  const rows = funnelRows(funnel, outcomes);
  const unknown = funnel.matchUnknown;
  const title = "From screened to evaluable";
  const unsure = unknown > 0 ? ` Of ${unknown} it is not known whether they matched.` : "";
  return {
    title,
    name: `${code}-flow`,
    note: `Nobody is screened for one cohort: the first steps count all patients that you may read, the last two the treatments of this cohort.${unsure}`,
    columns: [
      { title: "Step", value: ({ step }) => step },
      { title: "Counted among", value: ({ where }) => (where === "all" ? "all patients" : code) },
      { title: "How many", value: ({ patients, told }) => patients ?? told },
    ],
    rows,
    draw: (width) => drawFunnel(rows, { title, width }),
    question,
  };
}

export function drawFunnel(
  rows: FunnelRow[],
  { title, width }: { title: string; width: number },
): SVGSVGElement {
  const narrow = width < 480;
  const left = narrow ? 4 : 172;
  const step = narrow ? 42 : 31;
  const counted = rows.filter(({ patients }) => patients !== null);
  const most = Math.max(1, ...counted.map(({ patients }) => patients!));
  const svg = Plot.plot({
    width,
    height: rows.length * step + 14,
    marginTop: 4,
    marginBottom: 10,
    marginLeft: left,
    marginRight: 54,
    style: { fontSize: "12.5px", fontFamily: "inherit", overflow: "visible" },
    x: { domain: [0, most], axis: null },
    y: { type: "band", domain: rows.map((row) => row.step), axis: null, padding: 0 },
    marks: [
      Plot.text(rows, {
        y: "step",
        text: "step",
        frameAnchor: "left",
        textAnchor: "start",
        dx: narrow ? 0 : 4 - left,
        dy: narrow ? -11 : 0,
        fill: INK,
        fontWeight: 500,
      }),
      ...(["all", "cohort"] as const).map((where) => {
        const bars = counted.filter((row) => row.where === where);
        return Plot.barX(bars, {
          y: "step",
          x1: 0,
          x2: "patients",
          insetTop: narrow ? 21 : 5,
          insetBottom: narrow ? 5 : 5,
          fill: ACCENT,
          fillOpacity: where === "all" ? 0.35 : 1,
          render: marked(where, bars, ({ step: name, patients }) => ({ step: name, patients })),
        });
      }),
      Plot.text(rows, {
        y: "step",
        x: ({ patients }: FunnelRow) => patients ?? 0,
        text: "told",
        textAnchor: "start",
        dx: 7,
        dy: narrow ? 8 : 0,
        fill: INK,
        fontVariant: "tabular-nums",
        fontWeight: 600,
      }),
    ],
  });
  return named(svg, {
    title,
    description: rows.map(({ step: name, told }) => `${name}: ${told}.`).join(" "),
  });
}
