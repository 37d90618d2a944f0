"""What is frozen is changed by nobody and read by no role of the API."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from db.release.freeze import freeze
from db.release.verify import verify
from tests.access.session import session
from tests.world import World

VERSION = "kept"
FROZEN = ("analysis_row", "screening_row", "release_manifest")
ROLES = (
    "partner",
    "researcher",
    "authority",
    "clinician",
    "steward",
    "identity",
    "audit",
    "office",
)
INTEGRITY = asyncpg.IntegrityConstraintViolationError
FORBIDDEN = asyncpg.InsufficientPrivilegeError
CHANGES = (
    "update connect.analysis_row set clinical_benefit_16w = 'NO'",
    "update connect.analysis_row set ordinal = ordinal where false",
    "delete from connect.analysis_row where subject = 1",
    "truncate connect.analysis_row",
    "update connect.screening_row set matched = true",
    "delete from connect.screening_row",
    "truncate connect.screening_row",
    "update connect.release_manifest set manifest = '{}'",
    "delete from connect.release_manifest",
    "truncate connect.release_manifest",
    "delete from connect.data_release",
    "truncate connect.data_release cascade",
)
KEPT = (
    "version = 'another'",
    "cut_off = cut_off - 1",
    "frozen_at = frozen_at + interval '1 second'",
    "manifest_digest = repeat('0', 64)",
    "rule_sets = '{}'",
    "published = true, rule_sets = '{}'",
)
ADD = """
insert into connect.analysis_row (release_id, ordinal, subject, drugs, matched_genes, progressed,
  resistance_mechanisms, adverse_events, synthetic)
select id, 100000, 100000, '{}', '{}', false, '{}', 0, true from connect.data_release
where version = 'kept'
"""
ADD_SCREENING = """
insert into connect.screening_row
  (release_id, subject, profiled, discussed, offered, treated, evaluable, synthetic)
select id, 100000, true, true, true, false, false, true from connect.data_release
where version = 'kept'
"""


@pytest.fixture(scope="module", autouse=True)
async def _frozen(world: World) -> None:
    connection = await asyncpg.connect(world.database.url)
    await freeze(connection, VERSION)
    await connection.close()


@pytest.fixture
async def trying(owner: asyncpg.Connection) -> AsyncIterator[asyncpg.Connection]:
    """Let one statement be tried; what it did is undone, what was frozen is intact."""
    transaction = owner.transaction()
    await transaction.start()
    yield owner
    await transaction.rollback()
    assert not (await verify(owner, VERSION)).differences


@pytest.mark.parametrize("statement", CHANGES)
async def test_the_owner_changes_nothing(trying: asyncpg.Connection, statement: str) -> None:
    with pytest.raises(INTEGRITY, match="what a release froze cannot be changed"):
        await trying.execute(statement)


@pytest.mark.parametrize("statement", CHANGES)
async def test_the_loader_changes_nothing(trying: asyncpg.Connection, statement: str) -> None:
    await trying.execute("set local role connect_loader")
    with pytest.raises((INTEGRITY, FORBIDDEN)):
        await trying.execute(statement)


@pytest.mark.parametrize("role", [None, "connect_loader"])
@pytest.mark.parametrize("statement", [ADD, ADD_SCREENING], ids=["analysis", "screening"])
async def test_no_row_is_added(
    trying: asyncpg.Connection, role: str | None, statement: str
) -> None:
    await trying.execute(f"set local role {role or 'none'}")
    with pytest.raises(INTEGRITY, match="release is frozen"):
        await trying.execute(statement)


@pytest.mark.parametrize("role", [None, "connect_loader"])
@pytest.mark.parametrize("change", KEPT)
async def test_a_release_is_published_once_and_nothing_else(
    trying: asyncpg.Connection, role: str | None, change: str
) -> None:
    await trying.execute(f"set local role {role or 'none'}")
    with pytest.raises(INTEGRITY, match="release kept is frozen"):
        async with trying.transaction():
            await trying.execute(f"update connect.data_release set {change} where version = 'kept'")
    publish = "update connect.data_release set published = {} where version = 'kept'"
    assert await trying.execute(publish.format(True)) == "UPDATE 1"
    with pytest.raises(INTEGRITY, match="published once"):
        await trying.execute(publish.format(False))


@pytest.mark.parametrize("table", FROZEN)
@pytest.mark.parametrize("role", ROLES)
async def test_no_login_reads_what_is_frozen(world: World, role: str, table: str) -> None:
    async with session(world.database, role) as connection:
        for statement in (
            f"select from connect.{table}",
            f"select count(*) from connect.{table}",
            f"select release_id from connect.{table} limit 1",
            f"table connect.{table}",
            f"copy connect.{table} to stdout",
        ):
            with pytest.raises(FORBIDDEN):
                await connection.execute(statement)


async def test_no_role_is_granted_anything_of_it(owner: asyncpg.Connection) -> None:
    granted = await owner.fetch(
        "select distinct r.rolname::text, a.privilege_type"
        " from pg_class c, aclexplode(c.relacl) a left join pg_roles r on r.oid = a.grantee"
        " where c.oid = any(array['connect.analysis_row', 'connect.screening_row',"
        " 'connect.release_manifest']::regclass[]) and a.grantee <> c.relowner"
    )
    assert {tuple(row) for row in granted} == {
        ("connect_loader", "SELECT"),
        ("connect_loader", "INSERT"),
    }
