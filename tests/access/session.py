"""A session of a role's login, outside of any pool, that says who it is as it likes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from db.statement import SETTINGS
from tests.access.oracle import Who
from tests.world import Database


@asynccontextmanager
async def session(
    database: Database, role: str, who: Who | None = None
) -> AsyncIterator[asyncpg.Connection]:
    """Log in as a role; say who asks for as long as the session lasts, where somebody does."""
    connection = await asyncpg.connect(database.login(role))
    try:
        if who is not None:
            await say(connection, who.settings)
        yield connection
    finally:
        await connection.close()


async def say(connection: asyncpg.Connection, settings: tuple[str, ...]) -> None:
    """Say these; what is left out is said to be nothing."""
    silent = ("",) * (len(SETTINGS) - len(settings))
    await connection.execute(_SAY, *settings, *silent)


_SAY = "select " + ", ".join(
    f"set_config('{name}', ${place}, false)" for place, name in enumerate(SETTINGS, start=1)
)
