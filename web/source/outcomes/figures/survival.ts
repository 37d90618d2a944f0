/** Kaplan and Meier's curves, with how many were at risk below them. */
import * as Plot from "@observablehq/plot";

import { COLOURS, INK, LINE, lined, marked, named, SOFT } from "../drawing.ts";
import type { Column } from "../figure.ts";
import { exact as percentage, type SurvivalCurve, type SurvivalPoint } from "../statistics.ts";

export interface NamedCurve {
  name: string;
  curve: SurvivalCurve;
}

const DASHES = ["none", "7 3", "2 3", "9 3 2 3", "4 4", "1 5"];
const WEEK = 7;

export function drawSurvival(
  curves: NamedCurve[],
  { title, axis, since, width }: { title: string; axis: string; since: string; width: number },
): SVGSVGElement {
  const narrow = width < 480;
  const last = Math.max(WEEK * 8, ...curves.map(({ curve }) => curve.points.at(-1)?.day ?? 0));
  const every = tick(last, narrow ? 4 : 8);
  const ticks = Array.from({ length: Math.floor(last / every) + 1 }, (_, place) => place * every);
  const left = curves.length > 1 ? 92 : 52;
  const below = 64;
  const bottom = below + 4 + curves.length * 18;
  const at = ({ day, survival }: { day: number; survival: number }) => [day, survival] as const;

  const svg = Plot.plot({
    width,
    height: Math.round(Math.min(320, Math.max(200, width * 0.5))) + bottom,
    marginLeft: left,
    marginRight: 20,
    marginTop: 30,
    marginBottom: bottom,
    style: { fontSize: "12.5px", fontFamily: "inherit", overflow: "visible" },
    x: { domain: [0, last] },
    y: { domain: [0, 1] },
    marks: [
      Plot.gridY([0, 0.25, 0.5, 0.75, 1], { stroke: LINE, strokeOpacity: 1 }),
      Plot.axisY([0, 0.25, 0.5, 0.75, 1], {
        tickFormat: (share: number) => `${share * 100}%`,
        label: axis,
        labelArrow: "none",
        dx: 0,
      }),
      Plot.axisX(ticks, {
        tickFormat: (day: number) => String(day / WEEK),
        label: `weeks since ${since}`,
        labelAnchor: "center",
        labelArrow: "none",
        labelOffset: 34,
      }),
      ...curves.flatMap(({ name, curve }, place) => {
        const colour = COLOURS[place % COLOURS.length]!;
        const steps = [{ day: 0, survival: 1 }, ...curve.points];
        const marks = curve.points.filter(({ censored }) => censored > 0);
        return [
          ...bands(curve.points).map((band) =>
            Plot.areaY(band, {
              x: "day",
              y1: "lower",
              y2: "upper",
              curve: "step-after",
              fill: colour,
              fillOpacity: 0.14,
              render: marked("interval"),
            }),
          ),
          Plot.line(steps.map(at), {
            curve: "step-after",
            stroke: colour,
            strokeWidth: 2.2,
            strokeDasharray: DASHES[place % DASHES.length]!,
            render: lined("curve", { name, points: JSON.stringify(curve.points) }),
          }),
          Plot.dot(marks, {
            x: "day",
            y: "survival",
            symbol: "plus",
            r: 3.6,
            stroke: colour,
            strokeWidth: 1.4,
            render: marked("censored", marks, ({ day, censored }) => ({ name, day, censored })),
          }),
          ...median(curve, colour),
          ...risk(name, curve, ticks, { colour, lines: curves.length, place, below, left }),
        ];
      }),
    ],
  });
  return named(svg, { title, description: curves.map(described).join(" ") });
}

/** The interval as runs without gaps; each reaches to where the next step begins. */
function bands(points: SurvivalPoint[]): { day: number; lower: number; upper: number }[][] {
  const found: { day: number; lower: number; upper: number }[][] = [];
  let run = [{ day: 0, lower: 1, upper: 1 }];
  for (const { day, lower, upper } of points) {
    if (lower !== null && upper !== null) {
      run.push({ day, lower, upper });
    } else if (run.length > 0) {
      found.push([...run, { ...run.at(-1)!, day }]);
      run = [];
    }
  }
  return run.length > 0 ? [...found, run] : found;
}

/** From half down to the day by which half had the event. */
function median({ median: { value } }: SurvivalCurve, colour: string): Plot.Markish[] {
  if (value === null) return [];
  return [
    Plot.ruleX([value], {
      y1: 0,
      y2: 0.5,
      stroke: colour,
      strokeDasharray: "3 3",
      render: marked("median", [value], (day) => ({ day })),
    }),
    Plot.ruleY([0.5], { x1: 0, x2: value, stroke: SOFT, strokeDasharray: "3 3" }),
  ];
}

/** Nobody leaves between two steps: at risk at a tick are those of the first step from there on. */
export function atRisk({ points }: SurvivalCurve, day: number): number {
  return points.find((point) => point.day >= day)?.atRisk ?? 0;
}

interface Line {
  colour: string;
  lines: number;
  place: number;
  below: number;
  left: number;
}

function risk(
  name: string,
  curve: SurvivalCurve,
  ticks: number[],
  { colour, lines, place, below, left }: Line,
): Plot.Markish[] {
  const dy = below + place * 18;
  const start = { frameAnchor: "bottom-left", textAnchor: "start", dx: 4 - left } as const;
  return [
    ...(place === 0
      ? [Plot.text(["At risk"], { ...start, text: (t: string) => t, dy: dy - 16, fill: SOFT })]
      : []),
    ...(lines > 1
      ? [
          Plot.text([name], {
            ...start,
            text: (t: string) => (t.length > 11 ? `${t.slice(0, 10)}…` : t),
            dy,
            fill: colour,
            fontWeight: 600,
          }),
        ]
      : []),
    Plot.text(ticks, {
      x: (day: number) => day,
      frameAnchor: "bottom",
      text: (day: number) => String(atRisk(curve, day)),
      dy,
      fill: lines > 1 ? colour : INK,
      fontVariant: "tabular-nums",
      render: marked("at risk", ticks, (day) => ({ name, day, "at-risk": atRisk(curve, day) })),
    }),
  ];
}

/** Whole weeks, so that there are few enough of them. */
function tick(last: number, most: number): number {
  const steps = [4, 8, 12, 16, 24, 26, 52, 104, 208, 520];
  return WEEK * (steps.find((weeks) => last / (weeks * WEEK) <= most) ?? 1040);
}

function described({ name, curve }: NamedCurve): string {
  return `${name}: ${curve.patients} treatments, ${curve.events} with the event. ${toldMedian(curve)}`;
}

/** The median with its interval, in words. */
export function toldMedian({ median: { value, lower, upper }, level }: SurvivalCurve): string {
  const half = value === null ? "not reached" : `${value} days`;
  const ends = [lower ?? "not reached", upper ?? "not reached"].join(" to ");
  const interval = lower === null && upper === null ? "not reached" : ends;
  return `Median ${half} (${Math.round(level * 100)}% interval ${interval}).`;
}

/** The steps of a curve as a table. */
export const survivalColumns: Column<SurvivalPoint>[] = [
  { title: "Day", value: ({ day }) => day },
  { title: "Share without the event (%)", value: ({ survival }) => percentage(survival) },
  { title: "95% interval, lower end (%)", value: ({ lower }) => percentage(lower) },
  { title: "95% interval, upper end (%)", value: ({ upper }) => percentage(upper) },
  { title: "At risk", value: ({ atRisk }) => atRisk },
  { title: "Events", value: ({ events }) => events },
  { title: "Last seen without", value: ({ censored }) => censored },
];
