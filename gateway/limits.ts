// Limits of a document, measured with its fragments expanded: those of resolvers/limits.py.
import {
  Kind,
  type DocumentNode,
  type FragmentDefinitionNode,
  type SelectionSetNode,
} from "graphql";

import { Refusal } from "./refusal.ts";
import { fragmentsOf } from "./selection.ts";

export const MOST_TOKENS = 10_000;
export const MOST_DEPTH = 20;
export const MOST_FIELDS = 2_000;
export const MOST_ALIASES = 200;
// Of an alias: prepared.ts adds three characters, and subgraphs take 100.
export const MOST_NAME = 97;
export const MOST_DIRECTIVES = 100;
export const MOST_DUPLICATES = 100;
export const MOST_ROOTS = 200;
export const MOST_INTROSPECTED = 400;
export const MOST_INTROSPECTED_ALIASES = 20;
export const MOST_BYTES = 1_000_000;

interface Size {
  fields: number;
  depth: number;
  aliases: number;
  directives: number;
  duplicates: number;
  name: number; // the longest alias: it stands beside each value
}

const NOTHING: Size = { fields: 0, depth: 0, aliases: 0, directives: 0, duplicates: 0, name: 0 };

function add(one: Size, other: Size): Size {
  return {
    fields: one.fields + other.fields,
    depth: Math.max(one.depth, other.depth),
    aliases: one.aliases + other.aliases,
    directives: one.directives + other.directives,
    duplicates: one.duplicates + other.duplicates,
    name: Math.max(one.name, other.name),
  };
}

// Measures selection sets, each fragment walked once.
class Measure {
  readonly #fragments: Map<string, FragmentDefinitionNode>;
  readonly #known = new Map<string, Size>();

  constructor(document: DocumentNode) {
    this.#fragments = fragmentsOf(document);
  }

  of(set: SelectionSetNode | undefined): Size {
    let size = NOTHING;
    const names = new Set<string>();
    let named = 0;
    for (const node of set?.selections ?? []) {
      size = add(size, { ...NOTHING, directives: node.directives?.length ?? 0 });
      if (node.kind === Kind.FIELD) {
        names.add((node.alias ?? node.name).value);
        named += 1;
        const inner = this.of(node.selectionSet);
        const aliases = node.alias === undefined ? 0 : 1;
        size = add(size, inner);
        const name = node.alias?.value.length ?? 0;
        size = add(size, { ...NOTHING, fields: 1, depth: inner.depth + 1, aliases, name });
      } else if (node.kind === Kind.INLINE_FRAGMENT) {
        size = add(size, this.of(node.selectionSet));
      } else {
        size = add(size, this.#fragment(node.name.value));
      }
    }
    return add(size, { ...NOTHING, duplicates: named - names.size });
  }

  #fragment(name: string): Size {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    this.#known.set(name, NOTHING); // a cycle, which validation refuses
    const size = this.of(this.#fragments.get(name)?.selectionSet);
    this.#known.set(name, size);
    return size;
  }
}

// Refuses with LIMIT_EXCEEDED a document that is too deep or too large.
export function checkDocument(document: DocumentNode): void {
  const measure = new Measure(document);
  for (const node of document.definitions) {
    if (node.kind !== Kind.OPERATION_DEFINITION && node.kind !== Kind.FRAGMENT_DEFINITION) continue;
    const own = { ...NOTHING, directives: node.directives?.length ?? 0 };
    const size = add(measure.of(node.selectionSet), own);
    within(size.depth, MOST_DEPTH, "deep");
    within(size.fields, MOST_FIELDS, "fields with fragments expanded");
    within(size.aliases, MOST_ALIASES, "aliases");
    within(size.name, MOST_NAME, "characters in an alias");
    within(size.directives, MOST_DIRECTIVES, "directives");
    within(size.duplicates, MOST_DUPLICATES, "repeated fields");
  }
}

// Refuses to tell the schema many times over: every field of it is there at no cost.
export function checkIntrospection(document: DocumentNode, set: SelectionSetNode): void {
  const size = new Measure(document).of(set);
  within(size.fields, MOST_INTROSPECTED, "fields of introspection");
  within(size.aliases, MOST_INTROSPECTED_ALIASES, "aliases of introspection");
}

export function within(number: number, most: number, what: string): void {
  if (number > most) {
    const [has, allowed] = [number, most].map((each) => each.toLocaleString("en"));
    const message = `The document has ${has} ${what}, and ${allowed} is allowed.`;
    throw new Refusal("LIMIT_EXCEEDED", message);
  }
}
