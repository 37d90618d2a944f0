"""Connections that the database breaks off: who asks is told that it cannot be reached."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

from connect_graph import database as office
from connect_graph.settings import ROLES
from db.pool import Pools, Unavailable
from tests.world import Database

SECONDS = 3
AT_ONCE = 16
TERMINATED = """
select count(pg_terminate_backend(pid)) from pg_stat_activity
where usename = 'connect_identity_login' and datname = current_database()
"""


async def test_it_is_told_as_unavailable_and_nothing_else(database: Database) -> None:
    """Also where the database's last word was heard and the end of the connection not yet."""
    pools = await Pools.open({role: database.login(role) for role in ROLES}, size=8)
    until = time.monotonic() + SECONDS
    told = 0

    async def ask() -> None:
        nonlocal told
        while time.monotonic() < until:
            try:
                await pools.identity.text("select 'alive'")
            except Unavailable:
                told += 1
                await asyncio.sleep(0.01)

    async def terminate() -> None:
        async with office.connected(database.url) as connection:
            while time.monotonic() < until:
                await connection.fetchval(TERMINATED)
                await asyncio.sleep(0.005)

    try:
        await asyncio.gather(terminate(), *(ask() for _ in range(AT_ONCE)))
        assert told
        with suppress(Unavailable):  # of a connection that was just broken off
            await pools.identity.text("select 'alive'")
        assert await pools.alive()
    finally:
        await pools.close()
