/** Best overall responses: their order, and how each is told apart by colour and by shape. */
import * as Plot from "@observablehq/plot";

import { INK } from "../drawing.ts";

export interface Category {
  code: string;
  title: string;
  colour: string;
  symbol: "star" | "circle" | "square" | "times" | "diamond2" | "plus";
}

export const CATEGORIES: readonly Category[] = [
  { code: "CR", title: "Complete response", colour: "#0072B2", symbol: "star" },
  { code: "PR", title: "Partial response", colour: "#56B4E9", symbol: "circle" },
  { code: "SD", title: "Stable disease", colour: "#E69F00", symbol: "square" },
  { code: "PD", title: "Progressive disease", colour: "#D55E00", symbol: "times" },
  { code: "NE", title: "Not evaluable", colour: "#8A979C", symbol: "diamond2" },
];

const NONE: Category = { code: "–", title: "Not assessed", colour: "#8A979C", symbol: "plus" };

export function category(code: string | null): Category {
  return CATEGORIES.find((each) => each.code === code) ?? NONE;
}

export interface Entry {
  label: string;
  colour: string;
  symbol: Category["symbol"] | "triangle" | "none";
  /** Stands in place of a symbol. */
  sign?: string;
}

const LINE_HEIGHT = 20;

/** A key above the frame, in as many lines as it takes. */
export function key(entries: Entry[], { width, left }: { width: number; left: number }) {
  let [x, line] = [0, 0];
  const places = entries.map((entry) => {
    const wide = entry.label.length * 7 + 30;
    if (x > 0 && x + wide > width - 8) [x, line] = [0, line + 1];
    const place = { ...entry, x, line };
    x += wide;
    return place;
  });
  const height = (line + 1) * LINE_HEIGHT + 10;
  const marks = places.flatMap(({ label, colour, symbol, sign, x, line }) => {
    const at = { frameAnchor: "top-left", dy: line * LINE_HEIGHT + 8 - height } as const;
    return [
      symbol === "none"
        ? Plot.text([sign ?? ""], {
            ...at,
            text: (t: string) => t,
            dx: x - left + 8,
            fill: colour,
          })
        : Plot.dot([label], {
            ...at,
            dx: x - left + 10,
            symbol,
            r: 4.5,
            ...painted(symbol, colour),
          }),
      Plot.text([label], {
        ...at,
        text: (t: string) => t,
        dx: x - left + 20,
        textAnchor: "start",
        fill: INK,
      }),
    ];
  });
  return { marks, height };
}

/** Crosses are strokes; what else there is, is filled. */
export function painted(symbol: Entry["symbol"], colour: string) {
  return symbol === "times" || symbol === "plus"
    ? { stroke: colour, strokeWidth: 1.8 }
    : { fill: colour };
}
