// Apollo's compatibility suite for subgraphs, against a products subgraph and a gateway before it.
// Usage: node compatibility.ts PRODUCTS ROUTER, two URLs, with the token in the environment as TOKEN.
// Prints one JSON array.
//
// The suite is made for jest and for a router without tokens: here its files are loaded one after the
// other and given jest's assertions, the router's URL, and the token for each request.
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

import { expect } from "expect";

type Body = () => void | Promise<void>;
type Send = (url: string, init: { headers: Record<string, string> }) => unknown;

const [products, router] = process.argv.slice(2);
const token = process.env["TOKEN"];
if (products === undefined || router === undefined || token === undefined) {
  process.stderr.write("usage: TOKEN=… node compatibility.ts PRODUCTS ROUTER\n");
  process.exit(2);
}
const require = createRequire(import.meta.url);
const suite = "@apollo/federation-subgraph-compatibility-tests";
const folder = join(dirname(require.resolve(`${suite}/package.json`)), "dist");

const sender = require.resolve("make-fetch-happen", { paths: [folder] });
const send = require(sender) as Send;
require.cache[sender]!.exports = ((url, init) => {
  const headers = { ...init.headers, authorization: `Bearer ${token}` };
  return send(url, { ...init, headers });
}) satisfies Send;
process.env["PRODUCTS_URL"] = products; // read when the client is loaded
require(join(folder, "utils", "client.js")).ROUTER_URL = router;

const tests: { name: string; body: Body }[] = [];
const within: string[] = [];
function test(name: string, body: Body): void {
  tests.push({ name: [...within, name].join(": "), body });
}
function describe(name: string, body: () => void): void {
  within.push(name);
  body();
  within.pop();
}
Object.assign(globalThis, { describe, test, it: test, expect });
for (const name of readdirSync(join(folder, "tests"))) {
  if (name.endsWith(".test.js")) require(join(folder, "tests", name));
}

const results: { name: string; reason: string | null }[] = [];
for (const { name, body } of tests) {
  try {
    await body();
    results.push({ name, reason: null });
  } catch (error) {
    results.push({ name, reason: String(error) });
  }
}
process.stdout.write(JSON.stringify(results));
