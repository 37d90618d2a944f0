"""Say where the value of each GraphQL field lives, as data: names of tables and columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated, Any, TypeVar, Union, dataclass_transform

import strawberry
from strawberry import UNSET

from schema.cost import Cost, ListSize

SOURCE = "source"
"""The key under which a field's metadata holds its source."""

LISTED = "listed"
"""The key under which a connection's metadata holds the type that it lists, lazily."""

_T = TypeVar("_T", bound=type)
_Function = TypeVar("_Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Entity:
    """Name the table that holds a type's rows."""

    table: str
    key: str = "id"
    sides: tuple[tuple[str, str, str], ...] = ()
    """Tables with at most one row for each of this one: name, their column, this table's column."""
    unique: str | None = None
    """The column that lists are sorted by at last; records have their public id instead."""
    kind: str | None = None
    """The value of the column `kind` that makes a row of an interface's table this type."""
    keys: tuple[str, ...] = ()
    """The fields by which other subgraphs name a row, each a key, in GraphQL's spelling; where none
    is said a record has its id, and others the field that they are listed by."""


@dataclass(frozen=True, slots=True)
class Column:
    """Point to a column of the type's table, or of one of its side tables."""

    name: str
    of: str | None = None


@dataclass(frozen=True, slots=True)
class PublicId:
    """Stand for the id that the viewer's scope knows the record by."""


@dataclass(frozen=True, slots=True)
class One:
    """Lead to at most one row: `local` of this table equals `remote` of the other."""

    local: str
    remote: str
    latest: str | None = None
    """The date column whose latest past value is taken where several rows match."""


@dataclass(frozen=True, slots=True)
class Many:
    """Lead to rows: `local` of this table equals `remote` of the other, or of `through`."""

    local: str
    remote: str
    order: tuple[str, ...] = ()
    through: tuple[str, str] | None = None
    """A linking table, and its column that equals the key of the other table."""


@dataclass(frozen=True, slots=True)
class Part:
    """Group columns of the same row that share a prefix; null where `present` is null."""

    prefix: str
    present: str


@dataclass(frozen=True, slots=True)
class Measure:
    """Compute a value with a function of the database, over what the viewer may see."""

    function: str
    columns: tuple[str, ...]
    arguments: tuple[str, ...]
    reads: tuple[str, ...] = ()
    """The tables that the function looks at."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """Find one record by the unique columns that arguments give."""

    by: tuple[tuple[str, Column], ...]
    """Each argument and its column."""


@dataclass(frozen=True, slots=True)
class Listing:
    """List records as a connection: all, or those whose `remote` equals `local` of this table."""

    local: str | None = None
    remote: str | None = None


@dataclass(frozen=True, slots=True)
class FromViewer:
    """Tell what identification found out about the caller; nothing is read for it."""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Lead to statistics of outcomes: of a publication, or of the treatments that may be read."""

    dimension: str | None = None
    """Of a row: the dimension whose group it is."""
    local: str | None = None
    """The column of the row that names the group."""


@dataclass(frozen=True, slots=True)
class Statistic:
    """Tell a value of statistics, which are counted and computed together."""

    reads: tuple[str, ...] = ()
    """The tables whose rules are told of at the field."""


@dataclass(frozen=True, slots=True)
class Change:
    """Change what the data office keeps, by the operation of this name."""

    operation: str


@dataclass(frozen=True, slots=True)
class Changed:
    """Lead to what a change was about, read after it."""


@dataclass(frozen=True, slots=True)
class OfChange:
    """Tell whether a change made anything otherwise."""


@dataclass(frozen=True, slots=True)
class External:
    """Take what a representation says of a field that another subgraph owns."""


@dataclass(frozen=True, slots=True)
class Required:
    """Compute a value with a function of the database from fields that other subgraphs own."""

    function: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Represented:
    """Find the records that a gateway names by their types and keys."""


@dataclass(frozen=True, slots=True)
class OwnSchema:
    """Tell the subgraph's own schema."""


Source = (
    Column
    | PublicId
    | One
    | Many
    | Part
    | Measure
    | Lookup
    | Listing
    | FromViewer
    | Outcomes
    | Statistic
    | Change
    | Changed
    | OfChange
    | External
    | Required
    | Represented
    | OwnSchema
)


@dataclass_transform(kw_only_default=True)
def entity(
    table: str | None = None,
    *,
    description: str,
    key: str = "id",
    sides: tuple[tuple[str, str, str], ...] = (),
    unique: str | None = None,
    kind: str | None = None,
    keys: tuple[str, ...] = (),
    interface: bool = False,
    directives: tuple[object, ...] = (),
) -> Callable[[_T], _T]:
    """Declare a GraphQL type and the table of its rows.

    Without a table the rows are those of the interface that the class implements; `kind` says
    which. The keys need no directive.
    """

    def declare(cls: _T) -> _T:
        inherited: Entity | None = getattr(cls, "entity", None)
        if table is not None:
            own: Entity | None = Entity(table, key, sides, unique, kind, keys)
        elif inherited is not None:
            own = replace(inherited, kind=kind)
        else:
            own = None
        make = strawberry.interface if interface else strawberry.type
        made: _T = make(cls, description=description, directives=directives)
        setattr(made, "entity", own)  # noqa: B010 - an attribute of the class, not a GraphQL field
        return made

    return declare


def _field(source: Source, description: str, *directives: object) -> Any:
    return strawberry.field(
        description=description, metadata={SOURCE: source}, directives=directives
    )


def column(name: str, description: str, *, of: str | None = None) -> Any:
    """Declare a field that is a column, of a side table where `of` names one."""
    return _field(Column(name, of), description)


def public_id(description: str) -> Any:
    """Declare the id that the viewer's scope knows a record by."""
    return _field(PublicId(), description)


def one(local: str, remote: str, description: str, *, latest: str | None = None) -> Any:
    """Declare a relation to at most one record."""
    return _field(One(local, remote, latest), description)


def many(
    local: str,
    remote: str,
    description: str,
    *,
    order: tuple[str, ...] = (),
    through: tuple[str, str] | None = None,
    size: int = 10,
) -> Any:
    """Declare a relation to records, ordered by columns, then by a hash of the scope's.

    `size` is how many there are at a guess, for what an operation may cost.
    """
    assumed = ListSize(assumed_size=size, require_one_slicing_argument=UNSET)
    return _field(Many(local, remote, order, through), description, assumed)


def part(prefix: str, present: str, description: str) -> Any:
    """Declare a value object made of columns of the same row."""
    return _field(Part(prefix, present), description)


def from_viewer(description: str) -> Any:
    """Declare a field of the caller's own identity."""
    return _field(FromViewer(), description)


def _declared(source: Source, description: str, *directives: object) -> Callable[[_Function], Any]:
    def declare(signature: _Function) -> Any:
        return strawberry.field(
            resolver=signature,
            description=description,
            metadata={SOURCE: source},
            directives=directives,
        )

    return declare


def measure(
    function: str,
    description: str,
    *,
    columns: tuple[str, ...],
    arguments: tuple[str, ...],
    reads: tuple[str, ...] = (),
    weight: int,
) -> Callable[[_Function], Any]:
    """Declare a computed field; the decorated function gives its arguments and is never called.

    `reads` names the tables that the function looks at, `weight` how many objects could be read in
    the time that computing one value takes.
    """
    source = Measure(function, columns, arguments, reads)
    return _declared(source, description, Cost(weight=weight))


def outcomes(
    description: str, *, dimension: str | None = None, local: str | None = None
) -> Callable[[_Function], Any]:
    """Declare what leads to statistics; the decorated function gives its arguments.

    In a row, `dimension` is that whose group it is, by the value of the column `local`.
    """
    return _declared(Outcomes(dimension, local), description)


def statistic(description: str, *, reads: tuple[str, ...] = (), size: int | None = None) -> Any:
    """Declare a value of statistics; `reads` names tables whose rules narrow what it counts.

    Of a list, `size` is how many there are at a guess, for what an operation may cost.
    """
    if size is None:
        return _field(Statistic(reads), description)
    assumed = ListSize(assumed_size=size, require_one_slicing_argument=UNSET)
    return _field(Statistic(reads), description, assumed)


def lookup(description: str, **by: Column) -> Callable[[_Function], Any]:
    """Declare a root that finds one record; the decorated function is never called.

    `by` names the column that each argument gives.
    """
    return _declared(Lookup(tuple(by.items())), description)


def changed(description: str) -> Any:
    """Declare what a change was about, as a field of its payload."""
    return _field(Changed(), description)


def of_change(description: str) -> Any:
    """Declare whether a change made anything otherwise."""
    return _field(OfChange(), description)


def change(operation: str, description: str, given: Any, payload: Any, *, weight: int) -> Any:
    """Declare a root that changes what the data office keeps.

    `given` is the type of its one argument, `weight` how many objects could be read in the time.
    """

    def declared(self: Any, input: Any) -> Any:  # noqa: A002 - the name that clients expect
        return unbound()

    declared.__annotations__ = {
        "input": Annotated[given, strawberry.argument(description="What is to be.")],
        "return": Union[payload, None],  # noqa: UP007 - a value, not an annotation
    }
    return _declared(Change(operation), description, Cost(weight=weight))(declared)


def unbound() -> Any:
    """Stand in the body of a declared field, which `resolvers.bind` replaces.

    Raises: RuntimeError when it runs all the same, since then the schema was never bound.
    """
    raise RuntimeError("the schema was not bound to the database")
