"""The login that writes, asked in SQL: for whom it writes, what, and never what it may not."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from db.statement import SETTINGS
from tests.access.oracle import Who
from tests.access.session import session
from tests.administration.conftest import Bench
from tests.world import World

FORBIDDEN = asyncpg.InsufficientPrivilegeError
TABLES = [
    "partner",
    "agreement",
    "agreement_drug",
    "project",
    "project_cohort",
    "scope",
    "membership",
    "consent",
]
# What the checks of the application would refuse as well, and the database refuses without them.
REFUSED = {
    "an own scope of the consortium": "insert into connect.scope (kind, code, valid_from, purposes)"
    " values ('CONSORTIUM', 'MINE', now(), '{ADMINISTRATION}')",
    "a role that does not fit": "insert into connect.membership (role, issuer, organisation_number,"
    " subject, scope_id) select 'PARTNER', 'https://x', m.organisation_number, 'x', m.scope_id"
    " from connect.membership m where m.role = 'STEWARD'",
    "another company's agreement": "insert into connect.membership (role, issuer,"
    " organisation_number, subject, scope_id) select 'PARTNER', 'https://x', p.organisation_number,"
    " 'x', s.id from connect.scope s, connect.partner p"
    " where s.code = 'AGR-OLA-01' and p.code = 'SKAGEN'",
    "a membership of yesterday": "insert into connect.membership (role, issuer,"
    " organisation_number, subject, scope_id, valid_from) select 'STEWARD', 'https://x',"
    " m.organisation_number, 'x', m.scope_id, now() - interval '1 day'"
    " from connect.membership m where m.role = 'STEWARD'",
    "a consent ahead": "insert into connect.consent (patient_id, purpose, given_at)"
    " select patient_id, 'RESEARCH', now() + interval '1 day' from connect.pseudonym limit 1",
    "an end before now": "update connect.scope set valid_to = now() - interval '1 day'"
    " where code = 'AGR-OLA-01'",
    "a consent that never was withdrawn": "update connect.consent set withdrawn_at = null",
    "a membership that never was revoked": "update connect.membership set revoked_at = null",
}
ENDED = {
    "consent": "update connect.consent set withdrawn_at = now() where withdrawn_at <= now()",
    "membership": "update connect.membership set revoked_at = now() where revoked_at <= now()",
    "agreement": "update connect.agreement set patients_agreed = 1 where code = 'AGR-DB-01'",
    "scope": "update connect.scope set valid_to = null where code = 'AGR-DB-01'",
}


async def steward(world: World) -> Who:
    caller = await world.caller("steward")
    return Who("office", caller.issuer, caller.organisation, caller.subject, "CONNECT")


@pytest.fixture
async def office(world: World) -> AsyncIterator[asyncpg.Connection]:
    """Log in as the office, for the steward, in a transaction that is undone."""
    async with session(world.database, "office", await steward(world)) as connection:
        transaction = connection.transaction()
        await transaction.start()
        yield connection
        await transaction.rollback()


async def seen(connection: asyncpg.Connection) -> int:
    text = " + ".join(f"(select count(*) from connect.{table})" for table in TABLES)
    found: int = await connection.fetchval(f"select {text}")
    return found


async def test_it_writes_for_a_steward(office: asyncpg.Connection) -> None:
    assert await seen(office) > 0
    await office.execute(
        "insert into connect.partner (code, organisation_number, name, sector)"
        " values ('SQL', '000000000', 'x', 'CHARITY')"
    )


@pytest.mark.parametrize("setting", [*SETTINGS, "every"])
async def test_without_a_setting_it_sees_and_writes_nothing(world: World, setting: str) -> None:
    """Of a purpose, with another than the scope has: it has one alone, which need not be stated."""
    async with session(world.database, "office", await steward(world)) as connection:
        for name in SETTINGS:
            if setting in {name, "every"}:
                left = "CARE" if name == "app.purpose" else ""
                await connection.execute("select set_config($1, $2, false)", name, left)
        await nothing(connection)


@pytest.mark.parametrize("role", ["partner", "researcher", "authority", "clinician"])
async def test_for_nobody_else_it_sees_or_writes_anything(world: World, role: str) -> None:
    """Whichever scope they name: the consortium's, which an authority holds, among them."""
    viewer = await world.viewer(role)
    for scope in (viewer.scope, "CONNECT"):
        asks = Who("office", *viewer.settings[:3], scope)
        async with session(world.database, "office", asks) as connection:
            await nothing(connection)


async def nothing(connection: asyncpg.Connection) -> None:
    assert await connection.fetchval("select connect.is_office()") is False
    assert await seen(connection) == 0
    with pytest.raises(FORBIDDEN):
        await connection.execute(
            "insert into connect.partner (code, organisation_number, name, sector)"
            " values ('NO', '000000000', 'x', 'CHARITY')"
        )
    for statement in (
        "update connect.partner set name = 'x'",
        "update connect.scope set valid_to = now()",
        "update connect.membership set revoked_at = now()",
        "update connect.consent set withdrawn_at = now()",
    ):
        assert await connection.execute(statement) == "UPDATE 0"


@pytest.mark.parametrize("statement", REFUSED.values(), ids=REFUSED)
async def test_the_database_refuses(office: asyncpg.Connection, statement: str) -> None:
    with pytest.raises(FORBIDDEN):
        await office.execute(statement)


@pytest.mark.parametrize("table", TABLES)
async def test_nothing_is_ever_removed(office: asyncpg.Connection, table: str) -> None:
    for statement in (f"delete from connect.{table}", f"truncate connect.{table}"):
        nested = office.transaction()
        await nested.start()
        with pytest.raises(FORBIDDEN):
            await office.execute(statement)
        await nested.rollback()


async def test_what_has_ended_stays(bench: Bench, world: World) -> None:
    given = {"code": "AGR-DB-01", "partner": "NORDLYS", "model": "DRUG_SUPPLY"}
    await bench.change("createAgreement", "", **given, drugs=["olaparib"])
    await bench.change("endAgreement", "", code="AGR-DB-01")
    await bench.owner.execute(
        "update connect.consent set withdrawn_at = now() where id = (select max(id)"
        " from connect.consent where given_at < now())"
    )
    async with session(world.database, "office", await steward(world)) as connection:
        for statement in ENDED.values():
            assert await connection.execute(statement) == "UPDATE 0"
        with pytest.raises(FORBIDDEN):
            await connection.execute(
                "insert into connect.agreement_drug (agreement_id, drug_id) select a.id, d.id"
                " from connect.agreement a, connect.drug d"
                " where a.code = 'AGR-DB-01' and d.inn = 'trametinib'"
            )


async def test_nobody_is_a_member_twice_at_once(bench: Bench) -> None:
    """The loader may write what it likes, and not that."""
    twice = (
        "insert into connect.membership (role, issuer, organisation_number, subject, scope_id,"
        " valid_from, revoked_at) select m.role, m.issuer, m.organisation_number, m.subject,"
        " m.scope_id, {}, {} from connect.membership m where m.subject = 'demo-partner'"
    )
    for begin, end in (("now()", "null"), ("now() - interval '1 day'", "now() + interval '1 day'")):
        with pytest.raises(asyncpg.ExclusionViolationError):
            await bench.owner.execute(twice.format(begin, end))
    transaction = bench.owner.transaction()
    await transaction.start()
    await bench.owner.execute(twice.format("'2020-01-01'", "'2021-01-01'"))
    await bench.owner.execute(twice.format("'2030-01-01'", "'2029-01-01'"))  # revoked before
    await transaction.rollback()


@pytest.mark.parametrize("role", ["partner", "researcher", "authority", "clinician", "steward"])
async def test_the_reading_logins_write_nothing(world: World, role: str) -> None:
    viewer = await world.viewer(role)
    asks = Who(role, *viewer.settings)
    async with session(world.database, role, asks) as connection:
        for table in TABLES:
            with pytest.raises(FORBIDDEN):
                await connection.execute(f"insert into connect.{table} default values")


async def test_the_kept_copies_follow_whoever_writes(bench: Bench) -> None:
    """Pseudonyms and terms, which the office may not write, are kept for what it writes."""
    given = {"code": "PRJ-DB-01", "title": "T", "institution": "UIO", "allTumourTypes": True}
    await bench.change("createProject", "", **given, allCohorts=True)
    copied = await bench.owner.fetchrow(
        "select t.code, t.kind::text from connect.scope_term t where t.code = 'PRJ-DB-01'"
    )
    assert copied is not None
    assert tuple(copied) == ("PRJ-DB-01", "PROJECT")
