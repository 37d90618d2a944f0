/** Numbers of the graph, and how they are told. Nothing is estimated here. */

/** Exact where `value` is there; otherwise at least and at most; withheld where nothing is. */
export interface Bounds {
  value: number | null;
  lower: number | null;
  upper: number | null;
}

export interface Count {
  value: number | null;
  suppressed: boolean;
}

export interface Interval {
  level: number;
  lower: number | null;
  upper: number | null;
}

export interface Proportion {
  suppressed: boolean;
  /** Null where it is withheld or lies within bounds. */
  denominator: number | null;
  numerator: Bounds;
  estimate: Bounds;
  confidenceInterval: Interval;
}

export interface SurvivalPoint {
  day: number;
  survival: number;
  lower: number | null;
  upper: number | null;
  atRisk: number;
  events: number;
  censored: number;
}

export interface SurvivalCurve {
  patients: number;
  events: number;
  censored: number;
  eventUnknown: number;
  timeUnknown: number;
  median: Bounds;
  level: number;
  points: SurvivalPoint[];
}

/** To be added to a query that selects `...proportion`. */
export const PROPORTION = `fragment proportion on Proportion {
  suppressed denominator
  numerator { value lower upper }
  estimate { value lower upper }
  confidenceInterval { level lower upper method }
}`;

/** To be added to a query that selects `...curve`. */
export const CURVE = `fragment curve on SurvivalCurve {
  patients events censored eventUnknown timeUnknown level method
  median { value lower upper }
  points { day survival lower upper atRisk events censored }
}`;

export const WITHHELD = "withheld";

/** A number, its bounds, or that it is withheld: "4", "4–6", "withheld". */
export function bounds({ lower, upper }: Bounds): string {
  if (lower === null || upper === null) return WITHHELD;
  return lower === upper ? String(lower) : `${lower}–${upper}`;
}

export function count({ value }: Count): string {
  return value === null ? WITHHELD : String(value);
}

/** A share as a whole percentage, or the percentages that it lies between. */
export function percent({ lower, upper }: Bounds | Interval): string {
  if (lower === null || upper === null) return WITHHELD;
  const [low, high] = [whole(lower), whole(upper)];
  return low === high ? `${low}%` : `${low}–${high}%`;
}

/** How many of how many: "4 of 26", "4–6 of 26". */
export function fraction({ numerator, denominator }: Proportion, of: Bounds | null): string {
  return `${bounds(numerator)} of ${denominator ?? (of === null ? WITHHELD : bounds(of))}`;
}

/** A share as a percentage with two decimals, for tables. */
export function exact(share: number | null): number | null {
  return share === null ? null : Number((share * 100).toFixed(2));
}

function whole(share: number): number {
  return Math.round(share * 100);
}
