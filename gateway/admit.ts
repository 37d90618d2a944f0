// Tells what a partner's subgraph may not add to the graph, or composes it with the others, by both
// composers, and prints the supergraph.
// Usage: node admit.ts PARTNER=FILE NAME=FILE…
import { readFileSync } from "node:fs";

import { GraphQLError } from "graphql";

import { refusals } from "./admission.ts";
import { compose, COMPOSERS, CompositionError } from "./composition.ts";

const named = process.argv.slice(2).map((each) => /^([\w-]+)=(.+)$/.exec(each));
if (named.length < 2 || named.includes(null)) {
  process.stderr.write("usage: node admit.ts PARTNER=FILE NAME=FILE…\n");
  process.exit(2);
}
try {
  const parts = named.map((each) => ({ name: each![1]!, sdl: readFileSync(each![2]!, "utf8") }));
  const [partner, ...others] = parts;
  const again = parts.find(
    ({ name }, place) => parts.findIndex((each) => each.name === name) < place,
  );
  if (again !== undefined) throw new CompositionError(`${again.name} is named twice`);
  const refused = refusals(partner!, others);
  if (refused.length > 0) throw new CompositionError(refused.join("\n"));
  const [supergraph] = Object.keys(COMPOSERS).map((composer) => compose(composer, parts));
  process.stdout.write(supergraph!);
} catch (error) {
  const known = error instanceof CompositionError || error instanceof GraphQLError;
  if (!known && (error as NodeJS.ErrnoException).code === undefined) throw error;
  process.stderr.write(`${(error as Error).message}\n`);
  process.exit(1);
}
