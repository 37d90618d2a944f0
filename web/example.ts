/** Reads a file of examples/: `# title`, `# for: roles`, `# under: question`, and the query. */
import type { Example } from "./source/example.ts";

const HEAD = /^# (.+)\n# for: (.+)\n(?:# under: (.+)\n)?([^]+)$/;

export function readExample(text: string, variables: string): Example {
  const [, title, roles, under = "", query] = HEAD.exec(text)!;
  return {
    title: title!,
    roles: roles!.split(", "),
    under,
    query: `# ${title}\n${query}`,
    variables,
  };
}
