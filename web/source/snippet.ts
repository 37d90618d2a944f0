/** A request as a program, without the token: it is read from the environment variable TOKEN. */
import { type Credentials, endpoint, type Operation, scopeHeaders } from "./graph.ts";
import type { Json } from "./table.ts";

export function curl(operation: Operation, credentials: Credentials): string {
  const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  const headers = Object.entries(scopeHeaders(credentials));
  return [
    `curl -sS ${quoted(endpoint())}`,
    `-H "Authorization: Bearer $TOKEN"`,
    `-H 'Content-Type: application/json'`,
    ...headers.map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
    `--data-binary ${quoted(JSON.stringify(operation))}`,
  ].join(" \\\n  ");
}

export function python(operation: Operation, credentials: Credentials): string {
  const headers = Object.entries(scopeHeaders(credentials));
  const { query, ...others } = operation;
  const rest = Object.entries(others).filter(([, value]) => value != null);
  const block = /"""|\\|\r|"$/.test(query) ? literal(query) : `"""${query}"""`;
  return `import os

import httpx

query = ${block}

response = httpx.post(
    ${literal(endpoint())},
    headers={
        "Authorization": f"Bearer {os.environ['TOKEN']}",
${headers.map(([name, value]) => `        ${literal(name)}: ${literal(value)},\n`).join("")}    },
    json={
        "query": query,
${rest.map(([name, value]) => `        ${literal(name)}: ${literal(value as Json)},\n`).join("")}    },
    timeout=60,
)
print(response.text)
`;
}

/** JSON's text is Python's too, but for three names. */
function literal(value: Json): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value !== "object") return JSON.stringify(value);
  const fields = Object.entries(value);
  return `{${fields.map(([name, field]) => `${literal(name)}: ${literal(field)}`).join(", ")}}`;
}
