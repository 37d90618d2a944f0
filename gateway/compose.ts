// Composes subgraphs and prints the supergraph.
// Usage: node compose.ts guild|apollo NAME=FILE…
import { readFileSync } from "node:fs";

import { compose, COMPOSERS, CompositionError } from "./composition.ts";

const [composer, ...given] = process.argv.slice(2);
const named = given.map((each) => /^([\w-]+)=(.+)$/.exec(each));
if (
  composer === undefined ||
  !(composer in COMPOSERS) ||
  named.length === 0 ||
  named.includes(null)
) {
  process.stderr.write("usage: node compose.ts guild|apollo NAME=FILE…\n");
  process.exit(2);
}
try {
  const parts = named.map((each) => ({ name: each![1]!, sdl: readFileSync(each![2]!, "utf8") }));
  process.stdout.write(compose(composer, parts));
} catch (error) {
  const code = (error as NodeJS.ErrnoException).code;
  if (!(error instanceof CompositionError) && code === undefined) throw error;
  process.stderr.write(`${composer} does not compose:\n${(error as Error).message}\n`);
  process.exit(1);
}
