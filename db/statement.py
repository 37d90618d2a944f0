"""Make SQL of a plan: a pure function, the same text for equal plans.

Every statement is one round trip and one transaction. It first sets who asks, local to itself, and
only then evaluates the query: CASE guarantees the order, since a subquery that does not depend on
the row runs when it is reached. Only `app.*` is ever set; the role is the login's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from db.plan import (
    Call,
    Column,
    Compare,
    Expression,
    Parameter,
    Past,
    Predicate,
    ScopedHash,
    ScopedId,
    Select,
    expressions,
)

SETTINGS = ("app.issuer", "app.organisation", "app.subject", "app.scope")
"""What a statement's first parameters set, in this order."""


@dataclass(frozen=True, slots=True)
class Statement:
    """Hold SQL that returns one text, and how to call it.

    Its arguments are the settings, then the keys where the selection has one, then the plan's
    values at `values`. The text is a JSON array of rows, each an array in the order of `columns`;
    of a count, a number.
    """

    sql: str
    columns: tuple[Expression, ...]
    values: tuple[int, ...]


@lru_cache(maxsize=4096)
def rows(select: Select) -> Statement:
    """Make the statement that reads a selection's rows, without its children.

    With a key, the rows of all the keys given as an array come back together, in the order of
    the selection within each key.
    """
    columns = expressions(select)
    text = _Text(first=len(SETTINGS) + 1 + (select.key is not None))
    cells = [f"{text.expression(item)} as c{place}" for place, item in enumerate(columns)]
    conditions = [text.predicate(item) for item in select.where]
    order = [
        f"{text.expression(item.by)}{' desc' if item.descending else ''} nulls last"
        for item in select.order
    ]
    distinct = ""
    if select.key is not None:
        key = text.expression(select.key)
        conditions.insert(0, f"{key} = any(${len(SETTINGS) + 1}::bigint[])")
        if select.first_only:
            distinct = f"distinct on ({key}) "
            order.insert(0, key)
    if select.page is not None and select.page.after is not None:
        conditions.append(text.predicate(select.page.after))
    lines = [f"select {distinct}{', '.join(cells)}", *_from(select)]
    if conditions:
        lines.append(f"where {' and '.join(conditions)}")
    if order:
        lines.append(f"order by {', '.join(order)}")
    if select.page is not None:
        lines.append(f"limit {text.expression(select.page.size)} + 1")
    array = ", ".join(f"r.c{place}" for place in range(len(columns)))
    inner = "\n    ".join(lines)
    query = f"select coalesce(json_agg(json_build_array({array})), '[]')::text\n  from ("  # noqa: S608
    query += f"\n    {inner}\n  ) r"
    return Statement(_settled(query), columns, tuple(text.positions))


@lru_cache(maxsize=4096)
def count(select: Select) -> Statement:
    """Make the statement that counts a selection's rows, whatever its page."""
    text = _Text(first=len(SETTINGS) + 1)
    lines = ["select count(*)::text", *_from(select)]
    if select.where:
        lines.append(f"where {' and '.join(text.predicate(item) for item in select.where)}")
    return Statement(_settled("\n  ".join(lines)), (), tuple(text.positions))


def _settled(query: str) -> str:
    tests = " and ".join(
        f"set_config('{name}', ${place}, true) is not null"
        for place, name in enumerate(SETTINGS, start=1)
    )
    return f"select case when {tests} then (\n  {query}\n) end"


def _from(select: Select) -> list[str]:
    lines = [f"from connect.{select.table}"]
    lines += [
        f"{'join' if join.required else 'left join'} connect.{join.table} "
        f"on {join.table}.{join.column} = {join.to.table}.{join.to.name}"
        for join in select.joins
    ]
    return lines


@dataclass(slots=True)
class _Text:
    """Write expressions, numbering the values in the order in which they are first used."""

    first: int
    positions: dict[int, int] = field(default_factory=dict)

    def predicate(self, predicate: Predicate) -> str:
        match predicate:
            case Compare(left=left, operator=operator, right=right):
                return f"{self.expression(left)} {operator} {self.expression(right)}"
            case Past(column=column):
                return f"{self.expression(column)} <= current_date"

    def expression(self, expression: Expression) -> str:
        match expression:
            case Column(table=table, name=name):
                return f"{table}.{name}"
            case Parameter(position=position, type=type_):
                number = self.positions.setdefault(position, self.first + len(self.positions))
                return f"${number}::{type_}"
            case Call(function=function, arguments=arguments):
                return f"connect.{function}({', '.join(map(self.expression, arguments))})"
            case ScopedHash(table=table):
                return (
                    "sha256(convert_to(current_setting('app.scope'), 'UTF8')"
                    f" || uuid_send({table}.key))"
                )
            case ScopedId(table=table):
                hashed = self.expression(ScopedHash(table))
                return f"pseudonym.public_id || '.' || left(encode({hashed}, 'hex'), 12)"
