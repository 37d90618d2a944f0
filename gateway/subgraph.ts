// One subgraph, asked over HTTP: the caller's headers go with each request, representations go in
// numbers that a subgraph takes, and every error comes back with a code of ours.
import { GraphQLError, Kind, OperationTypeNode, print, type DocumentNode } from "graphql";

import type { Asked } from "./asked.ts";
import { internal } from "./log.ts";
import type { Partner } from "./partner.ts";
import { isCode } from "./refusal.ts";
import { TooLarge, Unreachable, type Replicas, type Reply } from "./replicas.ts";
import { isRules } from "./withheld.ts";

// What a subgraph refuses an operation for that the gateway wrote: no fault of the caller's.
const OURS = new Set(["GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED"]);
export const MOST_REPRESENTATIONS = 5_000;
const ENTITIES = "_entities";
const ACCEPT = "application/graphql-response+json, application/json;q=0.9";

export interface Fetching {
  document: DocumentNode;
  variables?: Record<string, unknown>;
  context: { asked: Asked; request?: { signal?: AbortSignal } };
}
export interface Answer {
  data?: Record<string, unknown> | null;
  errors?: GraphQLError[];
}
export type Told = { message: string; path?: unknown; extensions?: Record<string, unknown> };
export type Given = {
  data?: Record<string, unknown> | null;
  errors?: Told[];
  extensions?: { withheld?: unknown } | null;
};

// Where in the operation an error belongs that names no entity by its place: told once for all of a
// request's, by the text that asked and the root in it, and then by `rest`. Null: it names no place.
export type Place = { text: string; root: string; rest: (string | number)[] } | null;

// What a document of the planner asks for: its text, and its roots.
export interface Document {
  text: string;
  isMutation: boolean;
  roots: { key: string; representations?: string | undefined; fields: string[] }[];
}

export class Subgraph {
  readonly #replicas: Replicas;
  readonly #partner: Partner | undefined;
  readonly #documents = new WeakMap<DocumentNode, Document>();

  constructor(replicas: Replicas, partner?: Partner) {
    this.#replicas = replicas;
    this.#partner = partner;
  }

  async execute(fetching: Fetching): Promise<Answer> {
    const document = this.#document(fetching.document);
    const pieces = inPieces(document, fetching.variables ?? {});
    const answers: Answer[] = [];
    try {
      for (const { variables, before } of pieces) {
        let given = await this.#ask(document, variables, fetching);
        given = this.#partner?.contain(fetching.document, document, variables, given) ?? given;
        answers.push({
          data: given.data ?? null,
          errors: (given.errors ?? []).map((error) => this.#coded(error, document, before)),
        });
      }
    } catch (error) {
      const left = fetching.context.request?.signal?.aborted; // then nobody reads what is told
      if (error instanceof TooLarge && this.#partner === undefined) {
        const message =
          "The answer of a subgraph is too large: ask for smaller pages or fewer fields.";
        const extensions = { code: "LIMIT_EXCEEDED" };
        return { data: null, errors: [new GraphQLError(message, { extensions })] };
      }
      const known = error instanceof Unreachable || error instanceof TooLarge;
      if (!left && !known) throw error;
      const unsure = error instanceof Unreachable && error.unsure;
      return { data: null, errors: this.#unavailable(document, unsure) };
    }
    return joined(answers);
  }

  async #ask(document: Document, variables: object, { context }: Fetching): Promise<Given> {
    const { asked, request } = context;
    const of = this.#partner === undefined ? asked.headers : await this.#partner.headers(asked);
    const headers = { ...of, "content-type": "application/json", accept: ACCEPT };
    const wanted = this.#partner === undefined && asked.rules === undefined;
    const coordinates = wanted ? asked.coordinates : undefined;
    const body = JSON.stringify({
      query: document.text,
      variables,
      ...(coordinates ? { extensions: { withheld: coordinates } } : {}),
    });
    asked.requests += 1;
    const take = (reply: Reply): Given => {
      // What a member may ask of one of our subgraphs is spent: then nothing is answered.
      if (reply.status === 429 && this.#partner === undefined && asked.charge !== undefined) {
        asked.charge.retryAfter = Math.max(asked.charge.retryAfter ?? 1, reply.retryAfter ?? 1);
      }
      return read(reply);
    };
    const given = document.isMutation
      ? await this.#replicas.askOnce(body, headers, take)
      : await this.#replicas.ask(body, headers, request?.signal, take);
    const rules = given.extensions?.withheld;
    if (coordinates && isRules(rules)) asked.rules ??= rules;
    return given;
  }

  #document(node: DocumentNode): Document {
    let known = this.#documents.get(node);
    if (known === undefined) {
      const isMutation = operationOf(node).operation === OperationTypeNode.MUTATION;
      known = { text: print(node), isMutation, roots: rootsOf(node) };
      this.#documents.set(node, known);
    }
    return known;
  }

  #coded({ message, path, extensions }: Told, document: Document, before: number): GraphQLError {
    const code = extensions?.["code"];
    const places = isPath(path) ? path : undefined;
    if (!isCode(code) || OURS.has(code)) {
      return internal(new Error(`${this.#replicas.name} answered with the code ${String(code)}`));
    }
    const reference = extensions?.["reference"];
    const told = {
      code,
      ...(code === "INTERNAL" && typeof reference === "string" ? { reference } : {}),
    };
    const root = document.roots.find((each) => each.key === places?.[0]);
    if (places === undefined)
      return new GraphQLError(message, { extensions: { ...told, place: null } });
    if (root?.representations === undefined) {
      return new GraphQLError(message, { path: places, extensions: told });
    }
    const [key, number, ...rest] = places;
    if (typeof number === "number") {
      const moved = [key!, number + before, ...rest];
      return new GraphQLError(message, { path: moved, extensions: told });
    }
    const place: Place = { text: document.text, root: root.key, rest: places.slice(1) };
    return new GraphQLError(message, { extensions: { ...told, place } });
  }

  // Tells of each field that is null for it.
  #unavailable(document: Document, unsure: boolean): GraphQLError[] {
    const remedy = unsure
      ? "whether it did what it was asked is not known: look before you ask again."
      : "try again later.";
    const message = `The subgraph ${this.#replicas.name} does not answer, and what it tells is null: ${remedy}`;
    const code = "SUBGRAPH_UNAVAILABLE";
    return document.roots.flatMap(({ key, representations, fields }) =>
      representations === undefined
        ? [new GraphQLError(message, { path: [key], extensions: { code } })]
        : fields.map((field) => {
            const place: Place = { text: document.text, root: key, rest: [field] };
            return new GraphQLError(message, { extensions: { code, place } });
          }),
    );
  }
}

function operationOf(document: DocumentNode) {
  return document.definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION)!;
}

function rootsOf(document: DocumentNode): Document["roots"] {
  return operationOf(document)
    .selectionSet.selections.filter((node) => node.kind === Kind.FIELD)
    .map((node) => {
      const argument = node.arguments?.find(({ name }) => name.value === "representations")?.value;
      const named = argument?.kind === Kind.VARIABLE ? argument.name.value : undefined;
      const inner = (node.selectionSet?.selections ?? []).flatMap((each) =>
        each.kind === Kind.INLINE_FRAGMENT ? each.selectionSet.selections : [],
      );
      const fields = inner
        .filter((each) => each.kind === Kind.FIELD)
        .map((each) => (each.alias ?? each.name).value)
        .filter((name) => !name.startsWith("__"));
      return {
        key: (node.alias ?? node.name).value,
        representations: node.name.value === ENTITIES ? named : undefined,
        fields: [...new Set(fields)],
      };
    });
}

// Divides the representations of a request among as many as are needed; `before` says how many of
// each list went before.
function inPieces(
  document: Document,
  variables: Record<string, unknown>,
): { variables: Record<string, unknown>; before: number }[] {
  const names = document.roots
    .map(({ representations }) => representations)
    .filter((name) => name !== undefined);
  const lists = [...new Set(names)].map((name) => [name, variables[name] as unknown[]] as const);
  const most = Math.floor(MOST_REPRESENTATIONS / Math.max(1, lists.length));
  const longest = Math.max(0, ...lists.map(([, list]) => list.length));
  if (longest <= most) return [{ variables, before: 0 }];
  return Array.from({ length: Math.ceil(longest / most) }, (_, piece) => {
    const before = piece * most;
    const part = lists.map(([name, list]) => [name, list.slice(before, before + most)]);
    return { variables: { ...variables, ...Object.fromEntries(part) }, before };
  });
}

function joined(answers: Answer[]): Answer {
  const errors = answers.flatMap((answer) => answer.errors ?? []);
  let data: Record<string, unknown> | null = null;
  for (const answer of answers) {
    for (const [key, value] of Object.entries(answer.data ?? {})) {
      data ??= {};
      const found = data[key];
      data[key] = Array.isArray(found) && Array.isArray(value) ? found.concat(value) : value;
    }
  }
  return errors.length > 0 ? { data, errors } : { data };
}

// Reads an answer of GraphQL; what is none is as good as no answer.
function read({ body }: Reply): Given {
  const given = JSON.parse(body) as Given;
  const { data, errors } = given ?? {};
  const fits =
    (data === undefined || (typeof data === "object" && !Array.isArray(data))) &&
    (errors === undefined || (Array.isArray(errors) && errors.every(isError))) &&
    (data !== undefined || (errors !== undefined && errors.length > 0));
  if (!fits) throw new Error("no GraphQL");
  return given;
}

function isError(error: Told | null): boolean {
  return typeof error === "object" && typeof error?.message === "string";
}

function isPath(path: unknown): path is (string | number)[] {
  return (
    Array.isArray(path) &&
    path.every((each) => typeof each === "string" || typeof each === "number")
  );
}
