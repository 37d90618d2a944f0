/** What is left of a member's budgets, as every answer tells it in its RateLimit headers. */
import type { Credentials } from "./graph.ts";

export interface Budget {
  name: string;
  left: number;
  quota: number;
  /** [seconds] in which an empty one is full again. */
  window: number;
}

let held: { credentials: Credentials; budgets: Budget[] } | null = null;
const listeners = new Set<() => void>();

/** Reads draft-ietf-httpapi-ratelimit-headers: `"cost";q=100;w=60` and `"cost";r=98;t=1`. */
export function read(headers: Headers): Budget[] {
  const left = items(headers.get("ratelimit"));
  return items(headers.get("ratelimit-policy")).flatMap(({ name, q, w }) => {
    const r = left.find((each) => each.name === name)?.r;
    return [q, w, r].every(Number.isFinite) ? [{ name, left: r!, quota: q!, window: w! }] : [];
  });
}

/** Notes what an answer told; one that tells nothing changes nothing. */
export function note(credentials: Credentials, headers: Headers): void {
  const budgets = read(headers);
  if (budgets.length === 0) return;
  held = { credentials, budgets };
  for (const listener of listeners) listener();
}

/** Gives what was told last to who asks so; nobody is shown what another one has left. */
export function budgetsOf(credentials: Credentials): Budget[] | null {
  return held?.credentials === credentials ? held.budgets : null;
}

/** Calls back with every answer that tells. */
export function watchBudgets(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

type Item = { name: string } & Partial<Record<string, number>>;

function items(header: string | null): Item[] {
  return (header ?? "").split(",").flatMap((item) => {
    const [name, ...parameters] = item.trim().split(";");
    if (name === undefined || !/^".+"$/.test(name)) return [];
    const numbers = parameters.map((each) => {
      const [key, value] = each.trim().split("=");
      return [key, Number(value)];
    });
    return [{ ...Object.fromEntries(numbers), name: name.slice(1, -1) } as Item];
  });
}
