/** How far target lesions shrank at best, or grew: a bar for each treatment. */
import * as Plot from "@observablehq/plot";

import { counted, type Treatment } from "../cohort.ts";
import { INK, LINE, marked, named } from "../drawing.ts";
import type { Figure, Question } from "../figure.ts";
import { CATEGORIES, category, key, painted } from "./response.ts";

export interface WaterfallRow {
  id: string;
  /** In per cent of the baseline, the lowest that was measured. */
  change: number;
  day: number;
  response: string | null;
}

/** Beyond this a bar is cut off, and says so. */
const HIGHEST = 100;
const BOUNDS = [-30, 20];

/** The lowest change of each treatment that has one, the largest first. */
export function waterfallRows(treatments: Treatment[]): WaterfallRow[] {
  return treatments
    .flatMap((treatment) => {
      const measured = counted(treatment).flatMap(({ day, changeFromBaseline: change }) =>
        change === null ? [] : [{ day, change }],
      );
      if (measured.length === 0) return [];
      const best = measured.reduce((found, each) => (each.change < found.change ? each : found));
      const response = treatment.outcome?.bestOverallResponse ?? null;
      return [{ id: treatment.id, response, ...best }];
    })
    .sort((one, other) => other.change - one.change);
}

export function waterfall(
  treatments: Treatment[],
  { code, question }: { code: string; question: Question },
): Figure<WaterfallRow> {
  const rows = waterfallRows(treatments);
  const title = "Best change of target lesions";
  return {
    title,
    name: `${code}-waterfall`,
    note: `Lowest sum of diameters until progression, against the baseline; ${rows.length} of ${treatments.length} treatments have one measured. Lines at −30% and +20%.`,
    columns: [
      { title: "Treatment", value: ({ id }) => id },
      { title: "Best change (%)", value: ({ change }) => change },
      { title: "Day", value: ({ day }) => day },
      { title: "Best overall response", value: ({ response }) => response },
    ],
    rows,
    draw: (width) => drawWaterfall(rows, { title, width }),
    question,
  };
}

export function drawWaterfall(
  rows: WaterfallRow[],
  { title, width }: { title: string; width: number },
): SVGSVGElement {
  const left = 46;
  const used = [...CATEGORIES, category(null)].filter(({ code }) =>
    rows.some(({ response }) => category(response).code === code),
  );
  const legend = key(
    used.map(({ code, colour, symbol }) => ({
      label: code === "–" ? "not assessed" : code,
      colour,
      symbol,
    })),
    { width, left },
  );
  const shown = (change: number) => Math.min(HIGHEST, change);
  const top = Math.max(30, ...rows.map(({ change }) => shown(change))) + 12;
  const low = Math.min(-40, ...rows.map(({ change }) => change)) - 12;
  const step = (width - left - 8) / Math.max(1, rows.length);
  const svg = Plot.plot({
    width,
    height: legend.height + 300,
    marginTop: legend.height,
    marginLeft: left,
    marginRight: 8,
    marginBottom: 12,
    style: { fontSize: "12.5px", fontFamily: "inherit", overflow: "visible" },
    x: { type: "band", domain: rows.map(({ id }) => id), axis: null, padding: 0.18 },
    y: { domain: [low, top] },
    marks: [
      ...legend.marks,
      Plot.axisY(
        [-100, -50, 0, 50, 100].filter((at) => at >= low && at <= top),
        {
          tickFormat: (at: number) => `${at > 0 ? "+" : ""}${at}%`.replace("-", "−"),
          label: null,
          tickSize: 0,
        },
      ),
      Plot.ruleY(
        [-100, -50, 50, 100].filter((at) => at >= low && at <= top),
        { stroke: LINE },
      ),
      Plot.barY(rows, {
        x: "id",
        y1: 0,
        y2: ({ change }: WaterfallRow) => shown(change),
        fill: ({ response }: WaterfallRow) => category(response).colour,
        render: marked("change", rows, ({ id, change, response }) => ({ id, change, response })),
      }),
      // Symbols stand clear of their bars: above where they rise, below where they fall.
      ...used.flatMap(({ code, colour, symbol }) =>
        [true, false].map((rises) =>
          Plot.dot(
            rows.filter(
              ({ response, change }) => category(response).code === code && change > 0 === rises,
            ),
            {
              x: "id",
              y: ({ change }: WaterfallRow) => shown(change),
              dy: rises ? -7 : 7,
              symbol,
              r: Math.max(1.5, Math.min(4, step / 3)),
              ...painted(symbol, colour),
            },
          ),
        ),
      ),
      Plot.text(
        rows.filter(({ change }) => change > HIGHEST),
        {
          x: "id",
          y: HIGHEST,
          dy: -18,
          text: ({ change }: WaterfallRow) => `+${Math.round(change)}`,
          fontSize: 10.5,
          fill: INK,
        },
      ),
      Plot.ruleY([0], { stroke: INK }),
      Plot.ruleY(BOUNDS, { stroke: INK, strokeDasharray: "5 4" }),
    ],
  });
  return named(svg, {
    title,
    description: `${rows.length} treatments, from the largest growth to the largest shrinkage of target lesions.`,
  });
}
