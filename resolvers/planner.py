"""Turn a validated operation into a plan: what to read, and where each field finds its value.

Fields that a role lacks altogether are found here, from the grants that PostgreSQL told: nothing is
read for them, and the field answers FIELD_NOT_AVAILABLE. Which rows a viewer may see is not decided
here, and nowhere else in Python.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from graphql import FieldNode, GraphQLObjectType, get_named_type

from db.catalog import Grants
from db.plan import (
    Call,
    Child,
    Column,
    Compare,
    Expression,
    Field,
    Group,
    Join,
    Order,
    Page,
    Parameter,
    Past,
    Plan,
    Predicate,
    Root,
    ScopedHash,
    ScopedId,
    Select,
    Value,
    Variant,
)
from resolvers import cursor
from resolvers.arguments import page_size
from resolvers.bind import Binding, Bound
from resolvers.errors import Code, Refusal
from resolvers.selection import Selection
from resolvers.slot import (
    Branch,
    Leaf,
    Missing,
    Nested,
    OfPage,
    OfViewer,
    Paged,
    PageRows,
    Single,
    Slot,
    Slots,
)
from schema import mapping

Path = tuple[str, ...]
"""The names in the answer that lead to a field, places in lists aside."""

_PSEUDONYM = Column("pseudonym", "public_id")


@dataclass(frozen=True, slots=True)
class Planned:
    """Hold a plan, the values of its parameters, and the slots of the roots."""

    plan: Plan
    values: tuple[object, ...]
    slots: Slots
    lacking: tuple[Refusal, ...]
    """One for each field that the role lacks, whatever the number of rows."""


class _Lacking(Exception):
    """The role has no right to something that the field needs."""


def plan(selection: Selection, binding: Binding, grants: Grants, scope: str) -> Planned:
    """Plan an operation for a role, by its grants, and a scope, whose cursors it may use.

    Raises: RequestRefused, Refusal (`BAD_USER_INPUT`, `LIMIT_EXCEEDED`).
    """
    work = _Work(selection, binding, grants, scope)
    root = selection.schema.query_type
    slots: dict[tuple[str, str], Slot] = {}
    if root is not None:
        for name, nodes in selection.roots().items():
            if not nodes[0].name.value.startswith("__"):
                slots[root.name, name] = work.root(root, name, nodes)
    lacking = tuple(work.lacking.values())
    return Planned(Plan(tuple(work.roots)), tuple(work.values), slots, lacking)


@dataclass(slots=True)
class _Draft:
    """Gather what a selection of one table needs."""

    bound: Bound
    table: str
    sides: dict[str, tuple[str, str]]
    joins: dict[str, Join] = field(default_factory=dict)
    variants: dict[str | None, list[Field]] = field(default_factory=dict)


@dataclass(slots=True)
class _Work:
    """Hold what planning one operation gathers."""

    selection: Selection
    binding: Binding
    grants: Grants
    scope: str
    roots: list[Root] = field(default_factory=list)
    values: list[object] = field(default_factory=list)
    lacking: dict[Path, Refusal] = field(default_factory=dict)

    def root(self, type_: GraphQLObjectType, name: str, nodes: list[FieldNode]) -> Slot:
        """Plan a root field."""
        node = nodes[0]
        source = self.binding.types[type_.name].sources[node.name.value]
        target = get_named_type(type_.fields[node.name.value].type).name
        arguments = self.selection.arguments(type_.fields[node.name.value], node)
        try:
            match source:
                case mapping.FromViewer():
                    return OfViewer()
                case mapping.Lookup(column=column, argument=argument):
                    return self._lookup(name, target, nodes, column, arguments[argument])
                case mapping.Listing(order=order):
                    return self._listing(name, target, nodes, order, arguments)
                case _:
                    raise TypeError(f"{type(source).__name__} cannot be a root")
        except _Lacking:
            return self._missing(type_, node, (name,))

    def _lookup(
        self, name: str, target: str, nodes: list[FieldNode], by: mapping.Column, value: object
    ) -> Slot:
        draft = self._draft(target)
        found = Compare(self._column(draft, by), "=", self._value(value, "text"))
        slots = self._slots(draft, target, nodes, (name,))
        select = self._finish(draft, where=(found,))
        self.roots.append(Root(name, select, many=False))
        return Single(select, slots)

    def _listing(
        self,
        name: str,
        target: str,
        nodes: list[FieldNode],
        order: mapping.Column,
        arguments: dict[str, Any],
    ) -> Slot:
        record = _named(self.selection, target, "nodes").name
        draft = self._draft(record)
        by = self._column(draft, order)
        size = page_size(arguments["first"], nodes[0])
        belongs = cursor.digest(self.scope, nodes[0].name.value)
        after: Predicate | None = None
        if (given := arguments.get("after")) is not None:
            after = Compare(by, ">", self._value(cursor.decode(given, belongs), "text"))
        page = Page(self._value(size, "integer"), after)
        slots = self._page_slots(draft, target, nodes, (name,))
        counted = any(
            isinstance(slot, OfPage) and slot.name == "totalCount" for slot in slots.values()
        )
        select = self._finish(draft, order=(Order(by),), page=page, identify=by, count=counted)
        self.roots.append(Root(name, select, many=True))
        return Paged(select, size, belongs, after is not None, slots)

    def _page_slots(self, draft: _Draft, name: str, nodes: list[FieldNode], path: Path) -> Slots:
        type_ = _object(self.selection, name)
        slots: dict[tuple[str, str], Slot] = {}
        for key, chosen in self.selection.fields(type_, nodes).items():
            match chosen[0].name.value:
                case "nodes":
                    slots[name, key] = PageRows(
                        self._slots(draft, draft.bound.name, chosen, (*path, key))
                    )
                case "edges":
                    edge = _named(self.selection, name, "edges").name
                    slots[name, key] = PageRows(
                        self._edge_slots(draft, edge, chosen, (*path, key)), in_edges=True
                    )
                case "pageInfo":
                    info = _named(self.selection, name, "pageInfo")
                    fields = self.selection.fields(info, chosen)
                    slots[name, key] = OfPage(
                        "pageInfo",
                        {(info.name, k): OfPage(n[0].name.value) for k, n in fields.items()},
                    )
                case "totalCount":
                    slots[name, key] = OfPage("totalCount")
        return slots

    def _edge_slots(self, draft: _Draft, name: str, nodes: list[FieldNode], path: Path) -> Slots:
        slots: dict[tuple[str, str], Slot] = {}
        for key, chosen in self.selection.fields(_object(self.selection, name), nodes).items():
            if chosen[0].name.value == "node":
                slots[name, key] = PageRows(
                    self._slots(draft, draft.bound.name, chosen, (*path, key))
                )
            else:
                slots[name, key] = OfPage("cursor")
        return slots

    def _slots(self, draft: _Draft, name: str, nodes: list[FieldNode], path: Path) -> Slots:
        """Plan what is selected of a type, of each of its kinds where it is an interface."""
        slots: dict[tuple[str, str], Slot] = {}
        kinds: dict[str | None, str] = dict(self.binding.kinds(name).items())
        for kind, concrete in (kinds or {None: name}).items():
            type_ = _object(self.selection, concrete)
            fields = draft.variants.setdefault(kind, [])
            for key, chosen in self.selection.fields(type_, nodes).items():
                if not chosen[0].name.value.startswith("__"):
                    slots[concrete, key] = self._slot(draft, type_, (*path, key), chosen, fields)
        return slots

    def _slot(
        self,
        draft: _Draft,
        type_: GraphQLObjectType,
        path: Path,
        nodes: list[FieldNode],
        fields: list[Field],
    ) -> Slot:
        node = nodes[0]
        declared = type_.fields[node.name.value]
        source = self.binding.types[type_.name].sources[node.name.value]
        try:
            match source:
                case mapping.One() | mapping.Many():
                    return self._branch(draft, source, path, nodes, declared.type, fields)
                case mapping.Part():
                    return self._part(draft, source, path, nodes, declared.type, fields)
                case mapping.Column():
                    expression: Expression = self._column(draft, source)
                case mapping.PublicId():
                    expression = self._public_id(draft)
                case mapping.Measure():
                    given = self.selection.arguments(declared, node)
                    expression = self._call(draft, source, given)
                case _:
                    raise TypeError(f"{type(source).__name__} lives at a root")
        except _Lacking:
            return self._missing(type_, node, path)
        fields.append(Value(path[-1], expression))
        return Leaf(expression)

    def _branch(
        self,
        draft: _Draft,
        source: mapping.One | mapping.Many,
        path: Path,
        nodes: list[FieldNode],
        type_: Any,
        fields: list[Field],
    ) -> Slot:
        target = get_named_type(type_).name
        of, _, local = source.local.rpartition(".")
        parent = self._column(draft, mapping.Column(local, of or None))
        child = self._draft(target)
        many = isinstance(source, mapping.Many)
        own_key = child.bound.entity.key if child.bound.entity else "id"
        where: tuple[Predicate, ...] = ()
        order: list[Order] = []
        if isinstance(source, mapping.Many):
            order = [Order(self._own(child, name)) for name in source.order]
            if child.bound.is_record:
                order.append(Order(self._hash(child)))
        elif source.latest is not None:
            latest = self._own(child, source.latest)
            where, order = (Past(latest),), [Order(latest, descending=True)]
        if isinstance(source, mapping.Many) and source.through is not None:
            table, column = source.through
            self._join(child, Join(table, column, Column(child.table, own_key), required=True))
            found_by = self._readable(Column(table, source.remote))
        else:
            found_by = self._own(child, source.remote)
        slots = self._slots(child, target, nodes, path)
        select = self._finish(
            child,
            key=found_by,
            where=where,
            order=tuple(order),
            first_only=isinstance(source, mapping.One) and source.latest is not None,
        )
        fields.append(Child(path[-1], parent, select, many))
        return Branch(parent, select, slots, many)

    def _part(
        self,
        draft: _Draft,
        source: mapping.Part,
        path: Path,
        nodes: list[FieldNode],
        type_: Any,
        fields: list[Field],
    ) -> Slot:
        inner = _object(self.selection, get_named_type(type_).name)
        sources = self.binding.types[inner.name].sources
        present = self._own(draft, source.prefix + source.present)
        slots: dict[tuple[str, str], Slot] = {}
        values: list[Value] = []
        for name, chosen in self.selection.fields(inner, nodes).items():
            if chosen[0].name.value.startswith("__"):
                continue
            column = sources[chosen[0].name.value]
            if not isinstance(column, mapping.Column):
                raise TypeError(f"{inner.name} is a part of a row: its fields are columns")
            expression = self._own(draft, source.prefix + column.name)
            slots[inner.name, name] = Leaf(expression)
            values.append(Value(name, expression))
        fields.append(Group(path[-1], present, tuple(values)))
        return Nested(present, slots)

    def _missing(self, type_: GraphQLObjectType, node: FieldNode, path: Path) -> Missing:
        message = f"{type_.name}.{node.name.value} is not available to your role."
        refusal = Refusal(Code.FIELD_NOT_AVAILABLE, message, node)
        refusal.path = list(path)
        self.lacking.setdefault(path, refusal)
        return Missing()

    def _draft(self, name: str) -> _Draft:
        bound = self.binding.types[name]
        if bound.entity is None:
            raise TypeError(f"{name} does not name a table")
        sides = {table: (column, local) for table, column, local in bound.entity.sides}
        return _Draft(bound, bound.entity.table, sides)

    def _finish(self, draft: _Draft, **properties: Any) -> Select:
        interface = self.binding.kinds(draft.bound.name)
        select = Select(
            table=draft.table,
            variants=tuple(Variant(kind, tuple(fields)) for kind, fields in draft.variants.items()),
            discriminator=self._own(draft, "kind") if interface else None,
        )
        return replace(select, joins=tuple(draft.joins.values()), **properties)

    def _value(self, value: object, type_: str) -> Parameter:
        self.values.append(value)
        return Parameter(len(self.values) - 1, type_)

    def _readable(self, column: Column) -> Column:
        if (column.table, column.name) not in self.grants.columns:
            raise _Lacking
        return column

    def _own(self, draft: _Draft, name: str) -> Column:
        return self._readable(Column(draft.table, name))

    def _column(self, draft: _Draft, column: mapping.Column) -> Column:
        if column.of is None:
            return self._own(draft, column.name)
        remote, local = draft.sides[column.of]
        found = self._readable(Column(column.of, column.name))
        self._join(
            draft,
            Join(column.of, remote, self._own(draft, local), required=column.of == "pseudonym"),
        )
        return found

    def _join(self, draft: _Draft, join: Join) -> None:
        self._readable(Column(join.table, join.column))
        self._readable(join.to)
        draft.joins[join.table] = join

    def _hash(self, draft: _Draft) -> ScopedHash:
        self._own(draft, "key")
        return ScopedHash(draft.table)

    def _public_id(self, draft: _Draft) -> Expression:
        self._hash(draft)
        self._readable(_PSEUDONYM)
        patient = self._own(draft, "patient_id")
        self._join(draft, Join("pseudonym", "patient_id", patient, required=True))
        return ScopedId(draft.table)

    def _call(
        self, draft: _Draft, source: mapping.Measure, arguments: dict[str, Any]
    ) -> Expression:
        if source.function not in self.grants.functions:
            raise _Lacking
        columns = [self._own(draft, name) for name in source.columns]
        values = [self._value(arguments[name], "text") for name in source.arguments]
        return Call(source.function, (*columns, *values))


def _object(selection: Selection, name: str) -> GraphQLObjectType:
    type_ = selection.schema.type_map[name]
    if not isinstance(type_, GraphQLObjectType):
        raise TypeError(f"{name} is not an object type")
    return type_


def _named(selection: Selection, name: str, field_name: str) -> GraphQLObjectType:
    inner = get_named_type(_object(selection, name).fields[field_name].type)
    return _object(selection, inner.name)
