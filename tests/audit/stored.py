"""What the audit of a test's database holds, read as the superuser."""

from __future__ import annotations

from typing import Any

import asyncpg


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
