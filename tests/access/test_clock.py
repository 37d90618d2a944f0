"""The clock alone: what begins or ends is obeyed by the next request, with no write in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.viewer import viewers
from tests.access.conftest import Asking, asking, who
from tests.access.door import Found, Member
from tests.conftest import Clone
from tests.extent import trying
from tests.world import World, make, serving

SCOPES = {"partner": "AGR-OLA-01", "researcher": "PRJ-CRC-01", "clinician": "SITE-OUS"}
IDS = """{ patients(first: 1000) { totalCount nodes {
  id diagnoses { id } specimens { id } biomarkers { id } treatments { id } } } }"""
SOON = "clock_timestamp() + interval '1500 milliseconds'"
CONSENT = "update connect.consent set {} where patient_id = $1 and purpose = '{}'"
# Of those who consented once: who withdrew and consented again has more than one row to move.
ONCE = """select y.public_id, y.patient_id from connect.pseudonym y where y.public_id = any($1)
  and (select count(*) from connect.consent c
       where c.patient_id = y.patient_id and c.purpose = $2) = 1 limit 1"""
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
    found = await loader.fetchrow(ONCE, list(everyone), purpose)
    assert found is not None
    one, patient = found
    others = {name: node for name, node in everyone.items() if name != one}
    assert others
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


# The end of an embargo, of an agreement, of a consent and of a membership, all at one moment.
ENDS = {
    "embargo": ("partner", "AGR-OLA-01"),
    "expiry": ("partner", "AGR-DAB-01"),
    "withdrawal": ("researcher", "PRJ-CRC-01"),
    "revocation": ("clinician", "SITE-OUS"),
}
SET = """
with embargo as (update connect.scope set embargo_until = $1 where code = 'AGR-OLA-01'),
  expiry as (update connect.scope set valid_to = $1 where code = 'AGR-DAB-01'),
  withdrawal as (
    update connect.consent set withdrawn_at = $1 where purpose = 'RESEARCH' and patient_id = $2)
update connect.membership set revoked_at = $1 where subject = $3
"""
RESET = """
with scopes as (update connect.scope set embargo_until = null, valid_to = null
    where code in ('AGR-OLA-01', 'AGR-DAB-01')),
  consents as (
    update connect.consent set withdrawn_at = null where purpose = 'RESEARCH' and patient_id = $1)
update connect.membership set revoked_at = null where subject = $2
"""


async def test_every_door_obeys_the_next_moment(ticking: World, loader: asyncpg.Connection) -> None:
    """What is known, made or open from before opens nothing; nothing is written at the moment."""
    with serving(ticking.environment) as (address, _):
        async with httpx.AsyncClient(base_url=address, timeout=30) as http:
            members = {end: await Member.learn(ticking, *case, http) for end, case in ENDS.items()}
            for seconds in (4, 12, 30):
                if await _crossed(loader, members, seconds):
                    return
    pytest.fail("too slow to tell")


async def _crossed(loader: asyncpg.Connection, members: dict[str, Member], seconds: float) -> bool:
    leaving = members["withdrawal"].ids[-1]
    patient = await loader.fetchval(
        "select patient_id from connect.pseudonym where public_id = $1", leaving
    )
    subject = members["revocation"].viewer.caller.subject
    moment = await loader.fetchval("select clock_timestamp() + $1", timedelta(seconds=seconds))
    await loader.execute(SET, moment, patient, subject)
    try:
        before = await _all_doors(members)
        left = await loader.fetchval(
            "select extract(epoch from $1 - clock_timestamp())::float8", moment
        )
        if left <= 0:
            return False
        await asyncio.sleep(left + 0.02)
        after = await _all_doors(members)
    finally:
        await loader.execute(RESET, patient, subject)
    for end, member in members.items():
        everyone = set(member.ids)
        rest = everyone - {leaving}
        assert len(rest) > 1
        opened, closed = (everyone, set[str]())
        expected = {
            "embargo": (closed, opened),
            "expiry": (opened, closed),
            "withdrawal": (opened, rest),
            "revocation": (opened, closed),
        }[end]
        for told, people in zip((before[end], after[end]), expected, strict=True):
            assert len(told) == 11
            for door, found in told.items():
                assert _agree(door, found, people, member), (end, door)
    return True


def _agree(door: str, found: Found, people: set[str], member: Member) -> bool:
    if door == "list of children":
        return found <= people and bool(found) == bool(people)
    if door.endswith("id"):
        some = {*member.ids[:6], *member.ids[-6:]} if len(member.ids) > 12 else set(member.ids)
        return found == people & some
    return found == people


async def _all_doors(members: dict[str, Member]) -> dict[str, dict[str, Found]]:
    told = await asyncio.gather(*(member.doors() for member in members.values()))
    return dict(zip(members, told, strict=True))


ZONES = ("UTC", "Europe/Oslo", "America/New_York", "Asia/Kathmandu", "Pacific/Apia")
MICROSECOND = timedelta(microseconds=1)
# What begins is there at its moment, what ends is gone at its moment: (statement, begins).
BOUNDARIES = {
    "given": ("update connect.consent set given_at = $1 where patient_id = $2", True),
    "withdrawn": (
        "update connect.consent set given_at = '2020-01-01', withdrawn_at = $1"
        " where patient_id = $2",
        False,
    ),
    "embargo": (
        "update connect.scope set embargo_until = $1 where code = 'AGR-OLA-01'"
        " and $2::bigint is not null",
        True,
    ),
    "begins": (
        "update connect.scope set valid_from = $1 where code = 'AGR-OLA-01'"
        " and $2::bigint is not null",
        True,
    ),
    "ends": (
        "update connect.scope set valid_to = $1 where code = 'AGR-OLA-01'"
        " and $2::bigint is not null",
        False,
    ),
    "joined": (
        "update connect.membership set valid_from = $1 where subject = 'demo-partner'"
        " and $2::bigint is not null",
        True,
    ),
    "revoked": (
        "update connect.membership set revoked_at = $1 where subject = 'demo-partner'"
        " and $2::bigint is not null",
        False,
    ),
}


async def _there_at(world: World, boundary: str, offset: timedelta, zone: str) -> bool:
    """Tell whether a patient is there in a transaction whose now() is that far from a boundary."""
    statement, _ = BOUNDARIES[boundary]
    who_asks = await who(world, "partner", "AGR-OLA-01")
    connection = await asyncpg.connect(world.database.url)
    try:
        await connection.execute("select set_config('timezone', $1, false)", zone)
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("set local role connect_loader")
        patient = await connection.fetchval(
            "select min(y.patient_id) from connect.pseudonym y join connect.scope s"
            " on s.id = y.scope_id where s.code = 'AGR-OLA-01' and y.during @> now()"
        )
        now = await connection.fetchval("select now()")
        changed = await connection.execute(statement, now - offset, patient)
        assert changed != "UPDATE 0"
        await connection.execute("set local role connect_partner")
        names = ("issuer", "organisation", "subject", "scope", "purpose")
        for name, value in zip(names, who_asks.settings, strict=True):
            await connection.execute("select set_config($1, $2, true)", f"app.{name}", value)
        found = await connection.fetchval(
            "select exists (select from connect.patient where id = $1)", patient
        )
        await transaction.rollback()
        return bool(found)
    finally:
        await connection.close()


@pytest.mark.parametrize("boundary", BOUNDARIES)
async def test_a_boundary_is_exact(ticking: World, boundary: str) -> None:
    """To the microsecond: the moment itself is of what begins, and no more of what ends."""
    _, begins = BOUNDARIES[boundary]
    told = [
        await _there_at(ticking, boundary, offset, "Europe/Oslo")
        for offset in (-MICROSECOND, timedelta(0), MICROSECOND)
    ]
    assert told == ([False, True, True] if begins else [True, False, False])


@pytest.mark.property
@trying(ci=20, nightly=500)
@given(
    boundary=st.sampled_from(sorted(BOUNDARIES)),
    offset=st.timedeltas(min_value=timedelta(days=-700), max_value=timedelta(days=700))
    | st.sampled_from([timedelta(0), MICROSECOND, -MICROSECOND]),
    zone=st.sampled_from(ZONES),
)
async def test_a_boundary_is_the_same_in_every_time_zone(
    ticking: World, boundary: str, offset: timedelta, zone: str
) -> None:
    _, begins = BOUNDARIES[boundary]
    assert await _there_at(ticking, boundary, offset, zone) == ((offset >= timedelta(0)) == begins)


async def test_a_day_begins_at_midnight_in_utc(ticking: World) -> None:
    """What is dated by days alone is read by the pools, whose clock is UTC's."""
    for pool in ticking.pools.roles.values():
        assert await pool.text("select current_setting('timezone')") == "UTC"
