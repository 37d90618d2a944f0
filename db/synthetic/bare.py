"""A bare COPY of what was loaded: the floor that a load is measured against."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable

import asyncpg

_COLUMNS = """
select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute
where attrelid = $1::text::regclass and attnum > 0 and not attisdropped
"""


async def copy_bare(
    connection: asyncpg.Connection[asyncpg.Record], tables: Iterable[str]
) -> tuple[int, float]:
    """Copy all rows of tables of the graph into bare ones, which go again; count and time it.

    The copies are unlogged and have neither indexes nor constraints, row security nor triggers.
    Only the COPY into them is timed, in seconds; the caller is the owner.
    """
    rows, seconds = 0, 0.0
    for table in tables:
        columns = await connection.fetchval(_COLUMNS, f"connect.{table}")
        query = f"select {columns} from connect.{table}"  # noqa: S608  names of the catalogue
        await connection.execute(f"create unlogged table bare_{table} as {query} with no data")
        with tempfile.TemporaryFile() as file:
            await connection.copy_from_query(query, output=file, format="binary")
            file.seek(0)
            started = time.perf_counter()
            tag = await connection.copy_to_table(f"bare_{table}", source=file, format="binary")
            seconds += time.perf_counter() - started
        await connection.execute(f"drop table bare_{table}")
        rows += int(tag.rpartition(" ")[2])
    return rows, seconds
