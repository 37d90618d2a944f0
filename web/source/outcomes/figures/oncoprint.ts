/** Genes by patients: what is altered, what is not, and what nobody looked at. */
import { COLOURS, INK, LINE, named, PAPER, SOFT } from "../drawing.ts";

export type Kind = "amplified" | "deleted" | "variant" | "truncating" | "fusion" | "splice";
export type Status = "ALTERED" | "NOT_ALTERED" | "NOT_ASSESSED" | "UNKNOWN";

export interface Cell {
  gene: string;
  patient: string;
  status: Status;
  kinds: Kind[];
}

export interface Print {
  genes: string[];
  patients: string[];
  cells: Cell[];
}

const SVG = "http://www.w3.org/2000/svg";
const ROW = 24;
const [BLUE, VERMILION, GREEN, PURPLE, ORANGE] = COLOURS;

/** Each kind has a place and a height of its own in a cell, beside its colour. */
const GLYPHS: Record<Kind, { told: string; fill: string; top: number; height: number }> = {
  amplified: { told: "amplified or gained", fill: VERMILION!, top: 0, height: 1 },
  deleted: { told: "deleted or lost", fill: BLUE!, top: 0, height: 1 },
  variant: { told: "other small variant", fill: GREEN!, top: 0.34, height: 0.32 },
  truncating: { told: "truncating variant", fill: INK, top: 0.42, height: 0.16 },
  fusion: { told: "fusion", fill: PURPLE!, top: 0, height: 0.28 },
  splice: { told: "splice variant", fill: ORANGE!, top: 0.72, height: 0.28 },
};

export function drawOncoPrint(
  { genes, patients, cells }: Print,
  { title, width }: { title: string; width: number },
): SVGSVGElement {
  const left = Math.max(...genes.map((gene) => gene.length)) * 8.4 + 12;
  const right = 44;
  const step = (width - left - right) / Math.max(1, patients.length);
  const gap = step > 5 ? 1 : 0;
  const keys = [...legend(cells)];
  const columns = Math.max(1, Math.floor(width / 190));
  const below = genes.length * ROW + 12;
  const height = below + Math.ceil(keys.length / columns) * 22 + 6;
  const svg = made("svg", { width, height, viewBox: `0 0 ${width} ${height}` });
  svg.setAttribute("style", "font-family: inherit; font-size: 12.5px");
  const rows = new Map(genes.map((gene, at) => [gene, at * ROW + 3]));
  const places = new Map(patients.map((patient, at) => [patient, left + at * step]));
  const box = { width: Math.max(0.8, step - gap), height: ROW - 5 };
  const body = made("g", { "data-mark": "cell" });
  for (const cell of cells) {
    const [x, y] = [places.get(cell.patient)!, rows.get(cell.gene)!];
    const group = made("g", {
      "data-gene": cell.gene,
      "data-patient": cell.patient,
      "data-status": cell.status,
      "data-kinds": cell.kinds.join(" "),
    });
    group.append(...glyphs(cell, x, y, box));
    body.append(group);
  }
  const names = made("g", { fill: INK, "data-mark": "gene" });
  for (const [gene, y] of rows) {
    const of = cells.filter((cell) => cell.gene === gene);
    const assessed = of.filter(({ status }) => status === "ALTERED" || status === "NOT_ALTERED");
    const altered = of.filter(({ status }) => status === "ALTERED");
    names.append(
      text(gene, { x: left - 8, y: y + 14, "text-anchor": "end", "font-weight": 550 }),
      text(`${altered.length}/${assessed.length}`, { x: width - right + 6, y: y + 14, fill: SOFT }),
    );
  }
  svg.append(body, names);
  keys.forEach(({ told, cell }, at) => {
    const x = (at % columns) * 190 + 2;
    const y = below + Math.floor(at / columns) * 22;
    const key = made("g", { "data-mark": "key" });
    key.append(...glyphs(cell, x, y, { width: 12, height: 16 }));
    key.append(text(told, { x: x + 20, y: y + 12, fill: INK }));
    svg.append(key);
  });
  return named(svg, {
    title,
    description: `${genes.length} genes of ${patients.length} patients; beside each gene how many are altered of those assessed. A crossed cell was not assessed.`,
  });
}

function glyphs(
  { status, kinds }: Pick<Cell, "status" | "kinds">,
  x: number,
  y: number,
  { width, height }: { width: number; height: number },
): SVGElement[] {
  if (status === "NOT_ASSESSED" || status === "UNKNOWN") {
    const frame = made("rect", { x, y, width, height, fill: PAPER, stroke: LINE });
    const line = { x1: x, y1: y + height, x2: x + width, y2: y, stroke: SOFT };
    return [frame, made("line", { ...line, "stroke-width": 0.8 })];
  }
  const found = [made("rect", { x, y, width, height, fill: LINE })];
  for (const kind of ORDER) {
    if (!kinds.includes(kind)) continue;
    const { fill, top, height: share } = GLYPHS[kind];
    found.push(made("rect", { x, y: y + top * height, width, height: share * height, fill }));
  }
  if (status === "ALTERED" && kinds.length === 0) {
    found.push(made("rect", { x, y: y + height / 2 - 1, width, height: 2, fill: INK }));
  }
  return found;
}

const ORDER = Object.keys(GLYPHS) as Kind[];

/** Only what is there is explained. */
function* legend(cells: Cell[]): Generator<{ told: string; cell: Pick<Cell, "status" | "kinds"> }> {
  for (const kind of ORDER) {
    if (cells.some(({ kinds }) => kinds.includes(kind))) {
      yield { told: GLYPHS[kind].told, cell: { status: "ALTERED", kinds: [kind] } };
    }
  }
  if (cells.some(({ status, kinds }) => status === "ALTERED" && kinds.length === 0)) {
    yield { told: "altered otherwise", cell: { status: "ALTERED", kinds: [] } };
  }
  yield { told: "assessed, not altered", cell: { status: "NOT_ALTERED", kinds: [] } };
  yield { told: "not assessed", cell: { status: "NOT_ASSESSED", kinds: [] } };
}

function made(name: string, attributes: Record<string, string | number>): SVGElement {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}

function text(content: string, attributes: Record<string, string | number>): SVGElement {
  const element = made("text", attributes);
  element.textContent = content;
  return element;
}
