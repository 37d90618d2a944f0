/** The operation that a link brought, `#operation={query, variables}&role=…`, until it is opened. */

export interface Operation {
  query: string;
  /** As text; nothing where there are none. */
  variables: string;
}

export interface Linked extends Operation {
  /** The role of the demonstration that it was made with. */
  role: string | null;
}

/** Survives a sign-in, which leads away from this page. */
const KEPT = "connect-graph:linked";

/** Takes what the address brought out of it, or what waited for a sign-in; null where nothing did. */
export function takeLinked(): Linked | "unreadable" | null {
  if (!location.hash.startsWith("#operation=")) return read(sessionStorage.getItem(KEPT));
  const told = new URLSearchParams(location.hash.slice(1));
  history.replaceState(null, "", location.pathname);
  const found = linkedOf(told.get("operation") ?? "", told.get("role"));
  if (found === null) return "unreadable";
  sessionStorage.setItem(KEPT, JSON.stringify(found));
  return found;
}

export function forgetLinked(): void {
  sessionStorage.removeItem(KEPT);
}

/** Calls back when the address of the open page is given an operation. */
export function watchLinked(listener: () => void): () => void {
  addEventListener("hashchange", listener);
  return () => removeEventListener("hashchange", listener);
}

export function linkedOf(text: string, role: string | null): Linked | null {
  try {
    const { query, variables } = JSON.parse(text) as Record<string, unknown>;
    if (typeof query !== "string" || query.trim() === "") return null;
    if (typeof (variables ?? {}) !== "object" || Array.isArray(variables)) return null;
    const empty = Object.keys(variables ?? {}).length === 0;
    return { query, variables: empty ? "" : JSON.stringify(variables, null, 2), role };
  } catch {
    return null;
  }
}

function read(text: string | null): Linked | null {
  return text === null ? null : (JSON.parse(text) as Linked);
}
