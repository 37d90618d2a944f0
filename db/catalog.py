"""What a login may read, asked of PostgreSQL itself: grants are never written down twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncpg
    from asyncpg.pool import PoolConnectionProxy

    Connection = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]

_COLUMNS = """
select c.relname, a.attname, format_type(a.atttypid, null) as type
from pg_class c join pg_attribute a on a.attrelid = c.oid
where c.relnamespace = 'connect'::regnamespace and c.relkind = 'r'
  and a.attnum > 0 and not a.attisdropped
  and has_column_privilege(c.oid, a.attnum, 'select')
"""
_FUNCTIONS = """
select p.proname from pg_proc p
where p.pronamespace = 'connect'::regnamespace and has_function_privilege(p.oid, 'execute')
"""


@dataclass(frozen=True, slots=True)
class Grants:
    """Hold the columns and functions that a login may use; rows are another matter."""

    columns: Mapping[tuple[str, str], str]
    """Types, as PostgreSQL writes them, by table and column."""
    functions: frozenset[str]


async def grants(connection: Connection) -> Grants:
    """Read what the connection's login may use."""
    columns = await connection.fetch(_COLUMNS)
    functions = await connection.fetch(_FUNCTIONS)
    return Grants(
        MappingProxyType({(row["relname"], row["attname"]): row["type"] for row in columns}),
        frozenset(row["proname"] for row in functions),
    )
