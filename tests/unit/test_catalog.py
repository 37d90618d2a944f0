"""Which constraints make the escaping of JSON needless: only those that prove it."""

from __future__ import annotations

import json

import asyncpg
import pytest

from db.catalog import is_plain
from tests.world import World


@pytest.mark.parametrize(
    "pattern",
    [
        "^[0-9a-z]{16}$",
        "^[A-Za-z0-9_.-]{1,60}$",
        r"^([0-9]{1,2}-[0-9]{1,2}|90\+)$",
        r"^C[0-9]{2}(\.[0-9])?$",
        "^HGNC:[0-9]+$",
    ],
)
def test_a_pattern_that_proves_it(pattern: str) -> None:
    assert is_plain(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        None,
        "",
        "[0-9]",
        "^[0-9]",
        "[0-9]$",
        "^.$",
        "^[^a]$",
        "^[A-z]$",
        "^[+-z]$",
        "^[ -~]$",
        "^a|b$",
        '^["a]$',
        r"^\\$",
        r"^\w+$",
        r"^[\w]$",
        "^(?i)a$",
        "^a$|",
        "^[[:alpha:]]$",
    ],
)
def test_a_pattern_that_does_not(pattern: str | None) -> None:
    assert not is_plain(pattern)


async def test_what_is_written_as_it_is_needs_no_escaping(world: World) -> None:
    """Of every column that is taken for plain, in the synthetic set."""
    pool = world.pools.roles[(await world.viewer("steward")).role]
    assert ("pseudonym", "public_id") in pool.grants.plain
    connection = await asyncpg.connect(world.database.url)
    seen = 0
    for table, column in sorted(pool.grants.plain):
        everything = f"select coalesce(json_agg(distinct {column}), '[]') from connect.{table}"
        values = json.loads(await connection.fetchval(everything))
        assert all(value is None or json.dumps(value) == f'"{value}"' for value in values)
        seen += len(values)
    await connection.close()
    assert seen > 1_000
