"""The shape of an answer: what is written where, said without SQL and without GraphQL.

A shape is frozen and holds no values. Its names are those of the answer, in the answer's order;
what it reads are the selections of `db.plan`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from db.plan import Column, Cursor, Expression, Parameter, Select

Form = Literal["plain", "text", "number", "boolean", "json"]
"""How a value is written: between quotes as it is, between quotes escaped, as a number, as true or
false, or by `to_json`."""


@dataclass(frozen=True, slots=True)
class Constant:
    """Write JSON that is known beforehand."""

    text: str


@dataclass(frozen=True, slots=True)
class Passed:
    """Write JSON that was made elsewhere and comes as a value."""

    parameter: Parameter


@dataclass(frozen=True, slots=True)
class Scalar:
    """Write a value of the row, or null."""

    expression: Expression
    form: Form
    required: bool
    """A null is one that may not be, and is marked."""


@dataclass(frozen=True, slots=True)
class Object:
    """Write an object; null where `present` is null."""

    members: tuple[tuple[str, Shape], ...]
    present: Expression | None = None
    required: bool = False
    """A null is one that may not be, and is marked."""


@dataclass(frozen=True, slots=True)
class Kinds:
    """Write an object of the kind that the row is of."""

    by: Column
    objects: tuple[tuple[str, Object], ...]


Body = Object | Kinds


@dataclass(frozen=True, eq=False, slots=True)
class Related:
    """Write the rows of another selection whose key equals `parent`: a list, or one or null.

    Two relations are two, however equal they are: each row is written wherever it is led to.
    """

    parent: Expression
    select: Select
    body: Body
    many: bool
    required: bool
    """There must be one, or the lack is marked."""


@dataclass(frozen=True, slots=True)
class Edges:
    """Write rows within the edges of a page."""

    members: tuple[tuple[str, Body | Constant | Literal["cursor"]], ...]


@dataclass(frozen=True, slots=True)
class PageInfo:
    """Write where a page stands."""

    members: tuple[tuple[str, Literal["more", "first", "last"] | Constant], ...]

    def asks(self, word: str) -> bool:
        """Tell whether one of these is asked for."""
        return any(each == word for _, each in self.members)


@dataclass(frozen=True, slots=True)
class Total:
    """Write how many rows there are, the page aside."""


@dataclass(frozen=True, eq=False, slots=True)
class Listed:
    """Write a page of a selection: of those whose key equals `parent`, or at a root of all."""

    parent: Expression | None
    select: Select
    members: tuple[tuple[str, Body | Edges | PageInfo | Total | Constant], ...]

    @property
    def is_read(self) -> bool:
        """Tell whether rows are asked for, not only how many there are."""
        return any(isinstance(each, Object | Kinds | Edges | PageInfo) for _, each in self.members)


@dataclass(frozen=True, eq=False, slots=True)
class Lines:
    """Write the cursor of a page's last row, or null, and then the page: a row on each line."""

    select: Select
    body: Body | Edges


@dataclass(frozen=True, eq=False, slots=True)
class Found:
    """Write the first row of a root selection, or null."""

    select: Select
    body: Body


@dataclass(frozen=True, eq=False, slots=True)
class Named:
    """Write the rows that names from outside mean, in the order of the names; null for others."""

    asked: int
    """Which field of the operation has the names."""
    groups: tuple[tuple[Select, Body], ...]


Shape = Constant | Scalar | Object | Related | Listed
Root = Constant | Passed | Found | Listed | Lines | Named


def written(body: Body) -> Iterator[tuple[str | None, Object]]:
    """List the objects that a row may be written as, each with its kind."""
    match body:
        case Object():
            yield None, body
        case Kinds(objects=objects):
            yield from objects


def cursor_of(select: Select) -> Cursor:
    """Give the place of a row of a selection that has one."""
    if select.cursor is None:
        raise TypeError(f"{select.table} was selected without cursors")
    return select.cursor


def levels(root: Root) -> int:
    """Count the selections that a root reads, each that several kinds share once."""
    return len(set(map(id, _selections(root))))


def _selections(shape: Shape | Root | Edges | PageInfo | Total | Kinds) -> Iterator[Select]:
    match shape:
        case Found(select=select, body=body) | Related(select=select, body=body):
            yield select
            yield from _selections(body)
        case Named(groups=groups):
            for select, body in groups:
                yield select
                yield from _selections(body)
        case Listed(select=select, members=members):
            yield select
            for _, member in members:
                yield from _selections(member)
        case Edges(members=edges):
            for _, edge in edges:
                if isinstance(edge, Object | Kinds):
                    yield from _selections(edge)
        case Kinds(objects=objects):
            for _, each in objects:
                yield from _selections(each)
        case Object(members=fields):
            for _, field in fields:
                yield from _selections(field)
