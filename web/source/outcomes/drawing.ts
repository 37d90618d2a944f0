/** What all drawings have in common: colours, the numbers that a mark stands for, a name. */
import type { RenderFunction } from "@observablehq/plot";

export const INK = "currentColor";
export const SOFT = "var(--soft, #55707b)";
export const LINE = "var(--line, #d5dfe3)";
export const PAPER = "var(--paper, #fff)";
export const ACCENT = "var(--accent, #0b6e74)";

/** Okabe and Ito's colours: told apart by everyone. Give each a shape or a label of its own too. */
export const COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"] as const;

/** Writes on each mark, as data-…, the numbers that it stands for. */
export function numbered<Row>(
  rows: readonly Row[],
  tell: (row: Row) => Record<string, string | number | null>,
): RenderFunction {
  return (index, scales, values, dimensions, context, next) => {
    const group = next!(index, scales, values, dimensions, context)!;
    const marks = [...group.children];
    [...index].forEach((at, place) => {
      for (const [name, value] of Object.entries(tell(rows[at]!))) {
        marks[place]!.setAttribute(`data-${name}`, String(value ?? ""));
      }
    });
    return group;
  };
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
    group.setAttribute("data-mark", group.getAttribute("aria-label")!);
    group.removeAttribute("aria-label");
  }
  // What is an image has nothing in it that can be followed.
  svg.setAttribute("role", links ? "group" : "img");
  svg.setAttribute("aria-label", title);
  svg.prepend(element("title", title), element("desc", description));
  return svg;
}

function element(name: string, text: string): SVGElement {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  made.textContent = text;
  return made;
}
