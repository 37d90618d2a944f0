"""What memberships open, kept beside memberships and scopes: it is never left behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from tests.conftest import Clone
from tests.world import make

END = datetime(2100, 1, 1, tzinfo=UTC)
CLOSE = "update connect.scope set valid_to = $1 where code = 'AGR-OLA-01'"
JOIN = """
insert into connect.membership (role, issuer, organisation_number, subject, scope_id)
select m.role, m.issuer, m.organisation_number, 'somebody else', m.scope_id
from connect.membership m join connect.scope s on s.id = m.scope_id
where s.code = 'AGR-OLA-01' limit 1
"""
MOVE = """
update connect.membership set scope_id = (
  select id from connect.scope where code = 'AGR-DAB-01')
where scope_id = (select id from connect.scope where code = 'AGR-OLA-01')
"""
ENDS = """
select distinct o.valid_to from connect.opening o join connect.scope s on s.id = o.scope_id
where s.code = 'AGR-OLA-01'
"""


@pytest.fixture
async def connections(clone: Clone, tmp_path: Path) -> AsyncIterator[list[asyncpg.Connection]]:
    async with clone() as copy:
        world = await make(copy, tmp_path)
        await world.pools.close()
        opened = [await asyncpg.connect(copy.url) for _ in range(2)]
        try:
            for connection in opened:
                await connection.execute("set role connect_loader")
            yield opened
        finally:
            for connection in opened:
                await connection.close()


@pytest.mark.parametrize("scope_first", [True, False])
async def test_a_scope_that_ends_ends_for_who_joins_meanwhile(
    connections: list[asyncpg.Connection], scope_first: bool
) -> None:
    first, second = connections
    closing, joining = (first, second) if scope_first else (second, first)

    async def close() -> None:
        await closing.execute(CLOSE, END)

    async def join() -> None:
        await joining.execute(JOIN)

    one, another = (close, join) if scope_first else (join, close)
    transaction = first.transaction()
    await transaction.start()
    await one()
    other = asyncio.create_task(another())
    await asyncio.sleep(0.3)
    await transaction.commit()
    await asyncio.wait_for(other, 10)
    assert [row[0] for row in await first.fetch(ENDS)] == [END]
    assert await first.fetchval("select count(*) from connect.opening where subject ~ ' '")


async def test_a_membership_moves_to_no_other_scope(
    connections: list[asyncpg.Connection],
) -> None:
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="cannot move"):
        await connections[0].execute(MOVE)
