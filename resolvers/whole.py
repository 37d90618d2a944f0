"""The compiled executor: one operation, one statement, whose text is the answer."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from graphql import FieldNode, GraphQLError, GraphQLObjectType, get_named_type

from db.answer import Answering, answering
from db.catalog import Grants
from db.json_text import EXCESSIVE, LACKING
from db.pool import Pool
from db.shape import Constant, Edges, Kinds, Lines, Listed, Named, Object, Root, levels
from db.step import Length, Names, Places, Value
from db.viewer import Viewer
from resolvers import released
from resolvers.argument import Arguments, Source
from resolvers.bind import Binding
from resolvers.errors import Refusal
from resolvers.observer import Observer
from resolvers.planner import Planned
from resolvers.released import Released
from resolvers.representation import named
from resolvers.selection import Selection
from resolvers.shape import Shaping, Unwritten
from resolvers.slot import Entities, OfViewer
from resolvers.told import of_viewer, written

MOST_LEVELS = 60
"""Selections of one statement: planning takes as long as their number squared."""


class Lacked(Exception):
    """A null stood where none may be: the other executor answers as the specification says."""


@dataclass(frozen=True, slots=True)
class Written:
    """Hold what a statement wrote: an object, or the values of roots apart."""

    texts: tuple[str, ...]
    rows: int
    errors: tuple[GraphQLError, ...] = ()


@dataclass(frozen=True, slots=True)
class Whole:
    """Hold the statement of an operation, and how its values and numbers are read."""

    statement: Answering
    values: tuple[Source, ...]
    types: tuple[str, ...]
    """What each number of the first line counts."""
    roots: Mapping[str, list[FieldNode]]
    """The roots that the statement answers, by their names in the answer."""
    rest: Mapping[str, list[FieldNode]]
    """Those that it does not."""
    tells: tuple[str, ...]
    """The roots that tell of the caller."""
    named: Mapping[int, tuple[str, Entities]]
    """The roots whose rows are named from outside, by the field that has the names."""

    @classmethod
    def of(
        cls,
        selection: Selection,
        planned: Planned,
        binding: Binding,
        grants: Grants,
        tables: Mapping[str, str],
        *,
        lines: bool = False,
    ) -> Whole | None:
        """Compose the statement of what can be written; None where nothing can.

        As `lines` it writes the page of the one root, a record on each.
        """
        values = list(planned.values)
        shaping = Shaping(selection, binding, grants, values)
        roots: dict[str, list[FieldNode]] = {}
        rest: dict[str, list[FieldNode]] = {}
        shapes: list[tuple[str, Root]] = []
        held = 0
        for name, nodes in selection.roots().items():
            try:
                shape = shaping.root(name, nodes, planned.slots)
                held += levels(shape)
                if held > MOST_LEVELS:
                    raise Unwritten
                shapes.append((name, _lines(shape) if lines else shape))
            except Unwritten:
                rest[name] = nodes
            else:
                roots[name] = nodes
        if not any(map(_reads, (shape for _, shape in shapes))):
            return None
        statement = answering(tuple(shapes), apart=lines or bool(rest))
        slots = {name: slot for (_, name), slot in planned.slots.items()}
        entities = {
            slot.asked: (name, slot)
            for name in roots
            if isinstance(slot := slots.get(name), Entities)
        }
        types = []
        for each in statement.counted:
            if each.asked is None:
                types.append(tables[each.table])
            else:
                types.append(_groups(entities[each.asked][1])[each.group][0])
        tells = tuple(name for name in roots if isinstance(slots.get(name), OfViewer))
        return cls(statement, tuple(values), tuple(types), roots, rest, tells, entities)

    async def run(
        self,
        selection: Selection,
        arguments: Arguments,
        viewer: Viewer,
        pool: Pool,
        keys: Mapping[str, tuple[str, ...]],
        observer: Observer,
        told: Released,
    ) -> Written:
        """Run the statement; count what it releases.

        Raises: Lacked; Refusal LIMIT_EXCEEDED; Unavailable, TimedOut, Unfit, Excessive, Outdated.
        """
        names, given = self.given(selection, arguments, viewer, keys)
        with observer.stage("statement"):
            found = await pool.text(self.statement.sql, *given)
        if EXCESSIVE in found:
            raise released.excessive()
        if LACKING in found:
            raise Lacked
        numbers, patients, text = found.split("\n", 2)
        rows = self._released(numbers, patients, told)
        texts = tuple(text.split("\n")) if self.rest else (text,)
        errors = [
            error
            for asked, naming in names.items()
            for error in naming.errors(self.named[asked][0], self.roots)
        ]
        return Written(texts, rows, tuple(errors))

    def given(
        self,
        selection: Selection,
        arguments: Arguments,
        viewer: Viewer,
        keys: Mapping[str, tuple[str, ...]],
    ) -> tuple[Mapping[int, _Naming], list[object]]:
        """Read what representations say, and all arguments of the statement."""
        if self.tells:
            arguments.told = self._told(selection, viewer)
        names = {
            asked: _Naming.of(slot, arguments, keys) for asked, (_, slot) in self.named.items()
        }
        values = [self._value(each, arguments, names) for each in self.statement.values]
        return names, [*viewer.given, *values]

    def _told(self, selection: Selection, viewer: Viewer) -> Mapping[str, str]:
        values = of_viewer(viewer)
        found = {}
        for name in self.tells:
            nodes = self.roots[name]
            root = selection.root
            type_ = None if root is None else get_named_type(root.fields[nodes[0].name.value].type)
            if not isinstance(type_, GraphQLObjectType):
                raise TypeError(f"{name} tells no object")
            told = written(selection, type_, nodes, values)
            found[name] = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
        return found

    def _value(self, value: Value, arguments: Arguments, names: Mapping[int, _Naming]) -> object:
        match value:
            case Names(asked=asked, group=group, place=place):
                return [each[place] for each in names[asked].texts[group]]
            case Places(asked=asked, group=group):
                return names[asked].places[group]
            case Length(asked=asked):
                return names[asked].length
            case _:
                return arguments.value(self.values[value])

    def _released(self, numbers: str, patients: str, told: Released) -> int:
        counts = list(map(int, numbers.split()))
        rows: Counter[str] = Counter()
        for type_, number in zip(self.types, counts, strict=True):
            if number:
                rows[type_] += number
        told.rows.update(rows)
        told.cells += sum(1 if each is None else counts[each] for each in self.statement.totals)
        told.bound()
        if patients:
            told.patients.update(map(int, patients.split(",")))
        return sum(counts)


@dataclass(slots=True)
class _Naming:
    """Hold what representations say, by group, and which of them say nothing that can be found."""

    texts: list[list[tuple[str | None, ...]]]
    places: list[list[int]]
    length: int = 0
    refused: list[tuple[int, Refusal]] = field(default_factory=list)

    @classmethod
    def of(
        cls, slot: Entities, arguments: Arguments, keys: Mapping[str, tuple[str, ...]]
    ) -> _Naming:
        groups = _groups(slot)
        order = {key: place for place, key in enumerate(groups)}
        found = cls([[] for _ in groups], [[] for _ in groups])
        for each in named(arguments.of(slot.asked)["representations"], keys):
            found.length += 1
            if isinstance(each, Refusal):
                found.refused.append((found.length - 1, each))
                continue
            entity = slot.groups[each.type, each.key]
            if entity is None:
                continue
            try:
                texts = each.texts(entity.beside)
            except Refusal as refusal:
                found.refused.append((found.length - 1, refusal))
                continue
            group = order[each.type, each.key]
            found.texts[group].append(texts)
            found.places[group].append(found.length)
        return found

    def errors(self, name: str, roots: Mapping[str, list[FieldNode]]) -> list[GraphQLError]:
        """Tell what was refused, each at its place."""
        told = []
        for place, refusal in self.refused:
            error = Refusal(refusal.code, refusal.message, roots[name])
            error.alone, error.path = True, [name, place]
            told.append(error)
        return list(told)


def _groups(slot: Entities) -> list[tuple[str, str]]:
    """List the types and keys whose rows are read, in the order of the statement."""
    return [key for key, entity in slot.groups.items() if entity is not None]


def _lines(root: Root) -> Lines:
    """Give the page of a list as lines.

    Raises: Unwritten where the root is no list.
    """
    for _, member in root.members if isinstance(root, Listed) else ():
        if isinstance(root, Listed) and isinstance(member, Object | Kinds | Edges):
            return Lines(root.select, member)
    raise Unwritten


def _reads(root: Root) -> bool:
    """Tell whether anything is to be read, or to be proved, for a root."""
    return bool(root.groups) if isinstance(root, Named) else not isinstance(root, Constant)
