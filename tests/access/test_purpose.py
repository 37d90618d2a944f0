"""Several purposes, each with its consent; several scopes, each with its ids."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import asyncpg
import pytest

from connect_graph import database
from connect_graph.auth import Authenticator
from connect_graph.issuer import DEMO_ISSUER
from connect_graph.settings import Settings
from db.viewer import Caller, Viewer, viewers
from resolvers.answer import Answer
from resolvers.errors import Code, Refusal
from resolvers.execute import Request
from tests.access.kind import RECORDS
from tests.access.oracle import Facts, Who, visible
from tests.access.session import session
from tests.conftest import Clone
from tests.world import World, make

MANY = {
    ("partner", "AGR-OLA-01"): ("COMMERCIAL", "RESEARCH", "STATISTICS"),
    ("partner", "AGR-DAB-01"): ("RESEARCH",),
    ("researcher", "PRJ-CRC-01"): ("RESEARCH", "COMMERCIAL"),
    ("researcher", "PRJ-BRAF-01"): ("COMMERCIAL",),
    ("clinician", "SITE-OUS"): ("CARE", "RESEARCH", "COMMERCIAL"),
    ("steward", "CONNECT"): ("ADMINISTRATION", "RESEARCH"),
}
CASES = [(role, scope, purpose) for (role, scope), many in MANY.items() for purpose in many]
# Each patient another mixture, so that each purpose alone shows others than both do.
CONSENTS = """
delete from connect.consent;
insert into connect.consent (patient_id, purpose, given_at, withdrawn_at)
select p.id, 'RESEARCH', now() - interval '2 years',
  case when p.id % 8 = 3 then now() - interval '1 day' end
from connect.patient p where p.id % 4 > 0;
insert into connect.consent (patient_id, purpose, given_at, withdrawn_at)
select p.id, 'COMMERCIAL', now() - interval '2 years',
  case when p.id % 8 = 5 then now() - interval '1 day' end
from connect.patient p where p.id % 4 <> 2;
insert into connect.consent (patient_id, purpose, given_at)
select p.id, 'COMMERCIAL', now() - interval '1 hour' from connect.patient p where p.id % 16 = 5;
"""
IDS = """{ patients(first: 1000) { nodes { id diagnoses { id } specimens { id biomarkers { id } }
  treatments { id } } } }"""


@pytest.fixture(scope="module")
async def world(clone: Clone, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """Give a world with scopes of several purposes, and patients of every mixture of consents."""
    async with clone() as copy:
        filled = await make(copy, tmp_path_factory.mktemp("purpose"), 160)
        settings = Settings.load(filled.environment)
        async with database.connected(copy.url) as connection, connection.transaction():
            await connection.execute("set local role connect_loader")
            for (_, scope), purposes in MANY.items():
                await connection.execute(
                    "update connect.scope set purposes = $1::text[]::connect.purpose[]"
                    " where code = $2",
                    purposes,
                    scope,
                )
            await connection.execute(CONSENTS)
            await database.pseudonyms(settings)(connection)
        for role, scope in MANY:
            await filled.caller(role, scope)
        try:
            yield filled
        finally:
            await filled.pools.close()


@pytest.fixture
async def loader(world: World) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(world.database.url)
    await connection.execute("set role connect_loader")
    yield connection
    await connection.close()


@pytest.fixture(scope="module")
async def facts(world: World) -> Facts:
    return await Facts.read(world.database.url)


async def viewing(world: World, role: str, scope: str, purpose: str | None = None) -> Viewer:
    viewer = await world.viewer(role, scope)
    return viewer if purpose is None else replace(viewer, purpose=purpose)


async def asked(world: World, viewer: Viewer, query: str = IDS) -> Answer:
    return await world.graph.answer(
        Request(query, None, {}), viewer, world.pools.roles[viewer.role]
    )


async def seen(world: World, viewer: Viewer) -> set[str]:
    answer = await asked(world, viewer)
    assert "errors" not in answer.body
    return {node["id"] for node in answer.body["data"]["patients"]["nodes"]}


async def people(world: World, role: str, scope: str, purpose: str = "") -> set[int]:
    """List the patients whom the login sees, in SQL."""
    caller = await world.caller(role, scope)
    asks = Who(role, caller.issuer, caller.organisation, caller.subject, scope, purpose)
    async with session(world.database, role, asks) as connection:
        return {row["id"] for row in await connection.fetch("select id from connect.patient")}


@pytest.mark.parametrize(("role", "scope", "purpose"), CASES)
async def test_a_purpose_shows_whom_the_oracle_says(
    world: World, facts: Facts, role: str, scope: str, purpose: str
) -> None:
    """Every record table, in SQL; and the list of patients, as the graph answers it."""
    caller = await world.caller(role, scope)
    asks = Who(role, caller.issuer, caller.organisation, caller.subject, scope, purpose)
    expected = visible(facts, asks)
    assert expected["patient"]
    async with session(world.database, role, asks) as connection:
        for table in sorted(RECORDS):
            number = await connection.fetchval(f"select count(*) from connect.{table}")
            assert number == len(expected[table]), table
        rows = await connection.fetch("select id from connect.patient")
        assert {row["id"] for row in rows} == {row["id"] for row in expected["patient"]}
    listed = {row["public_id"] for row in expected["pseudonym"]}
    assert await seen(world, await viewing(world, role, scope, purpose)) == listed


@pytest.mark.parametrize(("role", "scope"), MANY)
async def test_what_is_stated_narrows_and_never_widens(world: World, role: str, scope: str) -> None:
    by_purpose = {each: await people(world, role, scope, each) for each in MANY[role, scope]}
    assert all(by_purpose.values())
    if len(by_purpose) > 1:
        assert len(set(map(frozenset, by_purpose.values()))) > 1
        assert await people(world, role, scope) == set()  # several, and none stated
    else:
        (only,) = by_purpose
        assert await people(world, role, scope) == by_purpose[only]
    for other in {"RESEARCH", "COMMERCIAL", "CARE", "STATISTICS", "ADMINISTRATION", "x"}:
        if other not in by_purpose:
            assert await people(world, role, scope, other) == set()


async def test_consent_to_research_alone_opens_nothing_commercial(
    world: World, loader: asyncpg.Connection
) -> None:
    """Of one patient in a project for both: given one, both, withdrawn one, given again."""
    project = ("researcher", "PRJ-CRC-01")
    patient = min(
        await people(world, *project, "RESEARCH") & await people(world, *project, "COMMERCIAL")
    )

    async def there() -> tuple[bool, bool]:
        purposes = ("RESEARCH", "COMMERCIAL")
        found = [patient in await people(world, *project, each) for each in purposes]
        return found[0], found[1]

    given = "insert into connect.consent (patient_id, purpose, given_at) values ($1, $2, now())"
    assert await there() == (True, True)
    await loader.execute("delete from connect.consent where patient_id = $1", patient)
    assert await there() == (False, False)
    await loader.execute(given, patient, "RESEARCH")
    assert await there() == (True, False)
    await loader.execute(given, patient, "COMMERCIAL")
    assert await there() == (True, True)
    withdraw = (
        "update connect.consent set withdrawn_at = now() where patient_id = $1 and purpose = $2"
    )
    await loader.execute(withdraw, patient, "COMMERCIAL")
    assert await there() == (True, False)
    await loader.execute(given, patient, "COMMERCIAL")
    assert await there() == (True, True)
    await loader.execute(withdraw, patient, "RESEARCH")
    assert await there() == (False, False)  # a project asks for research whatever is stated
    await loader.execute(given, patient, "RESEARCH")
    assert await there() == (True, True)


async def test_a_scopes_purposes_may_change(world: World, loader: asyncpg.Connection) -> None:
    """What it may be used for changes whom it shows, with the statement that changes it."""
    change = "update connect.scope set purposes = $1::text[]::connect.purpose[] where code = $2"
    everyone = await people(world, "partner", "AGR-OLA-01", "COMMERCIAL")
    await loader.execute(change, ["COMMERCIAL"], "AGR-OLA-01")
    assert await people(world, "partner", "AGR-OLA-01") == everyone
    assert await people(world, "partner", "AGR-OLA-01", "RESEARCH") == set()
    stored = """
        select count(*) from connect.pseudonym y join connect.scope s on s.id = y.scope_id
        where s.code = 'AGR-OLA-01' and y.research is not null"""
    assert await loader.fetchval(stored) == 0
    await loader.execute(change, MANY["partner", "AGR-OLA-01"], "AGR-OLA-01")
    fewer = await people(world, "partner", "AGR-OLA-01", "RESEARCH")
    assert fewer
    assert fewer < everyone


async def test_scopes_of_one_member_share_no_id(world: World, loader: asyncpg.Connection) -> None:
    """The same patients, under an agreement and the consortium, children too."""
    patients = await people(world, "partner", "AGR-OLA-01", "COMMERCIAL") & await people(
        world, "steward", "CONNECT", "ADMINISTRATION"
    )
    assert len(patients) > 1
    parts = []
    for role, scope, purpose in (
        ("partner", "AGR-OLA-01", "COMMERCIAL"),
        ("steward", "CONNECT", "ADMINISTRATION"),
    ):
        answer = await asked(world, await viewing(world, role, scope, purpose))
        found = set()
        for node in answer.body["data"]["patients"]["nodes"]:
            children = [*node["diagnoses"], *node["specimens"], *node["treatments"]]
            children += [each for one in node["specimens"] for each in one["biomarkers"]]
            found |= {part for child in children for part in child["id"].split(".")}
        parts.append(found)
    assert min(map(len, parts)) > 20
    assert not parts[0] & parts[1]


async def test_a_member_of_several_scopes_and_organisations(
    world: World, loader: asyncpg.Connection
) -> None:
    """Scopes are those of the organisation in the token; one may end while another lives."""
    join = (
        "insert into connect.membership (role, issuer, organisation_number, subject, scope_id)"
        " select $1::text::connect.role, $2, $3, 'many', id from connect.scope where code = $4"
    )
    numbers = [
        row[0]
        for row in await loader.fetch(
            "select organisation_number from connect.partner order by id limit 2"
        )
    ]
    await loader.execute(join, "PARTNER", DEMO_ISSUER, numbers[0], "AGR-OLA-01")
    await loader.execute(join, "CLINICIAN", DEMO_ISSUER, numbers[0], "SITE-OUS")
    await loader.execute(join, "RESEARCHER", DEMO_ISSUER, numbers[1], "PRJ-CRC-01")
    identity = world.pools.identity
    authenticator = Authenticator([world.issuer.issuer()], identity)
    tokens = [world.issuer.token(number, "many") for number in numbers]

    async def admitted(token: str, **stated: str) -> Viewer | Refusal:
        headers = {"authorization": f"Bearer {token}"}
        headers |= {name.replace("_", "-"): value for name, value in stated.items()}
        try:
            return await authenticator.viewer(headers)
        except Refusal as refusal:
            return refusal

    def code(found: Viewer | Refusal) -> Code:
        assert isinstance(found, Refusal)
        return found.code

    several = await admitted(tokens[0])
    assert code(several) is Code.SCOPE_REQUIRED
    assert str(several).startswith("Name one of your scopes in X-Scope: AGR-OLA-01, SITE-OUS.")
    assert code(await admitted(tokens[0], x_scope="PRJ-CRC-01")) is Code.SCOPE_REFUSED
    assert code(await admitted(tokens[0], x_scope="SITE-OUS")) is Code.PURPOSE_REQUIRED
    found = await admitted(tokens[0], x_scope="SITE-OUS", x_purpose="CARE")
    assert isinstance(found, Viewer)
    assert (found.scope, found.purpose) == ("SITE-OUS", "CARE")
    refused = await admitted(tokens[0], x_scope="SITE-OUS", x_purpose="STATISTICS")
    assert code(refused) is Code.SCOPE_REFUSED
    other = await admitted(tokens[1], x_purpose="RESEARCH")  # the only one there
    assert isinstance(other, Viewer)
    assert other.scope == "PRJ-CRC-01"
    assert code(await admitted(tokens[1], x_scope="AGR-OLA-01")) is Code.SCOPE_REFUSED
    await loader.execute("update connect.scope set valid_to = now() where code = 'SITE-OUS'")
    try:
        assert await seen(world, found) == set()
        left = await admitted(tokens[0], x_purpose="COMMERCIAL")
        assert isinstance(left, Viewer)
        assert left.scope == "AGR-OLA-01"
        assert await seen(world, left)
        held = await viewers(identity, Caller(DEMO_ISSUER, numbers[0], "many"))
        assert [each.scope for each in held] == ["AGR-OLA-01"]
    finally:
        await loader.execute("update connect.scope set valid_to = null where code = 'SITE-OUS'")
