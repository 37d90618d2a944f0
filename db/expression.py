"""Write expressions, predicates and orders of a plan as SQL, values always as parameters."""

from __future__ import annotations

from dataclasses import dataclass, field

from db.plan import (
    All,
    Beyond,
    Call,
    Column,
    Compare,
    Cursor,
    Either,
    Exists,
    Expression,
    Given,
    IsNull,
    Join,
    Not,
    Order,
    Parameter,
    Past,
    Predicate,
    ScopedHash,
    ScopedId,
    ScopedRank,
)


def tables(table: str, alias: str, joins: tuple[Join, ...]) -> list[str]:
    """Write where rows come from, a line for each table."""
    lines = [f"from {named(table, alias)}"]
    lines += [
        f"{'join' if join.required else 'left join'} {named(join.table, join.alias)} "
        f"on {join.alias}.{join.column} = {join.to.table}.{join.to.name}"
        for join in joins
    ]
    return lines


def named(table: str, alias: str) -> str:
    """Write a table under an alias."""
    return f"connect.{table}" if alias == table else f"connect.{table} {alias}"


@dataclass(slots=True)
class Writer:
    """Write expressions, numbering the values in the order in which they are first used."""

    first: int
    positions: dict[object, int] = field(default_factory=dict)
    looked_up: dict[str, str] = field(default_factory=dict)
    """How the id of a patient is looked up, by the alias of a pseudonym that is not joined."""
    known: dict[Expression, str] = field(default_factory=dict)
    """What is read from a step before, by its name there."""

    def number(self, of: object) -> int:
        """Give a value its number, by its position in the plan or another name."""
        return self.positions.setdefault(of, self.first + len(self.positions))

    def taken(self) -> tuple[int, ...]:
        """List the positions of the plan's values in the order of their numbers."""
        return tuple(place for place in self.positions if isinstance(place, int))

    def conditions(self, where: tuple[Predicate, ...], joins: tuple[Join, ...]) -> list[str]:
        """Write conditions on rows, by what a join makes equal: the column of the joined table.

        What they look for in other tables is then found from either, and PostgreSQL may look there
        before it reads the rows themselves.
        """
        before = self.known
        self.known = before | {
            join.to: f"{join.alias}.{join.column}" for join in joins if join.required
        }
        written = [self.predicate(each) for each in where]
        self.known = before
        return written

    def predicate(self, predicate: Predicate) -> str:
        """Write a condition."""
        match predicate:
            case Compare():
                return self._compare(predicate)
            case IsNull(of=of):
                return f"{self.expression(of)} is null"
            case Past(column=column):
                return f"{self.expression(column)} <= current_date"
            case All(of=of):
                return self._joined(of, " and ", "true")
            case Either(of=of):
                return self._joined(of, " or ", "false")
            case Not(of=of):
                return f"({self.predicate(of)}) is not true"
            case Exists(table=table, alias=alias, joins=joins, where=where):
                found = " ".join(tables(table, alias, joins))
                return f"exists (select {found} where {self.predicate(where)})"
            case Beyond(keys=keys):
                return self._beyond(keys)

    def _joined(self, of: tuple[Predicate, ...], word: str, none: str) -> str:
        if not of:
            return none
        return f"({word.join(self.predicate(item) for item in of)})"

    def _compare(self, compare: Compare) -> str:
        left, right = self.expression(compare.left), self.expression(compare.right)
        match compare.operator:
            case "= any":
                return f"{left} = any({right})"
            case "starts_with":
                return f"starts_with({left}, {right})"
            case "=" | "<>":
                return f"{left} {compare.operator} {right}"
            case operator:
                return f"{left}{_by_code_points(compare.text)} {operator} {right}"

    def _beyond(self, keys: tuple[tuple[Order, Parameter], ...]) -> str:
        """Write that a row comes after a place: later in one key, and equal in those before it."""
        if all(not order.nullable and not order.descending for order, _ in keys):
            here = ", ".join(self.expression(order.by) for order, _ in keys)
            there = ", ".join(self.expression(parameter) for _, parameter in keys)
            return f"({here}) > ({there})"
        ways = []
        same: list[str] = []
        for order, parameter in keys:
            value = self.expression(order.by) + _by_code_points(order.text)
            given = self.expression(parameter)
            later = f"{value} {'<' if order.descending else '>'} {given}"
            # A null comes last: after every value, and with nothing after it but other nulls.
            ways.append(
                "("
                + " and ".join([*same, f"({later} or ({value} is null and {given} is not null))"])
                + ")"
            )
            same.append(f"{value} is not distinct from {given}")
        return f"({' or '.join(ways)})"

    def order(self, order: Order) -> str:
        """Write a key of an order."""
        direction = " desc" if order.descending else ""
        return f"{self.expression(order.by)}{_by_code_points(order.text)}{direction} nulls last"

    def expression(self, expression: Expression) -> str:
        """Write what gives a value."""
        if (known := self.known.get(expression)) is not None:
            return known
        match expression:
            case Column(table=table, name="public_id") if table in self.looked_up:
                return self.looked_up[table]
            case Column(table=table, name=name):
                return f"{table}.{name}"
            case Parameter(position=position, type=type_):
                number = self.number(position)
                given = "text[]" if type_.endswith("[]") else "text"
                return f"${number}::{given}" + (f"::{type_}" if type_ != given else "")
            case Call(function=function, arguments=arguments):
                return f"connect.{function}({', '.join(map(self.expression, arguments))})"
            case ScopedHash(table=table):
                return _scoped_hash(table)
            case ScopedId(table=table, pseudonym=pseudonym) if pseudonym in self.looked_up:
                return f"{self.looked_up[pseudonym]} || '.' || {_scoped_hash(table)}"
            case ScopedId(table=table, pseudonym=pseudonym):
                return scoped_id(table, pseudonym)
            case ScopedRank(table=table):
                return f"uuid_hash_extended({table}.key, {_SEED})"
            case Given(position=position):
                return f"given.g{position}"
            case Cursor(keys=keys, belongs=belongs):
                return self._cursor(keys, belongs)

    def _cursor(self, keys: tuple[Expression, ...], belongs: Parameter) -> str:
        """Write a place as `resolvers.cursor` reads it: JSON in base64 that fits an address."""
        places = ", ".join(map(self.expression, keys))
        text = f"json_build_array(json_build_array({places}), {self.expression(belongs)})::text"
        base64 = f"replace(encode(convert_to({text}, 'UTF8'), 'base64'), E'\\n', '')"
        return f"translate(rtrim({base64}, '='), '+/', '-_')"


def scoped_id(table: str, pseudonym: str) -> str:
    """Write the id by which the viewer's scope knows what hangs on a patient."""
    return f"{pseudonym}.public_id || '.' || {_scoped_hash(table)}"


_SEED = "(select hashtextextended(coalesce(current_setting('app.scope', true), ''), 0))"
"""A number for the scope, computed once for a statement."""


def _scoped_hash(table: str) -> str:
    # It must not fail where none is set yet: to estimate, planning reads it before it is set.
    return (
        "left(encode(sha256(convert_to(current_setting('app.scope', true), 'UTF8')"
        f" || uuid_send({table}.key)), 'hex'), 12)"
    )


def _by_code_points(text: bool) -> str:
    return ' collate "C"' if text else ""
