"""Trying a mutant: in one transaction, until a door differs from the oracle, then undone."""

from __future__ import annotations

import asyncpg

from tests.access.mutant import ROLES, Mutant
from tests.access.random_world import RandomWorld
from tests.access.sql_door import Difference, Snapshot, compare, logged_in, refused


class _Undone(Exception):
    """Leave a block whose savepoint shall be rolled back."""


async def caught(
    connection: asyncpg.Connection, mutant: Mutant, world: RandomWorld, snapshot: Snapshot
) -> str | None:
    """Say which difference a mutant makes in a world; None where it makes none.

    The world stands in the connection's transaction, but for mutants that act on writing.
    """
    try:
        async with connection.transaction():
            for statement in mutant.statements:
                await connection.execute(statement)
            if mutant.writes:
                try:
                    await world.write(connection)
                except asyncpg.IntegrityConstraintViolationError as error:
                    raise Difference(f"nothing can be written: {error}") from error
                snapshot = await Snapshot.take(connection)
            await _doors(connection, mutant, snapshot)
            raise _Undone
    except _Undone:
        return None
    except Difference as difference:
        return str(difference)


async def _doors(connection: asyncpg.Connection, mutant: Mutant, snapshot: Snapshot) -> None:
    """Go to the doors, where it is likely to show first."""
    if mutant.owner:
        await _owner(connection, snapshot, mutant.table)
        return
    for tables in _stages(mutant):
        for role in mutant.roles or ROLES:
            async with logged_in(connection, role):
                await refused(connection, snapshot.facts, role, mutant.table)
                for who in snapshot.everybody:
                    if who.role == role:
                        await compare(connection, snapshot, who, tables)


def _stages(mutant: Mutant) -> list[tuple[str, ...]]:
    """Read the table itself first, then what is seen through it; none named is every table."""
    if not mutant.shows_in:
        return [()]
    return [part for part in (mutant.shows_in[:1], mutant.shows_in[1:]) if part]


async def _owner(connection: asyncpg.Connection, snapshot: Snapshot, table: str | None) -> None:
    """Read a table as its owner, who is bound by row security as everybody."""
    await connection.execute("create role connect_test_owner")
    await connection.execute("grant usage on schema connect to connect_test_owner")
    await connection.execute(f"alter table connect.{table} owner to connect_test_owner")
    await connection.execute("set local role connect_test_owner")
    if await connection.fetchval(f"select count(*) from connect.{table}"):
        raise Difference(f"the owner of {table} reads it")
    await connection.execute("reset role")
