"""Shapes: what each field of an operation is written as, where one statement can write it.

What it cannot, the other executor answers: a field that the schema allows no null and the role
lacks, and values that one of the two would have to convert.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
    get_nullable_type,
    is_list_type,
    is_non_null_type,
)

from db.catalog import Grants
from db.plan import Column, Expression, Given, Parameter, ScopedId, Select
from db.shape import (
    Body,
    Constant,
    Edges,
    Form,
    Found,
    Kinds,
    Listed,
    Named,
    Object,
    PageInfo,
    Passed,
    Related,
    Root,
    Scalar,
    Shape,
    Total,
)
from resolvers.argument import Source, Told
from resolvers.bind import Binding
from resolvers.selection import Selection
from resolvers.slot import (
    Branch,
    Entities,
    Leaf,
    Missing,
    Nested,
    OfPage,
    OfViewer,
    Paged,
    PageRows,
    Single,
    Slots,
)

_TEXTS = ("ID", "String", "Date", "DateTime")
_PLACES = {"hasNextPage": "more", "startCursor": "first", "endCursor": "last"}
_INTEGERS = ("smallint", "integer")
_NUMBERS = (*_INTEGERS, "bigint", "numeric", "real", "double precision")
_FALSE, _TRUE = Constant("false"), Constant("true")


class Unwritten(Exception):
    """No statement writes the field as the specification has it answered."""


@dataclass(slots=True)
class Shaping:
    """Find the shape of the roots of one operation, as planned for a role."""

    selection: Selection
    binding: Binding
    grants: Grants
    values: list[Source]
    """Where the values of the plan come from; those of the shape follow."""
    known: dict[int, Related | Listed] = field(default_factory=dict)
    """Made of slots: what kinds of an interface share is one."""

    def root(self, name: str, nodes: list[FieldNode], slots: Slots) -> Root:
        """Give the shape of a root.

        Raises: Unwritten.
        """
        root = self.selection.root
        node = nodes[0]
        if root is None or node.name.value.startswith("__"):
            return Constant(json.dumps(None if root is None else root.name))
        target = get_named_type(root.fields[node.name.value].type).name
        match slots[root.name, name]:
            case OfViewer():
                self.values.append(Told(name))
                return Passed(Parameter(len(self.values) - 1, "text"))
            case Single(select=select, slots=inner):
                return Found(select, self._body(select, target, nodes, inner))
            case Paged() as paged:
                return self._listed(None, target, nodes, paged)
            case Entities(asked=asked, groups=groups):
                return Named(
                    asked,
                    tuple(
                        (each.select, self._object(each.select, type_, nodes, each.slots))
                        for (type_, _), each in groups.items()
                        if each is not None
                    ),
                )
            case Missing(refusal=None):
                return Constant("null")
            case _:
                raise Unwritten

    def _body(self, select: Select, name: str, nodes: list[FieldNode], slots: Slots) -> Body:
        kinds = self.binding.kinds(name)
        if not kinds:
            return self._object(select, name, nodes, slots)
        if select.discriminator is None:
            raise TypeError(f"{name} is selected without its kind")
        objects = tuple(
            (kind, self._object(select, each, nodes, slots)) for kind, each in kinds.items()
        )
        return Kinds(select.discriminator, objects)

    def _object(self, select: Select, name: str, nodes: list[FieldNode], slots: Slots) -> Object:
        type_ = self._type(name)
        found = self.selection.fields(type_, nodes)
        return Object(
            tuple(
                (key, self._member(select, type_, chosen, slots, key))
                for key, chosen in found.items()
            )
        )

    def _member(
        self,
        select: Select,
        type_: GraphQLObjectType,
        nodes: list[FieldNode],
        slots: Slots,
        key: str,
    ) -> Shape:
        name = nodes[0].name.value
        if name == "__typename":
            return Constant(json.dumps(type_.name))
        declared = type_.fields[name].type
        slot = slots[type_.name, key]
        target = get_named_type(declared).name
        match slot:
            case Leaf(expression=expression):
                return self._scalar(select, expression, declared)
            case Nested(present=present, slots=inner):
                members = self._object(select, target, nodes, inner).members
                return Object(members, present, is_non_null_type(declared))
            case Branch():
                return self._branch(slot, target, nodes, declared)
            case Missing(refusal=None):
                return Constant("null")
            case _:
                raise Unwritten

    def _branch(
        self, slot: Branch, target: str, nodes: list[FieldNode], declared: GraphQLOutputType
    ) -> Related | Listed:
        if id(slot) not in self.known:
            if slot.paged is not None:
                found: Related | Listed = self._listed(slot.parent, target, nodes, slot.paged)
            else:
                body = self._body(slot.select, target, nodes, slot.slots)
                required = is_non_null_type(declared) and not slot.many
                found = Related(slot.parent, slot.select, body, slot.many, required)
            self.known[id(slot)] = found
        return self.known[id(slot)]

    def _listed(
        self, parent: Expression | None, name: str, nodes: list[FieldNode], paged: Paged
    ) -> Listed:
        type_ = self._type(name)
        record = get_named_type(type_.fields["nodes"].type).name
        members: list[tuple[str, Body | Edges | PageInfo | Total | Constant]] = []
        for key, chosen in self.selection.fields(type_, nodes).items():
            match paged.slots.get((name, key)), chosen[0].name.value:
                case None, _:
                    members.append((key, Constant(json.dumps(name))))
                case PageRows(slots=slots, in_edges=True), _:
                    edge = get_named_type(type_.fields["edges"].type).name
                    members.append((key, self._edges(paged.select, edge, record, chosen, slots)))
                case PageRows(slots=slots), _:
                    members.append((key, self._body(paged.select, record, chosen, slots)))
                case OfPage(), "totalCount":
                    members.append((key, Total()))
                case _:
                    members.append((key, self._info(chosen, follows=paged.follows)))
        return Listed(parent, paged.select, tuple(members))

    def _edges(
        self, select: Select, name: str, record: str, nodes: list[FieldNode], slots: Slots
    ) -> Edges:
        members: list[tuple[str, Body | Constant | str]] = []
        for key, chosen in self.selection.fields(self._type(name), nodes).items():
            match chosen[0].name.value, slots.get((name, key)):
                case "__typename", _:
                    members.append((key, Constant(json.dumps(name))))
                case _, PageRows(slots=inner):
                    members.append((key, self._body(select, record, chosen, inner)))
                case _:
                    members.append((key, "cursor"))
        return Edges(tuple(members))  # type: ignore[arg-type]

    def _info(self, nodes: list[FieldNode], *, follows: bool) -> PageInfo:
        members: list[tuple[str, str | Constant]] = []
        for key, chosen in self.selection.fields(self._type("PageInfo"), nodes).items():
            name = chosen[0].name.value
            if name == "__typename":
                members.append((key, Constant('"PageInfo"')))
            elif name == "hasPreviousPage":
                members.append((key, _TRUE if follows else _FALSE))
            else:
                members.append((key, _PLACES[name]))
        return PageInfo(tuple(members))  # type: ignore[arg-type]

    def _scalar(self, select: Select, of: Expression, declared: GraphQLOutputType) -> Scalar:
        form = self._form(select, of, declared)
        return Scalar(of, form, required=is_non_null_type(declared))

    def _form(self, select: Select, of: Expression, declared: GraphQLOutputType) -> Form:
        if is_list_type(get_nullable_type(declared)):
            return "json"
        named = get_named_type(declared)
        words = isinstance(named, GraphQLEnumType) and all(
            name == getattr(each.value, "value", each.value) for name, each in named.values.items()
        )
        if isinstance(of, ScopedId):
            return "plain"
        if not isinstance(of, Column):
            if isinstance(of, Given) and named.name not in _TEXTS:
                raise Unwritten
            return "json"
        type_ = self._stored(select, of)
        if named.name in _TEXTS or words:
            if type_ in self.grants.enumerations:
                return "plain"
            if type_ == "text":
                return "plain" if self._is_plain(select, of) else "text"
            if type_ == "date" or type_.startswith("timestamp"):
                return "json"
            if type_ in {"integer", "bigint"}:
                return "plain"
        if named.name == "Int" and type_ in _INTEGERS:
            return "number"
        if named.name == "Float" and type_ in _NUMBERS:
            return "number"
        if named.name == "Boolean" and type_ == "boolean":
            return "boolean"
        raise Unwritten

    def _stored(self, select: Select, column: Column) -> str:
        return self.grants.columns[_table(select, column), column.name]

    def _is_plain(self, select: Select, column: Column) -> bool:
        return (_table(select, column), column.name) in self.grants.plain

    def _type(self, name: str) -> GraphQLObjectType:
        type_ = self.selection.schema.type_map[name]
        if not isinstance(type_, GraphQLObjectType):
            raise TypeError(f"{name} is no object type")
        return type_


def _table(select: Select, column: Column) -> str:
    stored = {select.alias: select.table} | {join.alias: join.table for join in select.joins}
    return stored[column.table]
