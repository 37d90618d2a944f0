"""A draft of one selection: the tables it needs, their aliases, and what of them is granted."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count

from db.catalog import Grants
from db.plan import (
    Call,
    Column,
    Expression,
    Field,
    Given,
    Join,
    Order,
    Parameter,
    ScopedHash,
    ScopedId,
    ScopedRank,
)
from resolvers.argument import Argument, Source, Way
from resolvers.bind import Binding, Bound
from schema import mapping


class Lacking(Exception):
    """The role has no right to something that the field needs."""


class Foreign(Lacking):
    """The field needs what another subgraph knows, and no representation says it."""


@dataclass(slots=True)
class Ground:
    """Hold what all drafts of one operation share."""

    binding: Binding
    grants: Grants
    values: list[Source] = field(default_factory=list)
    numbers: count[int] = field(default_factory=lambda: count(1))

    def value(self, source: Source, type_: str) -> Parameter:
        """Take a value as a parameter, as text."""
        self.values.append(source)
        return Parameter(len(self.values) - 1, type_)

    def permit(self, function: str) -> None:
        """Require the right to call a function.

        Raises: Lacking.
        """
        if function not in self.grants.functions:
            raise Lacking

    def draft(self, name: str, *, nested: bool = False) -> Draft:
        """Begin a selection of a type's table, under an alias of its own where it is nested."""
        bound = self.binding.types[name]
        if bound.entity is None:
            raise TypeError(f"{name} does not name a table")
        table = bound.entity.table
        return Draft(self, bound, table, f"{table}_{next(self.numbers)}" if nested else table)


@dataclass(slots=True)
class Draft:
    """Gather what a selection of one table needs."""

    ground: Ground
    bound: Bound
    table: str
    alias: str
    joins: dict[str, Join] = field(default_factory=dict)
    variants: dict[str | None, list[Field]] = field(default_factory=dict)
    names: int | None = None
    """How many texts a representation's key has; None where no representation names the row."""
    beside: dict[str, Given] = field(default_factory=dict)
    """The fields that representations give beside the key."""

    def own(self, name: str) -> Column:
        """Read a column of the table itself.

        Raises: Lacking where it is not granted.
        """
        self._granted(self.table, name)
        return Column(self.alias, name)

    def column(self, column: mapping.Column) -> Column:
        """Read a column of the table, or of one beside it.

        Raises: Lacking.
        """
        if column.of is None:
            return self.own(column.name)
        entity = self.bound.entity
        sides = {} if entity is None else {side: (own, to) for side, own, to in entity.sides}
        remote, local = sides[column.of]
        self._granted(column.of, column.name)
        alias = self.join(column.of, remote, self.own(local), required=column.of == "pseudonym")
        return Column(alias, column.name)

    def dotted(self, name: str) -> Column:
        """Read a column by its name, after a dot where it is of a table beside this one."""
        of, _, column = name.rpartition(".")
        return self.column(mapping.Column(column, of or None))

    def join(self, table: str, column: str, to: Column, *, required: bool) -> str:
        """Bring in another table, once; give its alias.

        Raises: Lacking.
        """
        self._granted(table, column)
        alias = table if self.alias == self.table else f"{self.alias}_{table}"
        self.joins[alias] = Join(table, alias, column, to, required)
        return alias

    def found_by(self, source: mapping.One | mapping.Many) -> Column:
        """Give what a relation's rows are found by: a column here, or of the linking table.

        Raises: Lacking.
        """
        if isinstance(source, mapping.One) or source.through is None:
            return self.own(source.remote)
        table, column = source.through
        key = self.bound.entity.key if self.bound.entity else "id"
        alias = self.join(table, column, self.own(key), required=True)
        self._granted(table, source.remote)
        return Column(alias, source.remote)

    def hash(self) -> ScopedHash:
        """Hash the record and the scope."""
        self.own("key")
        return ScopedHash(self.alias)

    def rank(self) -> ScopedRank:
        """Order what is otherwise equal."""
        self.own("key")
        return ScopedRank(self.alias)

    def public_id(self) -> Expression:
        """Give the record's id in the viewer's scope."""
        self.hash()
        return ScopedId(self.alias, self.pseudonym().table)

    def pseudonym(self) -> Column:
        """Give the patient's id in the viewer's scope."""
        self._granted("pseudonym", "public_id")
        alias = self.join("pseudonym", "patient_id", self.own("patient_id"), required=True)
        return Column(alias, "public_id")

    def patient(self) -> Column | None:
        """Give whom a row tells of, for the audit; None where it is nobody."""
        name = "id" if self.table == "patient" else "patient_id"
        is_granted = (self.table, name) in self.ground.grants.columns
        return Column(self.alias, name) if is_granted else None

    def call(self, source: mapping.Measure, asked: int, way: Way = ()) -> Call:
        """Compute a measure of what arguments of a field say.

        Raises: Lacking.
        """
        self.function(source.function)
        columns = [self.own(name) for name in source.columns]
        values = [
            self.ground.value(Argument(asked, (*way, name), "text", name), "text")
            for name in source.arguments
        ]
        return Call(source.function, (*columns, *values))

    def function(self, name: str) -> None:
        """Require the right to call a function.

        Raises: Lacking.
        """
        self.ground.permit(name)

    def given(self, name: str) -> Given:
        """Take what a representation says of a field of another subgraph.

        Raises: Foreign where the row is not named by one.
        """
        if self.names is None:
            raise Foreign
        return self.beside.setdefault(name, Given(self.names + len(self.beside)))

    def computed(self, source: mapping.Required) -> Call:
        """Compute a value from what a representation says.

        Raises: Lacking.
        """
        self.function(source.function)
        return Call(source.function, tuple(self.given(name) for name in source.fields))

    def default_order(self) -> tuple[Order, ...]:
        """Give the order of a list that asks for none: unique, and no internal id."""
        entity = self.bound.entity
        if self.bound.is_record:
            return (
                Order(self.pseudonym(), nullable=False),
                Order(self.hash(), nullable=False),
            )
        if entity is None or entity.unique is None:
            raise TypeError(f"{self.bound.name} says no unique column to list by")
        return (Order(self.dotted(entity.unique), nullable=False),)

    def type_of(self, expression: Expression) -> str:
        """Give the PostgreSQL type of an expression."""
        if not isinstance(expression, Column):
            return "text"
        tables = {self.alias: self.table} | {a: join.table for a, join in self.joins.items()}
        return self.ground.grants.columns[tables[expression.table], expression.name]

    def _granted(self, table: str, column: str) -> None:
        if (table, column) not in self.ground.grants.columns:
            raise Lacking
