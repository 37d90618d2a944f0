"""The door of SQL: all that a role's login reads of every table, in one statement."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

import asyncpg

from tests.access.expectation import Expectation
from tests.access.kind import readable
from tests.access.oracle import HOLDS, Facts, Visible, Who, visible
from tests.access.session import say
from tests.access.table import ROLES

LOGINS = (*ROLES, "identity", "office", "audit")
STATUS = "gene_status()"
"""Stands for a table: what the function says of each visible patient and these genes."""
SYMBOLS = ("BRAF", "TP53", "none")
_STATUSES = (
    "array(select row(p.id, s, connect.gene_status(p.id, s))::text"
    " from connect.patient p, unnest(array['BRAF', 'TP53', 'none']) s)"
)


class Difference(Exception):
    """Say where a door and the oracle disagree."""


@dataclass(slots=True)
class Snapshot:
    """Hold all facts at one moment, and each row as the text that a role's login would give."""

    facts: Facts
    texts: dict[str, dict[str, dict[int, str]]]
    """By role and table, of the row with that `id()`."""
    known: dict[tuple[Who, datetime], dict[str, Counter[str]]] = field(default_factory=dict)
    """What was decided already."""
    everybody: list[Who] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.everybody = viewers_of(self.facts)

    @classmethod
    async def take(cls, connection: asyncpg.Connection) -> Snapshot:
        """Read everything as the superuser, within a transaction."""
        facts = await Facts.within(connection)
        lists = {
            (table, _columns(role, table, names))
            for role in LOGINS
            for table, names in facts.columns.items()
        }
        asked = sorted(each for each in lists if each[1])
        arrays = [
            f"array(select {_row(columns)} from connect.{table} order by ctid)"
            for table, columns in asked
        ]
        found = await _row_of(connection, arrays)
        by_list = {
            each: {id(row): text for row, text in zip(facts.tables[each[0]], texts, strict=True)}
            for each, texts in zip(asked, found, strict=True)
        }
        texts = {
            role: {
                table: by_list[table, columns]
                for table, names in facts.columns.items()
                if (columns := _columns(role, table, names))
            }
            for role in LOGINS
        }
        return cls(facts, texts)

    def at(self, now: datetime) -> Facts:
        """Give the facts at another moment: nothing was written in between."""
        return replace(self.facts, now=now)

    def expected(self, who: Who, now: datetime) -> dict[str, Counter[str]]:
        """Say what a login should read, of each table that its role may read at all."""
        if (who, now) not in self.known:
            seen, texts = visible(self.at(now), who), self.texts[who.role]
            told = {
                table: Counter(of_table[id(row)] for row in seen[table])
                for table, of_table in texts.items()
            }
            if may_ask_status(who.role):
                told[STATUS] = Counter(self._statuses(who, seen))
            self.known[who, now] = told
        return self.known[who, now]

    def _statuses(self, who: Who, seen: Visible) -> Iterator[str]:
        made = Expectation(None, seen, who.scope, self.facts.now.date())  # type: ignore[arg-type]
        for row in seen["patient"]:
            for symbol in SYMBOLS:
                yield f"({row['id']},{symbol},{made.gene_status(row['id'], symbol)})"


def may_ask_status(role: str) -> bool:
    return role in ROLES and role != "authority"


def _columns(role: str, table: str, names: list[str]) -> tuple[str, ...]:
    may = readable(role, table, names)
    return tuple(name for name in names if name in may)


def _row(columns: Sequence[str]) -> str:
    listed = ", ".join(f'"{name}"' for name in columns)
    return f"row({listed})::text"


async def _row_of(connection: asyncpg.Connection, arrays: list[str]) -> list[list[str]]:
    row = await connection.fetchrow(f"select {', '.join(arrays)}")
    assert row is not None
    return list(row)


async def compare(
    connection: asyncpg.Connection, snapshot: Snapshot, who: Who, only: Iterable[str] = ()
) -> None:
    """Read everything, or the tables named, as who is logged in; raise Difference."""
    names = list(only) or [*snapshot.facts.columns, STATUS]
    tables = [name for name in names if name in snapshot.texts[who.role]]
    arrays = ["array[now()::text]"] + [
        f"array(select {_row(_columns(who.role, table, snapshot.facts.columns[table]))}"
        f" from connect.{table})"
        for table in tables
    ]
    if STATUS in names and may_ask_status(who.role):
        tables.append(STATUS)
        arrays.append(_STATUSES)
    await say(connection, who.settings)
    try:
        (moment,), *found = await _row_of(connection, arrays)
    except asyncpg.InsufficientPrivilegeError as error:
        raise Difference(f"{who} is refused: {error}") from error
    except asyncpg.CardinalityViolationError as error:
        raise Difference(f"{who} has several scopes at once: {error}") from error
    expected = snapshot.expected(who, datetime.fromisoformat(moment))
    for table, rows in zip(tables, found, strict=True):
        if (seen := Counter(rows)) != expected[table]:
            more, less = seen - expected[table], expected[table] - seen
            raise Difference(f"{who} in {table}: too much {list(more)}, too little {list(less)}")


async def refused(
    connection: asyncpg.Connection, facts: Facts, role: str, table: str | None = None
) -> None:
    """Try every column, of a table where one is named, that the login should not read but may."""
    granted = await connection.fetch(
        "select c.relname::text, a.attname::text from pg_class c"
        " join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped"
        " where c.relnamespace = 'connect'::regnamespace and c.relkind in ('r', 'v', 'm', 'p')"
        " and has_column_privilege($1, c.oid, a.attnum, 'select')"
        " and c.relname = coalesce($2, c.relname)",
        f"connect_{role}_login",
        table,
    )
    for name, column in granted:
        if name in facts.columns and column in readable(role, name, facts.columns[name]):
            continue
        try:
            async with connection.transaction():
                await connection.fetch(f'select "{column}" from connect.{name}')
        except asyncpg.InsufficientPrivilegeError:
            continue
        raise Difference(f"connect_{role}_login reads {name}.{column}")


@asynccontextmanager
async def logged_in(connection: asyncpg.Connection, role: str) -> AsyncIterator[asyncpg.Connection]:
    """Be a role's login for a block, in the superuser's transaction: its policies, its grants."""
    async with connection.transaction():  # what fails takes the login back as well
        await connection.execute(f"set local session authorization connect_{role}_login")
        yield connection
        await connection.execute("reset session authorization")


def members_of(facts: Facts) -> list[Who]:
    """List every member, right or wrong, in the scope and role of each membership.

    Of a scope that is for several purposes, for each of them and for none.
    """
    scopes = {row["id"]: row for row in facts.tables["scope"]}
    return [
        Who(
            row["role"].lower(),
            row["issuer"],
            row["organisation_number"],
            row["subject"],
            scopes[row["scope_id"]]["namespace"],
            purpose,
        )
        for row in facts.tables["membership"]
        for purpose in purposes_of(scopes[row["scope_id"]]["purposes"])
    ]


def purposes_of(purposes: Sequence[str]) -> list[str]:
    """List what may be stated of a scope: nothing, and where there are several each."""
    return ["", *purposes] if len(purposes) > 1 else [""]


def viewers_of(facts: Facts) -> list[Who]:
    """List who may ask: every member, and what they and others could say of themselves."""
    members = members_of(facts)
    found = dict.fromkeys(members)
    found |= {replace(member, role="identity", scope=""): None for member in members}
    kinds = {row["namespace"]: row["kind"] for row in facts.tables["scope"]}
    for role in {member.role for member in members}:
        member, *others = sorted(
            (each for each in members if each.role == role),
            key=lambda each: (kinds[each.scope] != HOLDS[role], each.scope, not each.purpose),
        )
        for other in (*others, *members):
            if other.role != role or other.scope != member.scope:
                found[replace(member, scope=other.scope)] = None  # another's scope
        found |= dict.fromkeys(member.login(other) for other in LOGINS)
        found[replace(member, issuer=member.issuer + "x")] = None
        found[replace(member, organisation="999999999")] = None
        found[replace(member, subject=member.subject + "x")] = None
        found[replace(member, scope="")] = None
        found |= {replace(member, purpose=each): None for each in ("RESEARCH", "COMMERCIAL", "no")}
    found |= {each.login("office"): None for each in found if each.role == "steward"}
    for scope in (scope for scope, kind in kinds.items() if kind == "CONSORTIUM"):
        found |= {replace(each, role="office", scope=scope): None for each in members}
    return list(found)
