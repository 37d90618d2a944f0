// The ways to entities: which fields lead to those that a request to a subgraph named, by the plan. An
// error for all of them is told of the fields alone, without places in lists.
import { useQueryPlan } from "@graphql-hive/router-runtime";
import { parse, print, type DocumentNode, type GraphQLError } from "graphql";

import type { Place } from "./subgraph.ts";

export type Path = readonly (string | number)[];

interface Planned {
  document: DocumentNode;
  context: object;
}
type Segments = (string | { Field: string } | { TypeCondition: string[] })[];
// What is read here of a plan's nodes, of whichever kind.
interface PlanNode {
  kind?: string;
  path?: Segments;
  operation?: string;
  entityBatch?: { aliases: { alias: string; paths: Segments[] }[] };
  node?: PlanNode;
  nodes?: PlanNode[];
  ifClause?: PlanNode;
  elseClause?: PlanNode;
}
type Known = Map<string, Path[]>;

export class Ways {
  readonly #known = new WeakMap<object, Known>();

  // Gives what tells the places of an error of an operation that has been executed.
  of(planned: Planned): (error: GraphQLError) => Path[] {
    let known: Known | undefined;
    return (error) => {
      const place = error.extensions["place"] as Place | undefined;
      if (place === null) return [];
      if (place === undefined) return error.path === undefined ? [] : [error.path];
      known ??= this.#waysOf(planOf(planned));
      const ways = known.get(key(place.text, place.root)) ?? [];
      return ways.map((way) => [...way, ...place.rest]);
    };
  }

  #waysOf(plan: PlanNode | undefined): Known {
    let known = plan && this.#known.get(plan);
    if (known === undefined) {
      known = new Map();
      if (plan !== undefined) {
        gather(plan, [], known);
        this.#known.set(plan, known);
      }
    }
    return known;
  }
}

// Hive keeps the plan of what it has executed for the plugin that shows it.
function planOf({ document, context }: Planned): PlanNode | undefined {
  let plan: PlanNode | undefined;
  const plugin = useQueryPlan({ onQueryPlan: (found) => (plan = found as PlanNode | undefined) });
  const hook = plugin.onExecute?.({ context, args: { document } } as never);
  (hook as { onExecuteDone(done: object): void }).onExecuteDone({ result: {} });
  return plan;
}

function gather(node: PlanNode, way: Path, known: Known): void {
  if (node.kind === "Flatten" && node.path !== undefined) way = fields(node.path);
  if (node.operation !== undefined) {
    const text = print(parse(node.operation));
    const aliases = node.entityBatch?.aliases ?? [];
    if (aliases.length === 0) add(known, key(text, "_entities"), way);
    for (const { alias, paths } of aliases) {
      for (const path of paths) add(known, key(text, alias), fields(path));
    }
  }
  const inner = [node.node, node.ifClause, node.elseClause, ...(node.nodes ?? [])];
  for (const each of inner) if (each != null) gather(each, way, known);
}

function add(known: Known, name: string, way: Path): void {
  known.set(name, [...(known.get(name) ?? []), way]);
}

function fields(path: Segments): Path {
  return path.flatMap((each) => (typeof each === "object" && "Field" in each ? [each.Field] : []));
}

function key(text: string, root: string): string {
  return `${root} ${text}`;
}
