/** Where one is among the pages: a path below the root, and what follows its question mark. */
import { useSyncExternalStore } from "react";

import { ROOT } from "../root.ts";

export interface Place {
  /** Such as "/" or "/cohorts/TRA-BRAF-CRC". */
  path: string;
  parameters: URLSearchParams;
}

const listeners = new Set<() => void>();

/** The address of a path, for a link. */
export function address(path: string): string {
  return new URL(path.slice(1), ROOT).href;
}

/** Goes to a page without loading anything anew: who asks is remembered here alone. */
export function go(path: string): void {
  history.pushState(null, "", address(path));
  for (const listener of listeners) listener();
}

export function useHere(): Place {
  const href = useSyncExternalStore(listen, () => location.pathname + location.search);
  const { pathname, searchParams } = new URL(href, ROOT);
  return { path: `/${pathname.slice(ROOT.pathname.length)}`, parameters: searchParams };
}

/** The path that a link leads to, where that is one of these pages. */
export function pathOf(link: Element): string | null {
  const href = link.getAttribute("href") ?? link.getAttributeNS(XLINK, "href") ?? "";
  const { origin, pathname, search, hash } = new URL(href, location.href);
  if (origin !== ROOT.origin || !pathname.startsWith(ROOT.pathname) || hash !== "") return null;
  return `/${pathname.slice(ROOT.pathname.length)}${search}`;
}

const XLINK = "http://www.w3.org/1999/xlink";

function listen(listener: () => void): () => void {
  listeners.add(listener);
  addEventListener("popstate", listener);
  return () => {
    listeners.delete(listener);
    removeEventListener("popstate", listener);
  };
}
