"""Reading the audit: one view of it, as the role that may read it, a part at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeAlias

import asyncpg

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
PART = 50
"""Rows that are held at once: an entry's variables may be as large as a request."""


class AuditRefused(Exception):
    """Say in one sentence why the audit cannot tell, and what to do."""


@asynccontextmanager
async def reading(connection: Connection) -> AsyncIterator[None]:
    """Read as connect_auditor, on the owner's connection; what is written meanwhile is not seen."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        await connection.execute("set local role connect_auditor")
        yield


async def rows(
    connection: Connection, query: str, *arguments: object
) -> AsyncIterator[asyncpg.Record]:
    """Read a query's rows, a part at a time."""
    async for row in connection.cursor(query, *arguments, prefetch=PART):
        yield row
