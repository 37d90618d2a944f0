/** Finds what is withheld in an answer: by which rules, and where in its text each place stands. */
import { type Mark, MARKS, wordsOf } from "./instead.ts";
import type { Json } from "./table.ts";
import type { Asked } from "./typed.ts";

/** A field of the answer, by its names without places in lists, with the lines that it stands on. */
export interface Place {
  path: string;
  lines: number[];
}

export interface Reason {
  title: string;
  message: string;
  instead: string;
  kind: "withheld" | "within bounds" | "rows may be missing";
  places: Place[];
  /** Places that the answer left out. */
  more: number;
}

/** Rules by which nothing of a field is answered; the others narrow its rows. */
const NOTHING = new Set(["IDENTITY", "ROLE", "DATA_SCOPE"]);

type Entry = { [name: string]: Json };

/** Explains an answer whose text is `JSON.stringify(answer, null, 2)`; `fields` were asked for. */
export function explain(answer: Json, fields: Map<string, Asked>): Reason[] {
  const reasons: Reason[] = [];
  const ruled = new Map<string, Place[]>();
  for (const entry of rules(answer)) {
    const { title, instead } = wordsOf(String(entry.rule));
    const places = strings(entry.paths).map((path): Place => ({ path, lines: [] }));
    for (const place of places) ruled.set(place.path, [...(ruled.get(place.path) ?? []), place]);
    const more = typeof entry.pathsLeftOut === "number" ? entry.pathsLeftOut : 0;
    const kind = NOTHING.has(String(entry.rule)) ? "withheld" : "rows may be missing";
    reasons.push({ title, message: String(entry.message), instead, kind, places, more });
  }
  const marked = new Map<Mark, Map<string, Place>>();
  const root: Asked = { name: "", type: "", description: "", within: () => fields };
  members(answer, 1, (child, line, key) =>
    key === "data" ? walk(child, line, "", root, false) : walk(child, line, null, null, false),
  );
  for (const mark of Object.keys(MARKS) as Mark[]) {
    const places = [...(marked.get(mark)?.values() ?? [])];
    const kind = mark === "bounds" ? "within bounds" : "withheld";
    if (places.length > 0) reasons.push({ ...MARKS[mark], kind, places, more: 0 });
  }
  return reasons;

  /**
   * Gives the line on which a value ends that begins on `line`. `path` is null outside the data,
   * and `told` where the share around says that it is not withheld.
   */
  function walk(
    value: Json,
    line: number,
    path: string | null,
    field: Asked | null,
    told: boolean,
  ): number {
    return members(value, line, (child, at, key) => {
      if (path === null || Array.isArray(value)) return walk(child, at, path, field, told);
      const here = path === "" ? key : `${path}.${key}`;
      for (const place of ruled.get(here) ?? []) place.lines.push(at);
      const inner = field?.within().get(key) ?? null;
      const mark = inner === null ? null : markOf(child, inner, told);
      if (mark !== null) placeOf(mark, here).lines.push(at);
      // What is withheld as a whole has no parts to name.
      const within = mark === null ? inner : null;
      return walk(child, at, here, within, told || notSuppressed(child, inner));
    });
  }

  function placeOf(mark: Mark, path: string): Place {
    const places = marked.get(mark) ?? new Map<string, Place>();
    marked.set(mark, places);
    const place = places.get(path) ?? { path, lines: [] };
    places.set(path, place);
    return place;
  }
}

/** Visits the members of a value with the lines that they begin on; gives that on which it ends. */
function members(
  value: Json,
  line: number,
  visit: (child: Json, line: number, key: string) => number,
): number {
  if (value === null || typeof value !== "object") return line;
  const found = Object.entries(value);
  let last = line;
  for (const [key, child] of found) last = visit(child as Json, last + 1, key);
  return found.length === 0 ? line : last + 1;
}

/** Tells why a field of statistics is not told as it stands. */
function markOf(value: Json, field: Asked, told: boolean): Mark | null {
  if (value === null) return /: null of a release\./.test(field.description) ? "records" : null;
  const of = (name: string) => answered(value, field, name);
  switch (field.type) {
    case "Count":
      return of("suppressed") === true || of("value") === null ? "suppressed" : null;
    case "Proportion":
      return of("suppressed") === true ? "suppressed" : null;
    case "IntegerBounds":
    case "ShareBounds": {
      const [lower, upper] = [of("lower"), of("upper")];
      if (lower === null || upper === null) {
        if (field.type === "IntegerBounds") return "suppressed";
        return told ? null : "unmarked"; // a share of no treatment at all is null too
      }
      if (of("value") !== null) return lower !== undefined && lower !== upper ? "bounds" : null;
      return lower === undefined || upper === undefined ? "unmarked" : "bounds";
    }
    default:
      return null;
  }
}

function notSuppressed(value: Json, field: Asked | null): boolean {
  return field?.type === "Proportion" && answered(value, field, "suppressed") === false;
}

/** Gives what an object answers for a field of the schema, under whichever name; else undefined. */
function answered(value: Json, field: Asked, name: string): Json | undefined {
  const found = entry(value);
  for (const [key, inner] of field.within()) if (inner.name === name) return found[key];
  return undefined;
}

function rules(answer: Json): Entry[] {
  const { withheld = null } = entry(entry(answer).extensions ?? null);
  return Array.isArray(withheld) ? withheld.map(entry) : [];
}

function entry(value: Json): Entry {
  return value !== null && typeof value === "object" && !Array.isArray(value) ? value : {};
}

function strings(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
