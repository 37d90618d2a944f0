"""Make SQL of a plan: a pure function, the same text for equal plans.

Every statement is one round trip and one transaction. It first sets who asks, local to itself, and
only then evaluates the query: CASE guarantees the order, since a subquery that does not depend on
the row runs when it is reached. Only `app.*` is ever set; the role is the login's.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from db.expression import Writer, tables
from db.plan import Expression, ScopedId, Select, expressions
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
    text = Writer(first=GIVEN + 1 + (select.key is not None) + len(select.given))
    cells = [f"{text.expression(item)} as c{place}" for place, item in enumerate(columns)]
    conditions = text.conditions(select.where, select.joins)
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
        *tables(select.table, select.alias, select.joins),
    ]
    if select.named_by:
        given, found = _named_by(select, text)
        lines.append(given)
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
    return Statement(settled(query), columns, text.taken())


@lru_cache(maxsize=4096)
def count(select: Select) -> Statement:
    """Make the statement that counts a selection's rows, whatever its page.

    With a key it gives an array of pairs: a key and the number of its rows.
    """
    text = Writer(first=GIVEN + 1 + (select.key is not None))
    conditions = text.conditions(select.where, select.joins)
    lines = tables(select.table, select.alias, select.joins)
    if select.key is None:
        lines.insert(0, "select count(*)::text")
        if conditions:
            lines.append(f"where {' and '.join(conditions)}")
        return Statement(settled("\n  ".join(lines)), (), text.taken())
    key = text.expression(select.key)
    conditions.insert(0, f"{key} = any(${GIVEN + 1}::bigint[])")
    lines.insert(0, f"select {key} as key, count(*) as number")
    lines += [f"where {' and '.join(conditions)}", f"group by {key}"]
    inner = "\n    ".join(lines)
    query = "select coalesce(json_agg(json_build_array(r.key, r.number)), '[]')::text\n  from ("
    query += f"\n    {inner}\n  ) r"
    return Statement(settled(query), (), text.taken())


def _named_by(select: Select, text: Writer) -> tuple[str, list[str]]:
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


def settled(query: str) -> str:
    """Have a query run only once it is set who asks, and proved that they still may."""
    place = len(SETTINGS) + 1
    proof = f"(${place}::uuid is null or {proved(place)})"
    tests = " and ".join(
        f"set_config('{name}', ${place}, true) is not null"
        for place, name in enumerate(SETTINGS, start=1)
    )
    return f"select case when {tests} and {proof} then (\n  {query}\n) end"
