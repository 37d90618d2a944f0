// The execution of an operation: what may be asked, by whom and at what cost; then Hive plans it with
// its Rust planner, asks the subgraphs and merges; then the answer is made to fit the schema.
//
// The merging leaves a null where the schema has none and loses the fields of a fragment that one is
// missing from, so graphql-js completes what was merged as if it were the root value.
import { unifiedGraphHandler } from "@graphql-hive/router-runtime";
import {
  execute,
  GraphQLError,
  OperationTypeNode,
  parse,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLSchema,
} from "graphql";

import type { Asked } from "./asked.ts";
import { checkCost, Prices } from "./cost.ts";
import { Documents } from "./documents.ts";
import { checkIntrospection } from "./limits.ts";
import { internal } from "./log.ts";
import { aliased, chosen, Prepared } from "./prepared.ts";
import { isCode, Refusal } from "./refusal.ts";
import { Selection, type Variables } from "./selection.ts";
import { type Path, Ways } from "./ways.ts";
import { coordinatesOf, withheld } from "./withheld.ts";

type Handler = typeof unifiedGraphHandler;
type Handled = Awaited<ReturnType<Handler>>;

export interface Request {
  query: string;
  operationName?: string | undefined;
  variables?: Variables | undefined;
  context: { asked: Asked; request: { method: string } };
}
type Parsed = Omit<Request, "query"> & { document: DocumentNode; prepared: DocumentNode };

const VIEWER = parse("{ viewer { role } }");
const STEWARD = "STEWARD";
const NULL = /^Cannot return null for non-nullable field /;

// Gives Hive its planner, and keeps what the planner makes of the supergraph for the execution.
export function planner(made: (execution: Execution) => void): Handler {
  return async (options) => {
    const handled = await unifiedGraphHandler(options);
    made(new Execution(handled));
    return handled;
  };
}

export class Execution {
  readonly #handled: Handled;
  readonly #schema: GraphQLSchema;
  readonly #documents: Documents;
  readonly #prices: Prices;
  readonly #ways = new Ways();
  readonly #prepared: Prepared;

  constructor(handled: Handled) {
    this.#handled = handled;
    this.#schema = handled.unifiedGraph;
    this.#documents = new Documents(handled.unifiedGraph);
    this.#prepared = new Prepared(handled.unifiedGraph);
    this.#prices = new Prices(handled.unifiedGraph);
  }

  // Answers an operation; whatever leaves nothing of the answer is thrown.
  async answer(request: Request): Promise<ExecutionResult> {
    const { query, operationName, variables = {}, context } = request;
    const document = this.#documents.read(query);
    const selection = new Selection(this.#schema, document, operationName, variables);
    const prepared = this.#prepared.of(document, selection.variables);
    const parsed = { document, prepared, operationName, variables, context };
    const { asked } = context;
    asked.operation = selection.operation.operation;
    if (context.request.method === "GET" && asked.operation !== OperationTypeNode.QUERY) {
      throw new Refusal("BAD_USER_INPUT", "GET is for queries alone: send it by POST.");
    }
    const roots = selection.roots();
    const names = [...roots.values()].map((nodes) => nodes[0]!.name.value);
    if (names.some((name) => name === "__schema" || name === "__type")) {
      if (!names.every((name) => name.startsWith("__"))) {
        const message = "Ask for the schema and for data in two operations.";
        throw new Refusal("BAD_USER_INPUT", message);
      }
      checkIntrospection(document, selection.operation.selectionSet);
      return this.#introspect(parsed);
    }
    if (names.every((name) => name === "__typename")) return this.#complete(parsed, {});
    asked.charge?.cost(checkCost(selection, roots, this.#prices));
    asked.coordinates = coordinatesOf(selection);
    const result = await this.#ask(parsed);
    const told = withheld(asked.rules ?? [], selection);
    return told.length > 0 ? { ...result, extensions: { withheld: told } } : result;
  }

  // Shows the schema to stewards; who is one, the subgraph knows that answers for the viewer.
  async #introspect(request: Parsed): Promise<ExecutionResult> {
    const viewer = { document: VIEWER, prepared: VIEWER, operationName: undefined, variables: {} };
    const asked = { ...request, ...viewer };
    const { data, errors } = await this.#ask(asked);
    const found = data?.["viewer"] as { role?: string } | null | undefined;
    if (found?.role === STEWARD) return this.#complete(request, {});
    const message = "The schema of all subgraphs is shown to stewards alone.";
    return { data: null, errors: errors ?? [new Refusal("FIELD_NOT_AVAILABLE", message)] };
  }

  async #ask(request: Parsed): Promise<ExecutionResult> {
    const asked = { ...request, document: request.prepared };
    const result = (await this.#handled.executor!(asked)) as ExecutionResult;
    const errors = told(result.errors ?? [], this.#ways.of(request));
    const whole = errors.find((error) => error.whole);
    // What may have been changed is told, whatever went wrong beside it.
    const changed = request.context.asked.operation === OperationTypeNode.MUTATION;
    const stands =
      changed && (whole?.path !== undefined || Object.keys(result.data ?? {}).length > 0);
    if (whole !== undefined && !stands) throw whole;
    return this.#complete(request, result.data ?? {}, errors);
  }

  #complete(request: Parsed, data: object, errors: Refusal[] = []): ExecutionResult {
    const result = execute({
      schema: this.#schema,
      document: request.document,
      rootValue: data,
      variableValues: request.variables as Variables,
      operationName: request.operationName,
      fieldResolver: (source, _arguments, _context, { path, fieldName }) => {
        const key = aliased(String(path.key), fieldName);
        return Object.hasOwn(source, key) ? source[key] : undefined;
      },
      typeResolver: (value: { __typename?: string }) => value.__typename,
    }) as ExecutionResult;
    const unexplained = (result.errors ?? []).find(
      ({ message }) => errors.length === 0 || !NULL.test(message),
    );
    if (unexplained !== undefined) throw unexplained;
    return errors.length > 0 ? { data: result.data, errors } : { data: result.data };
  }
}

// Gives the errors of the merging their codes and places, each place once.
function told(errors: readonly GraphQLError[], places: (error: GraphQLError) => Path[]): Refusal[] {
  const found = new Map<string, Refusal>();
  for (const error of errors) {
    for (const refusal of refusalsOf(error, places(error))) {
      found.set(JSON.stringify([refusal.code, refusal.message, refusal.path]), refusal);
    }
  }
  return [...found.values()];
}

function refusalsOf(error: GraphQLError, places: Path[]): Refusal[] {
  const { code, reference } = error.extensions;
  if (!isCode(code)) return [internal(error)];
  const options = typeof reference === "string" ? { reference } : {};
  if (places.length === 0) return [new Refusal(code, error.message, options)];
  return places.map((place) => {
    const path = place.map((each) => (typeof each === "string" ? chosen(each) : each));
    return new Refusal(code, error.message, { ...options, path });
  });
}
