"""`during` follows the facts, in the transaction that changes them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from db.pseudonym import fill
from tests.synthetic.conftest import KEY, furnish
from tests.world import Database

LIVE = """
select y.patient_id from connect.pseudonym y join connect.scope s on s.id = y.scope_id
where s.code = $1 and y.during @> now() order by y.patient_id
"""
STALE = """
select count(*) from connect.pseudonym y
left join connect.scope_fact f on (f.scope_id, f.patient_id) = (y.scope_id, y.patient_id)
where y.during is distinct from coalesce(f.during, '{}')
"""


async def live(loader: asyncpg.Connection, scope: str) -> set[int]:
    return {row["patient_id"] for row in await loader.fetch(LIVE, scope)}


async def settled(loader: asyncpg.Connection) -> bool:
    return bool(await loader.fetchval(STALE) == 0)


async def during(loader: asyncpg.Connection, scope: str, patient: int) -> Any:
    return await loader.fetchval(
        "select y.during from connect.pseudonym y join connect.scope s on s.id = y.scope_id "
        "where s.code = $1 and y.patient_id = $2",
        scope,
        patient,
    )


@pytest.mark.parametrize(
    ("scope", "purpose"), [("AGR-OLA-01", "COMMERCIAL"), ("PRJ-CRC-01", "RESEARCH")]
)
async def test_a_withdrawal_and_a_new_consent(
    loader: asyncpg.Connection, scope: str, purpose: str
) -> None:
    before = await live(loader, scope)
    patient = min(before)
    others = await live(loader, "CONNECT")
    await loader.execute(
        "update connect.consent set withdrawn_at = now() "
        "where patient_id = $1 and purpose = $2::text::connect.purpose and (withdrawn_at is null or withdrawn_at > now())",  # noqa: E501
        patient,
        purpose,
    )
    assert await live(loader, scope) == before - {patient}
    assert await live(loader, "CONNECT") == others
    assert await settled(loader)
    await loader.execute(
        "insert into connect.consent (patient_id, purpose, given_at) "
        "values ($1, $2::text::connect.purpose, now())",
        patient,
        purpose,
    )
    assert await live(loader, scope) == before
    assert await settled(loader)
    await loader.execute(
        "delete from connect.consent where patient_id = $1 and purpose = $2::text::connect.purpose",
        patient,
        purpose,
    )
    assert await live(loader, scope) == before - {patient}
    assert await during(loader, scope, patient) == []


async def test_a_withdrawal_to_come_is_kept_as_its_end(loader: asyncpg.Connection) -> None:
    patient = min(await live(loader, "AGR-OLA-01"))
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=90)
    await loader.execute(
        "update connect.consent set withdrawn_at = $2 where patient_id = $1 "
        "and purpose = 'COMMERCIAL' and (withdrawn_at is null or withdrawn_at > now())",
        patient,
        until,
    )
    assert patient in await live(loader, "AGR-OLA-01")
    assert (await during(loader, "AGR-OLA-01", patient))[-1].upper == until


async def test_a_drug_leaves_an_agreement_and_comes_back(loader: asyncpg.Connection) -> None:
    both, others = await live(loader, "AGR-DAB-01"), await live(loader, "AGR-OLA-01")
    drug = "(select id from connect.drug where inn = $1)"
    agreement = "(select id from connect.agreement where code = 'AGR-DAB-01')"
    for inn in ("trametinib", "dabrafenib"):
        await loader.execute(f"delete from connect.agreement_drug where drug_id = {drug}", inn)
        assert await settled(loader)
    assert both
    assert await live(loader, "AGR-DAB-01") == set()
    assert await live(loader, "AGR-OLA-01") == others
    insert = (
        f"insert into connect.agreement_drug (agreement_id, drug_id) values ({agreement}, {drug})"
    )
    await loader.execute(insert, "dabrafenib")
    some = await live(loader, "AGR-DAB-01")
    assert some
    assert some < both
    await loader.execute(insert, "trametinib")
    assert await live(loader, "AGR-DAB-01") == both
    assert await settled(loader)


async def test_treatments_diagnoses_projects_and_sites_count_too(
    loader: asyncpg.Connection,
) -> None:
    await loader.execute("delete from connect.project_tumour_type where onco_tree_code = 'BOWEL'")
    assert await settled(loader)
    await loader.execute("update connect.project set all_tumour_types = true")
    assert await settled(loader)
    await loader.execute(
        "update connect.patient_identity set site_id = (select id from connect.site "
        "where code = 'UNN') where patient_id = $1",
        min(await live(loader, "SITE-OUS")),
    )
    assert await settled(loader)
    await loader.execute("update connect.diagnosis set onco_tree_code = null where id % 2 = 0")
    assert await settled(loader)
    await loader.execute("update connect.treatment set cohort_id = null where id % 2 = 0")
    assert await settled(loader)


async def test_a_withdrawal_waits_for_a_filling_and_is_not_lost(database: Database) -> None:
    await furnish(database.url, 120)
    filler, office = await asyncpg.connect(database.url), await asyncpg.connect(database.url)
    await office.execute("set role connect_loader")
    patient = min(await live(office, "AGR-OLA-01"))
    await office.execute("delete from connect.pseudonym")
    async with filler.transaction():
        assert await fill(filler, KEY) > 0
        withdrawal = asyncio.create_task(
            office.execute(
                "update connect.consent set withdrawn_at = now() where patient_id = $1 "
                "and (withdrawn_at is null or withdrawn_at > now())",
                patient,
            )
        )
        await asyncio.wait([withdrawal], timeout=0.3)
        assert not withdrawal.done()
    await withdrawal
    assert patient not in await live(office, "AGR-OLA-01")
    assert await settled(office)
    await filler.close()
    await office.close()
