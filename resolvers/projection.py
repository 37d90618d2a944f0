"""The schema as one role may know it: without the fields that PostgreSQL grants it nothing of."""

from __future__ import annotations

from typing import Any

from graphql import (
    REMOVE,
    DocumentNode,
    FieldDefinitionNode,
    GraphQLSchema,
    NamedTypeNode,
    Node,
    ObjectTypeDefinitionNode,
    TypeDefinitionNode,
    UnionTypeDefinitionNode,
    build_ast_schema,
    get_named_type,
    parse,
    print_schema,
)
from graphql.language import Visitor, visit

from db.catalog import Grants
from resolvers.bind import Binding
from resolvers.change import GATE
from resolvers.draft import Draft, Ground, Lacking
from schema import mapping

_ROOTS = ("Query", "Mutation")


def project(binding: Binding, grants: Grants) -> GraphQLSchema:
    """Make the schema that introspection shows a role."""
    return build_ast_schema(shown(parse(print_schema(binding.schema)), binding, grants))


def shown(document: DocumentNode, binding: Binding, grants: Grants) -> DocumentNode:
    """Leave of a schema's definitions what a role may know."""
    lacking = {
        (name, field)
        for name, bound in binding.types.items()
        for field, source in bound.sources.items()
        if not available(binding, grants, name, field, source)
    }
    left = _without_empty(visit(document, _Without(lacking, binding)))
    definitions = {
        node.name.value: node for node in left.definitions if isinstance(node, TypeDefinitionNode)
    }
    reached: set[str] = set()
    named = (name for name, node in definitions.items() if _is_named(node))
    for name in (*_ROOTS, *named):
        _reach(definitions, name, reached)
    kept = tuple(
        node
        for node in left.definitions
        if not isinstance(node, TypeDefinitionNode) or node.name.value in reached
    )
    return DocumentNode(definitions=kept)


def _without_empty(document: DocumentNode) -> DocumentNode:
    """Remove types without a field, from unions too, and a root that could give nothing else."""
    empty = {
        node.name.value
        for node in document.definitions
        if (isinstance(node, ObjectTypeDefinitionNode) and not node.fields)
        or (isinstance(node, UnionTypeDefinitionNode) and not node.types)
    }
    if not empty:
        return document

    class Without(Visitor):
        def enter_object_type_definition(self, node: ObjectTypeDefinitionNode, *_: Any) -> Any:
            return REMOVE if node.name.value in empty else None

        def enter_union_type_definition(self, node: UnionTypeDefinitionNode, *_: Any) -> Any:
            return REMOVE if node.name.value in empty else None

        def enter_field_definition(self, node: FieldDefinitionNode, *_: Any) -> Any:
            return REMOVE if _type_of(node) in empty else None

        def enter_named_type(self, node: NamedTypeNode, *around: Any) -> Any:
            of_union = isinstance(_parent(around), UnionTypeDefinitionNode)
            return REMOVE if of_union and node.name.value in empty else None

    return _without_empty(visit(document, Without()))


def _parent(around: tuple[Any, ...]) -> Any:
    """Give the node above the one that is visited; `around` ends with its ancestors."""
    above = around[-1]
    return above[-1] if not isinstance(above[-1], tuple) else above[-2]


def _is_named(node: TypeDefinitionNode) -> bool:
    """Tell whether gateways find the rows of a type by name, which no root need lead to then."""
    return any(
        directive.name.value == "key"
        and all(argument.name.value != "resolvable" for argument in directive.arguments or ())
        for directive in node.directives or ()
    )


def _type_of(node: FieldDefinitionNode) -> str:
    type_: Any = node.type
    while not isinstance(type_, NamedTypeNode):
        type_ = type_.type
    return type_.name.value


class _Without(Visitor):
    """Remove the fields that a role lacks, from types, from filters and from orders."""

    def __init__(self, lacking: set[tuple[str, str]], binding: Binding) -> None:
        super().__init__()
        self._lacking = lacking
        self._binding = binding

    def enter_field_definition(self, node: Node, *around: Any) -> Any:
        return self._unless_lacking(node, around)

    def enter_input_value_definition(self, node: Node, *around: Any) -> Any:
        return self._unless_lacking(node, around)

    def enter_enum_value_definition(self, node: Node, *around: Any) -> Any:
        return self._unless_lacking(node, around)

    def _unless_lacking(self, node: Any, around: tuple[Any, ...]) -> Any:
        parent = _parent(around)
        if not isinstance(parent, TypeDefinitionNode):
            return None  # an argument of a field
        fields = _named(self._lacking, parent.name.value, self._binding)
        return REMOVE if node.name.value in fields else None


def _named(lacking: set[tuple[str, str]], name: str, binding: Binding) -> set[str]:
    """List the fields that a definition loses: of the type itself, its filter or its order."""
    members = members_of(name, binding)
    return {field for type_, field in lacking if type_ in members}


def members_of(name: str, binding: Binding) -> set[str]:
    """Name the types that a definition is of: itself, or those that it filters or orders."""
    base = name.removesuffix("OrderField").removesuffix("ListFilter").removesuffix("Filter")
    return {name, base, *(binding.kinds(base).values() if base in binding.types else ())}


def _reach(definitions: dict[str, TypeDefinitionNode], name: str, reached: set[str]) -> None:
    """Gather the types that can be reached from one."""
    if name in reached or name not in definitions:
        return
    reached.add(name)

    class Names(Visitor):
        def enter_named_type(self, node: NamedTypeNode, *_: object) -> None:
            _reach(definitions, node.name.value, reached)

    visit(definitions[name], Names())
    for other, node in definitions.items():
        if isinstance(node, ObjectTypeDefinitionNode) and any(
            each.name.value == name for each in node.interfaces or ()
        ):
            _reach(definitions, other, reached)


def available(
    binding: Binding, grants: Grants, name: str, field: str, source: mapping.Source
) -> bool:
    """Tell whether PostgreSQL grants a role what a field needs."""
    ground = Ground(binding, grants)
    try:
        match source:
            case mapping.FromViewer() | mapping.Represented() | mapping.OwnSchema():
                return True
            case mapping.Outcomes():
                return True  # everyone has what is published
            case mapping.Change():
                ground.permit(GATE)
                return True
            case mapping.Lookup(by=by):
                for _, column in by:
                    ground.draft(_target(binding, name, field)).column(column)
                return True
            case mapping.Listing(local=local, remote=remote):
                record = ground.draft(_target(binding, _target(binding, name, field), "nodes"))
                record.default_order()
                if local is not None and remote is not None:
                    record.own(remote)
                    ground.draft(name).own(local)
                return True
        if binding.types[name].entity is None:
            return True  # columns of a part: decided where the part is
        return _of_row(ground.draft(name), ground, _target(binding, name, field), source)
    except Lacking:
        return False


def _of_row(draft: Draft, ground: Ground, target: str, source: mapping.Source) -> bool:
    match source:
        case mapping.Column():
            draft.column(source)
        case mapping.PublicId():
            draft.public_id()
        case mapping.Part(prefix=prefix, present=present):
            draft.own(prefix + present)
        case mapping.Required(function=function):
            draft.function(function)
        case mapping.Measure():
            draft.call(source, -1)
        case mapping.One(local=local) | mapping.Many(local=local):
            draft.dotted(local)
            child = ground.draft(target)
            child.found_by(source)
    return True


def _target(binding: Binding, name: str, field: str) -> str:
    type_ = binding.declared.type_map[name]
    named: str = get_named_type(type_.fields[field].type).name  # type: ignore[attr-defined]
    return named
