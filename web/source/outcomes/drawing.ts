/** What all drawings have in common: colours, the numbers that a mark stands for, a name. */
import type { RenderFunction } from "@observablehq/plot";

export const INK = "currentColor";
export const SOFT = "var(--soft, #55707b)";
export const LINE = "var(--line, #d5dfe3)";
export const PAPER = "var(--paper, #fff)";
export const ACCENT = "var(--accent, #0b6e74)";

/** Okabe and Ito's colours: told apart by everyone. Give each a shape or a label of its own too. */
export const COLOURS = [
  "var(--blue, #0072B2)",
  "var(--vermilion, #D55E00)",
  "var(--green, #009E73)",
  "var(--purple, #CC79A7)",
  "var(--orange, #E69F00)",
  "var(--sky, #56B4E9)",
] as const;

type Numbers = Record<string, string | number | null>;

/** Names a kind of mark for programs, and writes on each, as data-…, what it stands for. */
export function marked<Row>(
  kind: string,
  rows: readonly Row[] = [],
  tell: (row: Row) => Numbers = () => ({}),
): RenderFunction {
  return (index, scales, values, dimensions, context, next) => {
    const group = next!(index, scales, values, dimensions, context)!;
    group.setAttribute("data-mark", kind);
    const marks = [...group.children];
    if (rows.length > 0) [...index].forEach((at, place) => write(marks[place]!, tell(rows[at]!)));
    return group;
  };
}

/** Names a line, which is one mark whatever the number of its points. */
export function lined(kind: string, numbers: Numbers): RenderFunction {
  return (index, scales, values, dimensions, context, next) => {
    const group = next!(index, scales, values, dimensions, context)!;
    group.setAttribute("data-mark", kind);
    for (const line of group.children) write(line, numbers);
    return group;
  };
}

function write(mark: Element, numbers: Numbers): void {
  for (const [name, value] of Object.entries(numbers)) {
    mark.setAttribute(`data-${name}`, String(value ?? ""));
  }
}

/**
 * Names a drawing, for those who see it and those who hear it. Plot's own labels name its marks
 * for programs: they become data-mark.
 */
export function named(
  drawing: SVGElement | HTMLElement,
  { title, description, links }: { title: string; description: string; links?: boolean },
): SVGSVGElement {
  const svg = drawing as SVGSVGElement;
  for (const group of svg.querySelectorAll("[aria-label]")) {
    if (!group.hasAttribute("data-mark")) {
      group.setAttribute("data-mark", group.getAttribute("aria-label")!);
    }
    group.removeAttribute("aria-label");
  }
  // What is an image has nothing in it that can be followed.
  svg.setAttribute("role", links ? "group" : "img");
  svg.setAttribute("aria-label", title);
  svg.prepend(shape("title", {}, title), shape("desc", {}, description));
  return svg;
}

/** A part of a drawing that Plot does not make. */
export function shape(
  name: string,
  attributes: Record<string, string | number> = {},
  text = "",
): SVGElement {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.textContent = text;
  return made;
}
