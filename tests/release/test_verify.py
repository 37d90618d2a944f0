"""Verifying finds whatever was altered, even by who may switch triggers off."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from db.release.freeze import freeze
from db.release.verify import verify
from tests.world import World

OF = "release_id = (select id from connect.data_release where version = 'tried')"
FORGERIES = {
    "a value": (
        f"update connect.analysis_row set clinical_benefit_16w = 'YES' where {OF} and ordinal ="
        f" (select min(ordinal) from connect.analysis_row where {OF}"
        " and clinical_benefit_16w = 'NO')",
        "analysis_row has its",
    ),
    "a value that was null": (
        f"update connect.analysis_row set highest_grade = 1, adverse_events = 1 where {OF} and"
        f" ordinal = (select min(ordinal) from connect.analysis_row where {OF}"
        " and highest_grade is null)",
        "analysis_row has its",
    ),
    "a patient": (
        f"update connect.analysis_row set subject = subject + 1 where {OF} and ordinal = 1",
        "analysis_row has its",
    ),
    "the order": (
        f"update connect.screening_row set subject = -subject + 2 * 1000000 where {OF}",
        "screening_row has its",
    ),
    "a row less": (
        f"delete from connect.analysis_row where {OF} and ordinal = 1",
        "analysis_row has {less} rows, frozen were {rows}",
    ),
    "a row more": (
        "insert into connect.analysis_row (release_id, ordinal, subject, drugs, matched_genes,"
        " progressed, resistance_mechanisms, adverse_events, synthetic) select id, 100000, 1, '{}',"
        " '{}', false, '{}', 0, true from connect.data_release where version = 'tried'",
        "analysis_row has {more} rows, frozen were {rows}",
    ),
    "the count in the manifest": (
        "update connect.release_manifest set manifest = jsonb_set(manifest, '{tables,analysis_row,"
        f"rows}}', '1') where {OF}",
        "analysis_row has {rows} rows, frozen were 1",
    ),
    "a study in the manifest": (
        f"update connect.release_manifest set manifest = manifest - 'studies' where {OF}",
        "the manifest's digest is",
    ),
    "the cut-off": (
        "update connect.data_release set cut_off = cut_off - 1 where version = 'tried'",
        "cut_off is",
    ),
    "the rule sets": (
        "update connect.data_release set rule_sets = '{outcome-9}' where version = 'tried'",
        "rule_sets is",
    ),
    "the instant": (
        "update connect.data_release set frozen_at = frozen_at + interval '1 microsecond'"
        " where version = 'tried'",
        "frozen_at is",
    ),
    "the digest": (
        "update connect.data_release set manifest_digest = repeat('0', 64) where version = 'tried'",
        "the manifest's digest is",
    ),
}


@pytest.fixture(scope="module")
async def rows(world: World) -> int:
    connection = await asyncpg.connect(world.database.url)
    manifest = await freeze(connection, "tried")
    await connection.close()
    return manifest.tables["analysis_row"].rows


@pytest.fixture
async def forging(owner: asyncpg.Connection) -> AsyncIterator[asyncpg.Connection]:
    """Let an administrator do what triggers would refuse, until the test ends."""
    transaction = owner.transaction(isolation="repeatable_read")
    await transaction.start()
    await owner.execute("set local session_replication_role = replica")
    yield owner
    await transaction.rollback()


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_a_forgery_is_found_first(
    forging: asyncpg.Connection, rows: int, forgery: str
) -> None:
    assert not (await verify(forging, "tried")).differences
    await forging.execute("reset role")  # verify took the loader's for as long as the transaction
    statement, told = FORGERIES[forgery]
    assert await forging.execute(statement) not in {"UPDATE 0", "DELETE 0", "INSERT 0 0"}
    verdict = await verify(forging, "tried")
    assert verdict.differences[0].startswith(
        told.format(rows=rows, less=rows - 1, more=rows + 1)
    ), verdict
    assert verdict.as_json()["intact"] is False
    assert verdict.text().startswith("release tried was altered:")
