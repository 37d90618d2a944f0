"""The clock alone: what begins or ends is obeyed by the next request, with no write in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from db.viewer import viewers
from tests.access.conftest import Asking, asking, who
from tests.conftest import Clone
from tests.world import World, make

SCOPES = {"partner": "AGR-OLA-01", "researcher": "PRJ-CRC-01", "clinician": "SITE-OUS"}
IDS = """{ patients(first: 1000) { totalCount nodes {
  id diagnoses { id } specimens { id } biomarkers { id } treatments { id } } } }"""
SOON = "clock_timestamp() + interval '1500 milliseconds'"
CONSENT = "update connect.consent set {} where patient_id = $1 and purpose = '{}'"
SCOPE = "update connect.scope set {} where code = $1"
MEMBERSHIP = "update connect.membership set {} where subject = $1"
Seen = dict[str, object]


@pytest.fixture(scope="module")
async def ticking(clone: Clone, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """Give a world whose dates the tests of this file move."""
    async with clone() as copy:
        filled = await make(copy, tmp_path_factory.mktemp("clock"))
        try:
            yield filled
        finally:
            await filled.pools.close()


@pytest.fixture
async def loader(ticking: World) -> AsyncIterator[asyncpg.Connection]:
    """Write as connect_loader, each statement on its own."""
    connection = await asyncpg.connect(ticking.database.url)
    await connection.execute("set role connect_loader")
    yield connection
    await connection.close()


async def seen(ask: Asking) -> Seen:
    answer = await ask(IDS)
    assert "errors" not in answer.body
    page = answer.body["data"]["patients"]
    assert page["totalCount"] == len(page["nodes"])
    return {node["id"]: node for node in page["nodes"]}


async def around(
    loader: asyncpg.Connection, ask: Asking, statement: str, argument: object
) -> tuple[Seen, Seen]:
    """Set a date that comes soon; give what is seen before it and after it."""
    assert (await loader.execute(statement, argument)).startswith("UPDATE ")
    moment = await loader.fetchval(f"select {SOON}")
    before = await seen(ask)
    assert await loader.fetchval("select clock_timestamp() < $1", moment), "too slow to tell"
    left = await loader.fetchval(
        "select extract(epoch from $1 - clock_timestamp())::float8", moment
    )
    await asyncio.sleep(left + 0.02)
    return before, await seen(ask)


@pytest.mark.parametrize(
    ("role", "purpose"), [("partner", "COMMERCIAL"), ("researcher", "RESEARCH")]
)
@pytest.mark.parametrize("change", ["withdrawn_at", "given_at"])
async def test_a_consent_begins_and_ends(
    ticking: World, loader: asyncpg.Connection, role: str, purpose: str, change: str
) -> None:
    """One patient comes or goes with everything of theirs; the others stay as they were."""
    ask = await asking(ticking, role, SCOPES[role])
    everyone = await seen(ask)
    one = next(iter(everyone))
    others = {name: node for name, node in everyone.items() if name != one}
    assert others
    patient = await loader.fetchval(
        "select patient_id from connect.pseudonym where public_id = $1", one
    )
    statement = CONSENT.format(f"{change} = {SOON}", purpose)
    before, after = await around(loader, ask, statement, patient)
    expected = (everyone, others) if change == "withdrawn_at" else (others, everyone)
    assert (before, after) == expected
    restored = CONSENT.format("given_at = '2021-01-01', withdrawn_at = null", purpose)
    await loader.execute(restored, patient)
    assert await seen(ask) == everyone


@pytest.mark.parametrize("role", SCOPES)
@pytest.mark.parametrize("change", ["embargo_until", "valid_to", "valid_from"])
async def test_a_scope_begins_and_ends(
    ticking: World, loader: asyncpg.Connection, role: str, change: str
) -> None:
    ask = await asking(ticking, role, SCOPES[role])
    everyone = await seen(ask)
    assert everyone
    statement = SCOPE.format(f"{change} = {SOON}")
    before, after = await around(loader, ask, statement, SCOPES[role])
    assert (before, after) == ((everyone, {}) if change == "valid_to" else ({}, everyone))
    if change == "valid_to":
        assert not await viewers(ticking.pools.identity, await ticking.caller(role))
    restored = "valid_from = '2021-01-01', valid_to = null, embargo_until = null"
    await loader.execute(SCOPE.format(restored), SCOPES[role])
    assert await seen(ask) == everyone


@pytest.mark.parametrize("role", [*SCOPES, "steward"])
@pytest.mark.parametrize("change", ["revoked_at", "valid_from"])
async def test_a_membership_begins_and_ends(
    ticking: World, loader: asyncpg.Connection, role: str, change: str
) -> None:
    """Of a viewer who was identified before: the next request finds the membership gone."""
    scope = SCOPES.get(role, "CONNECT")
    ask = await asking(ticking, role, scope)
    everyone = await seen(ask)
    assert everyone
    subject = (await who(ticking, role, scope)).subject
    statement = MEMBERSHIP.format(f"{change} = {SOON}")
    before, after = await around(loader, ask, statement, subject)
    assert (before, after) == ((everyone, {}) if change == "revoked_at" else ({}, everyone))
    if change == "revoked_at":
        assert not await viewers(ticking.pools.identity, await ticking.caller(role))
    await loader.execute(MEMBERSHIP.format("valid_from = '2021-01-01', revoked_at = null"), subject)
    assert await seen(ask) == everyone


async def test_a_definition_begins(ticking: World, loader: asyncpg.Connection) -> None:
    """A biomarker definition of tomorrow does not apply today."""
    cohort = await loader.fetchval("select id from connect.cohort order by id limit 1")
    code = await loader.fetchval("select code from connect.cohort where id = $1", cohort)
    await loader.execute(
        "insert into connect.biomarker_definition (cohort_id, version, text, effective_from)"
        " values ($1, 98, 'today', current_date), ($1, 99, 'tomorrow', current_date + 1)",
        cohort,
    )
    ask = await asking(ticking, "authority", "CONNECT")
    query = "query ($code: String!) { cohort(code: $code) { biomarkerDefinition { text } } }"
    answer = await ask(query, code=code)
    assert answer.body["data"] == {"cohort": {"biomarkerDefinition": {"text": "today"}}}
