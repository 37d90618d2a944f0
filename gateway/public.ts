// Prints what a supergraph shows to clients, in the order of names: its types and descriptions, without
// what is for gateways.
// Usage: node public.ts FILE
import { readFileSync } from "node:fs";

import { transformSupergraphToPublicSchema } from "@theguild/federation-composition";
import { buildASTSchema, lexicographicSortSchema, parse, printSchema } from "graphql";

const [file] = process.argv.slice(2);
if (file === undefined) {
  process.stderr.write("usage: node public.ts FILE\n");
  process.exit(2);
}
const supergraph = parse(readFileSync(file, "utf8"), { noLocation: true });
const shown = buildASTSchema(transformSupergraphToPublicSchema(supergraph));
process.stdout.write(`${printSchema(lexicographicSortSchema(shown))}\n`);
