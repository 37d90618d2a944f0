/** Asking the graph. */
import { note } from "./budget.ts";
import { ROOT } from "./root.ts";
import { session } from "./session.ts";

/** What goes with every request. It lives in this page's memory and nowhere else. */
export interface Credentials {
  /** A token of one's own; without one it is that of who signed in. */
  token: string;
  signedIn?: boolean;
  scope: string;
  purpose: string;
}

export const NOBODY: Credentials = { token: "", scope: "", purpose: "" };

export interface GraphError {
  message: string;
  path?: (string | number)[];
  extensions?: { code?: string; reference?: string };
}

/** A rule that an answer was made under, in the graph's own words. */
export interface Rule {
  rule: string;
  message: string;
}

export interface Answer {
  data?: Record<string, unknown> | null;
  errors?: GraphError[];
  extensions?: { withheld?: Rule[] };
}

export interface Operation {
  query: string;
  variables?: unknown;
  operationName?: string | null | undefined;
}

export function endpoint(): string {
  return new URL("graphql", ROOT).href;
}

/** The headers beside the token's. */
export function scopeHeaders({ scope, purpose }: Credentials): Record<string, string> {
  return {
    ...(scope === "" ? {} : { "X-Scope": scope }),
    ...(purpose === "" ? {} : { "X-Purpose": purpose }),
  };
}

export async function ask(
  credentials: Credentials,
  operation: Operation,
  signal: AbortSignal | null = null,
): Promise<Answer> {
  const token = credentials.signedIn ? await sessionToken() : credentials.token;
  if (token === null) {
    const message = "Your session has ended: sign in again.";
    return { data: null, errors: [{ message, extensions: { code: "UNAUTHENTICATED" } }] };
  }
  try {
    const response = await fetch(endpoint(), {
      method: "POST",
      signal,
      credentials: "omit",
      headers: {
        Accept: "application/graphql-response+json, application/json;q=0.9",
        Authorization: `Bearer ${token}`,
        "Content-Type": "application/json",
        ...scopeHeaders(credentials),
      },
      body: JSON.stringify(operation),
    });
    note(credentials, response.headers);
    return (await response.json()) as Answer;
  } catch {
    const message = "The graph cannot be reached, or did not answer in JSON: try again.";
    return { data: null, errors: [{ message }] };
  }
}

async function sessionToken(): Promise<string | null> {
  const found = await session();
  return found.state === "signed-in" ? found.token : null;
}
