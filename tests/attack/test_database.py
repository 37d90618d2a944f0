"""What SQL on a role's login can do: the worst that a hole in the API could give away.

Nobody sends SQL through the API. These attacks ask what would be seen by one who could.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from db.statement import SETTINGS
from tests.access.oracle import Who
from tests.access.session import session
from tests.world import World

CALLERS = {
    "partner": "AGR-WIDE-01",
    "researcher": "PRJ-WIDE-01",
    "clinician": "SITE-OUS",
    "authority": "CONNECT",
}
REFUSED = (asyncpg.InsufficientPrivilegeError, asyncpg.FeatureNotSupportedError)
PATIENTS = "select count(*) from connect.patient"
HIDDEN = "select id from connect.patient where id not in (select unnest($1::bigint[])) limit 1"


@pytest.fixture(params=["partner", "researcher", "clinician"])
def role(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def login(overlap: World, role: str) -> AsyncIterator[asyncpg.Connection]:
    """Log in as a member with records, outside of any pool."""
    caller = await overlap.caller(role, CALLERS[role])
    who = Who(role, caller.issuer, caller.organisation, caller.subject, CALLERS[role])
    async with session(overlap.database, role, who) as connection:
        assert await connection.fetchval(PATIENTS) > 10
        yield connection


@pytest.fixture
async def owner(overlap: World) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(overlap.database.url)
    yield connection
    await connection.close()


TELLING = {
    "function": "create function {0}.tell(text) returns boolean cost 0.0001 language plpgsql as"
    " 'begin raise notice ''%'', $1; return true; end'",
    "sql function": "create function {0}.tell(text) returns boolean language sql as 'select true'",
    "operator": "create operator {0}.=== (leftarg = text, rightarg = text, function = texteq)",
    "cast": "create cast (text as integer) with inout as implicit",
    "type": "create type {0}.told as (it text)",
    "domain": "create domain {0}.told as text check (length(value) > 0)",
    "aggregate": "create aggregate {0}.tell(text) (sfunc = textcat, stype = text)",
    "table": "create table {0}.told (it text)",
    "view": "create view {0}.told as select * from connect.patient",
    "sequence": "create sequence {0}.told",
    "language": "create language plperlu",
    "extension": "create extension dblink schema connect",
    "foreign data": "create server other foreign data wrapper none",
    "event trigger": "create event trigger told on ddl_command_end execute function now()",
    "publication": "create publication told for all tables",
    "schema": "create schema told",
}


@pytest.mark.parametrize("made", TELLING.values(), ids=TELLING)
async def test_a_leaky_function_cannot_be_made(login: asyncpg.Connection, made: str) -> None:
    """Nor an operator, a cast or anything else that a plan would call before the policy."""
    for schema in ("connect", "public", "pg_temp") if "{0}" in made else ("",):
        with pytest.raises((*REFUSED, asyncpg.UndefinedObjectError)):
            await login.execute(made.format(schema))


async def test_what_leaks_is_called_after_the_policy(
    login: asyncpg.Connection, owner: asyncpg.Connection
) -> None:
    """A built-in that fails tells of the rows that the role sees: none that is hidden makes it."""
    seen = [row["id"] for row in await login.fetch("select id from connect.patient")]
    hidden = await owner.fetchval(HIDDEN, seen)
    assert hidden is not None
    for failing in (
        "1 / (id - {0})",
        "substr('x', 1, case when id = {0} then -1 else 1 end)::text",
    ):
        assert (
            await login.fetch(f"select {failing.format(hidden)} from connect.patient") is not None
        )
    with pytest.raises(asyncpg.DivisionByZeroError):
        await login.fetch(f"select 1 / (id - {seen[0]}) from connect.patient")


async def test_a_block_sees_what_its_role_sees(login: asyncpg.Connection) -> None:
    """DO needs no right of its own: it runs as the role, in each of its statements."""
    told: list[str] = []
    login.add_log_listener(lambda _, message: told.append(message.message))
    await login.execute(f"do $$ begin raise notice '%', ({PATIENTS}); end $$")
    assert told == [str(await login.fetchval(PATIENTS))]
    for act in ("set role connect_steward", "update connect.patient set sex = null"):
        with pytest.raises(REFUSED):
            await login.execute(f"do $$ begin execute '{act}'; end $$")


async def test_copy_reaches_neither_files_nor_programs(
    login: asyncpg.Connection, tmp_path_factory: pytest.TempPathFactory
) -> None:
    for where in ("'/etc/passwd'", "program 'id'"):
        for statement in (
            f"copy (select 1) to {where}",
            f"copy connect.patient (id) to {where}",
            f"copy connect.gene (symbol) from {where}",
        ):
            with pytest.raises(REFUSED):
                await login.execute(statement)
    for reading in ("pg_read_file('/etc/passwd')", "pg_ls_dir('.')", "lo_import('/etc/passwd')"):
        with pytest.raises(REFUSED):
            await login.fetch(f"select {reading}")
    path = tmp_path_factory.mktemp("copied") / "rows"
    await login.copy_from_query("select id from connect.patient", output=path)
    assert len(path.read_text().splitlines()) == await login.fetchval(PATIENTS)


async def test_locks_notices_and_large_objects_give_no_row(
    overlap: World, login: asyncpg.Connection, role: str
) -> None:
    """Everybody may lock and notify: what is seen stays as it was, and others are not kept out."""
    before = await login.fetchval(PATIENTS)
    await login.execute("select pg_advisory_lock(1)")
    await login.execute("listen told")
    await login.execute("notify told, 'x'")
    assert not await login.fetch("select from pg_largeobject_metadata")
    with pytest.raises(REFUSED):
        await login.fetch("select data from pg_largeobject")
    for mode in ("row exclusive", "share", "access exclusive"):
        with pytest.raises(REFUSED):
            await login.execute(f"begin; lock table connect.patient in {mode} mode")
        await login.execute("rollback")
    assert await login.fetchval(PATIENTS) == before
    answer = await overlap.answer(
        role, "{ patients(first: 1) { totalCount } }", scope=CALLERS[role]
    )
    assert answer.body["data"] == {"patients": {"totalCount": before}}


async def test_nobody_reaches_another_server_or_session(login: asyncpg.Connection) -> None:
    """No dblink, no foreign server; the statements of other logins are not told."""
    assert not await login.fetch("select from pg_foreign_server")
    with pytest.raises(asyncpg.UndefinedFunctionError):
        await login.fetch("select dblink_connect('')")
    others = await login.fetch(
        "select query, client_addr from pg_stat_activity where usename <> current_user"
        " and datname = current_database()"
    )
    assert {(row["query"], row["client_addr"]) for row in others} <= {
        ("<insufficient privilege>", None)
    }
    assert others, "the owner and other roles are connected"
    for end in ("pg_terminate_backend", "pg_cancel_backend"):
        with pytest.raises(REFUSED):
            await login.fetch(
                f"select {end}(pid) from pg_stat_activity where usename <> current_user"
                " and datname = current_database()"
            )
    for catalog in ("pg_authid", "pg_user_mapping", "pg_hba_file_rules", "pg_file_settings"):
        with pytest.raises(REFUSED):
            await login.fetch(f"select * from {catalog}")


SETTABLE = {
    "search_path": "pg_temp, pg_catalog",
    "default_transaction_read_only": "off",
    "row_security": "on",
    "check_function_bodies": "off",
    "enable_seqscan": "off",
    "enable_indexscan": "off",
    "plan_cache_mode": "force_generic_plan",
    "constraint_exclusion": "on",
    "quote_all_identifiers": "on",
    "debug_print_plan": "on",
    "client_min_messages": "debug5",
    "timezone": "Pacific/Kiritimati",
    "datestyle": "SQL, DMY",
    "standard_conforming_strings": "off",
    "transform_null_equals": "on",
    "app.role": "STEWARD",
    "app.is_admin": "on",
}


async def test_no_setting_shows_a_row_more(login: asyncpg.Connection) -> None:
    """Of those that a session may change; the ones that would be refused are below."""
    seen = sorted(row["id"] for row in await login.fetch("select id from connect.patient"))
    for name, value in SETTABLE.items():
        await login.execute("select set_config($1, $2, false)", name, value)
        found = await login.fetch("select id from connect.patient")
        assert sorted(row["id"] for row in found) == seen, name


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("session_replication_role", "replica"),
        ("session_authorization", "postgres"),
        ("role", "connect_loader"),
        ("session_preload_libraries", "x"),
        ("zero_damaged_pages", "on"),
        ("log_statement", "all"),
        ("allow_system_table_mods", "on"),
        ("ignore_checksum_failure", "on"),
    ],
)
async def test_settings_that_would_open_are_refused(
    login: asyncpg.Connection, name: str, value: str
) -> None:
    for statement in (f"set {name} = '{value}'", f"set local {name} = '{value}'"):
        with pytest.raises((*REFUSED, asyncpg.InvalidParameterValueError)):
            await login.execute(statement)
    with pytest.raises((*REFUSED, asyncpg.InvalidParameterValueError)):
        await login.fetch(f"select set_config('{name}', '{value}', true), ({PATIENTS})")


async def test_a_key_tells_nothing_of_what_is_hidden(
    login: asyncpg.Connection, owner: asyncpg.Connection
) -> None:
    """A unique or a foreign key answers alike for hidden and absent: nothing is written."""
    seen = [row["id"] for row in await login.fetch("select id from connect.patient")]
    hidden = await owner.fetchval(HIDDEN, seen)
    taken = await owner.fetchval("select max(public_id) from connect.pseudonym")
    told = set()
    rows = (hidden, 10**9)
    for statement, values in (
        ("insert into connect.specimen (patient_id, kind) values ({}, 'FFPE')", rows),
        ("insert into connect.pseudonym values (1, 1, '{}')", (taken, "0" * 16)),
        ("update connect.patient set synthetic = id = {}", rows),
        ("delete from connect.patient where id = {}", rows),
    ):
        answers = set()
        for value in values:
            with pytest.raises(asyncpg.InsufficientPrivilegeError) as refusal:
                await login.execute(statement.format(value))
            answers.add((str(refusal.value), refusal.value.detail, refusal.value.sqlstate))
        assert len(answers) == 1
        told |= answers
    assert all(detail is None for _, detail, _ in told)


async def test_without_force_the_owner_would_see_all(owner: asyncpg.Connection) -> None:
    """As an owner that is no superuser: with FORCE nothing, without it every row."""
    transaction = owner.transaction()
    await transaction.start()
    try:
        everyone = await owner.fetchval(PATIENTS)
        await owner.execute("create role connect_test_owner")
        await owner.execute("grant usage on schema connect to connect_test_owner")
        await owner.execute("grant create on schema connect to connect_test_owner")
        await owner.execute("alter table connect.patient owner to connect_test_owner")
        for force, seen in (("force", 0), ("no force", everyone)):
            await owner.execute(f"alter table connect.patient {force} row level security")
            await owner.execute("set local role connect_test_owner")
            assert await owner.fetchval(PATIENTS) == seen
            await owner.execute("reset role")
    finally:
        await transaction.rollback()


async def test_settings_of_who_asks_end_with_the_statement(overlap: World) -> None:
    """Of a connection of the pool: the next statement on it is nobody's."""
    for role, scope in CALLERS.items():
        await overlap.answer(role, "{ viewer { role } cohorts { totalCount } }", scope=scope)
    for pool in overlap.pools.roles.values():
        async with pool.connections.acquire() as connection:
            for name in SETTINGS:
                assert not await connection.fetchval("select current_setting($1, true)", name)
            assert await connection.fetchval("select count(*) from connect.scope") == 0
