/** Genes by patients: what is altered, what is not, and what nobody looked at. */
import { COLOURS, INK, LINE, named, PAPER, shape, SOFT } from "../drawing.ts";

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

type Seen = Pick<Cell, "status" | "kinds">;

const ROW = 24;
const RIGHT = 48;
/** What an entry of the legend takes. */
const ENTRY = { width: 196, height: 22 };
const [BLUE, VERMILION, GREEN, PURPLE, ORANGE] = COLOURS;

/** Each kind has a place and a height of its own in a cell, beside its colour. */
const GLYPHS: Record<Kind, { told: string; fill: string; top: number; height: number }> = {
  amplified: { told: "amplified or gained", fill: VERMILION!, top: 0, height: 1 },
  deleted: { told: "deleted or lost", fill: BLUE!, top: 0.5, height: 0.5 },
  variant: { told: "other small variant", fill: GREEN!, top: 0.34, height: 0.32 },
  truncating: { told: "truncating variant", fill: INK, top: 0.42, height: 0.16 },
  fusion: { told: "fusion", fill: PURPLE!, top: 0, height: 0.28 },
  splice: { told: "splice variant", fill: ORANGE!, top: 0.76, height: 0.24 },
};
/** In the order in which they are painted: what is narrow stays in sight. */
const ORDER = Object.keys(GLYPHS) as Kind[];

export function toldKinds(kinds: Kind[]): string {
  return kinds.map((kind) => GLYPHS[kind].told).join(", ");
}

export function drawOncoPrint(
  { genes, patients, cells }: Print,
  { title, width }: { title: string; width: number },
): SVGSVGElement {
  const left = Math.max(...genes.map((gene) => gene.length)) * 9.6 + 12;
  const step = (width - left - RIGHT) / Math.max(1, patients.length);
  const box = { width: Math.max(0.8, step - (step > 5 ? 1 : 0)), height: ROW - 5 };
  const keys = legend(cells);
  const columns = Math.max(1, Math.floor(width / ENTRY.width));
  const below = genes.length * ROW + 12;
  const height = below + Math.ceil(keys.length / columns) * ENTRY.height + 6;
  const svg = shape("svg", { width, height, viewBox: `0 0 ${width} ${height}` });
  svg.setAttribute("style", "font-family: inherit; font-size: 12.5px");

  const rows = new Map(genes.map((gene, at) => [gene, at * ROW + 3]));
  const places = new Map(patients.map((patient, at) => [patient, left + at * step]));
  const body = shape("g", { "data-mark": "cell" });
  for (const { gene, patient, status, kinds } of cells) {
    const group = shape("g", {
      "data-gene": gene,
      "data-patient": patient,
      "data-status": status,
      "data-kinds": kinds.join(" "),
    });
    group.append(...glyphs({ status, kinds }, places.get(patient)!, rows.get(gene)!, box));
    body.append(group);
  }
  const names = shape("g", { fill: INK, "data-mark": "gene" });
  for (const [gene, y] of rows) {
    const of = cells.filter((cell) => cell.gene === gene);
    const altered = of.filter(({ status }) => status === "ALTERED").length;
    const assessed = altered + of.filter(({ status }) => status === "NOT_ALTERED").length;
    const at = { y: y + 14, "text-anchor": "end" };
    names.append(
      shape("text", { ...at, x: left - 8, "font-weight": 550 }, gene),
      shape("text", { ...at, x: width - 2, fill: SOFT }, `${altered}/${assessed}`),
    );
  }
  svg.append(body, names);
  keys.forEach(({ told, cell }, at) => {
    const x = (at % columns) * ENTRY.width + 2;
    const y = below + Math.floor(at / columns) * ENTRY.height;
    const key = shape("g", { "data-mark": "key" });
    key.append(...glyphs(cell, x, y, { width: 12, height: 16 }));
    key.append(shape("text", { x: x + 20, y: y + 12, fill: INK }, told));
    svg.append(key);
  });
  return named(svg, {
    title,
    description: `${genes.length} genes of ${patients.length} patients; beside each gene how many are altered of those assessed. A crossed cell was not assessed; of an empty one nobody says.`,
  });
}

function glyphs(
  { status, kinds }: Seen,
  x: number,
  y: number,
  { width, height }: { width: number; height: number },
): SVGElement[] {
  if (status === "NOT_ASSESSED" || status === "UNKNOWN") {
    const frame = shape("rect", { x, y, width, height, fill: PAPER, stroke: LINE });
    if (status === "UNKNOWN") return [frame];
    const line = { x1: x, y1: y + height, x2: x + width, y2: y, stroke: SOFT };
    return [frame, shape("line", { ...line, "stroke-width": 0.8 })];
  }
  const found = [shape("rect", { x, y, width, height, fill: LINE })];
  for (const kind of ORDER) {
    if (!kinds.includes(kind)) continue;
    const { fill, top, height: share } = GLYPHS[kind];
    found.push(shape("rect", { x, y: y + top * height, width, height: share * height, fill }));
  }
  if (status === "ALTERED" && kinds.length === 0) {
    found.push(shape("rect", { x, y: y + height / 2 - 1, width, height: 2, fill: INK }));
  }
  return found;
}

/** Only what is there is explained. */
function legend(cells: Cell[]): { told: string; cell: Seen }[] {
  const all: { told: string; cell: Seen }[] = [
    ...ORDER.map((kind) => ({
      told: GLYPHS[kind].told,
      cell: { status: "ALTERED" as const, kinds: [kind] },
    })),
    { told: "altered otherwise", cell: { status: "ALTERED", kinds: [] } },
    { told: "assessed, not altered", cell: { status: "NOT_ALTERED", kinds: [] } },
    { told: "not assessed", cell: { status: "NOT_ASSESSED", kinds: [] } },
    { told: "not known whether assessed", cell: { status: "UNKNOWN", kinds: [] } },
  ];
  return all.filter(({ cell: { status, kinds } }) =>
    cells.some((cell) =>
      kinds.length > 0
        ? cell.kinds.includes(kinds[0]!)
        : cell.status === status && cell.kinds.length === 0,
    ),
  );
}
