/** A figure: one value that is drawn, read as a table, and taken away with the query behind it. */
import { ROOT } from "../root.ts";

export interface Column<Row> {
  title: string;
  /** A text or a number as it is shown; null where it is withheld or not known. */
  value: (row: Row) => string | number | null;
}

/** A request as it was sent to the graph. */
export interface Question {
  query: string;
  variables: Record<string, unknown>;
}

export interface Figure<Row> {
  /** The accessible name of the drawing. */
  title: string;
  /** What files of it are called, without their endings. */
  name: string;
  /** What a reader must know: denominators, what is withheld and why. */
  note?: string;
  columns: Column<Row>[];
  rows: Row[];
  /** Pure: the same rows and width make the same drawing, whose styles survive in a file. */
  draw: (width: number) => SVGSVGElement;
  question: Question;
}

/** Where a question opens in the playground; a role is one of the demonstration's. */
export function playground(question: Question, role?: string): string {
  const operation = encodeURIComponent(JSON.stringify(question));
  const as = role === undefined ? "" : `&role=${encodeURIComponent(role)}`;
  return new URL(`graphiql#operation=${operation}${as}`, ROOT).href;
}

/** RFC 4180, with the texts of the table. */
export function csv<Row>({ columns, rows }: Figure<Row>): string {
  const lines = rows.map((row) => columns.map((column) => cell(column.value(row))));
  const head = columns.map((column) => cell(column.title));
  return [head, ...lines].map((line) => `${line.join(",")}\r\n`).join("");
}

/** A spreadsheet would run what begins like a formula; numbers were never text. */
function cell(value: string | number | null): string {
  if (typeof value !== "string") return String(value ?? "");
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A drawing as a file of its own: on white, in the light colours, in a font that is anywhere. */
export function standalone(drawing: SVGSVGElement): string {
  const copy = drawing.cloneNode(true) as SVGSVGElement;
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("style", "background: #fff; color: #17303a");
  copy.setAttribute("font-family", "Roboto, 'Segoe UI', 'Liberation Sans', sans-serif");
  for (const link of copy.querySelectorAll("a")) link.replaceWith(...link.childNodes);
  const text = new XMLSerializer().serializeToString(copy);
  const plain = text.replace(/var\(--[\w-]+, ?([^()]+)\)/g, "$1").replaceAll("currentColor", INK);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${plain}\n`;
}

const INK = "#17303a";
