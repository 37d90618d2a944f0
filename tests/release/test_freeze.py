"""Freezing: what a release holds, as of when, and what it is not touched by."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import UTC, date, datetime, timedelta

import asyncpg
import pytest

from db.release.freeze import freeze
from db.release.manifest import Manifest
from db.release.refusal import ReleaseRefused
from db.release.verify import verify
from tests.release.conftest import DATA_CUT_OFF, derive, execute
from tests.release.oracle import expected, held
from tests.world import World

EARLY = date(2024, 6, 30)
WITHDRAW = """
update connect.consent set withdrawn_at = now() where patient_id = {}
  and purpose = 'RESEARCH' and coalesce(withdrawn_at > now(), true)
"""
TREATED = """
select c.patient_id from connect.consent c join connect.treatment t using (patient_id)
where c.purpose = 'RESEARCH' and c.given_at <= now() and coalesce(c.withdrawn_at > now(), true)
order by 1 limit 1
"""


async def froze(url: str, version: str | None = None, cut_off: date | None = None) -> Manifest:
    connection = await asyncpg.connect(url)
    try:
        return await freeze(connection, version, cut_off)
    finally:
        await connection.close()


def instant(manifest: Manifest) -> datetime:
    return datetime.fromisoformat(manifest.frozen_at)


async def test_every_row_is_what_the_records_say(world: World, owner: asyncpg.Connection) -> None:
    manifest = await freeze(owner)
    assert manifest.cut_off == DATA_CUT_OFF.isoformat()
    assert manifest.rule_sets == ("outcome-1",)
    should = await expected(world, DATA_CUT_OFF, instant(manifest), DATA_CUT_OFF)
    assert await held(owner, manifest.version) == should
    assert manifest.patients == should.total() > 150
    text = "\n".join(should).replace("\\", "")
    for told in (  # the world has what the rules tell apart
        '"matched": null',
        '"accrual_month": null',
        '"screening_month": null',
        '"cohort_code": null',
        '"payer": null',
        '"objective_response": null',
        '"rule_set": null',
        '"rule_set": "outcome-1"',
        '"evaluability": null',
        '"profiled_at_progression": true',
        '"profiled_at_progression": false',
        '"profiled_at_progression": null',
        '"resistance_mechanisms": ["',
        '"highest_grade": 3',
    ):
        assert told in text, told


async def test_what_came_after_the_cut_off_is_not_there(changing: World) -> None:
    """As if the study's data had ended on that day: derived outcomes are derived as of it."""
    url = changing.database.url
    manifest = await froze(url, cut_off=EARLY)
    at = instant(manifest)
    later = await expected(changing, EARLY, at, DATA_CUT_OFF)
    await execute(url, f"update connect.study set data_cut_off = '{EARLY}'")
    await derive(url)
    owner = await asyncpg.connect(url)
    try:
        rows = await held(owner, manifest.version)
    finally:
        await owner.close()
    assert rows == await expected(changing, EARLY, at, DATA_CUT_OFF)
    assert rows != later, "the outcomes of today would have been no different"


async def test_the_same_data_make_the_same_release(world: World, owner: asyncpg.Connection) -> None:
    one, two = await freeze(owner, "same-1"), await freeze(owner, "same-2")
    apart = {"version", "frozen_at"}
    first, second = one.document, two.document
    assert {key for key in first if first[key] != second[key]} == apart
    assert one.digest != two.digest
    for table, order in (("analysis_row", "ordinal"), ("screening_row", "subject")):
        texts = [
            [
                row[0]
                for row in await owner.fetch(
                    "select (jsonb_strip_nulls(to_jsonb(a)) - 'release_id')::text"
                    f" from connect.{table} a join connect.data_release r on r.id = a.release_id"
                    f" where r.version = $1 order by {order}",
                    version,
                )
            ]
            for version in ("same-1", "same-2")
        ]
        assert texts[0] == texts[1]
        found = one.tables[table]
        assert found.rows == len(texts[0]) > 0
        assert found.digest == hashlib.sha256("\n".join(texts[0]).encode()).hexdigest()


async def test_a_release_stands_after_a_withdrawal_and_the_next_one_excludes(
    changing: World,
) -> None:
    url = changing.database.url
    owner = await asyncpg.connect(url)
    try:
        first = await freeze(owner)
        rows = await held(owner, first.version)
        patient = await owner.fetchval(TREATED)
        await execute(url, WITHDRAW.format(patient))
        second = await freeze(owner)
        assert await held(owner, first.version) == rows
        verdict = await verify(owner, first.version)
        assert not verdict.differences
        assert verdict.digest == first.digest
        left = await held(owner, second.version)
        assert (rows - left).total() == 1
        assert not left - rows
        assert second.patients == first.patients - 1
        assert left == await expected(changing, DATA_CUT_OFF, instant(second), DATA_CUT_OFF)
    finally:
        await owner.close()


async def test_no_row_leads_back(owner: asyncpg.Connection) -> None:
    """The only reference of what is frozen is to its release, and no key of a record is in it."""
    references = await owner.fetch(
        "select distinct conrelid::regclass::text, confrelid::regclass::text from pg_constraint"
        " where contype = 'f' and conrelid = any(array['connect.analysis_row',"
        " 'connect.screening_row', 'connect.release_manifest']::regclass[])"
    )
    assert {row[1] for row in references} == {"connect.data_release"}
    assert len(references) == 3
    types = await owner.fetch(
        "select distinct format_type(atttypid, null) from pg_attribute where attnum > 0"
        " and attrelid = any(array['connect.analysis_row', 'connect.screening_row']::regclass[])"
        " and attname <> 'release_id'"
    )
    assert not {"uuid", "bigint", "timestamp with time zone"} & {row[0] for row in types}


async def test_a_write_during_the_freezing_is_not_half_seen(changing: World) -> None:
    """Neither the withdrawal of one nor the removal of outcomes that the rows are read after."""
    url = changing.database.url
    before = await froze(url)
    blocker, watcher = await asyncpg.connect(url), await asyncpg.connect(url)
    try:
        rows = await held(watcher, before.version)
        patient = await watcher.fetchval(TREATED)
        block = blocker.transaction()
        await block.start()
        await blocker.execute("lock table connect.analysis_row in access exclusive mode")
        freezing = asyncio.create_task(froze(url, "during"))
        await waiting(watcher, "analysis_row")
        await execute(
            url,
            WITHDRAW.format(patient),
            "delete from connect.adverse_event; delete from connect.outcome;"
            " update connect.screening set matched = not matched",
        )
        assert not freezing.done()
        await block.commit()
        during = await asyncio.wait_for(freezing, 30)
        assert during.tables == before.tables
        assert await held(watcher, "during") == rows
        after = await froze(url, "after")
        assert after.tables["screening_row"].rows == before.tables["screening_row"].rows - 1
        assert after.tables["analysis_row"].digest != before.tables["analysis_row"].digest
    finally:
        await blocker.close()
        await watcher.close()


async def waiting(watcher: asyncpg.Connection, table: str) -> None:
    """Wait until a session waits for a table."""
    for _ in range(200):
        if await watcher.fetchval(
            "select count(*) from pg_locks where not granted and relation = $1::regclass",
            f"connect.{table}",
        ):
            return
        await asyncio.sleep(0.05)
    pytest.fail(f"nobody waits for {table}")


async def test_two_freezings_take_turns(world: World, owner: asyncpg.Connection) -> None:
    made = await asyncio.gather(*(froze(world.database.url) for _ in range(3)))
    year = datetime.now(UTC).year
    numbers = sorted(int(each.version.removeprefix(f"{year}.")) for each in made)
    assert numbers == list(range(numbers[0], numbers[0] + 3))
    assert len({each.tables["analysis_row"] for each in made}) == 1
    stored = await owner.fetch("select version, manifest_digest from connect.data_release")
    assert {each.version: each.digest for each in made}.items() <= dict(map(tuple, stored)).items()


async def test_a_withdrawal_that_came_first_counts(changing: World) -> None:
    """A freezing that waited for another's turn asks for consents at the end of its waiting."""
    url = changing.database.url
    before = await froze(url)
    blocker, watcher = await asyncpg.connect(url), await asyncpg.connect(url)
    try:
        block = blocker.transaction()
        await block.start()
        await blocker.execute("lock table connect.data_release in share row exclusive mode")
        freezing = asyncio.create_task(froze(url))
        await waiting(watcher, "data_release")
        await execute(url, WITHDRAW.format(await watcher.fetchval(TREATED)))
        await block.commit()
        assert (await asyncio.wait_for(freezing, 30)).patients == before.patients - 1
    finally:
        await blocker.close()
        await watcher.close()


async def test_refusals_name_the_remedy_and_store_nothing(
    world: World, owner: asyncpg.Connection
) -> None:
    await freeze(owner, "taken")
    count = "select count(*) from connect.data_release"
    before = await owner.fetchval(count)
    today = datetime.now(UTC).date()
    for version, cut_off, told in (
        ("taken", None, "exists"),
        ("a b", None, "names no release"),
        ("x" * 41, None, "names no release"),
        (None, today + timedelta(days=2), "has not come yet"),
        (None, date(2000, 1, 1), "no patient who consents"),
    ):
        with pytest.raises(ReleaseRefused, match=told):
            await freeze(owner, version, cut_off)
    assert await owner.fetchval(count) == before
    with pytest.raises(ReleaseRefused, match=r"name one of: .*taken"):
        await verify(owner, "absent")


async def test_who_does_not_consent_is_in_no_release(changing: World) -> None:
    await execute(changing.database.url, "delete from connect.consent where purpose = 'RESEARCH'")
    with pytest.raises(ReleaseRefused, match="no patient who consents"):
        await froze(changing.database.url)


async def test_outcomes_reported_beyond_the_cut_off_are_counted(
    world: World, owner: asyncpg.Connection
) -> None:
    manifest = await freeze(owner, "early", EARLY)
    beyond = await owner.fetchval(
        "select count(*) from connect.outcome o join connect.treatment_identity i"
        " using (treatment_id) where o.source = 'REPORTED' and i.started_on <= $1"
        " and i.started_on + greatest(progression_free_survival_days, overall_survival_days) > $1"
        " and exists (select from connect.consent c where c.patient_id = o.patient_id"
        " and purpose = 'RESEARCH' and given_at <= now() and coalesce(withdrawn_at > now(), true))",
        EARLY,
    )
    assert manifest.reported_beyond_cut_off == beyond > 0
    assert f"{beyond} outcomes tell of days after the cut-off" in manifest.text()
