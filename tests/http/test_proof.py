"""Who asks is known from the request before, and every change of it is obeyed by the next one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.conftest import Clone
from tests.http.client import Client, codes
from tests.http.desk import Office, desk_of

TOLD = """{ viewer { organisation { name } purposes
  scope { code validTo embargoUntil dataDomains } } }"""
READ = "{ cohorts(first: 1) { nodes { code } } }"
RECORDS = "{ patients(first: 1) { nodes { id } } }"
SOON = "clock_timestamp() + interval '1500 milliseconds'"
AFTER_SOON = 1.6
REVOKED = "update connect.membership set revoked_at = {} where subject = $1"
CHANGED = "update connect.scope set {} where code = $1"
_DOORS = ("/graphql", "/subgraphs/patients/graphql")
_BODIES: tuple[object, ...] = (
    {"query": READ},
    {"query": TOLD},
    {"query": "{ __typename }"},
    {"query": "{ __schema { queryType { name } } }"},
    {"query": "{ nothing }"},
    {"query": "{"},
    {"query": 1},
    "no object",
)
_numbers = iter(range(1_000))


@dataclass(frozen=True, slots=True)
class Member:
    """Hold a partner who was answered before."""

    desk: Office
    subject: str
    agreement: str
    client: Client

    async def change(self, statement: str) -> None:
        """Change the membership, or the scope."""
        argument = self.subject if "membership" in statement else self.agreement
        done = await self.desk.connection.execute(statement, argument)
        assert done == "UPDATE 1"

    async def told(self) -> dict[str, Any]:
        """Ask who asks, twice, so that it is known the second time."""
        answers = [(await self.client.ask(TOLD)).json() for _ in range(2)]
        assert answers[0] == answers[1]
        found: dict[str, Any] = answers[0]["data"]["viewer"]
        return found

    async def everything(self) -> list[httpx.Response]:
        """Ask at every door: what reads, what does not, and what is no operation at all."""
        answers = []
        for door in _DOORS:
            for body in _BODIES:
                sent = await self.client.http.post(door, json=body, headers=self.client.headers)
                answers.append(sent)
            headers = {**self.client.headers, "content-type": "text/plain"}
            answers.append(await self.client.http.post(door, content=b"x", headers=headers))
        return answers

    async def is_answered(self) -> bool:
        """Tell whether everything is answered, or refused for what it is."""
        found = {response.status_code for response in await self.everything()}
        return found == {200, 400, 415}

    async def is_nobody(self) -> bool:
        """Tell whether everything is refused, since there is no membership."""
        answers = await self.everything()
        return all((r.status_code, codes(r)) == (403, ["SCOPE_REFUSED"]) for r in answers)


@pytest.fixture(scope="module")
async def desk(clone: Clone, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    async with desk_of(clone, tmp_path_factory.mktemp("proof")) as opened:
        yield opened


@pytest.fixture
async def member(desk: Office) -> AsyncIterator[Member]:
    """Give a partner of an agreement that a test may change."""
    agreement = (await desk.scopes("AGREEMENT"))[0]
    kept = await desk.connection.fetchrow(
        "select valid_from, valid_to, embargo_until, purposes::text[], data_domains::text[]"
        " from connect.scope where code = $1",
        agreement,
    )
    assert kept is not None
    subject = f"known-{next(_numbers)}"
    joined = Member(desk, subject, agreement, await desk.join(subject, "PARTNER", agreement))
    assert await joined.is_answered()
    yield joined
    await desk.connection.execute(
        "update connect.scope set (valid_from, valid_to, embargo_until, purposes, data_domains)"
        " = ($2, $3, $4, $5::text[]::connect.purpose[], $6::text[]::connect.data_domain[])"
        " where code = $1",
        agreement,
        *kept,
    )


@pytest.mark.parametrize("ending", [REVOKED, CHANGED.format("valid_to = {}")])
async def test_what_ended_is_refused_whatever_is_asked(member: Member, ending: str) -> None:
    await member.change(ending.format("now()"))
    assert await member.is_nobody()


@pytest.mark.parametrize("ending", [REVOKED, CHANGED.format("valid_to = {}")])
async def test_what_ends_by_the_clock_alone_is_refused(member: Member, ending: str) -> None:
    """Nothing is written at the moment, or between it and the requests before."""
    await member.change(ending.format(SOON))
    assert (await member.client.ask(READ)).is_success
    await asyncio.sleep(AFTER_SOON)
    assert await member.is_nobody()


async def test_a_change_that_is_undone_ends_nothing(member: Member) -> None:
    transaction = member.desk.connection.transaction()
    await transaction.start()
    await member.change(REVOKED.format("now()"))
    assert await member.is_answered()
    await transaction.rollback()
    assert await member.is_answered()


async def test_a_change_counts_from_its_commit(member: Member) -> None:
    transaction = member.desk.connection.transaction()
    await transaction.start()
    await member.change(REVOKED.format("now()"))
    assert await member.is_answered()  # known anew, while the change is under way
    await transaction.commit()
    assert await member.is_nobody()


async def test_the_terms_of_a_scope_are_told_as_they_are(member: Member) -> None:
    before = await member.told()
    domains = "data_domains = array['RESISTANCE']::connect.data_domain[]"
    await member.change(CHANGED.format(domains))
    after = await member.told()
    assert after["scope"] == {**before["scope"], "dataDomains": ["RESISTANCE"]}
    assert before["scope"]["dataDomains"] != ["RESISTANCE"]
    await member.change(CHANGED.format("valid_to = '2999-01-01 00:00Z'"))
    assert (await member.told())["scope"]["validTo"].startswith("2999-01-01")


async def test_the_name_of_an_organisation_is_told_as_it_is(member: Member) -> None:
    name = (await member.told())["organisation"]["name"]
    renaming = "update connect.partner set name = $1 where organisation_number = '999000259'"
    for other in (f"{name} & Sons", name):
        await member.desk.connection.execute(renaming, other)
        assert (await member.told())["organisation"]["name"] == other


async def test_an_embargo_begins_with_its_change_and_ends_by_the_clock(member: Member) -> None:
    async def rules() -> list[str]:
        body = (await member.client.ask(RECORDS)).json()
        return [each["rule"] for each in body.get("extensions", {}).get("withheld", ())]

    await member.change(CHANGED.format("embargo_until = null"))
    assert not any("EMBARGO" in rule for rule in await rules())
    await member.change(CHANGED.format(f"embargo_until = {SOON}"))
    assert any("EMBARGO" in rule for rule in await rules())
    await asyncio.sleep(AFTER_SOON)
    assert not any("EMBARGO" in rule for rule in await rules())


async def test_a_purpose_that_is_left_is_refused(member: Member) -> None:
    (purpose,) = (await member.told())["purposes"]
    for query in (READ, TOLD):
        assert (await member.client.ask(query, X_Purpose=purpose)).is_success
    others = "purposes = array['STATISTICS', 'CARE']::connect.purpose[]"
    await member.change(CHANGED.format(others))
    for query in (READ, TOLD):
        stated = await member.client.ask(query, X_Purpose=purpose)
        assert (stated.status_code, codes(stated)) == (403, ["SCOPE_REFUSED"])
        unstated = await member.client.ask(query)
        assert (unstated.status_code, codes(unstated)) == (403, ["PURPOSE_REQUIRED"])


async def test_a_second_scope_must_be_named_from_when_it_opens(member: Member) -> None:
    """Also where that was written before, and it opens by the clock alone."""
    other = (await member.desk.scopes("AGREEMENT"))[1]
    await member.desk.connection.execute(
        "insert into connect.membership"
        " (role, issuer, organisation_number, subject, scope_id, valid_from)"
        " select m.role, m.issuer, m.organisation_number, m.subject, s.id,"
        f" {SOON} from connect.membership m, connect.scope s"
        " where m.subject = $1 and s.code = $2",
        member.subject,
        other,
    )
    for query in (READ, TOLD):
        assert (await member.client.ask(query)).is_success
    await asyncio.sleep(AFTER_SOON)
    for query in (READ, TOLD):
        response = await member.client.ask(query)
        assert (response.status_code, codes(response)) == (403, ["SCOPE_REQUIRED"])
        assert (await member.client.ask(query, X_Scope=other)).is_success


async def test_a_known_caller_is_answered_in_one_round_trip(member: Member) -> None:
    """The database counts: of the login that identifies none, of the role's one."""
    statistics = """select r.rolname, coalesce(sum(s.calls), 0)::int as calls
      from pg_roles r left join pg_stat_activity a on a.usesysid = r.oid
      left join lateral (select 1 as calls where a.query_start > $1) s on true
      where r.rolname in ('connect_identity_login', 'connect_partner_login')
        and (a.datname is null or a.datname = current_database())
      group by 1"""
    connection = member.desk.connection
    moment = await connection.fetchval("select clock_timestamp()")
    for _ in range(5):
        assert (await member.client.ask(READ)).is_success
    asked = {row["rolname"]: row["calls"] for row in await connection.fetch(statistics, moment)}
    assert asked["connect_identity_login"] == 0
    assert asked["connect_partner_login"] > 0
