/** How tumours of a cohort became resistant, of those that progressed and of those profiled then. */
import * as Plot from "@observablehq/plot";

import { capital } from "../../wording.ts";
import type { Mechanisms } from "../cohort.ts";
import { ACCENT, INK, LINE, marked, named, PAPER } from "../drawing.ts";
import type { Figure, Question } from "../figure.ts";
import { exact, fraction, percent, type Proportion } from "../statistics.ts";

export interface MechanismRow {
  /** What the two shares of a mechanism stand under. */
  label: string;
  mechanism: string;
  among: "progressed" | "profiled";
  proportion: Proportion;
}

export function mechanismsFigure(
  { progressed, profiled, profilingUnknown, mechanisms }: Mechanisms,
  { code, question }: { code: string; question: Question },
): Figure<MechanismRow> {
  const rows = mechanisms.flatMap((each) => both(each, capital(each.mechanism)));
  const title = "Resistance mechanisms";
  const unsure =
    profilingUnknown > 0 ? ` Of ${profilingUnknown} nobody says whether they were profiled.` : "";
  return {
    title,
    name: `${code}-resistance`,
    note: `${progressed} progressed, ${profiled} of them were profiled then. Who was not profiled can show no mechanism: of the progressed a share is a floor.${unsure} Exact 95% intervals.`,
    columns: [
      { title: "Mechanism", value: ({ mechanism }) => capital(mechanism) },
      { title: "Among those", value: ({ among }) => among },
      { title: "Found", value: ({ proportion }) => proportion.numerator.value },
      { title: "Of", value: ({ proportion }) => proportion.denominator },
      { title: "Share (%)", value: ({ proportion }) => exact(proportion.estimate.value) },
      {
        title: "95% interval, lower end (%)",
        value: ({ proportion }) => exact(proportion.confidenceInterval.lower),
      },
      {
        title: "95% interval, upper end (%)",
        value: ({ proportion }) => exact(proportion.confidenceInterval.upper),
      },
    ],
    rows,
    draw: (width) => drawMechanisms(rows, { title, width }),
    question,
  };
}

/** Both shares of a mechanism, the rate that is usually meant first. */
export function both(
  { mechanism, amongProgressed, amongProfiled }: Mechanisms["mechanisms"][number],
  label: string,
): MechanismRow[] {
  return [
    { label, mechanism, among: "profiled", proportion: amongProfiled },
    { label, mechanism, among: "progressed", proportion: amongProgressed },
  ];
}

const GROUP = 62;
const HEAD = 20;
const LANE = 19;

export function drawMechanisms(
  rows: MechanismRow[],
  { title, width }: { title: string; width: number },
): SVGSVGElement {
  const right = width < 480 ? 132 : 210;
  const names = [...new Set(rows.map(({ label }) => label))];
  const top = ({ label, among }: MechanismRow) =>
    names.indexOf(label) * GROUP + HEAD + (among === "profiled" ? 0 : LANE);
  const height = names.length * GROUP;
  const told = rows.filter(({ proportion }) => proportion.estimate.value !== null);
  const svg = Plot.plot({
    width,
    height: height + 44,
    marginTop: 4,
    marginBottom: 40,
    marginLeft: 10,
    marginRight: right,
    style: { fontSize: "12.5px", fontFamily: "inherit", overflow: "visible" },
    x: { domain: [0, 1] },
    y: { domain: [height, 0], axis: null },
    marks: [
      Plot.gridX([0, 0.25, 0.5, 0.75, 1], { stroke: LINE, strokeOpacity: 1 }),
      Plot.axisX(width < 480 ? [0, 0.5, 1] : [0, 0.25, 0.5, 0.75, 1], {
        tickFormat: (share: number) => `${share * 100}%`,
        label: null,
      }),
      Plot.text(names, {
        x: 0,
        y: (name: string) => names.indexOf(name) * GROUP + 10,
        text: (name: string) => name,
        fontSize: width < 480 ? 11.5 : 12.5,
        textAnchor: "start",
        fontWeight: 600,
        fill: INK,
        stroke: PAPER,
        strokeWidth: 4,
      }),
      ...(["profiled", "progressed"] as const).map((among) => {
        const bars = told.filter((row) => row.among === among);
        return Plot.rect(bars, {
          x1: 0,
          x2: ({ proportion }: MechanismRow) => proportion.estimate.value,
          y1: (row: MechanismRow) => top(row) + 3,
          y2: (row: MechanismRow) => top(row) + LANE - 3,
          fill: among === "profiled" ? ACCENT : PAPER,
          stroke: ACCENT,
          strokeWidth: 1.5,
          render: marked(among, bars, ({ label, mechanism, proportion }) => ({
            label,
            mechanism,
            found: proportion.numerator.value,
            of: proportion.denominator,
            share: proportion.estimate.value,
          })),
        });
      }),
      Plot.ruleY(told, {
        x1: ({ proportion }: MechanismRow) => proportion.confidenceInterval.lower,
        x2: ({ proportion }: MechanismRow) => proportion.confidenceInterval.upper,
        y: (row: MechanismRow) => top(row) + LANE / 2,
        stroke: INK,
        strokeWidth: 1.2,
        render: marked("interval", told, ({ proportion: { confidenceInterval } }) => ({
          lower: confidenceInterval.lower,
          upper: confidenceInterval.upper,
        })),
      }),
      Plot.text(rows, {
        y: (row: MechanismRow) => top(row) + LANE / 2,
        frameAnchor: "right",
        textAnchor: "end",
        dx: right - 2,
        text: ({ proportion, among }: MechanismRow) =>
          width < 480
            ? `${fraction(proportion, null)} ${among}`
            : `${fraction(proportion, null)} ${among}, ${percent(proportion.estimate)}`,
        fill: INK,
        fontVariant: "tabular-nums",
      }),
    ],
  });
  return named(svg, {
    title,
    description: rows
      .map(({ label, among, proportion }) => `${label}: ${fraction(proportion, null)} ${among}.`)
      .join(" "),
  });
}
