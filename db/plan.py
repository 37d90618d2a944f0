"""The relational language: what to read, said without SQL and without GraphQL.

A plan is frozen and holds no values: the same operation gives an equal plan whatever its variables
are, and equal plans give the same statement.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Column:
    """Read a column of a table of the selection, by the table's alias."""

    table: str
    name: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """Stand for a value given when the plan runs: its position from 0 and its PostgreSQL type.

    Values are given as text, or as an array of texts for a type that ends with [], and cast there.
    """

    position: int
    type: str


@dataclass(frozen=True, slots=True)
class Call:
    """Compute with a function of the schema `connect`."""

    function: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class ScopedId:
    """Stand for the public id of a record that hangs on a patient: the patient's, and a hash."""

    table: str
    pseudonym: str
    """The alias of the patient's pseudonym."""


@dataclass(frozen=True, slots=True)
class ScopedHash:
    """Stand for a hash of a record and the scope: an order that two scopes do not share."""

    table: str


@dataclass(frozen=True, slots=True)
class ScopedRank:
    """Stand for a number that orders what is otherwise equal: another order in each scope.

    It is cheap, and never told.
    """

    table: str


@dataclass(frozen=True, slots=True)
class Given:
    """Stand for one of the texts that a row of a selection is named by, or given with: from 0."""

    position: int


@dataclass(frozen=True, slots=True)
class Cursor:
    """Stand for a row's place in a list: the keys of the order, and what the list is."""

    keys: tuple[Expression, ...]
    belongs: Parameter


Expression = Column | Parameter | Call | ScopedId | ScopedHash | ScopedRank | Given | Cursor


@dataclass(frozen=True, slots=True)
class Compare:
    """Hold where the comparison is true; text is compared by code points."""

    left: Expression
    operator: Literal["=", "<>", "<", "<=", ">", ">=", "= any", "starts_with"]
    right: Expression
    text: bool = False


@dataclass(frozen=True, slots=True)
class IsNull:
    """Hold where a value is null."""

    of: Expression


@dataclass(frozen=True, slots=True)
class Past:
    """Hold where a date has come."""

    column: Column


@dataclass(frozen=True, slots=True)
class All:
    """Hold where every one holds; always, of none."""

    of: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """Hold where one holds; never, of none."""

    of: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Hold where the other does not, be it false or unknown."""

    of: Predicate


@dataclass(frozen=True, slots=True)
class Exists:
    """Hold where a row of another table matches, among those that the viewer may see."""

    table: str
    alias: str
    joins: tuple[Join, ...]
    where: Predicate


@dataclass(frozen=True, slots=True)
class Beyond:
    """Hold for rows that come after a place in an order, whose last key is unique."""

    keys: tuple[tuple[Order, Parameter], ...]


Predicate = Compare | IsNull | Past | All | Either | Not | Exists | Beyond


def leads_on(predicate: Predicate) -> bool:
    """Tell whether other tables decide."""
    match predicate:
        case Exists():
            return True
        case All(of=of) | Either(of=of):
            return any(map(leads_on, of))
        case Not(of=negated):
            return leads_on(negated)
        case _:
            return False


@dataclass(frozen=True, slots=True)
class Join:
    """Bring in a table whose column equals one of a table before it."""

    table: str
    alias: str
    column: str
    to: Column
    required: bool
    """False keeps the row where nothing matches, or nothing that the viewer may see."""


@dataclass(frozen=True, slots=True)
class Order:
    """Sort by an expression, nulls last; text by code points."""

    by: Expression
    descending: bool = False
    text: bool = False
    nullable: bool = True


@dataclass(frozen=True, slots=True)
class Page:
    """Take at most `size` rows after a place; one more is read to know whether there are more."""

    size: Parameter
    after: Beyond | None = None


@dataclass(frozen=True, slots=True)
class Value:
    """Give one expression a name in the answer."""

    name: str
    expression: Expression


@dataclass(frozen=True, slots=True)
class Group:
    """Give several values of the row one name; null where `present` is null."""

    name: str
    present: Expression
    fields: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Child:
    """Give the rows of another selection a name: those whose key equals `parent`."""

    name: str
    parent: Expression
    select: Select
    many: bool


Field = Value | Group | Child


@dataclass(frozen=True, slots=True)
class Variant:
    """List the fields of the rows of one kind; of every row where `kind` is None."""

    kind: str | None
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Select:
    """Read rows of a table, with what hangs on them."""

    table: str
    alias: str
    variants: tuple[Variant, ...]
    discriminator: Column | None = None
    """The column that tells a row's kind, where the variants differ."""
    joins: tuple[Join, ...] = ()
    key: Expression | None = None
    """What a child's rows are found by; None at a root."""
    named_by: tuple[Expression, ...] = ()
    """What rows are found by that come from outside: each row of texts given is met by the rows
    whose expressions equal it, and names them."""
    beside: int = 0
    """How many texts are given beside those, for calls."""
    where: tuple[Predicate, ...] = ()
    order: tuple[Order, ...] = ()
    page: Page | None = None
    first_only: bool = False
    """Take only the first row of each key."""
    cursor: Cursor | None = None
    """A row's place, where it is asked for."""
    count: bool = False
    """Count the rows that match, the page aside."""
    patient: Column | None = None
    """Whom a row tells of, by an internal id: for the audit, and never part of an answer."""

    @property
    def given(self) -> tuple[Given, ...]:
        """List the texts that a row comes back with."""
        return tuple(Given(place) for place in range(len(self.named_by) + self.beside))


@dataclass(frozen=True, slots=True)
class Root:
    """Give a root selection its name in the answer."""

    name: str
    select: Select
    many: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """Hold the selections of an operation's roots."""

    roots: tuple[Root, ...]


def expressions(select: Select) -> tuple[Expression, ...]:
    """List what a selection reads of each row, each once, in a fixed order."""
    found: dict[Expression, None] = {}
    beside = (select.discriminator, select.patient, select.cursor)
    for expression in (select.key, *select.given, *beside):
        if expression is not None:
            found[expression] = None
    for variant in select.variants:
        for item in variant.fields:
            match item:
                case Value(expression=expression):
                    found[expression] = None
                case Group(present=present, fields=fields):
                    found[present] = None
                    found.update((value.expression, None) for value in fields)
                case Child(parent=parent):
                    found[parent] = None
    return tuple(found)
