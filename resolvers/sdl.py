"""The schema of a subgraph as composers read it: definitions, with what Apollo Federation adds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graphql import (
    REMOVE,
    DefinitionNode,
    DirectiveDefinitionNode,
    DirectiveNode,
    DocumentNode,
    InterfaceTypeDefinitionNode,
    NamedTypeNode,
    Node,
    ObjectTypeDefinitionNode,
    SchemaDefinitionNode,
    TypeDefinitionNode,
    parse,
    print_ast,
)
from graphql.language import Visitor, visit

from resolvers.subgraph import Part

VERSION = "v2.9"
_FEDERATION = frozenset(
    {
        "composeDirective",
        "cost",
        "external",
        "inaccessible",
        "interfaceObject",
        "key",
        "listSize",
        "override",
        "provides",
        "requires",
        "shareable",
        "tag",
    }
)
"""What Apollo Federation defines of what a subgraph may say."""
_LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/{version}", import: [{used}])'
)


def write(text: str, part: Part, shared: frozenset[str], version: str = VERSION) -> str:
    """Write the part of a printed schema that a subgraph serves."""
    document = parse(text)
    served = {
        node.name.value: _served(node, part, shared)
        for node in document.definitions
        if isinstance(node, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode)
        and node.name.value in part.fields
    }
    named = _named(document, served)
    kept: list[DefinitionNode] = []
    of_schema: list[DirectiveNode] = []
    for node in document.definitions:
        match node:
            case SchemaDefinitionNode():
                of_schema += node.directives or ()
            case TypeDefinitionNode() if node.name.value in named:
                kept.append(served.get(node.name.value, node))
            case DirectiveDefinitionNode() if node.name.value not in _FEDERATION:
                kept.append(node)
    used = sorted(_used([*of_schema, *kept]) & _FEDERATION)
    imported = ", ".join(f'"@{name}"' for name in used)
    (link,) = parse(_LINK.format(version=version, used=imported)).definitions
    return print_ast(DocumentNode(definitions=(_directed(link, [], of_schema), *kept)))


def _used(nodes: Sequence[Node]) -> set[str]:
    """Name the directives that definitions use."""
    found: set[str] = set()

    class Names(Visitor):
        def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
            found.add(node.name.value)

    for node in nodes:
        visit(node, Names())
    return found


def _served(
    node: ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode, part: Part, shared: frozenset[str]
) -> DefinitionNode:
    """Leave the fields that are served, and say by which keys a record is found."""
    name = node.name.value
    fields = part.fields[name]

    class Served(Visitor):
        def enter_field_definition(self, field: Any, *_: Any) -> Any:
            return None if field.name.value in fields else REMOVE

    resolvable = ", resolvable: false" if name in part.stubs else ""
    added = [f'@key(fields: "{key}"{resolvable})' for key in part.keys.get(name, ())]
    added += ["@shareable"] if name in shared else []
    return _directed(visit(node, Served()), _directives(added), ())


def _directed(
    node: Any, before: Sequence[DirectiveNode], after: Sequence[DirectiveNode]
) -> DefinitionNode:
    """Give a definition more directives, before its own and after."""
    kwargs = {key: getattr(node, key) for key in node.keys}
    kwargs["directives"] = (*before, *(node.directives or ()), *after)
    made: DefinitionNode = type(node)(**kwargs)
    return made


def _directives(texts: list[str]) -> tuple[DirectiveNode, ...]:
    (definition,) = parse(f"type T {' '.join(texts)} {{ f: Int }}").definitions
    return tuple(getattr(definition, "directives", None) or ())


def _named(document: DocumentNode, served: dict[str, DefinitionNode]) -> set[str]:
    """Name the types that what is served leads to, arguments and what they hold among them."""
    definitions = {
        node.name.value: node
        for node in document.definitions
        if isinstance(node, TypeDefinitionNode)
    }
    found: set[str] = set()
    waiting = list(served)
    while waiting:
        name = waiting.pop()
        if name in found or name not in definitions:
            continue
        found.add(name)

        class Names(Visitor):
            def enter_named_type(self, node: NamedTypeNode, *_: Any) -> None:
                waiting.append(node.name.value)

        visit(served.get(name, definitions[name]), Names())
    return found
