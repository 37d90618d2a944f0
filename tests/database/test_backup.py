"""What docs/operations.md says of backup and restore, done."""

from __future__ import annotations

import asyncio
import re
import secrets
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from connect_graph import database, status
from connect_graph.auth import Authenticator
from connect_graph.embedded import PROGRAMS, running
from connect_graph.issuer import DemoIssuer
from connect_graph.settings import ROLES, Settings
from db import migrate
from db.address import Address
from db.pool import Pools
from db.viewer import Role
from tests.world import Database, World, environment

BACKUP = "connect_test_backup"
QUERY = """{ patients(first: 1000) { totalCount nodes {
  id sex ageBand diagnoses { id tumourType } specimens { id biomarkers { id label } }
  treatments { id drugs { inn } responses { week } outcome { bestOverallResponse }
    resistanceFindings { id } } } } }"""
TABLES = """
select format('%I.%I', n.nspname, c.relname) as name
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and n.nspname in ('connect', 'public') order by 1
"""
ACCESS = """
select coalesce(r.rolname, 'public') || ' ' || a.privilege_type
from pg_database d cross join aclexplode(d.datacl) a left join pg_roles r on r.oid = a.grantee
where d.datname = current_database() order by 1
"""
SECURED = """
select format('%s %s %s %s', c.relname, c.relrowsecurity, c.relforcerowsecurity,
  (select string_agg(
     format('%s %s %s', p.polname, p.polpermissive, pg_get_expr(p.polqual, p.polrelid)),
     ', ' order by p.polname) from pg_policy p where p.polrelid = c.oid))
from pg_class c where c.relnamespace = 'connect'::regnamespace and c.relkind = 'r' order by 1
"""
TRIGGERS = """
select pg_get_triggerdef(t.oid) || ' ' || t.tgenabled::text from pg_trigger t
where not t.tgisinternal order by 1
"""
NUMBERS = """
select format('%s %s', sequencename, last_value) from pg_sequences
where schemaname = 'connect' order by 1
"""
LOGINS = """
select format('%s %s %s %s %s', r.rolname, r.rolcanlogin, r.rolsuper, r.rolbypassrls,
  (select string_agg(g.rolname, ' ' order by g.rolname) from pg_auth_members m
   join pg_roles g on g.oid = m.roleid where m.member = r.oid))
from pg_roles r where r.rolname ~ '^connect_' and r.rolname <> 'connect_test_backup' order by 1
"""


@dataclass(frozen=True, slots=True)
class Restored:
    """Hold the world, and what was made of its backup on another server."""

    world: World
    copy: Database
    directory: Path

    @property
    def urls(self) -> tuple[str, str]:
        return self.world.database.url, self.copy.url

    def settings(self, directory: Path | None = None) -> Settings:
        return Settings.load(
            {
                "CONNECT_DEMO": "1",
                "CONNECT_DATA_DIR": str(directory or self.directory),
            }
        )


def run(program: str, *arguments: str) -> str:
    ran = subprocess.run(
        [str(PROGRAMS / program), *arguments], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stderr


async def column(url: str, query: str) -> list[str]:
    async with database.connected(url) as connection:
        return [str(row[0]) for row in await connection.fetch(query)]


async def contents(url: str) -> dict[str, str]:
    """Sum up each table's rows, whatever their order."""
    found = {}
    for table in await column(url, TABLES):
        query = (
            "select count(*) || ' ' || coalesce(md5(string_agg(t::text, chr(10) "
            f"order by t::text collate \"C\")), '') from {table} t"
        )
        (found[table],) = await column(url, query)
    return found


async def schema(url: str) -> str:
    """Spell the schema, the roles of a policy in one order: PostgreSQL keeps them as they came."""
    return re.sub(
        r"(?<= TO )connect_\w+(?:, connect_\w+)+(?= USING)",
        lambda roles: ", ".join(sorted(roles[0].split(", "))),
        await migrate.dump(url, PROGRAMS / "pg_dump"),
    )


@asynccontextmanager
async def keeper(owner: str) -> AsyncIterator[str]:
    """Make the user that only reads, as operations.md has it; give its URL."""
    password = secrets.token_hex(16)
    name = Address.parse(owner).database
    async with database.connected(owner) as connection:
        await connection.execute(
            f"create role {BACKUP} login bypassrls in role pg_read_all_data password '{password}'"
        )
        await connection.execute(f'grant connect on database "{name}" to {BACKUP}')
    try:
        yield Address.parse(owner).login(BACKUP, password).url
    finally:
        async with database.connected(owner) as connection:
            await connection.execute(f'revoke connect on database "{name}" from {BACKUP}')
            await connection.execute(f"drop role {BACKUP}")


@pytest.fixture(scope="module")
async def restored(
    world: World, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Restored]:
    kept = tmp_path_factory.mktemp("backup")
    directory = tmp_path_factory.mktemp("restored")
    owner = Address.parse(world.database.url)
    roles, dump = str(kept / "roles.sql"), str(kept / "connect.dump")
    run("pg_dumpall", "--roles-only", "--no-role-passwords", "--dbname", owner.url, "--file", roles)
    async with keeper(owner.url) as reader:
        run("pg_dump", "--format", "custom", "--dbname", reader, "--file", dump)
    world.issuer.issuer()
    for key in ("pseudonym.key", "demo-issuer.key"):
        shutil.copy2(world.directory / key, kept / key)

    with running(directory) as server:
        said = run("psql", "--no-psqlrc", "--quiet", "--dbname", server.url, "--file", roles)
        errors = [line for line in said.splitlines() if "ERROR" in line]
        assert all("already exists" in line for line in errors), said
        run("psql", "--dbname", server.url, "--command", f"create role {BACKUP}")
        run("pg_restore", "--exit-on-error", "--create", "--dbname", server.url, dump)
        run(
            "psql",
            "--dbname",
            Address.parse(server.url).at(owner.database).url,
            "--command",
            f'revoke connect on database "{owner.database}" from {BACKUP}',
        )
        for key in ("pseudonym.key", "demo-issuer.key"):
            shutil.copy2(kept / key, directory / key)
        yield Restored(world, Database(Address.parse(server.url).at(owner.database).url), directory)


async def test_every_row_is_there(restored: Restored) -> None:
    before, after = [await contents(url) for url in restored.urls]
    assert before == after
    assert len(before) > 30
    assert after["public.schema_migrations"].startswith(f"{len(migrate.files())} ")


@pytest.mark.parametrize("query", [ACCESS, SECURED, TRIGGERS, NUMBERS, LOGINS])
async def test_what_guards_the_rows_is_there(restored: Restored, query: str) -> None:
    before, after = [await column(url, query) for url in restored.urls]
    assert before == after
    assert before


async def test_the_schema_with_its_grants_is_the_same(restored: Restored) -> None:
    before, after = [await schema(url) for url in restored.urls]
    assert before == after
    assert "GRANT SELECT" in after
    assert await migrate.pending(restored.copy.url) == ()


@pytest.mark.parametrize("role", [role.value for role in Role])
async def test_the_graph_answers_the_same(restored: Restored, role: str) -> None:
    pools = await Pools.open({name: restored.copy.login(name) for name in ROLES}, size=2)
    try:
        again = World(restored.copy, restored.directory, pools, restored.world.graph)
        before = await restored.world.answer(role, QUERY)
        after = await again.answer(role, QUERY)
    finally:
        await pools.close()
    assert before.body == after.body
    if role == "partner":
        assert after.body["data"]["patients"]["totalCount"] > 0
        assert len({node["id"] for node in after.body["data"]["patients"]["nodes"]}) > 1


async def test_status_finds_nothing_to_do(restored: Restored) -> None:
    environ = environment(restored.copy, restored.directory) | {"CONNECT_DEMO": "0"}
    found = await asyncio.to_thread(status.look, Settings.load(environ))
    assert found.todo == []
    assert found.parts["key"] == "the stored ids' own"


async def test_with_its_key_tokens_of_the_demonstration_hold(restored: Restored) -> None:
    token = await restored.world.token("partner")
    issuer = DemoIssuer(restored.directory).issuer()
    authenticator = Authenticator([issuer], restored.world.pools.identity)
    caller = await authenticator.caller(f"Bearer {token}")
    assert caller == await restored.world.caller("partner")


async def test_with_its_key_the_ids_go_on(restored: Restored, tmp_path: Path) -> None:
    """The same patients get the same ids again; with another key they would not."""
    ids = (
        "select scope_id || ' ' || patient_id || ' ' || public_id from connect.pseudonym order by 1"
    )
    before = await column(restored.copy.url, ids)
    assert await database.prepare(restored.settings(), restored.copy.url) == ()
    assert await column(restored.copy.url, ids) == before
    await column(restored.copy.url, "delete from connect.pseudonym")
    await database.prepare(restored.settings(), restored.copy.url)
    assert await column(restored.copy.url, ids) == before
    await column(restored.copy.url, "delete from connect.pseudonym")
    await database.prepare(restored.settings(tmp_path), restored.copy.url)
    other = await column(restored.copy.url, ids)
    assert len(other) == len(before)
    assert not set(other) & set(before)
    environ = environment(restored.copy, restored.directory) | {"CONNECT_DEMO": "0"}
    found = await asyncio.to_thread(status.look, Settings.load(environ))
    assert "restore that key from its backup" in found.todo[0]
