/** What flows: from drugs by way of mechanisms to what came next. */
import { sankey, sankeyLinkHorizontal } from "d3-sankey";

import { COLOURS, INK, named, PAPER, shape, SOFT } from "../drawing.ts";

export interface Flow {
  drug: string;
  mechanism: string;
  next: string;
  findings: number;
}

interface Node {
  name: string;
  column: number;
}

interface Link {
  source: number;
  target: number;
  value: number;
}

const NARROW = 620;
/** What a flow says of each column. */
const KEYS = ["drug", "mechanism", "next"] as const;
/** What a line of a label takes, and about what a letter does. */
const LINE_HEIGHT = 14;
const LETTER = 6.9;

export function drawSankey(
  flows: Flow[],
  { title, width }: { title: string; width: number },
): SVGSVGElement {
  const narrow = width < NARROW;
  const graph = joined(flows);
  const right = narrow ? 84 : 160;
  const room = (width - right) / 2 - 22;
  const lines = new Map(
    graph.nodes.map((node) => {
      const of = flows.filter((flow) => flow[KEYS[node.column]!] === node.name);
      const most = Math.floor((node.column === 2 ? right - 8 : room) / LETTER);
      return [node, wrapped(`${node.name} ${sum(of)}`, most)];
    }),
  );
  const most = Math.max(...[...lines.values()].map((label) => label.length));
  const padding = Math.max(16, most * LINE_HEIGHT - 4);
  const tallest = Math.max(
    ...[0, 1, 2].map((column) => graph.nodes.filter((node) => node.column === column).length),
  );
  const margin = ((most - 1) * LINE_HEIGHT) / 2 + 8;
  const height = Math.max(180, tallest * (padding + 18) + 2 * margin + 8);
  const { nodes, links } = sankey<Node, Link>()
    .nodeWidth(12)
    .nodePadding(padding)
    .nodeAlign(({ column }) => column)
    .extent([
      [2, margin + 8],
      [width - right, height - margin],
    ])(graph);
  const svg = shape("svg", { width, height, viewBox: `0 0 ${width} ${height}` });
  svg.setAttribute("style", "font-family: inherit; font-size: 12.5px; overflow: visible");
  const path = sankeyLinkHorizontal<Node, Link>();
  const colour = colours(nodes.filter(({ column }) => column === 1));
  const band = shape("g", { fill: "none", "stroke-opacity": 0.42, "data-mark": "flow" });
  for (const link of links) {
    const [source, target] = [link.source as Node, link.target as Node];
    const mechanism = source.column === 1 ? source : target;
    const line = shape("path", {
      d: path(link) ?? "",
      stroke: colour(mechanism.name),
      "stroke-width": Math.max(1, link.width ?? 1),
      "data-from": source.name,
      "data-to": target.name,
      "data-findings": link.value,
    });
    line.append(shape("title", {}, `${source.name} → ${target.name}: ${link.value}`));
    band.append(line);
  }
  svg.append(band);
  const boxes = shape("g", { "data-mark": "node" });
  const labels = shape("g", { "data-mark": "label" });
  for (const node of nodes) {
    const { name, column, value = 0, x0 = 0, x1 = 0, y0 = 0, y1 = 0 } = node;
    boxes.append(
      shape("rect", {
        x: x0,
        y: y0,
        width: x1 - x0,
        height: Math.max(1, y1 - y0),
        fill: column === 1 ? colour(name) : INK,
        "data-name": name,
        "data-findings": value,
      }),
    );
    const told = lines.get(node)!;
    const label = shape("text", { fill: INK, stroke: PAPER, "stroke-width": 3 });
    label.setAttribute("paint-order", "stroke");
    told.forEach((line, at) => {
      const y = (y0 + y1) / 2 + (at - (told.length - 1) / 2) * LINE_HEIGHT;
      label.append(shape("tspan", { x: x1 + 5, y, dy: "0.35em" }, line));
    });
    labels.append(label);
  }
  svg.append(boxes, labels);
  const heads = shape("g", { fill: SOFT, "font-size": 11.5 });
  ["Drug", "Mechanism", "What came next"].forEach((head, column) => {
    const at = nodes.find((node) => node.column === column)?.x0 ?? 0;
    heads.append(shape("text", { x: at, y: 8 }, narrow && column === 2 ? "Next" : head));
  });
  svg.append(heads);
  return named(svg, {
    title,
    description: `${sum(flows)} findings: from the drug that lost its effect, by way of the mechanism, to what came next. A band is as thick as its findings are many.`,
  });
}

/** Two steps share a mechanism: what came in by it goes out by it. */
function joined(flows: Flow[]): { nodes: Node[]; links: Link[] } {
  const nodes: Node[] = [];
  const place = (name: string, column: number): number => {
    const at = nodes.findIndex((node) => node.name === name && node.column === column);
    return at >= 0 ? at : nodes.push({ name, column }) - 1;
  };
  const links: Link[] = [];
  const add = (source: number, target: number, value: number): void => {
    const link = links.find((each) => each.source === source && each.target === target);
    if (link === undefined) links.push({ source, target, value });
    else link.value += value;
  };
  for (const { drug, mechanism, next, findings } of flows) {
    const middle = place(mechanism, 1);
    add(place(drug, 0), middle, findings);
    add(middle, place(next, 2), findings);
  }
  return { nodes, links };
}

function colours(mechanisms: { name: string }[]): (name: string) => string {
  const known = new Map(mechanisms.map(({ name }, at) => [name, COLOURS[at % COLOURS.length]!]));
  return (name) => known.get(name) ?? SOFT;
}

function sum(flows: Flow[]): number {
  return flows.reduce((all, { findings }) => all + findings, 0);
}

/** A label in lines, broken between its words. */
function wrapped(label: string, most: number): string[] {
  const lines: string[] = [];
  for (const word of label.split(" ")) {
    const longer = `${lines.at(-1) ?? ""} ${word}`.trim();
    if (lines.length > 0 && longer.length <= most) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}
