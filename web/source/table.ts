/** A result as a table: a row for each object of the innermost lists, dotted columns, RFC 4180. */

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
type Row = Map<string, Json>;
/** The columns as a tree, in the order in which the answer names them. */
type Columns = Map<string, Columns>;

/**
 * Lists of objects become rows, and what surrounds a list is repeated on each of its rows. Lists
 * side by side stand below one another: nothing says that their items belong together.
 */
export function csv(data: Json): string {
  const columns: Columns = new Map();
  const { base, rows } = spread(data, "", columns);
  const names = leaves(columns, "");
  const filled = rows.length > 0 ? rows : [base];
  const width = common(names);
  const lines = filled.map((row) => names.map((name) => cell(row.get(name) ?? null)));
  const head = names.map((name) => text(name.slice(width)));
  return [head, ...lines].map((line) => line.join(",") + "\r\n").join("");
}

function spread(value: Json, path: string, columns: Columns): { base: Row; rows: Row[] } {
  if (isObjects(value)) {
    const parts = value.map((item) => spread(item, path, columns));
    return { base: new Map(), rows: parts.flatMap((p) => (p.rows.length > 0 ? p.rows : [p.base])) };
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    return { base: new Map([[path, value]]), rows: [] };
  }
  const base: Row = new Map();
  const below: Row[] = [];
  for (const [name, field] of Object.entries(value)) {
    const inner = columns.get(name) ?? new Map();
    columns.set(name, inner);
    const part = spread(field, path === "" ? name : `${path}.${name}`, inner);
    for (const [column, content] of part.base) base.set(column, content);
    below.push(...part.rows);
  }
  return { base, rows: below.map((row) => new Map([...base, ...row])) };
}

function isObjects(value: Json): value is { [name: string]: Json }[] {
  return Array.isArray(value) && value.some((item) => item !== null && typeof item === "object");
}

function leaves(columns: Columns, path: string): string[] {
  return [...columns].flatMap(([name, inner]) => {
    const column = path === "" ? name : `${path}.${name}`;
    return inner.size === 0 ? [column] : leaves(inner, column);
  });
}

/** The length of what all columns begin with, up to a dot: said once too often. */
function common(names: string[]): number {
  const [first, ...others] = names.map((name) => name.split(".").slice(0, -1));
  if (first === undefined) return 0;
  let same = 0;
  while (same < first.length && others.every((other) => other[same] === first[same])) same += 1;
  return first.slice(0, same).reduce((width, part) => width + part.length + 1, 0);
}

function cell(value: Json): string {
  if (value === null) return "";
  if (Array.isArray(value)) return text(value.map((item) => String(item ?? "")).join("; "));
  return typeof value === "string" ? text(value) : String(value);
}

/** A spreadsheet would run what begins like a formula; numbers were never text. */
function text(value: string): string {
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
