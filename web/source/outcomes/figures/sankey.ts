/** What flows: from drugs by way of mechanisms to what came next. */
import { sankey, sankeyLinkHorizontal } from "d3-sankey";

import { COLOURS, INK, named, PAPER, SOFT } from "../drawing.ts";

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
const SVG = "http://www.w3.org/2000/svg";

export function drawSankey(
  flows: Flow[],
  { title, width }: { title: string; width: number },
): SVGSVGElement {
  const narrow = width < NARROW;
  const graph = joined(flows);
  const tallest = Math.max(
    ...[0, 1, 2].map((n) => graph.nodes.filter((x) => x.column === n).length),
  );
  const height = Math.max(180, tallest * (narrow ? 30 : 34) + 24);
  const right = narrow ? 102 : 150;
  const { nodes, links } = sankey<Node, Link>()
    .nodeWidth(12)
    .nodePadding(narrow ? 14 : 16)
    .nodeAlign(({ column }) => column)
    .extent([
      [2, 14],
      [width - right, height - 8],
    ])(graph);
  const svg = made("svg", { width, height, viewBox: `0 0 ${width} ${height}` });
  svg.setAttribute("style", "font-family: inherit; font-size: 12.5px; overflow: visible");
  const path = sankeyLinkHorizontal<Node, Link>();
  const colour = colours(nodes.filter(({ column }) => column === 1));
  const band = made("g", { fill: "none", "stroke-opacity": 0.42, "data-mark": "flow" });
  for (const link of links) {
    const [source, target] = [link.source as Node, link.target as Node];
    const mechanism = source.column === 1 ? source : target;
    const line = made("path", {
      d: path(link) ?? "",
      stroke: colour(mechanism.name),
      "stroke-width": Math.max(1, link.width ?? 1),
      "data-from": source.name,
      "data-to": target.name,
      "data-findings": link.value,
    });
    line.append(text("title", `${source.name} → ${target.name}: ${link.value}`));
    band.append(line);
  }
  svg.append(band);
  const boxes = made("g", { "data-mark": "node" });
  const labels = made("g", { "data-mark": "label" });
  const room = (width - right) / 2 - 20;
  for (const { name, column, value = 0, x0 = 0, x1 = 0, y0 = 0, y1 = 0 } of nodes) {
    boxes.append(
      made("rect", {
        x: x0,
        y: y0,
        width: x1 - x0,
        height: Math.max(1, y1 - y0),
        fill: column === 1 ? colour(name) : INK,
        "data-name": name,
        "data-findings": value,
      }),
    );
    const whole = narrow && column === 2 ? name : `${name} ${value}`;
    const most = Math.floor((column === 2 ? right - 4 : room) / 6.4);
    const label = made("text", {
      x: x1 + 5,
      y: (y0 + y1) / 2,
      dy: "0.35em",
      fill: INK,
      stroke: PAPER,
      "stroke-width": 3,
      "paint-order": "stroke",
    });
    label.textContent =
      whole.length <= most ? whole : `${name.slice(0, Math.max(3, most - 5)).trim()}… ${value}`;
    label.append(text("title", whole));
    labels.append(label);
  }
  svg.append(boxes, labels);
  const heads = made("g", { fill: SOFT, "font-size": 11.5 });
  ["Drug", "Mechanism", "What came next"].forEach((head, column) => {
    const at = nodes.find((node) => node.column === column)?.x0 ?? 0;
    const said = made("text", { x: at, y: 8 });
    said.textContent = narrow && column === 2 ? "Next" : head;
    heads.append(said);
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

function made(name: string, attributes: Record<string, string | number>): SVGElement {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}

function text(name: string, content: string): SVGElement {
  const element = made(name, {});
  element.textContent = content;
  return element;
}
