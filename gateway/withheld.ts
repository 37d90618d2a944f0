// What an answer tells of the rules that applied to it. Our subgraphs tell which rules of the caller's
// stand on the coordinates of the schema that an operation uses; which paths of it that makes is
// found here as resolvers/withheld.py finds it, so that both doors tell the same. Nothing of an answer
// has a part in it, and nothing that a partner says.
import {
  getArgumentValues,
  getNamedType,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isObjectType,
  type FieldNode,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
} from "graphql";

import type { Fields, Selection } from "./selection.ts";

const MOST_PATHS = 100;

// What a subgraph tells of a rule; `lacking` ones leave nothing of a field.
export interface Rule {
  rule: string;
  message: string;
  lacking?: boolean;
  coordinates: string[];
}
type Withheld = Omit<Rule, "lacking" | "coordinates"> & { paths: string[]; pathsLeftOut?: number };

// Lists the coordinates that an operation uses: types, fields, filters and values to sort by.
export function coordinatesOf(selection: Selection): string[] {
  const walk = new Walk([], selection);
  walk.begin();
  return [...walk.used];
}

// Names the rules that apply to an operation, each with the outermost fields.
export function withheld(rules: readonly Rule[], selection: Selection): Withheld[] {
  const walk = new Walk(rules, selection);
  walk.begin();
  return rules.flatMap(({ lacking, coordinates, ...told }, number) => {
    const paths = [...walk.found[number]!];
    const left = paths.length - MOST_PATHS;
    if (paths.length === 0) return [];
    return [
      { ...told, paths: paths.slice(0, MOST_PATHS), ...(left > 0 ? { pathsLeftOut: left } : {}) },
    ];
  });
}

export function isRules(value: unknown): value is Rule[] {
  return (
    Array.isArray(value) &&
    value.every(
      (each) =>
        typeof each?.rule === "string" &&
        typeof each.message === "string" &&
        Array.isArray(each.coordinates),
    )
  );
}

type Held = ReadonlySet<number>;

class Walk {
  readonly found: Set<string>[];
  readonly used = new Set<string>();
  readonly #selection: Selection;
  readonly #lacking: boolean[];
  readonly #at = new Map<string, number[]>();

  constructor(rules: readonly Rule[], selection: Selection) {
    this.found = rules.map(() => new Set());
    this.#lacking = rules.map(({ lacking }) => lacking === true);
    this.#selection = selection;
    for (const [number, { coordinates }] of rules.entries()) {
      for (const each of coordinates) this.#at.set(each, [...(this.#at.get(each) ?? []), number]);
    }
  }

  begin(): void {
    const { schema, operation } = this.#selection;
    this.#fields(schema.getRootType(operation.operation)!, this.#selection.roots(), "", new Set());
  }

  #fields(type: GraphQLObjectType, fields: Fields, above: string, held: Held): void {
    for (const [key, nodes] of fields) {
      const name = nodes[0]!.name.value;
      if (name.startsWith("__")) continue;
      const declared = type.getFields()[name]!;
      const target = getNamedType(declared.type);
      const standing = this.#of([`${type.name}.${name}`, target.name]);
      const given = this.#of(this.#given(declared, nodes[0]!));
      const path = `${above}${key}`;
      const all = [...standing, ...given];
      const lacking = all.filter((rule) => this.#lacking[rule]);
      this.#note(lacking.length > 0 ? lacking : all, path, held);
      if (lacking.length > 0) continue; // nothing within is answered
      const possible = isAbstractType(target)
        ? this.#selection.schema.getPossibleTypes(target)
        : [target].filter(isObjectType);
      for (const each of possible) {
        const within = this.#selection.fields(each, nodes);
        const kind = within.size > 0 ? this.#of([each.name]) : [];
        this.#note(kind, path, held);
        this.#fields(each, within, `${path}.`, new Set([...held, ...standing, ...kind]));
      }
    }
  }

  #note(rules: Iterable<number>, path: string, held: Held): void {
    for (const rule of rules) if (!held.has(rule)) this.found[rule]!.add(path);
  }

  #of(coordinates: Iterable<string>): number[] {
    return [...coordinates].flatMap((each) => {
      this.used.add(each);
      return this.#at.get(each) ?? [];
    });
  }

  // Lists the coordinates that a field's arguments use.
  *#given(declared: GraphQLField<unknown, unknown>, node: FieldNode): Iterable<string> {
    if (!node.arguments?.length) return;
    const values = getArgumentValues(declared, node, this.#selection.variables);
    for (const { name, type } of declared.args) yield* used(type, values[name]);
  }
}

function* used(type: GraphQLInputType, value: unknown): Iterable<string> {
  const named = getNamedType(type);
  if (value == null || !(isInputObjectType(named) || isEnumType(named))) return;
  if (Array.isArray(value)) {
    for (const each of value) yield* used(named, each);
  } else if (isEnumType(named)) {
    yield `${named.name}.${String(value)}`;
  } else {
    yield named.name;
    for (const [key, given] of Object.entries(value)) {
      yield `${named.name}.${key}`;
      yield* used(named.getFields()[key]!.type, given);
    }
  }
}
