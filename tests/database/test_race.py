"""Two transactions that change facts of one patient: the later one never undoes the earlier."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg
import pytest

from tests.conftest import Clone
from tests.world import make

STALE = """
select s.code, y.patient_id from connect.pseudonym y join connect.scope s on s.id = y.scope_id
left join connect.scope_fact f on (f.scope_id, f.patient_id) = (y.scope_id, y.patient_id)
where (y.during, y.treatments)
  is distinct from (coalesce(f.during, '{}'), coalesce(f.treatments, '{}'))
"""
CONSENTED = """
select y.patient_id from connect.pseudonym y join connect.scope s on s.id = y.scope_id
where s.code = 'AGR-OLA-01' and y.during @> now() order by y.patient_id limit 1
"""
WITHDRAW = """
update connect.consent set withdrawn_at = now()
where patient_id = $1 and (withdrawn_at is null or withdrawn_at > now())
"""
SECOND = {
    "an earlier consent": """
        insert into connect.consent (patient_id, purpose, given_at, withdrawn_at)
        values ($1, 'COMMERCIAL', '2019-01-01', '2019-02-01')""",
    "a treatment": "update connect.treatment set line = coalesce(line, 1) where patient_id = $1",
    "an agreement's drugs": """delete from connect.agreement_drug where agreement_id in (
        select agreement_id from connect.scope where code = 'AGR-DAB-01')
        and (select count(*) from connect.patient where id = $1) = 1""",
}


@pytest.mark.parametrize("change", SECOND.values(), ids=SECOND)
async def test_a_withdrawal_is_never_undone(clone: Clone, tmp_path: Path, change: str) -> None:
    async with clone() as copy:
        world = await make(copy, tmp_path)
        await world.pools.close()
        connections = [await asyncpg.connect(copy.url) for _ in range(3)]
        first, second, watcher = connections
        try:
            for connection in (first, second):
                await connection.execute("set role connect_loader")
            patient = await watcher.fetchval(CONSENTED)
            withdrawal = first.transaction()
            await withdrawal.start()
            await first.execute(WITHDRAW, patient)
            other = asyncio.create_task(second.execute(change, patient))
            await asyncio.sleep(0.3)
            await withdrawal.commit()
            await asyncio.wait_for(other, 10)
            assert await watcher.fetch(STALE) == []
            assert patient != await watcher.fetchval(CONSENTED)
        finally:
            for connection in connections:
                await connection.close()
