// GraphQL over HTTP, audited by the reference implementation's own audits.
// Usage: node audit.ts URL, with the token in the environment as TOKEN. Prints one JSON array.
import { auditServer } from "graphql-http";

const [url] = process.argv.slice(2);
const token = process.env.TOKEN;
if (url === undefined || token === undefined) {
  process.stderr.write("usage: TOKEN=… node audit.ts URL\n");
  process.exit(2);
}

const results = await auditServer({
  url,
  fetchFn: (input: RequestInfo, init?: RequestInit) => {
    const headers = new Headers(init?.headers);
    headers.set("authorization", `Bearer ${token}`);
    return fetch(input, { ...init, headers });
  },
});
const told = results.map(({ id, name, status, ...rest }) => ({
  id,
  name,
  status,
  reason: "reason" in rest ? rest.reason : null,
}));
process.stdout.write(JSON.stringify(told));
