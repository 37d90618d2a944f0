"""The schema of a subgraph as composers read it: definitions, with what Apollo Federation adds."""

from __future__ import annotations

from typing import Any

from graphql import (
    REMOVE,
    DefinitionNode,
    DirectiveDefinitionNode,
    DirectiveNode,
    DocumentNode,
    InterfaceTypeDefinitionNode,
    NamedTypeNode,
    ObjectTypeDefinitionNode,
    TypeDefinitionNode,
    parse,
    print_ast,
)
from graphql.language import Visitor, visit

from resolvers.subgraph import Part

VERSION = "v2.9"
_LINK = """extend schema @link(
  url: "https://specs.apollo.dev/federation/{version}"
  import: [{imported}]
)"""
_IMPORTED = ("@cost", "@listSize")
_ADDED = ("@key", "@shareable")


def write(text: str, part: Part, shared: frozenset[str]) -> str:
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
    for node in document.definitions:
        if isinstance(node, TypeDefinitionNode) and node.name.value in named:
            kept.append(served.get(node.name.value, node))
        elif isinstance(node, DirectiveDefinitionNode) and f"@{node.name.value}" not in _IMPORTED:
            kept.append(node)
    imported = ", ".join(f'"{name}"' for name in sorted({*_IMPORTED, *_ADDED}))
    link = parse(_LINK.format(version=VERSION, imported=imported)).definitions
    return print_ast(DocumentNode(definitions=(*link, *kept)))


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
    left: Any = visit(node, Served())
    kwargs = {key: getattr(left, key) for key in left.keys}
    kwargs["directives"] = (*(left.directives or ()), *_directives(added))
    made: DefinitionNode = type(left)(**kwargs)
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
