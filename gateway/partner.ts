// Partners: subgraphs that are not ours. What one answers is made to be what it was asked: another
// name in it would take the place of a value of ours, and what does not fit its own schema would
// cost the whole answer. Whatever goes wrong there is told of its own fields alone.
import { execute, type DocumentNode, type ExecutionResult, type GraphQLSchema } from "graphql";

import type { Asked } from "./asked.ts";
import { log } from "./log.ts";
import { Unreachable, type Bounds } from "./replicas.ts";
import type { Signer } from "./signer.ts";
import type { Document, Given, Told } from "./subgraph.ts";

export const BOUNDS: Bounds = { answerMs: 5_000, answerBytes: 4_000_000 };
const MOST_FAULTS = 100;

export class Partner {
  readonly #name: string;
  readonly #schema: GraphQLSchema;
  readonly #signer: Signer;

  constructor(name: string, schema: GraphQLSchema, signer: Signer) {
    this.#name = name;
    this.#schema = schema;
    this.#signer = signer;
  }

  // Gives what goes with a request; nothing of it is the caller's own.
  async headers({ id, caller }: Asked): Promise<Record<string, string>> {
    const token = await this.#signer.token(this.#name, caller!);
    return { authorization: `Bearer ${token}`, "x-request-id": id };
  }

  // Raises: Unreachable where nothing of the answer can be used.
  contain(
    asked: DocumentNode,
    { roots }: Document,
    variables: Record<string, unknown>,
    given: Given,
  ): Given {
    const faults = given.errors ?? [];
    if (given.data == null) throw this.#unreachable("no data");
    if (faults.length > MOST_FAULTS) throw this.#unreachable("too many errors");
    const places = faults.map(({ path }) => this.#place(path, roots, variables));
    const rootValue: Record<string, unknown> = {};
    for (const { key, representations } of roots) {
      const value = given.data[key];
      rootValue[key] =
        representations === undefined ? value : this.#typed(value, variables[representations]);
    }
    const { data, errors = [] } = execute({
      schema: this.#schema,
      document: asked,
      rootValue,
      variableValues: variables,
      fieldResolver: (source, _arguments, _context, { path: { key } }) =>
        Object.hasOwn(source, key) ? source[key] : undefined,
      typeResolver: (value: { __typename?: string }) => value.__typename,
    }) as ExecutionResult;
    if (data == null) throw this.#unreachable("an answer that does not fit");
    const told = [...places, ...errors.map(({ path }) => path)].map((path) => ({
      message: `The subgraph ${this.#name} failed here, and what it tells is null.`,
      path,
      extensions: { code: "SUBGRAPH_UNAVAILABLE" },
    }));
    if (told.length > 0)
      log("warning", "partner failed", { subgraph: this.#name, errors: told.length });
    return { data, errors: told satisfies Told[] };
  }

  // Cuts the place of an error down to a field that was asked for: the rest is the partner's to choose.
  #place(path: unknown, roots: Document["roots"], variables: Record<string, unknown>): unknown[] {
    const [key, place, field] = Array.isArray(path) ? (path as unknown[]) : [];
    const root = roots.find((each) => each.key === key);
    if (root !== undefined && root.representations === undefined) return [key];
    const number = (variables[root?.representations ?? ""] as unknown[] | undefined)?.length ?? 0;
    const known = Number.isInteger(place) && (place as number) >= 0 && (place as number) < number;
    if (!known || !root?.fields.includes(field as string)) {
      throw this.#unreachable("errors without a place");
    }
    return [key, place, field];
  }

  // Says of each record which type was asked for at its place, whatever the partner says.
  #typed(value: unknown, representations: unknown): unknown[] {
    const wanted = representations as { __typename: string }[];
    if (!Array.isArray(value) || value.length !== wanted.length) {
      throw this.#unreachable("another number of records");
    }
    return value.map((each: unknown, place) =>
      typeof each === "object" && each !== null
        ? { ...each, __typename: wanted[place]!.__typename }
        : null,
    );
  }

  #unreachable(reason: string): Unreachable {
    log("warning", "partner failed", { subgraph: this.#name, reason });
    return new Unreachable(this.#name);
  }
}
