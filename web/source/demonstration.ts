/** The demonstration's tokens, one for each role; the page is told by its own markup. */

import type { Credentials } from "./graph.ts";
import { ROOT } from "./root.ts";

export const DEMONSTRATION = document.documentElement.dataset.demonstration === "yes";

export async function demonstrationTokens(): Promise<Record<string, string>> {
  if (!DEMONSTRATION) return {};
  const response = await fetch(new URL("graphiql/demo-tokens", ROOT));
  return response.ok ? ((await response.json()) as Record<string, string>) : {};
}

/** Whose token it is, where it is one of the demonstration's. */
export function roleOf({ token }: Credentials, tokens: Record<string, string>): string | undefined {
  return Object.keys(tokens).find((role) => tokens[role] === token);
}

/** A role may stand in the address, as one page hands it to another; it is taken out of it. */
export function takeRole(): string | null {
  const [, role = null] = /^#role=([a-z]+)$/.exec(location.hash) ?? [];
  if (role !== null) history.replaceState(null, "", location.pathname + location.search);
  return role;
}
