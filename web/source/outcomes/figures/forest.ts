/** Shares with their intervals, one below the other. */
import * as Plot from "@observablehq/plot";

import { ACCENT, INK, LINE, marked, named, SOFT } from "../drawing.ts";
import type { Column } from "../figure.ts";
import {
  type Bounds,
  bounds,
  exact as percentage,
  fraction,
  percent,
  type Proportion,
  WITHHELD,
} from "../statistics.ts";

export interface ForestRow {
  label: string;
  /** Where the label leads, if anywhere. */
  href?: string;
  proportion: Proportion;
  /** Of how many, where the denominator itself lies within bounds. */
  of?: Bounds;
}

/** Below this width labels and numbers stand above their lines. */
const NARROW = 540;

export function drawForest(
  rows: ForestRow[],
  { title, axis, width }: { title: string; axis: string; width: number },
): SVGSVGElement {
  const narrow = width < NARROW;
  const told = rows.filter(({ proportion }) => proportion.estimate.lower !== null);
  const exact = told.filter(({ proportion }) => proportion.estimate.value !== null);
  const within = told.filter(({ proportion }) => proportion.estimate.value === null);
  const longest = Math.max(6, ...rows.map(({ label }) => label.length));
  const left = narrow ? 8 : Math.min(width * 0.36, longest * 8.8 + 16);
  const right = narrow ? 14 : 200;
  const step = narrow ? 46 : 25;
  const lift = narrow ? 9 : 0;
  const ticks = width < 380 ? [0, 0.5, 1] : [0, 0.25, 0.5, 0.75, 1];
  const y = "label";
  const estimate = (end: "lower" | "upper") => (row: ForestRow) => row.proportion.estimate[end];
  const interval = (end: "lower" | "upper") => (row: ForestRow) =>
    row.proportion.confidenceInterval[end];

  const svg = Plot.plot({
    width,
    height: 8 + rows.length * step + 42,
    marginLeft: left,
    marginRight: right,
    marginTop: 8,
    marginBottom: 42,
    style: { fontSize: "12.5px", fontFamily: "inherit", overflow: "visible" },
    x: {
      domain: [0, 1],
      label: null,
    },
    y: { type: "band", domain: rows.map(({ label }) => label), padding: 0, axis: null },
    marks: [
      Plot.gridX(ticks, {
        stroke: LINE,
        strokeOpacity: 1,
      }),
      Plot.axisX(ticks, {
        tickFormat: (share: number) => `${share * 100}%`,
        label: axis,
        labelAnchor: "center",
        labelArrow: "none",
      }),
      Plot.text(rows, {
        y,
        text: "label",
        href: (row: ForestRow) => row.href ?? null,
        frameAnchor: "left",
        textAnchor: "start",
        dx: narrow ? 0 : -left + 4,
        dy: -lift,
        fontWeight: 550,
        fill: INK,
      }),
      ...[false, true].map((withheld) =>
        Plot.text(
          rows.filter(({ proportion }) => proportion.suppressed === withheld),
          {
            y,
            text: narrow ? shortly : numbers,
            frameAnchor: "right",
            textAnchor: "end",
            dx: narrow ? 0 : right - 4,
            dy: -lift,
            fill: withheld ? SOFT : INK,
            fontStyle: withheld ? "italic" : "normal",
            fontVariant: "tabular-nums",
          },
        ),
      ),
      Plot.ruleY(told, {
        y,
        x1: interval("lower"),
        x2: interval("upper"),
        dy: lift,
        stroke: ACCENT,
        strokeWidth: 1.6,
        render: marked("interval", told, ({ label, proportion: { confidenceInterval } }) => ({
          label,
          lower: confidenceInterval.lower,
          upper: confidenceInterval.upper,
        })),
      }),
      ...(["lower", "upper"] as const).map((end) =>
        Plot.tickX(told, {
          y,
          x: interval(end),
          dy: lift,
          insetTop: step / 2 - 4,
          insetBottom: step / 2 - 4,
          stroke: ACCENT,
          strokeWidth: 1.6,
        }),
      ),
      Plot.ruleY(within, {
        y,
        x1: estimate("lower"),
        x2: estimate("upper"),
        dy: lift,
        stroke: ACCENT,
        strokeWidth: 9,
        strokeOpacity: 0.55,
        render: marked("band", within, share),
      }),
      Plot.dot(exact, {
        y,
        x: (row: ForestRow) => row.proportion.estimate.value,
        dy: lift,
        r: 4.6,
        symbol: "square",
        fill: ACCENT,
        render: marked("estimate", exact, share),
      }),
    ],
  });
  const marks = within.length > 0 ? " A thick bar is what a share lies within." : "";
  return named(svg, {
    title,
    description: `For each row a share with its interval, from 0 to 100%.${marks}`,
    links: rows.some(({ href }) => href !== undefined),
  });
}

function share({ label, proportion: { numerator, denominator, estimate } }: ForestRow) {
  return {
    label,
    "numerator-lower": numerator.lower,
    "numerator-upper": numerator.upper,
    denominator,
    lower: estimate.lower,
    upper: estimate.upper,
  };
}

/** Where there is little room the interval is only drawn. */
function shortly({ proportion, of }: ForestRow): string {
  if (proportion.suppressed) return WITHHELD;
  const found = fraction(proportion, of ?? null);
  return proportion.estimate.lower === null ? found : `${found}  ${percent(proportion.estimate)}`;
}

function numbers({ proportion, of }: ForestRow): string {
  if (proportion.suppressed) return WITHHELD;
  const found = fraction(proportion, of ?? null);
  if (proportion.estimate.lower === null) return found;
  return `${found}  ${percent(proportion.estimate)} (${percent(proportion.confidenceInterval)})`;
}

/** The columns of such rows: what each is called, and what it is a share of. */
export function forestColumns(label: string, of: string): Column<ForestRow>[] {
  const withheld = (row: ForestRow, value: number | null) =>
    row.proportion.suppressed ? WITHHELD : value;
  return [
    { title: label, value: (row) => row.label },
    {
      title: of,
      value: (row) =>
        withheld(row, row.proportion.denominator) ?? (row.of === undefined ? null : bounds(row.of)),
    },
    { title: "At least", value: (row) => withheld(row, row.proportion.numerator.lower) },
    { title: "At most", value: (row) => withheld(row, row.proportion.numerator.upper) },
    {
      title: "Share, at least (%)",
      value: (row) => withheld(row, percentage(row.proportion.estimate.lower)),
    },
    {
      title: "Share, at most (%)",
      value: (row) => withheld(row, percentage(row.proportion.estimate.upper)),
    },
    {
      title: "95% interval, lower end (%)",
      value: (row) => withheld(row, percentage(row.proportion.confidenceInterval.lower)),
    },
    {
      title: "95% interval, upper end (%)",
      value: (row) => withheld(row, percentage(row.proportion.confidenceInterval.upper)),
    },
  ];
}
