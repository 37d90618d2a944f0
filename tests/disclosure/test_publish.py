"""Publishing: once, signed, the same however often it is broken off, and refused in words."""

from __future__ import annotations

import asyncio
import json
import sys

import asyncpg
import pytest

from db.disclosure import worker
from db.disclosure.lattice import Lattice, LatticeRefused, parse
from db.disclosure.publication import Publication
from db.disclosure.publish import publish
from db.disclosure.refusal import PublishingRefused
from db.release.key import ReleaseKey
from db.release.refusal import ReleaseRefused
from tests.disclosure.conftest import Place

LATTICE: Lattice = parse("TOTAL COHORT DRUG SEX REGION,SEX")
COUNTED = {
    "evaluable": "clinical_benefit_16w in ('YES', 'NO')",
    "response": "objective_response",
    "benefit": "clinical_benefit_16w = 'YES'",
}


class Interrupted(Exception):
    """Stop where a test wants it to."""


async def published(
    owner: asyncpg.Connection, place: Place, version: str, stop: int | None = None
) -> Publication:
    """Publish, or stop after so many decisions."""
    told = 0

    def tell(done: int, whole: int) -> None:
        nonlocal told
        assert 0 <= done <= whole
        told += 1
        if stop is not None and told > stop:
            raise Interrupted

    return await publish(owner, place.key, version, lattice=LATTICE, tell=tell)


async def test_what_is_told_holds_of_the_frozen_rows(
    owner: asyncpg.Connection, place: Place
) -> None:
    made = await published(owner, place, "second")
    release = made.release.id
    assert await owner.fetchval("select published from connect.data_release where id = $1", release)
    cells = await owner.fetch(
        "select * from connect.published_cell where release_id = $1 and grouping_name = 'COHORT'",
        release,
    )
    assert [cell["dimension_values"] for cell in cells] == sorted(
        cell["dimension_values"] for cell in cells
    )
    told = 0
    for cell in cells:
        wanted = ", ".join(f"count(*) filter (where {how}) as {m}" for m, how in COUNTED.items())
        true = await owner.fetchrow(
            f"select count(*) as patients, {wanted} from connect.analysis_row"
            " where release_id = $1 and coalesce(cohort_code, '') = $2",
            release,
            cell["dimension_values"][0],
        )
        assert true is not None
        bounds = {m: (cell[f"{m}_lower"], cell[f"{m}_upper"]) for m in COUNTED}
        if all(each == (None, None) for each in bounds.values()):
            assert cell["patients"] is None
            continue
        told += 1
        assert cell["patients"] == true["patients"] >= 5
        for measure, (lower, upper) in bounds.items():
            assert lower is None or lower <= true[measure] <= upper
            assert lower is None or (lower == upper) or {lower, upper} & {0, true["patients"]}
    assert told
    reasons = await owner.fetch(
        "select measure, verdict, count(*) from connect.publication_report"
        " where release_id = $1 group by 1, 2",
        release,
    )
    assert {row["measure"] for row in reasons} == {"PATIENTS", "EVALUABLE", "RESPONSE", "BENEFIT"}
    assert {row["verdict"] for row in reasons} >= {"BAND", "SMALL", "DROPPED"}
    stored = await owner.fetchrow(
        "select * from connect.publication where release_id = $1", release
    )
    assert stored is not None
    assert stored["digest"] == made.digest
    assert place.key.signed(made.digest, stored["signature"])
    assert stored["key_id"] == place.key.id
    assert not await owner.fetchval("select count(*) from connect.publication_draft")


@pytest.mark.parametrize("stop", [0, 7, 20])
async def test_what_was_broken_off_goes_on_to_the_same(
    owner: asyncpg.Connection, place: Place, stop: int
) -> None:
    whole = owner.transaction(isolation="repeatable_read")
    await whole.start()
    uninterrupted = await published(owner, place, "second")
    await whole.rollback()
    with pytest.raises(Interrupted):
        await published(owner, place, "second", stop)
    kept = await owner.fetchval("select count(*) from connect.publication_draft")
    assert kept == stop
    resumed = await published(owner, place, "second")
    assert resumed.digest == uninterrupted.digest
    assert resumed.reasons == uninterrupted.reasons


@pytest.mark.parametrize("said", ["", '{"verdict": "PUBL'], ids=["nothing", "half a line"])
async def test_a_worker_that_ends_before_its_time_is_told(
    owner: asyncpg.Connection, place: Place, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    program = f"import sys; sys.stdin.buffer.read(); sys.stdout.write({said!r})"
    monkeypatch.setattr(worker, "_PROGRAM", (sys.executable, "-c", program))
    async with asyncio.timeout(60):
        with pytest.raises(PublishingRefused, match="ended before its time"):
            await published(owner, place, "second")


async def test_a_killed_command_goes_on_to_the_same_and_says_so(place: Place) -> None:
    lattice = ("--lattice", "TOTAL COHORT DRUG SEX REGION,SEX")
    connection = await asyncpg.connect(place.database.url)
    try:
        transaction = connection.transaction(isolation="repeatable_read")
        await transaction.start()
        uninterrupted = await published(connection, place, "first")
        await transaction.rollback()
        process = await place.command("--publish", "first", *lattice)
        while not await connection.fetchval("select count(*) from connect.publication_draft"):
            assert process.returncode is None, await process.communicate()
            await asyncio.sleep(0.02)
        process.kill()
        await process.communicate()
        assert not await connection.fetchval("select count(*) from connect.publication")
        code, out, err = await place.run("--publish", "first", "--json", *lattice)
        assert (code, err) == (0, "")
        assert json.loads(out)["digest"] == uninterrupted.digest
        await _after_the_first(connection, place)
    finally:
        await connection.close()


async def _after_the_first(connection: asyncpg.Connection, place: Place) -> None:
    """See what holds once a release is published for good."""
    code, _, err = await place.run("--publish", "first")
    assert code == 1
    assert err.startswith("connect-graph: release first is published, and what is published stays")
    for statement in (
        "update connect.published_cell set patients = 9",
        "delete from connect.publication",
        "truncate connect.publication_report",
        "insert into connect.published_stage select release_id, 'x', 'STAGE_1'"
        " from connect.publication",
    ):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await connection.execute(statement)
    transaction = connection.transaction(isolation="repeatable_read")
    await transaction.start()
    beside = await published(connection, place, "second")
    await transaction.rollback()
    await transaction_of_an_alteration(connection, place)
    transaction = connection.transaction(isolation="repeatable_read")
    await transaction.start()
    again = await published(connection, place, "second")
    await transaction.rollback()
    assert beside.digest == again.digest


async def transaction_of_an_alteration(connection: asyncpg.Connection, place: Place) -> None:
    """Nothing is published beside what is not as it was signed."""
    transaction = connection.transaction(isolation="repeatable_read")
    await transaction.start()
    await connection.execute(
        "set local session_replication_role = replica; update connect.published_cell"
        " set response_upper = response_upper + 1 where response_lower < response_upper"
    )
    with pytest.raises(PublishingRefused, match="is not what was signed"):
        await published(connection, place, "second")
    await transaction.rollback()


async def test_one_at_a_time(owner: asyncpg.Connection, place: Place) -> None:
    other = await asyncpg.connect(place.database.url)
    try:
        await other.execute("select pg_advisory_lock(hashtext('connect_publish'), 0)")
        with pytest.raises(PublishingRefused, match="another publishing is under way"):
            await published(owner, place, "second")
    finally:
        await other.close()


async def test_what_cannot_be_published_is_refused_in_words(
    owner: asyncpg.Connection, place: Place
) -> None:
    with pytest.raises(ReleaseRefused, match="there is no release nowhere: name one of"):
        await published(owner, place, "nowhere")
    with pytest.raises(PublishingRefused, match="unlinked was frozen without the key"):
        await published(owner, place, "unlinked")
    with pytest.raises(PublishingRefused, match="frozen with another key"):
        await publish(owner, ReleaseKey(b"x" * 32), "second", lattice=LATTICE)
    await owner.execute(
        "set local session_replication_role = replica;"
        "update connect.analysis_row set sex = 'MALE' where ordinal = 1"
    )
    with pytest.raises(PublishingRefused, match="second was altered"):
        await published(owner, place, "second")


async def test_the_same_treatment_is_linked_and_nothing_else_is(owner: asyncpg.Connection) -> None:
    """In both releases, by what never changes; in the one without a key by nothing."""
    linked = await owner.fetch(
        "select r.version, count(*), count(a.linkage) as linked, count(distinct a.linkage) as all"
        " from connect.analysis_row a join connect.data_release r on r.id = a.release_id"
        " group by 1"
    )
    for row in linked:
        expected = 0 if row["version"] == "unlinked" else row["count"]
        assert (row["linked"], row["all"]) == (expected, expected), row["version"]
    same = await owner.fetch(
        "select a.sex = b.sex and a.accrual_month = b.accrual_month as same"
        " from connect.analysis_row a join connect.data_release r on r.id = a.release_id"
        " join connect.analysis_row b on b.linkage = a.linkage and b.release_id <> a.release_id"
        " where r.version = 'first'"
    )
    assert len(same) == next(row["count"] for row in linked if row["version"] == "first")
    assert all(row["same"] for row in same)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("TOTAL COHORTS", "'COHORTS' is no dimension"),
        ("COHORT,COHORT", "says something twice"),
        ("COHORT,SEX SEX,COHORT", "says something twice"),
        ("", "there is no grouping"),
    ],
)
async def test_a_lattice_is_refused_in_words(text: str, message: str) -> None:
    with pytest.raises(LatticeRefused, match=message):
        parse(text)


async def test_the_command_is_misused(place: Place) -> None:
    for arguments in (
        ("--publish", "second", "--verify", "second"),
        ("--publish", "second", "--cut-off", "2026-01-31"),
        ("--lattice", "TOTAL"),
        ("--publish", "second", "--lattice", "EVERYTHING"),
    ):
        code, out, err = await place.run(*arguments)
        assert (code, out) == (2, ""), err
