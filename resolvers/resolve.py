"""The one resolver of every field: look up the slot, give the value or load the rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLResolveInfo

from db.answer import MOST_CHILDREN
from db.office.change import Office
from db.office.outcome import Outcome
from db.plan import Expression, Select
from db.viewer import Viewer
from resolvers.argument import Arguments
from resolvers.errors import Code, Refusal
from resolvers.reader import Reader, Row
from resolvers.released import Released, excessive
from resolvers.representation import named
from resolvers.slot import (
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
    Outcomes,
    OutcomesOf,
    Paged,
    PageRows,
    Reread,
    Single,
    Slot,
    Slots,
)
from resolvers.statistics.reading import Statistics
from resolvers.told import of_viewer


@dataclass(frozen=True, slots=True)
class Context:
    """Hold what the resolvers of one operation share."""

    viewer: Viewer
    reader: Reader
    slots: Slots
    kinds: Mapping[str, str]
    """The types of interfaces' rows, by the kind in the row."""
    arguments: Arguments
    keys: Mapping[str, tuple[str, ...]]
    """By which representations may name rows, by type."""
    released: Released
    statistics: Statistics
    sdl: Callable[[], str] = str
    """Writes the subgraph's own schema, as far as the viewer's role may know."""
    office: Office | None = None
    """Makes changes, where the door takes any."""


@dataclass(frozen=True, slots=True)
class Object:
    """A row seen as one object of the answer."""

    row: Row
    slots: Slots
    kind: Expression | None = None
    type: str | None = None
    """Its type where a representation named it."""


@dataclass(frozen=True, slots=True)
class Place:
    """A row at its place in a page."""

    row: Row
    page: PageOf
    slots: Slots


@dataclass(frozen=True, slots=True)
class PageOf:
    """A page of a list that was read."""

    paged: Paged
    rows: tuple[Row, ...]
    has_more: bool
    key: Any = None
    """What the list belongs to; None at a root."""

    def cursor_of(self, number: int) -> str | None:
        """Give the cursor of a row, where there is such a row and cursors were asked for."""
        by = self.paged.select.cursor
        return None if by is None or not self.rows else str(self.rows[number].value(by))


@dataclass(frozen=True, slots=True)
class Done:
    """A change that was made."""

    outcome: Outcome
    slots: Slots


@dataclass(frozen=True, slots=True)
class Told:
    """What was found out beforehand, as an object of the answer."""

    values: Mapping[str, Any]


def resolve(parent: Any, info: GraphQLResolveInfo[Context], **_arguments: Any) -> Any:
    """Give a field's value, or what becomes it; null where the viewer's role lacks the field."""
    context = info.context
    at = (info.parent_type.name, str(info.path.key))
    match parent:
        case None:
            return _root(context, context.slots[at])
        case Told(values=values):
            return _told(values[info.field_name])
        case Done(slots=slots):
            return _of_change(context, parent, slots[at])
        case Object(row=row, slots=slots):
            return _of_row(context, row, slots[at])
        case PageOf(paged=paged):
            return _of_page(context, parent, paged.slots[at])
        case Place():
            return _of_place(parent, parent.slots[at])
        case _:
            raise TypeError(f"{type(parent).__name__} is no object of the answer")


def resolve_type(value: Object, info: GraphQLResolveInfo[Context], _type: Any) -> str:
    """Tell which type of an interface or a union a row is."""
    context = info.context
    if value.type is not None:
        return value.type
    return context.kinds[str(value.row.value(value.kind))]


def _told(value: Any) -> Any:
    match value:
        case Mapping():
            return Told(value)
        case list() | tuple():
            return [_told(each) for each in value]
        case _:
            return value


async def _root(context: Context, slot: Slot) -> Any:
    match slot:
        case OfViewer():
            return Told(of_viewer(context.viewer))
        case Outcomes():
            return Told(await context.statistics.root(slot))
        case Single(select=select, slots=slots):
            rows = await context.reader.root(select)
            context.released.add(select, rows[:1])
            return _object(rows[0], select, slots) if rows else None
        case Paged(select=select, asked=asked):
            size = context.arguments.size(asked)
            rows = await context.reader.root(select) if slot.is_read else ()
            context.released.add(select, rows[:size])
            return PageOf(slot, rows[:size], len(rows) > size)
        case Entities():
            return _entities(context, slot)
        case OfSubgraph():
            return Told({"sdl": context.sdl()})
        case Changing():
            return await _change(context, slot)
        case Missing(refusal=refusal):
            return refusal
        case _:
            raise TypeError(f"{type(slot).__name__} is no root")


async def _change(context: Context, slot: Changing) -> Done:
    if context.office is None:
        raise Refusal(Code.UNAVAILABLE, "Changes are not taken here now.")
    outcome = await context.office.change(context.viewer, slot.operation, slot.given)
    context.reader.forget()
    return Done(outcome, slot.slots)


def _of_change(context: Context, done: Done, slot: Slot) -> Any:
    match slot:
        case OfChange():
            return done.outcome.changed
        case Reread():
            return _reread(context, slot, done.outcome.key)
        case _:
            raise TypeError(f"{type(slot).__name__} is nothing that a change gives back")


async def _reread(context: Context, slot: Reread, key: str) -> Object | None:
    row = await context.reader.named(slot.select, (key,))
    if row is None:
        return None
    context.released.add(slot.select, (row,))
    return _object(row, slot.select, slot.slots)


def _entities(context: Context, slot: Entities) -> list[Any]:
    """Find what representations name, in their order."""
    given = context.arguments.of(slot.asked)["representations"]
    places: list[Any] = []
    for each in named(given, context.keys):
        entity = None if isinstance(each, Refusal) else slot.groups[each.type, each.key]
        if isinstance(each, Refusal) or entity is None:
            places.append(each if isinstance(each, Refusal) else None)
            continue
        try:
            places.append(_entity(context, entity, each.type, each.texts(entity.beside)))
        except Refusal as refusal:
            places.append(refusal)
    return places


async def _entity(
    context: Context, entity: Entity, type_: str, name: tuple[str | None, ...]
) -> Object | None:
    row = await context.reader.named(entity.select, name)
    if row is None:
        return None
    context.released.add(entity.select, (row,), type_)
    return Object(row, entity.slots, type=type_)


def _of_row(context: Context, row: Row, slot: Slot) -> Any:
    match slot:
        case Leaf(expression=expression):
            return row.value(expression)
        case Nested(present=present, slots=slots):
            return None if row.value(present) is None else Object(row, slots)
        case Branch():
            return _children(context, row, slot)
        case OutcomesOf(group=group):
            return _outcomes(context, slot, row.value(group))
        case Missing(refusal=refusal):
            return refusal
        case _:
            raise TypeError(f"{type(slot).__name__} is no field of a row")


async def _outcomes(context: Context, slot: OutcomesOf, group: str) -> Any:
    return _told(await context.statistics.of_group(slot, group))


async def _children(context: Context, row: Row, branch: Branch) -> Any:
    key = row.value(branch.parent)
    is_read = key is not None and (branch.paged is None or branch.paged.is_read)
    rows = await context.reader.children(branch.select, key) if is_read else ()
    if branch.paged is not None:
        size = context.arguments.size(branch.paged.asked)
        context.released.add(branch.select, rows[:size])
        return PageOf(branch.paged, rows[:size], len(rows) > size, key)
    if len(rows) > MOST_CHILDREN:
        raise excessive()
    context.released.add(branch.select, rows)
    objects = [_object(child, branch.select, branch.slots) for child in rows]
    if branch.many:
        return objects
    return objects[0] if objects else None


def _of_page(context: Context, page: PageOf, slot: Slot) -> Any:
    match slot:
        case PageRows(slots=slots, in_edges=True):
            return [Place(row, page, slots) for row in page.rows]
        case PageRows(slots=slots):
            return [_object(row, page.paged.select, slots) for row in page.rows]
        case OfPage(name="pageInfo"):
            return Told(
                {
                    "hasNextPage": page.has_more,
                    "hasPreviousPage": page.paged.follows,
                    "startCursor": page.cursor_of(0),
                    "endCursor": page.cursor_of(-1),
                }
            )
        case OfPage(name="totalCount"):
            context.released.cells += 1
            return context.reader.count(page.paged.select, page.key)
        case _:
            raise TypeError(f"{type(slot).__name__} is no field of a page")


def _of_place(place: Place, slot: Slot) -> Any:
    match slot:
        case PageRows(slots=slots):
            return _object(place.row, place.page.paged.select, slots)
        case OfPage():
            return place.row.value(place.page.paged.select.cursor)
        case _:
            raise TypeError(f"{type(slot).__name__} is no field of an edge")


def _object(row: Row, select: Select, slots: Slots) -> Object:
    return Object(row, slots, select.discriminator)
