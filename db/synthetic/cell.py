"""Cells invented outright, of a release of their own: to measure how long looking them up takes."""

from __future__ import annotations

from typing import Final

import asyncpg

from db.release.freeze import freeze

VERSION: Final = "INVENTED-CELLS"
_PUBLISH: Final = (
    """
insert into connect.published_grouping
select r.id, 'COHORT', '{COHORT}' from connect.data_release r where r.version = $1
""",
    """
insert into connect.published_cell
select r.id, 'COHORT', row_number() over (order by c.code), array[c.code],
  20 + c.id, 15 + c.id, 15 + c.id, c.id % 7, c.id % 7, c.id % 9, c.id % 9 + c.id % 2
from connect.data_release r, connect.cohort c where r.version = $1
""",
    """
insert into connect.publication
  (release_id, lattice, parameters, algorithm, digest, signature, key_id)
select r.id, '["COHORT"]', '{}', 'invented', repeat('0', 64), 'none', 'none'
from connect.data_release r where r.version = $1
""",
    "update connect.data_release set published = true where version = $1",
)


async def publish(connection: asyncpg.Connection[asyncpg.Record]) -> int:
    """Freeze a release and publish a cell of each cohort, as the owner; tell how many there are."""
    await freeze(connection, VERSION)
    async with connection.transaction():
        await connection.execute("set local role connect_loader")
        for statement in _PUBLISH:
            await connection.execute(statement, VERSION)
        found: int = await connection.fetchval("select count(*) from connect.cohort")
        return found
