// Admission: what a partner's subgraph may add to the graph. Composers let more pass: they would let
// it be asked about patients by their ids, take over a field of ours, or hide one.
import {
  Kind,
  parse,
  type ArgumentNode,
  type DefinitionNode,
  type DirectiveNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
  type TypeNode,
  visit,
} from "graphql";

import type { Part } from "./composition.ts";

// The types that a partner may extend, and the keys that it may be asked by: public vocabularies.
const VOCABULARIES: Record<string, string[]> = { Drug: ["inn"], Gene: ["hgncId", "symbol"] };
const DIRECTIVES = new Set(["cost", "deprecated", "key", "link", "listSize", "specifiedBy"]);
const FEDERATION = /^https:\/\/specs\.apollo\.dev\/federation\/v2\.\d+$/;
const ROOT = "Query";

type Definition = Extract<DefinitionNode, { name?: unknown; directives?: unknown }>;

// Lists what the partner may not do, each with its place and the remedy; nothing where all is well.
export function refusals(partner: Part, others: Part[]): string[] {
  const taken = takenBy(others);
  const definitions = parse(partner.sdl, { noLocation: true }).definitions;
  return [
    ...definitions.flatMap((node) => ofDirectives(node)),
    ...definitions.flatMap((node) => ofDefinition(node, taken)),
  ];
}

interface Taken {
  kinds: Map<string, string>;
  fields: Set<string>;
}

function takenBy(parts: Part[]): Taken {
  const taken: Taken = { kinds: new Map(), fields: new Set() };
  for (const node of parts.flatMap(({ sdl }) => parse(sdl, { noLocation: true }).definitions)) {
    if (!("name" in node) || node.name === undefined) continue;
    taken.kinds.set(node.name.value, kindOf(node));
    for (const field of ("fields" in node && node.fields) || []) {
      taken.fields.add(`${node.name.value}.${field.name.value}`);
    }
  }
  return taken;
}

function kindOf({ kind }: DefinitionNode): string {
  return kind.replace("Extension", "Definition");
}

// What a directive could do that the definitions do not show.
function ofDirectives(definition: DefinitionNode): string[] {
  const found: string[] = [];
  visit(definition, {
    Directive(node) {
      const name = node.name.value;
      if (!DIRECTIVES.has(name)) found.push(`@${name} is not for partners: leave it out`);
      if (name === "link") found.push(...ofLink(node));
    },
  });
  return found;
}

function ofLink(link: DirectiveNode): string[] {
  const url = argument(link, "url");
  const imported = argument(link, "import");
  const known = url?.kind === Kind.STRING && FEDERATION.test(url.value) && !argument(link, "as");
  const plain =
    imported === undefined ||
    (imported.kind === Kind.LIST && imported.values.every(({ kind }) => kind === Kind.STRING));
  return known && plain ? [] : ["@link is for Apollo Federation 2 alone, without other names"];
}

function argument(node: DirectiveNode, name: string): ArgumentNode["value"] | undefined {
  return node.arguments?.find((each) => each.name.value === name)?.value;
}

function ofDefinition(node: DefinitionNode, taken: Taken): string[] {
  switch (node.kind) {
    case Kind.SCHEMA_DEFINITION:
    case Kind.SCHEMA_EXTENSION:
      return (node.operationTypes ?? [])
        .filter(({ operation, type }) => operation !== "query" || type.name.value !== ROOT)
        .map(
          ({ operation }) => `${operation}: the graph has queries alone, and their root is ${ROOT}`,
        );
    case Kind.DIRECTIVE_DEFINITION:
      return [`@${node.name.value}: directives are not for partners to define`];
    case Kind.OBJECT_TYPE_DEFINITION:
    case Kind.OBJECT_TYPE_EXTENSION: {
      const name = node.name.value;
      if (name === ROOT || name in VOCABULARIES) {
        return [
          ...ofKeys(node),
          ...(node.fields ?? []).flatMap((field) => ofAdded(name, field, taken)),
        ];
      }
    }
  }
  if (!("name" in node) || node.name === undefined || node.name.value.startsWith("_")) return [];
  return ofOwn(node as Definition & { name: { value: string } }, taken);
}

function ofKeys(node: {
  name: { value: string };
  directives?: readonly DirectiveNode[];
}): string[] {
  const name = node.name.value;
  const allowed = VOCABULARIES[name] ?? [];
  const keys = (node.directives ?? []).filter((each) => each.name.value === "key");
  const wrong = keys.filter((key) => {
    const fields = argument(key, "fields");
    return fields?.kind !== Kind.STRING || !allowed.includes(fields.value.trim());
  });
  return wrong.map(() => `${name}: its keys for partners are ${allowed.join(" and ")}`);
}

// A field that is added to what is ours may be null: a partner that is down takes nothing with it.
function ofAdded(type: string, field: FieldDefinitionNode, taken: Taken): string[] {
  const name = field.name.value;
  const place = `${type}.${name}`;
  if (VOCABULARIES[type]?.includes(name)) return [];
  if (type === ROOT && ["_entities", "_service"].includes(name)) return [];
  return [
    ...(taken.fields.has(place) ? [`${place} is taken: choose another name`] : []),
    ...(field.type.kind === Kind.NON_NULL_TYPE ? [`${place} must be nullable`] : []),
    ...ofField(place, field),
  ];
}

function ofOwn(node: Definition & { name: { value: string } }, taken: Taken): string[] {
  const name = node.name.value;
  const kind = taken.kinds.get(name);
  if (kind !== undefined) {
    const both = kind === Kind.SCALAR_TYPE_DEFINITION && kindOf(node) === kind;
    return both ? [] : [`${name} is taken: choose another name`];
  }
  const fields = ("fields" in node && node.fields) || [];
  return [
    ...("description" in node ? described(name, node) : []),
    ...fields.flatMap((field) => {
      const place = `${name}.${field.name.value}`;
      return field.kind === Kind.FIELD_DEFINITION ? ofField(place, field) : described(place, field);
    }),
  ];
}

function ofField(place: string, field: FieldDefinitionNode): string[] {
  const sized = field.directives?.some((each) => each.name.value === "listSize") ?? false;
  return [
    ...described(place, field),
    ...(field.name.value.startsWith("_") ? [`${place} begins with _: choose another name`] : []),
    ...(isList(field.type) && !sized ? [`${place} is a list: give it @listSize`] : []),
    ...(field.arguments ?? []).flatMap((each: InputValueDefinitionNode) =>
      described(`${place}(${each.name.value}:)`, each),
    ),
  ];
}

function described(place: string, node: { description?: { value: string } | undefined }): string[] {
  return node.description?.value.trim() ? [] : [`${place} has no description`];
}

function isList(type: TypeNode): boolean {
  return type.kind === Kind.NON_NULL_TYPE ? isList(type.type) : type.kind === Kind.LIST_TYPE;
}
