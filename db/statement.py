"""Make SQL of a plan: a pure function, the same text for equal plans.

Every statement is one round trip and one transaction. It first sets who asks, local to itself, and
only then evaluates the query: CASE guarantees the order, since a subquery that does not depend on
the row runs when it is reached. Only `app.*` is ever set; the role is the login's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from db.plan import (
    All,
    Beyond,
    Call,
    Column,
    Compare,
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
    Select,
    expressions,
)
from db.viewer import Proof, proved

SETTINGS = ("app.issuer", "app.organisation", "app.subject", "app.scope", "app.purpose")
"""What a statement's first parameters set, in this order."""
GIVEN = len(SETTINGS) + len(Proof._fields)
"""How many parameters every statement begins with: those that are set, and its viewer's proof."""


@dataclass(frozen=True, slots=True)
class Statement:
    """Hold SQL that returns one text, and how to call it.

    Its arguments are the settings, the proof, then the keys where the selection has one, then the
    plan's values at `values`. The text is a JSON array of rows, each an array in the order of
    `columns`; of a count, a number.
    """

    sql: str
    columns: tuple[Expression, ...]
    values: tuple[int, ...]


@lru_cache(maxsize=4096)
def rows(select: Select) -> Statement:
    """Make the statement that reads a selection's rows, without its children.

    With a key, the rows of all the keys given as an array come back together, in the order of
    the selection within each key, and a page is taken of each key. Named from outside, its keys are
    an array for each text of a name.
    """
    columns = expressions(select)
    text = _Text(first=GIVEN + 1 + (select.key is not None) + len(select.given))
    cells = [f"{text.expression(item)} as c{place}" for place, item in enumerate(columns)]
    conditions = [text.predicate(item) for item in select.where]
    order = [text.order(item) for item in select.order]
    distinct, tail = "", ""
    if select.page is not None and select.page.after is not None:
        conditions.append(text.predicate(select.page.after))
    if select.key is not None:
        key = text.expression(select.key)
        conditions.insert(0, f"{key} = any(${GIVEN + 1}::bigint[])")
        if select.first_only:
            distinct = f"distinct on ({key}) "
            order.insert(0, key)
        if select.page is not None:
            window = f"partition by {key} order by {', '.join(order) or key}"
            cells.append(f"row_number() over ({window}) as place")
            tail = f"\n  where r.place <= {text.expression(select.page.size)} + 1"
    lines = [
        f"select {distinct}{', '.join(cells)}",
        *_from(select.table, select.alias, select.joins),
    ]
    if select.named_by:
        source, found = _named_by(select, text)
        lines.append(source)
        conditions[:0] = found
    if conditions:
        lines.append(f"where {' and '.join(conditions)}")
    if order:
        lines.append(f"order by {', '.join(order)}")
    if select.page is not None and select.key is None:
        lines.append(f"limit {text.expression(select.page.size)} + 1")
    array = ", ".join(f"r.c{place}" for place in range(len(columns)))
    inner = "\n    ".join(lines)
    query = f"select coalesce(json_agg(json_build_array({array})), '[]')::text\n  from ("  # noqa: S608
    query += f"\n    {inner}\n  ) r{tail}"
    return Statement(_settled(query), columns, tuple(text.positions))


@lru_cache(maxsize=4096)
def count(select: Select) -> Statement:
    """Make the statement that counts a selection's rows, whatever its page.

    With a key it gives an array of pairs: a key and the number of its rows.
    """
    text = _Text(first=GIVEN + 1 + (select.key is not None))
    conditions = [text.predicate(item) for item in select.where]
    lines = _from(select.table, select.alias, select.joins)
    if select.key is None:
        lines.insert(0, "select count(*)::text")
        if conditions:
            lines.append(f"where {' and '.join(conditions)}")
        return Statement(_settled("\n  ".join(lines)), (), tuple(text.positions))
    key = text.expression(select.key)
    conditions.insert(0, f"{key} = any(${GIVEN + 1}::bigint[])")
    lines.insert(0, f"select {key} as key, count(*) as number")
    lines += [f"where {' and '.join(conditions)}", f"group by {key}"]
    inner = "\n    ".join(lines)
    query = "select coalesce(json_agg(json_build_array(r.key, r.number)), '[]')::text\n  from ("
    query += f"\n    {inner}\n  ) r"
    return Statement(_settled(query), (), tuple(text.positions))


def _named_by(select: Select, text: _Text) -> tuple[str, list[str]]:
    """Write the texts given as rows, and that a row is named by them.

    They are columns of a table before they are compared: row security lets an index answer only
    what compares a column with a value. Of a public id the patient is found first.
    """
    first = GIVEN + 1
    arrays = ", ".join(f"${first + place}::text[]" for place in range(len(select.given)))
    names = ", ".join(f"g{given.position}" for given in select.given)
    conditions = []
    for place, expression in enumerate(select.named_by):
        if isinstance(expression, ScopedId):
            patients = f"select split_part(k, '.', 1) from unnest(${first + place}::text[]) k"  # noqa: S608
            conditions.append(f"{expression.pseudonym}.public_id = any(array({patients}))")
        conditions.append(f"{text.expression(expression)} = given.g{place}")
    return f"cross join unnest({arrays}) given({names})", conditions


def _settled(query: str) -> str:
    place = len(SETTINGS) + 1
    proof = f"(${place}::uuid is null or {proved(place)})"
    tests = " and ".join(
        f"set_config('{name}', ${place}, true) is not null"
        for place, name in enumerate(SETTINGS, start=1)
    )
    return f"select case when {tests} and {proof} then (\n  {query}\n) end"


def _from(table: str, alias: str, joins: tuple[Join, ...]) -> list[str]:
    lines = [f"from {_named(table, alias)}"]
    lines += [
        f"{'join' if join.required else 'left join'} {_named(join.table, join.alias)} "
        f"on {join.alias}.{join.column} = {join.to.table}.{join.to.name}"
        for join in joins
    ]
    return lines


def _named(table: str, alias: str) -> str:
    return f"connect.{table}" if alias == table else f"connect.{table} {alias}"


@dataclass(slots=True)
class _Text:
    """Write expressions, numbering the values in the order in which they are first used."""

    first: int
    positions: dict[int, int] = field(default_factory=dict)

    def predicate(self, predicate: Predicate) -> str:
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
                source = " ".join(_from(table, alias, joins))
                return f"exists (select {source} where {self.predicate(where)})"
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
        direction = " desc" if order.descending else ""
        return f"{self.expression(order.by)}{_by_code_points(order.text)}{direction} nulls last"

    def expression(self, expression: Expression) -> str:
        match expression:
            case Column(table=table, name=name):
                return f"{table}.{name}"
            case Parameter(position=position, type=type_):
                number = self.positions.setdefault(position, self.first + len(self.positions))
                given = "text[]" if type_.endswith("[]") else "text"
                return f"${number}::{given}" + (f"::{type_}" if type_ != given else "")
            case Call(function=function, arguments=arguments):
                return f"connect.{function}({', '.join(map(self.expression, arguments))})"
            case ScopedHash(table=table):
                return _scoped_hash(table)
            case ScopedId(table=table, pseudonym=pseudonym):
                return scoped_id(table, pseudonym)
            case Given(position=position):
                return f"given.g{position}"


def scoped_id(table: str, pseudonym: str) -> str:
    """Write the id by which the viewer's scope knows what hangs on a patient."""
    return f"{pseudonym}.public_id || '.' || {_scoped_hash(table)}"


def _scoped_hash(table: str) -> str:
    # It must not fail where none is set yet: to estimate, planning reads it before it is set.
    return (
        "left(encode(sha256(convert_to(current_setting('app.scope', true), 'UTF8')"
        f" || uuid_send({table}.key)), 'hex'), 12)"
    )


def _by_code_points(text: bool) -> str:
    return ' collate "C"' if text else ""
