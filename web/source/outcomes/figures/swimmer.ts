/** How long each treatment lasted, and what happened on it: a lane for each. */
import * as Plot from "@observablehq/plot";

import { counted, type Treatment } from "../cohort.ts";
import { INK, LINE, marked, named } from "../drawing.ts";
import type { Figure, Question } from "../figure.ts";
import { capital } from "../../wording.ts";
import { category, key } from "./response.ts";

export interface SwimmerRow {
  id: string;
  best: string | null;
  /** The day that the lane reaches: the end, or the last that is known of one without an end. */
  until: number;
  /** Whether no day of its end is recorded: the lane may reach beyond the treatment. */
  open: boolean;
  endDay: number | null;
  endReason: string | null;
  response: number | null;
  progression: number | null;
}

const WEEK = 7;

export function swimmerRows(treatments: Treatment[]): SwimmerRow[] {
  return treatments
    .map((treatment) => {
      const { id, endDay, endReason, outcome, deathDay, lastKnownAliveDay } = treatment;
      const assessments = counted(treatment);
      const first = (...codes: string[]) =>
        assessments.find(({ normalisedResponse: found }) => codes.includes(found ?? ""))?.day ??
        null;
      const last = deathDay ?? lastKnownAliveDay ?? 0;
      return {
        id,
        best: outcome?.bestOverallResponse ?? null,
        until: endDay ?? Math.max(last, ...assessments.map(({ day }) => day), 0),
        open: endDay === null,
        endDay,
        endReason,
        response: first("CR", "PR"),
        progression: first("PD"),
      };
    })
    .sort((one, other) => other.until - one.until);
}

export function swimmer(
  treatments: Treatment[],
  { code, question }: { code: string; question: Question },
): Figure<SwimmerRow> {
  const rows = swimmerRows(treatments);
  const title = "Time on treatment";
  return {
    title,
    name: `${code}-swimmer`,
    note: "One lane for each treatment, its best overall response beside it. An arrow: the day of its end is not recorded, and the lane reaches to the last day that is known of the patient.",
    columns: [
      { title: "Treatment", value: ({ id }) => id },
      { title: "Best overall response", value: ({ best }) => best },
      { title: "On treatment (days)", value: ({ endDay }) => endDay },
      { title: "Last day known", value: ({ until }) => until },
      { title: "Ended", value: (row) => ended(row) },
      { title: "First response (day)", value: ({ response }) => response },
      { title: "Progression (day)", value: ({ progression }) => progression },
    ],
    rows,
    draw: (width) => drawSwimmer(rows, { title, width }),
    question,
  };
}

function ended({ open, endReason }: SwimmerRow): string | null {
  if (endReason !== null) return capital(endReason);
  return open ? "No end recorded" : null;
}

export function drawSwimmer(
  rows: SwimmerRow[],
  { title, width }: { title: string; width: number },
): SVGSVGElement {
  const left = 34;
  const legend = key(
    [
      { label: "first response", colour: INK, symbol: "triangle" },
      { label: "progression", colour: INK, symbol: "times" },
      { label: "no end recorded", colour: INK, symbol: "none", sign: "→" },
    ],
    { width, left },
  );
  const step = rows.length > 60 ? 11 : 16;
  const days = Math.max(
    8 * WEEK,
    ...rows.map(({ until, progression }) => Math.max(until, progression ?? 0)),
  );
  const every =
    WEEK *
    ([4, 8, 12, 16, 24, 26, 52, 104].find(
      (weeks) => days / (weeks * WEEK) <= (width < 480 ? 4 : 8),
    ) ?? 208);
  const ticks = Array.from({ length: Math.floor(days / every) + 1 }, (_, at) => at * every);
  const responded = rows.filter(({ response }) => response !== null);
  const progressed = rows.filter(({ progression }) => progression !== null);
  const ongoing = rows.filter((row) => row.open);
  const svg = Plot.plot({
    width,
    height: legend.height + rows.length * step + 40,
    marginTop: legend.height,
    marginLeft: left,
    marginRight: 22,
    marginBottom: 40,
    style: { fontSize: "12.5px", fontFamily: "inherit", overflow: "visible" },
    x: { domain: [0, days] },
    y: { type: "band", domain: rows.map(({ id }) => id), axis: null, padding: 0.3 },
    marks: [
      ...legend.marks,
      Plot.gridX(ticks, { stroke: LINE, strokeOpacity: 1 }),
      Plot.axisX(ticks, {
        tickFormat: (day: number) => String(day / WEEK),
        label: "weeks since the start of treatment",
        labelAnchor: "center",
        labelArrow: "none",
      }),
      Plot.text(rows, {
        y: "id",
        text: ({ best }: SwimmerRow) => category(best).code,
        frameAnchor: "left",
        textAnchor: "start",
        dx: 2 - left,
        fontSize: 11,
        fill: INK,
      }),
      Plot.barX(rows, {
        y: "id",
        x1: 0,
        x2: "until",
        fill: ({ best }: SwimmerRow) => category(best).colour,
        fillOpacity: 0.75,
        render: marked("lane", rows, ({ id, best, until, open }) => ({
          id,
          best,
          until,
          ongoing: String(open),
        })),
      }),
      Plot.dot(responded, {
        y: "id",
        x: "response",
        symbol: "triangle",
        r: 3.8,
        fill: INK,
        render: marked("response", responded, ({ id, response }) => ({ id, day: response })),
      }),
      Plot.dot(progressed, {
        y: "id",
        x: "progression",
        symbol: "times",
        r: 3.8,
        stroke: INK,
        strokeWidth: 1.8,
        render: marked("progression", progressed, ({ id, progression }) => ({
          id,
          day: progression,
        })),
      }),
      Plot.text(ongoing, {
        y: "id",
        x: "until",
        text: () => "→",
        dx: 10,
        fill: INK,
        render: marked("ongoing", ongoing, ({ id }) => ({ id })),
      }),
    ],
  });
  return named(svg, {
    title,
    description: `${rows.length} treatments, the longest first; ${ongoing.length} have no recorded end.`,
  });
}
