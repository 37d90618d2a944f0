"""Turn a validated operation into a plan: what to read, and where each field finds its value.

Fields that a role lacks altogether are found here, from the grants that PostgreSQL told: nothing is
read for them, and the field answers FIELD_NOT_AVAILABLE. Which rows a viewer may see is not decided
here, and nowhere else in Python.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
    get_nullable_type,
    is_non_null_type,
)

from db.catalog import Grants
from db.plan import (
    Child,
    Column,
    Compare,
    Expression,
    Field,
    Group,
    Order,
    Past,
    Plan,
    Predicate,
    Root,
    Select,
    Value,
    Variant,
)
from resolvers import change
from resolvers.argument import Argument, Asked, Fixed, Source
from resolvers.bind import Binding
from resolvers.draft import Draft, Foreign, Ground, Lacking
from resolvers.errors import Code, Refusal
from resolvers.filter import Filtered, predicate
from resolvers.key import keys_of, ways_of
from resolvers.limits import check_input
from resolvers.paging import paging, place
from resolvers.representation import Representation, named
from resolvers.selection import Selection
from resolvers.slot import (
    COUNT,
    Branch,
    Changing,
    Entities,
    Entity,
    Leaf,
    Missing,
    Nested,
    OfChange,
    OfPage,
    OfSubgraph,
    OfViewer,
    Paged,
    PageRows,
    Reread,
    Single,
    Slot,
    Slots,
)
from resolvers.statistics.plan import outcomes, outcomes_of
from schema import mapping

Path = tuple[str, ...]
"""The names in the answer that lead to a field, places in lists aside."""


@dataclass(frozen=True, slots=True)
class Planned:
    """Hold a plan, where the values of its parameters come from, and the slots of the roots."""

    plan: Plan
    fields: tuple[Asked, ...]
    """Whose arguments the values are read from."""
    values: tuple[Source, ...]
    slots: Slots
    lacking: tuple[Refusal, ...]
    """One for each field that the role lacks, whatever the number of rows."""


def plan(selection: Selection, binding: Binding, grants: Grants) -> Planned:
    """Plan an operation for a role, by its grants.

    Raises: RequestRefused, Refusal (`BAD_USER_INPUT`, `LIMIT_EXCEEDED`).
    """
    work = _Work(selection, binding, Ground(binding, grants))
    root = selection.root
    slots: dict[tuple[str, str], Slot] = {}
    if root is not None:
        for name, nodes in selection.roots().items():
            if not nodes[0].name.value.startswith("__"):
                slots[root.name, name] = work.root(root, name, nodes)
    lacking = tuple(work.lacking.values())
    values = tuple(work.ground.values)
    return Planned(Plan(tuple(work.roots)), tuple(work.fields), values, slots, lacking)


@dataclass(slots=True)
class _Work:
    """Hold what planning one operation gathers."""

    selection: Selection
    binding: Binding
    ground: Ground
    roots: list[Root] = field(default_factory=list)
    lacking: dict[Path, Refusal] = field(default_factory=dict)

    fields: list[Asked] = field(default_factory=list)
    given: int = 0
    """The values of the arguments so far."""

    def root(self, type_: GraphQLObjectType, name: str, nodes: list[FieldNode]) -> Slot:
        """Plan a root field."""
        node = nodes[0]
        source = self.binding.types[type_.name].sources[node.name.value]
        target = get_named_type(type_.fields[node.name.value].type).name
        asked, arguments = self._arguments(type_.fields[node.name.value], node)
        try:
            match source:
                case mapping.FromViewer():
                    return OfViewer()
                case mapping.Lookup(by=by):
                    return self._lookup(name, target, nodes, by, asked)
                case mapping.Listing():
                    paged = self._listing(target, nodes, source, asked, arguments, (name,))
                    self.roots.append(Root(name, paged.select, many=True))
                    return paged
                case mapping.Represented():
                    return self._represented(
                        type_, name, nodes, asked, arguments["representations"]
                    )
                case mapping.OwnSchema():
                    return OfSubgraph()
                case mapping.Outcomes():
                    return outcomes(self.ground.grants, self.selection, nodes, arguments, asked)
                case mapping.Change(operation=operation):
                    self.ground.permit(change.GATE)
                    slots = self._change_slots(target, nodes, (name,))
                    return Changing(operation, change.read(arguments["input"]), slots)
                case _:
                    raise TypeError(f"{type(source).__name__} cannot be a root")
        except (Lacking, Filtered) as lacking:
            return self._missing(type_, node, (name,), lacking)

    def _arguments(self, declared: GraphQLField, node: FieldNode) -> tuple[int, dict[str, Any]]:
        """Coerce a field's arguments, within what those of all may hold; number the field."""
        arguments = self.selection.arguments(declared, node)
        if not declared.args:
            return -1, arguments
        self.given = check_input(arguments, self.given)
        self.fields.append(Asked(declared, node))
        return len(self.fields) - 1, arguments

    def _lookup(
        self,
        name: str,
        target: str,
        nodes: list[FieldNode],
        by: tuple[tuple[str, mapping.Column], ...],
        asked: int,
    ) -> Slot:
        draft = self.ground.draft(target)
        found = tuple(
            Compare(draft.column(column), "=", self.ground.value(_text(asked, argument), "text"))
            for argument, column in by
        )
        slots = self._slots(draft, target, nodes, (name,))
        select = self._finish(draft, where=found)
        self.roots.append(Root(name, select, many=False))
        return Single(select, slots)

    def _change_slots(self, name: str, nodes: list[FieldNode], path: Path) -> Slots:
        """Plan what a change gives back: read after it, by the key that it tells."""
        type_ = _object(self.selection, name)
        slots: dict[tuple[str, str], Slot] = {}
        for key, chosen in self.selection.fields(type_, nodes).items():
            match self.binding.types[name].sources.get(chosen[0].name.value):
                case mapping.Changed():
                    target = get_named_type(type_.fields[chosen[0].name.value].type).name
                    slots[name, key] = self._reread(target, chosen, (*path, key))
                case mapping.OfChange():
                    slots[name, key] = OfChange()
        return slots

    def _reread(self, target: str, nodes: list[FieldNode], path: Path) -> Reread:
        draft = self.ground.draft(target)
        keys = tuple(self._key(draft, way) for way in ways_of(keys_of(draft.bound)[0]))
        slots = self._slots(draft, target, nodes, path)
        select = self._finish(draft, named_by=keys)
        self.roots.append(Root(path[-1], select, many=False))
        return Reread(target, select, slots)

    def _represented(
        self,
        type_: GraphQLObjectType,
        name: str,
        nodes: list[FieldNode],
        asked: int,
        given: list[Any],
    ) -> Entities:
        """Plan the records that representations name: one selection for each type and key."""
        planned: dict[tuple[str, str], Entity | None] = {}
        for each in named(given, self.binding.keys):
            if isinstance(each, Refusal) or (each.type, each.key) in planned:
                continue
            try:
                planned[each.type, each.key] = self._entity(name, nodes, each)
            except Lacking as lacking:
                self._missing(type_, nodes[0], (name,), lacking)
                planned[each.type, each.key] = None
        return Entities(asked, planned)

    def _entity(self, name: str, nodes: list[FieldNode], named: Representation) -> Entity:
        draft = self.ground.draft(named.type)
        keys = tuple(self._key(draft, way) for way in ways_of(named.key))
        draft.names = len(keys)
        slots = self._slots(draft, named.type, nodes, (name,))
        entity = draft.bound.entity
        where: tuple[Predicate, ...] = ()
        if entity is not None and entity.kind is not None:
            kind = draft.own("kind")
            wanted = self.ground.value(Fixed(entity.kind), draft.type_of(kind))
            where = (Compare(kind, "=", wanted),)
        fields = _object(self.selection, named.type).fields
        answered = {slot.expression for slot in slots.values() if isinstance(slot, Leaf)}
        beside: dict[str, GraphQLOutputType] = {
            each: fields[each].type if given in answered else get_nullable_type(fields[each].type)
            for each, given in draft.beside.items()
        }
        select = self._finish(draft, named_by=keys, beside=len(beside), where=where)
        self.roots.append(Root(name, select, many=True))
        return Entity(select, slots, beside)

    def _key(self, draft: Draft, way: tuple[str, ...]) -> Expression:
        """Give a value of a key: a column of the row, or of a part of it."""
        source = draft.bound.sources[way[0]]
        match source:
            case mapping.Column() if len(way) == 1:
                return draft.column(source)
            case mapping.PublicId() if len(way) == 1:
                return draft.public_id()
            case mapping.Part(prefix=prefix) if len(way) == 2:
                type_ = self.binding.declared.type_map[draft.bound.name]
                inner = get_named_type(type_.fields[way[0]].type).name  # type: ignore[attr-defined]
                column = self.binding.types[inner].sources[way[1]]
                if isinstance(column, mapping.Column):
                    return draft.own(prefix + column.name)
        raise TypeError(f"{draft.bound.name}.{'.'.join(way)} cannot be part of a key")

    def _listing(
        self,
        target: str,
        nodes: list[FieldNode],
        source: mapping.Listing,
        asked: int,
        arguments: dict[str, Any],
        path: Path,
    ) -> Paged:
        record = _named(self.selection, target, "nodes")
        draft = self.ground.draft(record)
        where = predicate(draft, record, arguments.get("where"), asked)
        turned = paging(draft, record, arguments, asked)
        slots = self._page_slots(draft, target, record, nodes, path)
        select = self._finish(
            draft,
            key=None if source.remote is None else draft.own(source.remote),
            where=(where,),
            order=turned.order,
            page=turned.page,
            cursor=place(draft, turned, asked) if self._asks_places(target, nodes) else None,
            count=COUNT in slots.values(),
        )
        return Paged(select, asked, turned.follows, slots)

    def _asks_places(self, name: str, nodes: list[FieldNode]) -> bool:
        """Tell whether the cursors of a page are asked for."""
        for chosen in self.selection.fields(_object(self.selection, name), nodes).values():
            inner = {"edges": "cursor", "pageInfo": "Cursor"}.get(chosen[0].name.value)
            if inner is not None:
                target = _object(self.selection, _named(self.selection, name, chosen[0].name.value))
                within = self.selection.fields(target, chosen).values()
                if any(each[0].name.value.endswith(inner) for each in within):
                    return True
        return False

    def _page_slots(
        self, draft: Draft, name: str, record: str, nodes: list[FieldNode], path: Path
    ) -> Slots:
        type_ = _object(self.selection, name)
        slots: dict[tuple[str, str], Slot] = {}
        for key, chosen in self.selection.fields(type_, nodes).items():
            match chosen[0].name.value:
                case "nodes":
                    slots[name, key] = PageRows(self._slots(draft, record, chosen, (*path, key)))
                case "edges":
                    edge = _named(self.selection, name, "edges")
                    inner = self._edge_slots(draft, edge, record, chosen, (*path, key))
                    slots[name, key] = PageRows(inner, in_edges=True)
                case "pageInfo" | "totalCount":
                    slots[name, key] = OfPage(chosen[0].name.value)
        return slots

    def _edge_slots(
        self, draft: Draft, name: str, record: str, nodes: list[FieldNode], path: Path
    ) -> Slots:
        slots: dict[tuple[str, str], Slot] = {}
        for key, chosen in self.selection.fields(_object(self.selection, name), nodes).items():
            if chosen[0].name.value == "node":
                slots[name, key] = PageRows(self._slots(draft, record, chosen, (*path, key)))
            else:
                slots[name, key] = OfPage("cursor")
        return slots

    def _slots(self, draft: Draft, name: str, nodes: list[FieldNode], path: Path) -> Slots:
        """Plan what is selected of a type, of each of its kinds where it is an interface.

        What all kinds are asked for is planned once: otherwise each would read it for itself.
        """
        slots: dict[tuple[str, str], Slot] = {}
        planned: dict[tuple[object, ...], tuple[Slot, list[Field]]] = {}
        kinds: dict[str | None, str] = dict(self.binding.kinds(name).items())
        for kind, concrete in (kinds or {None: name}).items():
            type_ = _object(self.selection, concrete)
            fields = draft.variants.setdefault(kind, [])
            for key, chosen in self.selection.fields(type_, nodes).items():
                field_name = chosen[0].name.value
                if field_name.startswith("__"):
                    continue
                same = (key, self.binding.types[concrete].sources[field_name], *map(id, chosen))
                if same not in planned:
                    found: list[Field] = []
                    planned[same] = self._slot(draft, type_, (*path, key), chosen, found), found
                slots[concrete, key], found = planned[same]
                fields += found
        return slots

    def _slot(
        self,
        draft: Draft,
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
                case mapping.Listing(local=str(local)):
                    asked, given = self._arguments(declared, node)
                    target = get_named_type(declared.type).name
                    parent = draft.own(local)
                    paged = self._listing(target, nodes, source, asked, given, path)
                    fields.append(Child(path[-1], parent, paged.select, many=True))
                    return Branch(parent, paged.select, paged.slots, many=True, paged=paged)
                case mapping.Column():
                    expression: Expression = draft.column(source)
                case mapping.PublicId():
                    expression = draft.public_id()
                case mapping.Measure():
                    expression = draft.call(source, self._arguments(declared, node)[0])
                case mapping.External():
                    expression = draft.given(node.name.value)
                case mapping.Required():
                    expression = draft.computed(source)
                case mapping.Outcomes():
                    asked, given = self._arguments(declared, node)
                    slot = outcomes_of(draft, self.selection, nodes, source, given, asked)
                    fields.append(Value(path[-1], slot.group))
                    return slot
                case _:
                    raise TypeError(f"{type(source).__name__} lives at a root")
        except (Lacking, Filtered) as lacking:
            return self._missing(type_, node, path, lacking)
        fields.append(Value(path[-1], expression))
        return Leaf(expression)

    def _branch(
        self,
        draft: Draft,
        source: mapping.One | mapping.Many,
        path: Path,
        nodes: list[FieldNode],
        type_: Any,
        fields: list[Field],
    ) -> Slot:
        target = get_named_type(type_).name
        parent = draft.dotted(source.local)
        child = self.ground.draft(target)
        many = isinstance(source, mapping.Many)
        found_by = child.found_by(source)
        where: tuple[Predicate, ...] = ()
        order: list[Order] = []
        if isinstance(source, mapping.Many):
            order = [Order(child.own(name)) for name in source.order]
            if child.bound.is_record:
                order.append(Order(child.rank()))
        elif source.latest is not None:
            latest = child.own(source.latest)
            where, order = (Past(latest),), [Order(latest, descending=True)]
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
        draft: Draft,
        source: mapping.Part,
        path: Path,
        nodes: list[FieldNode],
        type_: Any,
        fields: list[Field],
    ) -> Slot:
        inner = _object(self.selection, get_named_type(type_).name)
        sources = self.binding.types[inner.name].sources
        present = draft.own(source.prefix + source.present)
        slots: dict[tuple[str, str], Slot] = {}
        values: list[Value] = []
        for name, chosen in self.selection.fields(inner, nodes).items():
            if chosen[0].name.value.startswith("__"):
                continue
            column = sources[chosen[0].name.value]
            if not isinstance(column, mapping.Column):
                raise TypeError(f"{inner.name} is a part of a row: its fields are columns")
            expression = draft.own(source.prefix + column.name)
            slots[inner.name, name] = Leaf(expression)
            values.append(Value(name, expression))
        fields.append(Group(path[-1], present, tuple(values)))
        return Nested(present, slots)

    def _missing(
        self, type_: GraphQLObjectType, node: FieldNode, path: Path, lacking: Exception
    ) -> Missing:
        what = f"{type_.name}.{node.name.value}"
        match lacking:
            case Filtered():
                why = f"{what} filtered or sorted by {lacking} is not available to your role."
            case Foreign():
                why = f"{what} needs what another subgraph knows: ask the gateway for it."
            case _:
                why = f"{what} is not available to your role."
        refusal = Refusal(Code.FIELD_NOT_AVAILABLE, why, node)
        refusal.path = list(path)
        self.lacking.setdefault(path, refusal)
        needed = is_non_null_type(type_.fields[node.name.value].type)
        return Missing(self.lacking[path] if needed else None)

    def _finish(self, draft: Draft, **properties: Any) -> Select:
        interface = self.binding.kinds(draft.bound.name)
        discriminator: Column | None = draft.own("kind") if interface else None
        return Select(
            table=draft.table,
            alias=draft.alias,
            variants=tuple(Variant(kind, tuple(fields)) for kind, fields in draft.variants.items()),
            discriminator=discriminator,
            joins=tuple(draft.joins.values()),
            patient=draft.patient(),
            **properties,
        )


def _text(asked: int, name: str) -> Argument:
    """Read an argument that is a text."""
    return Argument(asked, (name,), "text", name)


def _object(selection: Selection, name: str) -> GraphQLObjectType:
    type_ = selection.schema.type_map[name]
    if not isinstance(type_, GraphQLObjectType):
        raise TypeError(f"{name} is not an object type")
    return type_


def _named(selection: Selection, name: str, field_name: str) -> str:
    inner: str = get_named_type(_object(selection, name).fields[field_name].type).name
    return inner
