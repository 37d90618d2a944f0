// The exchange: a plugin of the HTTP server in Hive that verifies the token before anything is read,
// reads requests as connect_graph/exchange.py does, and gives every error its code and status.
import { GraphQLError, type ExecutionResult } from "graphql";
import type { GatewayPlugin } from "@graphql-hive/gateway-runtime";

import type { Asked } from "./asked.ts";
import type { Budgets } from "./budget.ts";
import { compressed } from "./compression.ts";
import type { Request } from "./execution.ts";
import { MOST_BYTES } from "./limits.ts";
import { internal } from "./log.ts";
import { type Code, coded, isCode, Refusal } from "./refusal.ts";
import type { Verify } from "./token.ts";

export interface Served {
  asked: Asked;
}

const JSON_TYPE = /^application\/json\s*(;\s*charset\s*=\s*"?utf-?8"?\s*)?$/i;

export function exchange(
  verify: Verify,
  budgets: Budgets,
  protection: Record<string, string>,
  answer: (request: Request) => Promise<ExecutionResult>,
): GatewayPlugin<Served> {
  return {
    async onRequestParse({ request, serverContext, setRequestParser, endResponse, fetchAPI }) {
      const { asked } = serverContext as unknown as Served;
      asked.caller = await verify(asked.headers["authorization"]);
      asked.charge = budgets.of(asked.caller);
      asked.charge.request();
      if (request.method === "GET") {
        setRequestParser(() => fromQuery(new URL(request.url).searchParams));
      } else if (JSON_TYPE.test(request.headers.get("content-type") ?? "")) {
        setRequestParser(async () => fromBody(await bodyOf(request)));
      } else {
        const message = "Send the request as application/json in UTF-8.";
        endResponse(fetchAPI.Response.json({ errors: [{ message }] }, { status: 415 }));
      }
    },
    // In the place of all that the server would do with a document.
    onParams({ setParamsHandler }) {
      setParamsHandler(({ params, request, context }) => {
        const { asked } = context as unknown as Served;
        return answer({ ...(params as Parameters), context: { ...context, request, asked } });
      });
    },
    onResultProcess({ result, setResult, serverContext }) {
      if (Symbol.asyncIterator in result || Array.isArray(result) || !result.errors) return;
      const { asked } = serverContext as unknown as Served;
      const errors = result.errors.map((error) => told(error, asked));
      asked.codes = [...new Set(errors.map(({ code }) => code))];
      setResult({ ...result, errors });
    },
    async onResponse({ request, response, setResponse, serverContext, fetchAPI }) {
      const { asked } = serverContext as unknown as Served;
      const headers = { ...protection, ...asked.charge?.headers, "x-request-id": asked.id };
      for (const [name, value] of Object.entries(headers)) response.headers.set(name, value);
      const accepted = request.headers.get("accept-encoding") ?? "";
      setResponse(await compressed(accepted, response, fetchAPI.Response));
    },
  };
}

// What the server around says of a request is its fault; what nobody foresaw is ours.
const OF_THE_SERVER: Record<string, Code> = {
  BAD_REQUEST: "BAD_USER_INPUT",
  OPERATION_RESOLUTION_FAILURE: "BAD_USER_INPUT",
};

function told(error: GraphQLError, asked: Asked): Refusal {
  for (let each: unknown = error; each instanceof Error; each = originalOf(each)) {
    if (each instanceof Refusal) return each;
  }
  const code = error.extensions["code"];
  const known = OF_THE_SERVER[String(code)] ?? (isCode(code) ? code : undefined);
  return known === undefined ? internal(error, asked.id) : coded(known, error);
}

function originalOf(error: Error): unknown {
  return error instanceof GraphQLError ? error.originalError : undefined;
}

// What is left of a body that is too large is not read: the server drops it once it has answered.
async function bodyOf(request: { body: ReadableStream<Uint8Array> | null }): Promise<string> {
  const chunks: Uint8Array[] = [];
  const reader = request.body?.getReader();
  let size = 0;
  for (let read = await reader?.read(); read?.value; read = await reader?.read()) {
    size += read.value.length;
    if (size > MOST_BYTES) {
      const most = MOST_BYTES.toLocaleString("en");
      throw new Refusal("PAYLOAD_TOO_LARGE", `The request is larger than ${most} bytes.`);
    }
    chunks.push(read.value);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw illFormed("The body is not JSON in UTF-8.");
  }
}

type Parameters = {
  query: string;
  operationName?: string;
  variables?: Record<string, unknown>;
};

function fromBody(text: string): Parameters {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw illFormed("The body is not JSON in UTF-8.");
  }
  if (!isObject(content)) throw illFormed("The body is not a JSON object with `query`.");
  return checked(content);
}

function fromQuery(parameters: URLSearchParams): Parameters {
  const content: Record<string, unknown> = {};
  for (const name of ["query", "operationName"]) content[name] = parameters.get(name) ?? undefined;
  for (const name of ["variables", "extensions"]) {
    const text = parameters.get(name);
    if (!text) continue;
    try {
      content[name] = JSON.parse(text);
    } catch {
      throw illFormed(`\`${name}\` is not JSON.`);
    }
  }
  return checked(content);
}

function checked(content: Record<string, unknown>): Parameters {
  const { query, operationName: name, variables, extensions } = content;
  if (typeof query !== "string") throw illFormed("`query` is missing or not a string.");
  if (name != null && typeof name !== "string") {
    throw illFormed("`operationName` is not a string.");
  }
  if (variables != null && !isObject(variables)) throw illFormed("`variables` is not an object.");
  if (extensions != null && !isObject(extensions)) {
    throw illFormed("`extensions` is not an object.");
  }
  return { query, ...(name ? { operationName: name } : {}), variables: variables ?? {} };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function illFormed(message: string): Refusal {
  return new Refusal("BAD_USER_INPUT", message, { illFormed: true });
}
