// The closed list of error codes, and the error that carries one: as resolvers/errors.py has them.
import { GraphQLError, type GraphQLErrorOptions } from "graphql";

export const STATUS = {
  UNAUTHENTICATED: 401,
  SCOPE_REQUIRED: 403,
  PURPOSE_REQUIRED: 403,
  SCOPE_REFUSED: 403,
  GRAPHQL_PARSE_FAILED: 400,
  GRAPHQL_VALIDATION_FAILED: 400,
  BAD_USER_INPUT: 400,
  FIELD_NOT_AVAILABLE: 200,
  LIMIT_EXCEEDED: 400,
  COST_EXCEEDED: 400,
  PAYLOAD_TOO_LARGE: 413,
  RATE_LIMITED: 429,
  TIMEOUT: 504,
  SUBGRAPH_UNAVAILABLE: 200,
  UNAVAILABLE: 503,
  INTERNAL: 500,
} as const;
export type Code = keyof typeof STATUS;

// What leaves nothing of an answer; the others are told beside it.
const BESIDE: ReadonlySet<Code> = new Set(["FIELD_NOT_AVAILABLE", "SUBGRAPH_UNAVAILABLE"]);

const HEADERS: Partial<Record<Code, Record<string, string>>> = {
  UNAUTHENTICATED: { "www-authenticate": 'Bearer realm="connect-graph"' },
  UNAVAILABLE: { "retry-after": "5" },
};

// Refuses a request or a field with a code and a sentence that names the remedy. A request that is
// not well formed is refused with its status in every media type.
export class Refusal extends GraphQLError {
  readonly code: Code;

  constructor(
    code: Code,
    message: string,
    options: GraphQLErrorOptions & { reference?: string; illFormed?: boolean } = {},
  ) {
    const { reference, illFormed, ...given } = options;
    const status = STATUS[code];
    super(message, {
      ...given,
      extensions: {
        code,
        ...(reference === undefined ? {} : { reference }),
        http: { status, spec: status === 400 && !illFormed, headers: HEADERS[code] ?? {} },
      },
    });
    this.code = code;
  }

  get whole(): boolean {
    return !BESIDE.has(this.code);
  }
}

export function isCode(text: unknown): text is Code {
  return typeof text === "string" && Object.hasOwn(STATUS, text);
}

// Gives an error of the library a code, keeping its places.
export function coded(code: Code, error: GraphQLError): Refusal {
  const { nodes, source, positions, path } = error;
  return new Refusal(code, error.message, { nodes, source, positions, path });
}
