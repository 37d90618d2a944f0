// Lists what changed from one schema to another, a JSON object on each line: how much it breaks
// (BREAKING, DANGEROUS, NON_BREAKING), what kind of change it is, where, and a sentence.
// Usage: node breaking.ts OLD NEW
import { readFileSync } from "node:fs";

import { diff } from "@graphql-inspector/core";
import { buildSchema } from "graphql";

const [before, after] = process.argv.slice(2);
if (before === undefined || after === undefined) {
  process.stderr.write("usage: node breaking.ts OLD NEW\n");
  process.exit(2);
}
const [one, other] = [before, after].map((file) => buildSchema(readFileSync(file, "utf8")));
for (const { criticality, type, path, message } of await diff(one!, other!)) {
  const line = { level: criticality.level, type, path: path ?? null, message };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
