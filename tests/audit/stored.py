"""What the audit of a test's database holds, read as the superuser."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any

import asyncpg

from db.audit.entry import Decision, Entry
from db.viewer import Caller

CALLER = Caller("https://issuer.example", "999999999", "somebody")


def entry(**given: Any) -> Entry:
    """Make an entry, plain but for what is given."""
    plain = Entry(datetime.now(UTC), token_hex(16), CALLER, "/graphql", Decision.ANSWERED, 1_000)
    return replace(plain, **given)


async def entries(url: str) -> list[dict[str, Any]]:
    """List all entries, oldest first."""
    connection = await asyncpg.connect(url)
    try:
        return [
            dict(row)
            for row in await connection.fetch("select * from connect.audit_entry order by at")
        ]
    finally:
        await connection.close()
