/** The pages. A new one is a line here; the server knows the paths already (`place.py`). */
import type { ComponentType } from "react";

import type { Place } from "../route.ts";
import { Biomarkers } from "./biomarkers.tsx";
import { CohortPage } from "./cohort.tsx";
import { Cohorts } from "./cohorts.tsx";
import { Release } from "./release.tsx";
import { Resistance } from "./resistance.tsx";

export interface PageProperties {
  place: Place;
  /** What stands in the path where the page's has a colon; empty where it has none. */
  named: string;
}

export interface Page {
  /** As "/cohorts/:code". */
  path: string;
  title: string;
  /** Whether the menu leads there. */
  listed: boolean;
  Content: ComponentType<PageProperties>;
}

export const PAGES: Page[] = [
  { path: "/", title: "Cohorts", listed: true, Content: Cohorts },
  { path: "/cohorts/:code", title: "Cohort", listed: false, Content: CohortPage },
  { path: "/biomarkers", title: "Biomarkers", listed: true, Content: Biomarkers },
  { path: "/resistance", title: "Resistance", listed: true, Content: Resistance },
  { path: "/release", title: "Releases", listed: true, Content: Release },
];

/** The page of a path, and what is named in it; null where there is none. */
export function pageOf(path: string): { page: Page; named: string } | null {
  for (const page of PAGES) {
    const [before = "", after] = page.path.split(":");
    if (after === undefined ? path === page.path : path.startsWith(before)) {
      const rest = after === undefined ? "" : path.slice(before.length);
      if (after === undefined || (rest !== "" && !rest.includes("/"))) {
        return { page, named: decoded(rest) };
      }
    }
  }
  return null;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
