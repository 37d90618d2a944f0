/** The demonstration's tokens, one for each role; the page is told by its own markup. */

export const DEMONSTRATION = document.documentElement.dataset.demonstration === "yes";

export async function demonstrationTokens(): Promise<Record<string, string>> {
  if (!DEMONSTRATION) return {};
  const response = await fetch(new URL("graphiql/demo-tokens", document.baseURI));
  return response.ok ? ((await response.json()) as Record<string, string>) : {};
}
