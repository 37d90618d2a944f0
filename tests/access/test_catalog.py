"""Attacks on the catalog: what a role may do without a row being asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from db.statement import SETTINGS
from tests.access.conftest import DEMO, who
from tests.access.kind import AUDIT
from tests.access.session import session
from tests.world import World

LOGINS = (*DEMO, "identity", "audit", "office")
GROUPS = {f"connect_{role}" for role in LOGINS}
API = GROUPS | {f"{group}_login" for group in GROUPS}
EXECUTE = {
    "connect_partner": {"gene_status"},
    "connect_researcher": {"gene_status"},
    "connect_clinician": {"gene_status"},
    "connect_steward": {"gene_status", "is_office"},
    "connect_office": {"is_office"},
    "connect_identity": {"next_moment"},
}
# What runs as the loader, whoever calls: two questions about the caller, and triggers that keep
# what follows from facts. None takes an argument, and none but the first two returns anything.
DEFINED = {
    "connect.is_office()": "boolean",
    "connect.next_moment()": "timestamp with time zone",
    "connect.keep_opening()": "trigger",
    "connect.keep_term()": "trigger",
    "connect.refresh_patient()": "trigger",
    "connect.refresh_scope()": "trigger",
    "connect.renew_viewer_version()": "trigger",
}
# What the login of the office may write, and in which columns.
WRITES = {
    ("partner", "INSERT"): "code organisation_number name sector",
    ("partner", "UPDATE"): "name sector",
    ("agreement", "INSERT"): "code partner_id model patients_agreed weeks_company_pays",
    ("agreement", "UPDATE"): "model patients_agreed weeks_company_pays",
    ("agreement_drug", "INSERT"): "agreement_id drug_id",
    ("project", "INSERT"): "code title partner_id all_cohorts all_tumour_types",
    ("project", "UPDATE"): "title",
    ("project_cohort", "INSERT"): "project_id cohort_id",
    ("project_tumour_type", "INSERT"): "project_id onco_tree_code",
    ("scope", "INSERT"): "kind code agreement_id project_id valid_from valid_to embargo_until"
    " purposes data_domains",
    ("scope", "UPDATE"): "valid_to embargo_until purposes data_domains",
    ("membership", "INSERT"): "role issuer organisation_number subject scope_id valid_from"
    " revoked_at",
    ("membership", "UPDATE"): "revoked_at",
    ("consent", "INSERT"): "patient_id purpose given_at",
    ("consent", "UPDATE"): "withdrawn_at",
}
_READS = ("SELECT", "PERMISSIVE")
APPENDS = {(table, "connect_audit", "INSERT") for table in AUDIT} | {
    (table, "connect_office", "INSERT") for table in ("audit_entry", "audit_document")
}
"""Where the audit is appended to, by whom: a change brings its own entry."""
REFUSED = (asyncpg.InsufficientPrivilegeError, asyncpg.FeatureNotSupportedError)
OF_LOGIN = {"audit": "(select count(number) from connect.audit_seal)"}
SOME = "(select count(*) from connect.scope) + (select count(*) from connect.membership)"


@pytest.fixture(scope="module")
async def owner(world: World) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(world.database.url)
    yield connection
    await connection.close()


async def names(owner: asyncpg.Connection, query: str, *arguments: object) -> set[str]:
    return {str(row[0]) for row in await owner.fetch(query, *arguments)}


async def test_every_table_forces_row_security(owner: asyncpg.Connection) -> None:
    assert not await names(
        owner,
        "select oid::regclass from pg_class where relnamespace = 'connect'::regnamespace"
        " and relkind in ('r', 'p', 'f') and not (relrowsecurity and relforcerowsecurity)",
    )


async def test_every_granted_role_has_a_policy_on_the_table(owner: asyncpg.Connection) -> None:
    """A permissive one for reading, for that role by name; none for PUBLIC; those that write."""
    granted = await owner.fetch(
        "select c.relname::text, r.rolname::text from pg_class c, pg_roles r"
        " where c.relnamespace = 'connect'::regnamespace and c.relkind in ('r', 'p', 'f')"
        " and r.rolname = any($1) and has_any_column_privilege(r.oid, c.oid, 'select')",
        sorted(GROUPS),
    )
    policies = await owner.fetch(
        "select tablename::text, unnest(roles)::text, cmd, permissive from pg_policies"
        " where schemaname = 'connect'"
    )
    others = {(role, cmd) for _, role, cmd, _ in policies if role not in GROUPS}
    assert others == {("connect_auditor", "SELECT"), ("connect_loader", "INSERT")}
    covered = {
        (table, role)
        for table, role, cmd, kind in policies
        if (cmd, kind) == _READS and role in GROUPS
    }
    assert {tuple(row) for row in granted} == covered
    writing = [(t, role, cmd) for t, role, cmd, _ in policies if cmd != "SELECT" and role in GROUPS]
    of_office = [(table, "connect_office", cmd) for table, cmd in WRITES]
    assert sorted(writing) == sorted([*of_office, *APPENDS])


async def test_nothing_but_reading_is_granted(owner: asyncpg.Connection) -> None:
    """In tables, columns and sequences of any schema, to API roles and to everybody.

    The audit is appended to, and the login of the office may write what is listed; it removes
    nothing.
    """
    grants = await owner.fetch(
        "select c.relname::text, coalesce(r.rolname::text, 'PUBLIC'), a.privilege_type,"
        " t.attname::text"
        " from pg_class c cross join lateral (select null::name as attname, c.relacl as acl"
        " union all select t.attname, t.attacl from pg_attribute t where t.attrelid = c.oid) t"
        " cross join lateral aclexplode(t.acl) a"
        " left join pg_roles r on r.oid = a.grantee"
        " where c.relnamespace::regnamespace::text not in ('pg_catalog', 'information_schema')"
        " and (a.grantee = 0 or r.rolname = any($1))",
        sorted(API),
    )
    assert grants
    assert {grantee for _, grantee, _, _ in grants} <= GROUPS
    appended, written = set(), dict[tuple[str, str], set[str]]()
    for table, grantee, privilege, column in grants:
        if column is None and privilege != "SELECT":
            appended.add((table, grantee, privilege))
        elif privilege != "SELECT":
            assert grantee == "connect_office", (table, grantee, privilege)
            written.setdefault((table, privilege), set()).add(column)
    assert appended == APPENDS
    assert written == {place: set(columns.split()) for place, columns in WRITES.items()}


async def test_an_api_role_owns_nothing(owner: asyncpg.Connection) -> None:
    assert not await names(
        owner,
        "select d.classid::regclass || ' ' || d.objid from pg_shdepend d"
        " join pg_roles r on r.oid = d.refobjid"
        " where d.refclassid = 'pg_authid'::regclass and d.deptype = 'o' and r.rolname = any($1)",
        sorted(API),
    )
    functions = await names(
        owner,
        "select d.objid::regprocedure from pg_shdepend d join pg_roles r on r.oid = d.refobjid"
        " where d.refclassid = 'pg_authid'::regclass and d.deptype = 'o'"
        " and d.classid = 'pg_proc'::regclass and r.rolname = 'connect_loader'"
        " and d.dbid = (select oid from pg_database where datname = current_database())",
    )
    assert functions == set(DEFINED)
    assert not await names(
        owner,
        "select d.classid::regclass || ' ' || d.objid from pg_shdepend d"
        " join pg_roles r on r.oid = d.refobjid"
        " where d.refclassid = 'pg_authid'::regclass and d.deptype = 'o'"
        " and d.classid <> 'pg_proc'::regclass and r.rolname = 'connect_loader'",
    )


async def test_an_api_role_has_no_attribute(owner: asyncpg.Connection) -> None:
    roles = await owner.fetch("select * from pg_roles where rolname = any($1)", sorted(API))
    assert len(roles) == len(API)
    for role in roles:
        may = {key for key in role.keys() if key.startswith("rol") and role[key] is True}  # noqa: SIM118
        login = {"rolcanlogin"} if role["rolname"].endswith("_login") else set()
        assert may == {"rolinherit", *login}, role["rolname"]
        assert role["rolconfig"] is None


@pytest.mark.parametrize("name", ["loader", "auditor"])
async def test_what_the_owner_may_become_cannot_log_in(
    owner: asyncpg.Connection, name: str
) -> None:
    (role,) = await owner.fetch("select * from pg_roles where rolname = $1", f"connect_{name}")
    for attribute in ("rolcanlogin", "rolsuper", "rolcreaterole", "rolcreatedb", "rolreplication"):
        assert not role[attribute], attribute
    assert role["rolbypassrls"] == (name == "loader")


async def test_memberships_are_a_login_in_its_group_and_the_owner_in_what_commands_act_as(
    owner: asyncpg.Connection,
) -> None:
    me = await owner.fetchval("select current_user::text")
    found = await owner.fetch(
        "select m.rolname::text, g.rolname::text, a.admin_option from pg_auth_members a"
        " join pg_roles m on m.oid = a.member join pg_roles g on g.oid = a.roleid"
        " where m.rolname ~ '^connect_' or g.rolname ~ '^connect_'"
    )
    logins = {(f"{group}_login", group, False) for group in GROUPS}
    rest = {tuple(row) for row in found} - logins
    assert logins <= {tuple(row) for row in found}
    assert {row[:2] for row in rest} == {(me, "connect_loader"), (me, "connect_auditor")}


async def test_no_view_shows_what_a_policy_hides(owner: asyncpg.Connection) -> None:
    views = await owner.fetch(
        "select c.relname::text, c.relkind::text, c.reloptions, c.oid from pg_class c"
        " where c.relkind in ('v', 'm')"
        " and c.relnamespace::regnamespace::text not in ('pg_catalog', 'information_schema')"
    )
    assert [(row["relname"], row["relkind"]) for row in views] == [("scope_fact", "v")]
    assert "security_invoker=true" in views[0]["reloptions"]
    for role in API:
        assert not await owner.fetchval(
            "select has_any_column_privilege($1, $2::oid, 'select')", role, views[0]["oid"]
        )


async def test_no_function_runs_as_its_owner(owner: asyncpg.Connection) -> None:
    """But those that are argued for in decisions 0024 and 0030: the loader's, on a fixed path."""
    found = await owner.fetch(
        "select p.oid::regprocedure::text as name, p.prorettype::regtype::text as returned,"
        " p.proowner::regrole::text as owner, p.proconfig as settings, p.pronargs as arguments"
        " from pg_proc p where p.prosecdef"
        " and p.pronamespace::regnamespace::text not in ('pg_catalog', 'information_schema')"
    )
    assert {row["name"]: row["returned"] for row in found} == DEFINED
    for row in found:
        assert row["owner"] == "connect_loader"
        assert row["settings"] == ["search_path=pg_catalog, pg_temp"]
        assert row["arguments"] == 0


async def test_everybody_may_execute_nothing(owner: asyncpg.Connection) -> None:
    """A function without an ACL of its own is everybody's."""
    assert not await names(
        owner,
        "select p.oid::regprocedure from pg_proc p"
        " where p.pronamespace::regnamespace::text not in ('pg_catalog', 'information_schema')"
        " and exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a"
        " where a.grantee = 0)",
    )


async def test_a_function_made_tomorrow_is_nobodys(owner: asyncpg.Connection) -> None:
    transaction = owner.transaction()
    await transaction.start()
    await owner.execute("create function connect.tomorrow() returns int language sql return 1")
    for role in API:
        assert not await owner.fetchval(
            "select has_function_privilege($1, 'connect.tomorrow()', 'execute')", role
        )
    await transaction.rollback()


async def test_an_api_role_may_execute_what_is_listed_alone(owner: asyncpg.Connection) -> None:
    for role in API:
        found = await names(
            owner,
            "select p.proname from pg_proc p"
            " where p.pronamespace::regnamespace::text not in ('pg_catalog', 'information_schema')"
            " and has_function_privilege($1, p.oid, 'execute')",
            role,
        )
        assert found == EXECUTE.get(role.removesuffix("_login"), set()), role


async def test_an_api_role_may_make_nothing(owner: asyncpg.Connection) -> None:
    """No schema, table, type or function, and no temporary table, in this database."""
    for role in API:
        assert not await names(
            owner, "select nspname from pg_namespace where has_schema_privilege($1, oid, 'create')",
            role,
        )  # fmt: skip
        assert not await names(
            owner,
            "select p from unnest(array['create', 'temporary']) p"
            " where has_database_privilege($1, current_database(), p)",
            role,
        )


async def test_everybody_may_not_connect(owner: asyncpg.Connection) -> None:
    assert not await names(
        owner,
        "select a.privilege_type from pg_database d,"
        " aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a"
        " where d.datname = current_database() and a.grantee = 0",
    )


async def test_nothing_reaches_outside(owner: asyncpg.Connection) -> None:
    """No extension, foreign server, event trigger, publication or untrusted language."""
    for catalog in ("pg_foreign_server", "pg_event_trigger", "pg_publication", "pg_subscription"):
        assert not await owner.fetchval(f"select count(*) from {catalog}"), catalog
    assert await names(owner, "select extname from pg_extension") == {"plpgsql"}


async def test_no_rule_and_no_inheritance_goes_around_a_policy(owner: asyncpg.Connection) -> None:
    assert not await names(owner, "select rulename from pg_rules where schemaname = 'connect'")
    assert not await names(
        owner,
        "select inhrelid::regclass from pg_inherits join pg_class on oid = inhrelid"
        " where relnamespace = 'connect'::regnamespace and relkind = 'r'",
    )


@pytest.mark.parametrize("role", LOGINS)
async def test_a_login_becomes_no_other_role(
    world: World, owner: asyncpg.Connection, role: str
) -> None:
    """By no statement, and after the attempt it sees what it saw, under its own name."""
    scope = DEMO.get(role, "CONNECT")
    asks = await who(world, role if role in DEMO else "steward", scope)
    every = await names(owner, "select rolname from pg_roles")
    some = OF_LOGIN.get(role, SOME)
    others = every - {f"connect_{role}", f"connect_{role}_login"}
    assert len(others) > len(API) - 2
    async with session(world.database, role, asks) as connection:
        before = await connection.fetchval(f"select {some}")
        for other in sorted(others):
            for attempt in (
                f'set role "{other}"',
                f'set local role "{other}"',
                f"select set_config('role', '{other}', false)",
                f"select set_config('role', '{other}', true), count(*) from connect.membership",
                f"select set_config('session_authorization', '{other}', false)",
                f'set session authorization "{other}"',
                f'grant "{other}" to current_user',
            ):
                with pytest.raises(REFUSED):
                    await connection.execute(attempt)
        assert await connection.fetchval("select current_user") == f"connect_{role}_login"
        assert await connection.fetchval(f"select {some}") == before
        await connection.execute(f"set role connect_{role}")  # its own group: the same policies
        assert await connection.fetchval(f"select {some}") == before


@pytest.mark.parametrize("role", LOGINS)
async def test_row_security_cannot_be_switched_off(world: World, role: str) -> None:
    async with session(world.database, role) as connection:
        await connection.execute("set row_security = off")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch(f"select {OF_LOGIN.get(role, SOME)}")


@pytest.mark.parametrize("role", DEMO)
async def test_statistics_tell_nothing(world: World, role: str) -> None:
    async with session(world.database, role) as connection:
        assert not await connection.fetch("select from pg_stats where schemaname = 'connect'")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch("select from pg_statistic")


async def test_settings_are_of_the_application_alone(owner: asyncpg.Connection) -> None:
    """Policies read `app.*` and nothing else that a session could set."""
    read = await names(
        owner,
        "select (regexp_matches(coalesce(qual, '') || coalesce(with_check, ''),"
        " 'current_setting\\(''([^'']+)''', 'g'))[1] from pg_policies where schemaname = 'connect'",
    )
    assert read == set(SETTINGS)


async def test_everything_has_a_comment(owner: asyncpg.Connection) -> None:
    assert not await names(
        owner,
        "select c.oid::regclass from pg_class c where c.relnamespace = 'connect'::regnamespace"
        " and c.relkind in ('r', 'p', 'v', 'm', 'f')"
        " and obj_description(c.oid, 'pg_class') is null",
    )
    assert not await names(
        owner,
        "select p.oid::regprocedure from pg_proc p where p.pronamespace = 'connect'::regnamespace"
        " and obj_description(p.oid, 'pg_proc') is null",
    )


async def test_every_foreign_key_has_an_index(owner: asyncpg.Connection) -> None:
    """Of a key of several columns, each of which is one record's, an index may begin with any."""
    assert not await names(
        owner,
        "select k.conrelid::regclass || ' ' || k.conname from pg_constraint k"
        " where k.contype = 'f' and k.connamespace = 'connect'::regnamespace and not exists ("
        " select from pg_index i where i.indrelid = k.conrelid and i.indisvalid"
        " and i.indpred is null"
        " and i.indkey[0] = any (k.conkey))",
    )
