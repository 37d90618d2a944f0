"""What each login sees of every table, asked in SQL: the oracle's rows; it may change nothing."""

from __future__ import annotations

from collections import Counter
from itertools import product

import asyncpg
import pytest

from tests.access.conftest import CASES, DEMO, who
from tests.access.kind import AUDIT, TABLES, readable
from tests.access.oracle import Facts, Row, Visible, Who, visible
from tests.access.session import say, session
from tests.world import World

LOGINS = (*DEMO, "identity", "audit")
EVERY = (*LOGINS, "office")


def select(columns: list[str], table: str) -> str:
    listed = ", ".join(f'"{column}"' for column in columns)
    return f"select {listed} from connect.{table}"


def told(rows: list[Row], columns: list[str]) -> Counter[str]:
    return Counter(repr([row[column] for column in columns]) for row in rows)


async def counted(connection: asyncpg.Connection, facts: Facts, role: str) -> dict[str, int]:
    """Count the rows that a session sees of each table of which its role may read a column."""
    parts = [
        f"select '{table}' as name, count(*) as rows from connect.{table}"
        for table, columns in sorted(facts.columns.items())
        if readable(role, table, columns)
    ]
    return {row["name"]: row["rows"] for row in await connection.fetch(" union all ".join(parts))}


def lengths(seen: Visible, facts: Facts, role: str) -> dict[str, int]:
    return {
        table: len(rows)
        for table, rows in seen.items()
        if readable(role, table, facts.columns[table])
    }


def test_the_oracle_knows_every_table(facts: Facts) -> None:
    assert set(facts.tables) == TABLES
    assert all(facts.tables.values()), "a table without rows shows nothing"


def test_the_edges_are_there(facts: Facts) -> None:
    """Each rule keeps something away and lets something through, or it was not tried."""
    consents = facts.tables["consent"]
    assert any(row["given_at"] > facts.now for row in consents)
    assert any(row["withdrawn_at"] and row["withdrawn_at"] <= facts.now for row in consents)
    assert any(row["cohort_id"] is None for row in facts.tables["treatment"])
    assert any(row["cohort_id"] is None for row in facts.tables["offer"])
    scopes = facts.tables["scope"]
    assert any(row["embargo_until"] and row["embargo_until"] > facts.now for row in scopes)
    assert any(row["valid_to"] and row["valid_to"] <= facts.now for row in scopes)
    assert any(row["valid_from"] > facts.now for row in scopes)


@pytest.mark.parametrize(("role", "scope"), CASES)
async def test_every_row_and_value(world: World, facts: Facts, role: str, scope: str) -> None:
    asks = await who(world, role, scope)
    expected = visible(facts, asks)
    if scope in {"AGR-HUSH-01", "AGR-OVER-01", "AGR-EARLY-01"} or role == "authority":
        assert not expected["patient"]
    else:
        assert 0 < len(expected["patient"]) <= len(facts.tables["patient"])
    async with session(world.database, role, asks) as connection:
        for table, all_columns in facts.columns.items():
            columns = [c for c in all_columns if c in readable(role, table, all_columns)]
            if columns:
                seen = [dict(row) for row in await connection.fetch(select(columns, table))]
                assert told(seen, columns) == told(expected[table], columns), table


@pytest.mark.parametrize(("role", "scope"), [*DEMO.items()])
async def test_identification_sees_only_the_caller(
    world: World, facts: Facts, role: str, scope: str
) -> None:
    asks = (await who(world, role, scope)).login("identity")
    expected = visible(facts, asks)
    assert len(expected["membership"]) == len(expected["scope"]) == len(expected["partner"]) == 1
    async with session(world.database, "identity", asks) as connection:
        for table in ("membership", "scope", "partner"):
            columns = facts.columns[table]
            seen = [dict(row) for row in await connection.fetch(select(columns, table))]
            assert told(seen, columns) == told(expected[table], columns), table


@pytest.mark.parametrize("role", EVERY)
async def test_every_other_column_is_refused(world: World, facts: Facts, role: str) -> None:
    async with session(world.database, role) as connection:
        for table, columns in facts.columns.items():
            withheld = set(columns) - readable(role, table, columns)
            refused = [select([column], table) for column in withheld]
            if withheld:
                refused += [select(columns, table), f"select t from connect.{table} t"]
            if withheld == set(columns):
                refused += [f"select from connect.{table}", f"select count(*) from connect.{table}"]
            for statement in refused:
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.fetch(statement)
        for name in ("connect.scope_fact", "public.schema_migrations", "pg_authid"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.fetch(f"select from {name}")


@pytest.mark.parametrize("role", [role for role in EVERY if role != "audit"])
async def test_without_settings_nothing_is_visible(world: World, facts: Facts, role: str) -> None:
    async with session(world.database, role) as connection:
        assert not any((await counted(connection, facts, role)).values())
        await say(connection, ("", "", "", ""))
        assert not any((await counted(connection, facts, role)).values())


def added(table: str) -> tuple[str, str]:
    return (
        f"insert into connect.{table} default values",
        f"merge into connect.{table} using (values (1)) v on false "
        "when not matched then insert default values",
    )


@pytest.mark.parametrize("role", LOGINS)
async def test_nothing_may_be_changed(world: World, facts: Facts, role: str) -> None:
    asks = await who(world, role if role in DEMO else "steward", DEMO.get(role, "CONNECT"))
    async with session(world.database, role, asks) as connection:
        for table, columns in facts.columns.items():
            appends = role == "audit" and table in AUDIT
            for statement in (
                *(() if appends else added(table)),
                *(f'update connect.{table} set "{column}" = default' for column in columns),
                f"delete from connect.{table}",
                f"truncate connect.{table}",
                f"copy connect.{table} from program 'true'",
                f"select from connect.{table} for update",
                f"alter table connect.{table} disable row level security",
                f"create policy mine on connect.{table} using (true)",
                f"create index on connect.{table} (({columns[0]}))",
            ):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(statement)


@pytest.mark.parametrize("role", DEMO)
async def test_settings_of_another_role_show_nothing(world: World, facts: Facts, role: str) -> None:
    """Over one login, every mixture of its own settings and another role's."""
    own = await who(world, role, DEMO[role])
    others = [await who(world, other, DEMO[other]) for other in DEMO if other != role]
    tried = 0
    async with session(world.database, role) as connection:
        for other in others:
            choices = [{a, b} for a, b in zip(own.settings, other.settings, strict=True)]
            for taken in product(*choices):
                if taken == own.settings:
                    continue
                await say(connection, taken)
                seen = await counted(connection, facts, role)
                assert seen == lengths(visible(facts, Who(role, *taken)), facts, role)
                seen.pop("membership")  # the caller's own, whatever the scope
                assert not any(seen.values()), taken
                tried += 1
    assert tried >= 24


@pytest.mark.parametrize("role", ["partner", "researcher", "clinician"])
async def test_another_scope_of_ones_kind_shows_nothing(
    world: World, facts: Facts, role: str
) -> None:
    """A member of one agreement names another's scope; the other's member keeps theirs."""
    members = [await who(world, *case) for case in CASES if case[0] == role]
    async with session(world.database, role) as connection:
        for member, other in product(members, members):
            if member.subject != other.subject:
                await say(connection, (*member.settings[:3], other.scope))
                seen = await counted(connection, facts, role)
                seen.pop("membership")
                assert not any(seen.values())
