/** What an operation asks for, by the names that its answer has, with the types of the schema. */
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  getNamedType,
  type GraphQLNamedType,
  type GraphQLSchema,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from "graphql";

/** A field of the answer: what it is called in the schema, and what is asked for within it. */
export interface Asked {
  name: string;
  type: string;
  description: string;
  /** By the names in the answer; found when first needed. */
  within: () => Map<string, Asked>;
}

export function asked(
  document: DocumentNode,
  operationName: string | null | undefined,
  schema: GraphQLSchema,
): Map<string, Asked> {
  const fragments = new Map<string, FragmentDefinitionNode>();
  const operations: OperationDefinitionNode[] = [];
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) {
      fragments.set(definition.name.value, definition);
    } else if (definition.kind === Kind.OPERATION_DEFINITION) operations.push(definition);
  }
  const named = operations.find(({ name }) => name?.value === operationName);
  const operation = named ?? operations[0];
  const root = operation && schema.getRootType(operation.operation);
  return root ? fieldsOf(root, [operation.selectionSet]) : new Map();

  function fieldsOf(type: GraphQLNamedType, sets: SelectionSetNode[]): Map<string, Asked> {
    const nodes = new Map<string, { on: GraphQLNamedType; nodes: FieldNode[] }>();
    for (const set of sets) gather(type, set, nodes, new Set());
    const found = new Map<string, Asked>();
    for (const [key, { on, nodes: each }] of nodes) {
      const name = each[0]!.name.value;
      const field = isObjectType(on) || isInterfaceType(on) ? on.getFields()[name] : undefined;
      if (field === undefined) continue;
      const target = getNamedType(field.type);
      const inner = each.flatMap(({ selectionSet }) => selectionSet ?? []);
      let within: Map<string, Asked> | undefined;
      found.set(key, {
        name,
        type: target.name,
        description: field.description ?? "",
        within: () => (within ??= fieldsOf(target, inner)),
      });
    }
    return found;
  }

  function gather(
    type: GraphQLNamedType,
    set: SelectionSetNode,
    found: Map<string, { on: GraphQLNamedType; nodes: FieldNode[] }>,
    spread: Set<string>,
  ): void {
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) {
        const key = selection.alias?.value ?? selection.name.value;
        const known = found.get(key);
        if (known === undefined) found.set(key, { on: type, nodes: [selection] });
        else known.nodes.push(selection);
        continue;
      }
      let fragment: { selectionSet: SelectionSetNode; on: string | undefined } | undefined;
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        fragment = { ...selection, on: selection.typeCondition?.name.value };
      } else if (!spread.has(selection.name.value)) {
        spread.add(selection.name.value);
        const definition = fragments.get(selection.name.value);
        fragment = definition && { ...definition, on: definition.typeCondition.name.value };
      }
      if (fragment === undefined) continue;
      const on = fragment.on === undefined ? type : (schema.getType(fragment.on) ?? type);
      gather(on, fragment.selectionSet, found, spread);
    }
  }
}
