// What an operation may cost, by the @cost and @listSize that the supergraph carries: added up as
// resolvers/limits.py does, before any subgraph is asked.
//
// Hive's own demand control adds up each request to a subgraph when it is about to be sent, the
// kinds of an interface together and an entity once however many are asked for.
import {
  getArgumentValues,
  getDirectiveValues,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isObjectType,
  type FieldNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
} from "graphql";

import { MOST_ROOTS, within } from "./limits.ts";
import { coded, Refusal } from "./refusal.ts";
import type { Fields, Selection } from "./selection.ts";

export const MOST_COST = 2_000_000;
export const MOST_ROWS = 1_000;

interface ListSize {
  assumedSize?: number;
  slicingArguments?: string[];
  sizedFields?: string[];
}
interface Declared {
  weight?: number;
  size?: ListSize;
}
type Sizes = Record<string, number>;

// Reads what the supergraph declares of its fields.
export class Prices {
  readonly #declared = new Map<string, Declared>();

  constructor(schema: GraphQLSchema) {
    const [cost, listSize] = [schema.getDirective("cost"), schema.getDirective("listSize")];
    for (const type of Object.values(schema.getTypeMap())) {
      for (const field of isObjectType(type) ? Object.values(type.getFields()) : []) {
        const node = field.astNode ?? {};
        const found: Declared = {};
        const weight = cost && getDirectiveValues(cost, node)?.["weight"];
        if (typeof weight === "number") found.weight = weight;
        const size = listSize && getDirectiveValues(listSize, node);
        if (size) found.size = size;
        this.#declared.set(`${type.name}.${field.name}`, found);
      }
    }
  }

  of(type: GraphQLObjectType, field: string): Declared {
    return this.#declared.get(`${type.name}.${field}`) ?? {};
  }
}

// Tells what an operation may cost; refuses with COST_EXCEEDED, or with LIMIT_EXCEEDED where there are
// too many roots.
export function checkCost(selection: Selection, roots: Fields, prices: Prices): number {
  within(roots.size, MOST_ROOTS, "roots");
  const root = selection.schema.getRootType(selection.operation.operation)!;
  const cost = new Price(selection, prices).of(root, roots, {});
  if (cost > MOST_COST) {
    const [may, allowed] = [cost, MOST_COST].map((each) => each.toLocaleString("en"));
    throw new Refusal(
      "COST_EXCEEDED",
      `The operation may cost ${may}, and ${allowed} is allowed: ` +
        "ask for smaller pages or fewer relations.",
    );
  }
  return cost;
}

// Prices what an operation selects; what several kinds of an interface share is priced once.
class Price {
  readonly #selection: Selection;
  readonly #prices: Prices;
  readonly #known = new Map<string, number>();
  readonly #numbers = new Map<FieldNode, number>();

  constructor(selection: Selection, prices: Prices) {
    this.#selection = selection;
    this.#prices = prices;
  }

  // Adds up the fields of one object; `sized` are the lists that the way to it sizes.
  of(type: GraphQLObjectType, fields: Fields, sized: Sizes): number {
    let cost = 0;
    for (const nodes of fields.values()) {
      if (!nodes[0]!.name.value.startsWith("__")) cost += this.#field(type, nodes, sized);
    }
    return cost;
  }

  #field(type: GraphQLObjectType, nodes: FieldNode[], sized: Sizes): number {
    const name = nodes[0]!.name.value;
    const declared = type.getFields()[name]!;
    const { weight, size } = this.#prices.of(type, name);
    let count = sized[name] ?? 1;
    let inner: Sizes = {};
    if (size !== undefined) {
      const rows = this.#rows(size, declared, nodes[0]!);
      if (size.sizedFields?.length) {
        inner = Object.fromEntries(size.sizedFields.map((each) => [each, rows]));
      } else {
        count = rows;
      }
    }
    const target = getNamedType(declared.type);
    const own = weight ?? (isCompositeType(target) ? 1 : 0);
    return count * (own + this.#inside(target, nodes, inner));
  }

  // Adds up what is selected of one object: of the dearest type that it may be.
  #inside(target: GraphQLNamedType, nodes: FieldNode[], sized: Sizes): number {
    const key = [target.name, ...nodes.map((node) => this.#number(node)), ...Object.values(sized)];
    const known = this.#known.get(key.join());
    if (known !== undefined) return known;
    const { schema } = this.#selection;
    const possible = isAbstractType(target) ? schema.getPossibleTypes(target) : [target];
    const costs = possible
      .filter(isObjectType)
      .map((type) => this.of(type, this.#selection.fields(type, nodes), sized));
    const cost = Math.max(0, ...costs);
    this.#known.set(key.join(), cost);
    return cost;
  }

  #number(node: FieldNode): number {
    const number = this.#numbers.get(node) ?? this.#numbers.size;
    this.#numbers.set(node, number);
    return number;
  }

  // Tells how many a list is taken to have; a page of no allowed size is refused by its subgraph.
  #rows(size: ListSize, field: GraphQLField<unknown, unknown>, node: FieldNode): number {
    const given = this.#arguments(field, node);
    const sliced = (size.slicingArguments ?? [])
      .map((name) => given[name])
      .filter((value) => typeof value === "number");
    const rows = sliced.length > 0 ? Math.max(...sliced) : (size.assumedSize ?? 1);
    return Math.min(Math.max(1, rows), MOST_ROWS);
  }

  #arguments(field: GraphQLField<unknown, unknown>, node: FieldNode): Record<string, unknown> {
    try {
      return getArgumentValues(field, node, this.#selection.variables);
    } catch (error) {
      throw coded("BAD_USER_INPUT", error as ReturnType<typeof coded>);
    }
  }
}
