// What an operation selects: fields by their names in the answer, fragments expanded, and without
// what @skip and @include leave out.
import {
  getDirectiveValues,
  getOperationAST,
  getVariableValues,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  isAbstractType,
  Kind,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from "graphql";

import { coded, Refusal } from "./refusal.ts";

export const MOST_ERRORS = 20;

export type Fields = Map<string, FieldNode[]>;
export type Variables = Record<string, unknown>;

export function fragmentsOf(document: DocumentNode): Map<string, FragmentDefinitionNode> {
  const found = new Map<string, FragmentDefinitionNode>();
  for (const node of document.definitions) {
    if (node.kind === Kind.FRAGMENT_DEFINITION) found.set(node.name.value, node);
  }
  return found;
}

// Refuses with BAD_USER_INPUT a document without the operation that was named, and variables that
// do not fit it: these as an AggregateError, an error for each.
export class Selection {
  readonly schema: GraphQLSchema;
  readonly operation: OperationDefinitionNode;
  readonly variables: Variables;
  readonly #fragments: Map<string, FragmentDefinitionNode>;

  constructor(
    schema: GraphQLSchema,
    document: DocumentNode,
    name: string | undefined,
    given: Variables,
  ) {
    const operation = getOperationAST(document, name);
    if (!operation) {
      const hint =
        name === undefined
          ? "The document has several operations: give `operationName`."
          : "The document has no operation of that name.";
      throw new Refusal("BAD_USER_INPUT", hint);
    }
    const options = { maxErrors: MOST_ERRORS, hideSuggestions: true };
    const values = getVariableValues(schema, operation.variableDefinitions ?? [], given, options);
    if (values.errors !== undefined) {
      throw new AggregateError(values.errors.map((error) => coded("BAD_USER_INPUT", error)));
    }
    this.schema = schema;
    this.operation = operation;
    this.variables = values.coerced;
    this.#fragments = fragmentsOf(document);
  }

  roots(): Fields {
    const root = this.schema.getRootType(this.operation.operation)!;
    const found: Fields = new Map();
    this.#collect(root, this.operation.selectionSet, found, new Set());
    return found;
  }

  // Lists what fields select of an object type.
  fields(type: GraphQLObjectType, nodes: readonly FieldNode[]): Fields {
    const found: Fields = new Map();
    const seen = new Set<string>();
    for (const node of nodes) {
      if (node.selectionSet) this.#collect(type, node.selectionSet, found, seen);
    }
    return found;
  }

  #collect(
    type: GraphQLObjectType,
    selections: SelectionSetNode,
    found: Fields,
    seen: Set<string>,
  ): void {
    for (const node of selections.selections) {
      if (getDirectiveValues(GraphQLSkipDirective, node, this.variables)?.["if"] === true) continue;
      if (getDirectiveValues(GraphQLIncludeDirective, node, this.variables)?.["if"] === false) {
        continue;
      }
      if (node.kind === Kind.FIELD) {
        const name = (node.alias ?? node.name).value;
        found.set(name, [...(found.get(name) ?? []), node]);
      } else if (node.kind === Kind.INLINE_FRAGMENT) {
        const condition = node.typeCondition?.name.value;
        if (condition === undefined || this.#applies(condition, type)) {
          this.#collect(type, node.selectionSet, found, seen);
        }
      } else if (!seen.has(node.name.value)) {
        seen.add(node.name.value);
        const fragment = this.#fragments.get(node.name.value)!;
        if (this.#applies(fragment.typeCondition.name.value, type)) {
          this.#collect(type, fragment.selectionSet, found, seen);
        }
      }
    }
  }

  #applies(condition: string, type: GraphQLObjectType): boolean {
    if (condition === type.name) return true;
    const wider = this.schema.getType(condition);
    return isAbstractType(wider) && this.schema.isSubType(wider, type);
  }
}
