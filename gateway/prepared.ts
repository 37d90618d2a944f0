// Documents as Hive answers them right. It reads keys by their names in the answer, and asks a
// subgraph wrongly for fields that share one: so no alias takes the name of a field, siblings are one
// field, and what @skip and @include say is done before. A selection of an interface has the type,
// which completion needs.
import {
  getDirectiveValues,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  isAbstractType,
  Kind,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type DocumentNode,
  type FieldNode,
  type GraphQLSchema,
  type SelectionNode,
} from "graphql";

import type { Variables } from "./selection.ts";

const TYPENAME: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: "__typename" } };
const ALIASED = "_a_"; // no field begins so, nor becomes __typename by it
const MOST_KEPT = 8;

interface Known {
  conditions: string[];
  byConditions: Map<string, DocumentNode>;
}

// Gives the name by which a field's value stands in what Hive answers.
export function aliased(name: string, field: string): string {
  return name === field ? name : ALIASED + name;
}

// Gives the name that the caller chose.
export function chosen(name: string): string {
  return name.startsWith(ALIASED) ? name.slice(ALIASED.length) : name;
}

export class Prepared {
  readonly #schema: GraphQLSchema;
  readonly #known = new WeakMap<DocumentNode, Known>();

  constructor(schema: GraphQLSchema) {
    this.#schema = schema;
  }

  // Prepares a document for variables; those alone count that conditions name.
  of(document: DocumentNode, variables: Variables): DocumentNode {
    let known = this.#known.get(document);
    if (known === undefined) {
      known = { conditions: conditionsOf(document), byConditions: new Map() };
      this.#known.set(document, known);
    }
    const key = known.conditions.map((name) => String(variables[name])).join(" ");
    let prepared = known.byConditions.get(key);
    if (prepared === undefined) {
      prepared = this.#prepare(document, variables);
      if (known.byConditions.size >= MOST_KEPT) known.byConditions.clear();
      known.byConditions.set(key, prepared);
    }
    return prepared;
  }

  #prepare(document: DocumentNode, variables: Variables): DocumentNode {
    const types = new TypeInfo(this.#schema);
    return visit(
      document,
      visitWithTypeInfo(types, {
        Field(node) {
          if (node.alias === undefined) return undefined;
          const { alias, ...plain } = node;
          if (alias.value === node.name.value) return plain;
          return { ...plain, alias: { ...alias, value: aliased(alias.value, node.name.value) } };
        },
        SelectionSet(node) {
          const kept = node.selections.filter((each) => isIncluded(each, variables));
          const fields = joined(kept.map((each) => ({ ...each, directives: [] })));
          const isTyped = isAbstractType(types.getParentType()) || fields.length === 0;
          return { ...node, selections: isTyped ? [TYPENAME, ...fields] : fields };
        },
      }),
    );
  }
}

// Joins fields of one name in the answer into one with the selections of all: validation has seen
// that they are of one field, with equal arguments.
function joined(selections: SelectionNode[]): SelectionNode[] {
  const places = new Map<string, number>();
  const found: SelectionNode[] = [];
  for (const node of selections) {
    const name = node.kind === Kind.FIELD ? (node.alias ?? node.name).value : undefined;
    const place = name === undefined ? undefined : places.get(name);
    if (place === undefined) {
      if (name !== undefined) places.set(name, found.length);
      found.push(node);
      continue;
    }
    const first = found[place] as FieldNode;
    const inner = (node as FieldNode).selectionSet;
    if (first.selectionSet !== undefined && inner !== undefined) {
      const both = [...first.selectionSet.selections, ...inner.selections];
      found[place] = { ...first, selectionSet: { ...inner, selections: both } };
    }
  }
  return found;
}

function isIncluded(node: SelectionNode, variables: Variables): boolean {
  return (
    getDirectiveValues(GraphQLSkipDirective, node, variables)?.["if"] !== true &&
    getDirectiveValues(GraphQLIncludeDirective, node, variables)?.["if"] !== false
  );
}

function conditionsOf(document: DocumentNode): string[] {
  const found = new Set<string>();
  visit(document, {
    Directive(node) {
      for (const { value } of node.arguments ?? []) {
        if (value.kind === Kind.VARIABLE) found.add(value.name.value);
      }
    },
  });
  return [...found];
}
