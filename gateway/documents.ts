// Documents: parsed, measured and validated once, and kept while they are asked for.
import {
  GraphQLError,
  parse,
  specifiedRules,
  validate,
  type ASTVisitor,
  type DocumentNode,
  type GraphQLSchema,
  type ValidationContext,
} from "graphql";

import { checkDocument, MOST_TOKENS } from "./limits.ts";
import { coded } from "./refusal.ts";
import { MOST_ERRORS } from "./selection.ts";

const MOST_KEPT = 1_000;
// A document takes some 50 times the memory of its text.
const MOST_CHARACTERS = 2_000_000;

// Hive's server keeps as many, of whatever size: what one caller sends would fill the memory.
export class Documents {
  readonly #schema: GraphQLSchema;
  readonly #kept = new Map<string, DocumentNode>();
  #characters = 0;

  constructor(schema: GraphQLSchema) {
    this.#schema = schema;
  }

  // Raises: Refusal GRAPHQL_PARSE_FAILED, LIMIT_EXCEEDED; AggregateError of those that are
  // GRAPHQL_VALIDATION_FAILED.
  read(text: string): DocumentNode {
    const kept = this.#kept.get(text);
    const document = kept ?? this.#make(text);
    if (kept === undefined) this.#characters += text.length;
    else this.#kept.delete(text);
    this.#kept.set(text, document); // the last that was asked for stands last
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MOST_KEPT && this.#characters <= MOST_CHARACTERS) break;
      this.#kept.delete(oldest);
      this.#characters -= oldest.length;
    }
    return document;
  }

  #make(text: string): DocumentNode {
    const document = parsed(text);
    checkDocument(document);
    const rules = [...specifiedRules, knownOperation];
    const options = { maxErrors: MOST_ERRORS, hideSuggestions: true };
    const errors = validate(this.#schema, document, rules, options);
    if (errors.length > 0) {
      throw new AggregateError(errors.map((error) => coded("GRAPHQL_VALIDATION_FAILED", error)));
    }
    return document;
  }
}

function parsed(text: string): DocumentNode {
  try {
    return parse(text, { maxTokens: MOST_TOKENS });
  } catch (error) {
    throw coded("GRAPHQL_PARSE_FAILED", error as GraphQLError);
  }
}

// Refuses an operation that the schema has no root for, which graphql-js lets pass until it is run.
function knownOperation(context: ValidationContext): ASTVisitor {
  return {
    OperationDefinition(node) {
      if (context.getSchema().getRootType(node.operation)) return;
      const message = `The ${node.operation} operation is not supported by the schema.`;
      context.reportError(new GraphQLError(message, { nodes: node }));
    },
  };
}
