"""Mutants of what decides access: each has one condition, policy, grant or trigger less, or more.

All are derived from PostgreSQL's catalog, so what a migration adds is mutated without a line here.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from itertools import permutations

import asyncpg

from tests.access.conjunct import dropped
from tests.access.sql_door import LOGINS, STATUS

_KEPT = ("pseudonym", "scope_term", "opening", "patient", "treatment")
"""The tables that triggers keep, and the patients that follow; all else follows from these."""
ROLES = LOGINS
_TABLES = (
    "select c.oid, c.relname::text as name from pg_class c"
    " where c.relnamespace = 'connect'::regnamespace and c.relkind in ('r', 'p') order by 2"
)
_POLICIES = (
    "select p.polname::text as name, c.relname::text as of, p.polpermissive as permissive,"
    " pg_get_expr(p.polqual, p.polrelid) as condition,"
    " array(select rolname::text from pg_roles where oid = any (p.polroles) order by 1) as roles"
    " from pg_policy p join pg_class c on c.oid = p.polrelid"
    " where c.relnamespace = 'connect'::regnamespace and p.polcmd in ('r', '*') order by 2, 1"
)
_COLUMNS = (
    "select c.relname::text as of, a.attname::text as name,"
    " has_column_privilege($1, c.oid, a.attnum, 'select') as granted,"
    " has_table_privilege($1, c.oid, 'select') as whole,"
    " c.relkind = 'v' as view"
    " from pg_class c join pg_attribute a on a.attrelid = c.oid"
    " where c.relnamespace = 'connect'::regnamespace and c.relkind in ('r', 'p', 'v')"
    " and a.attnum > 0 and not a.attisdropped order by 1, a.attnum"
)
_KEEPERS = (
    "select p.proname::text as name, p.prosrc as body, pg_get_functiondef(p.oid) as whole,"
    " has_function_privilege('connect_steward', p.oid, 'execute') as callable,"
    " p.prosecdef as definer"
    " from pg_proc p where p.pronamespace = 'connect'::regnamespace and p.prokind = 'f'"
    " and (p.prosrc ~ 'connect\\.(pseudonym|scope_term|opening)' or p.proname = 'consented'"
    " or has_function_privilege('connect_steward', p.oid, 'execute')) order by 2"
)
_TRIGGERS = (
    "select t.tgname::text as name, t.tgrelid::regclass::text as of from pg_trigger t"
    " join pg_proc p on p.oid = t.tgfoid"
    " where not t.tgisinternal and p.prosrc ~ 'connect\\.(pseudonym|scope_term|opening)'"
    " order by 2, 1"
)


@dataclass(frozen=True, slots=True)
class Mutant:
    """Hold the statements that make it, and where it can show."""

    name: str
    statements: tuple[str, ...]
    table: str | None = None
    """The one that is changed."""
    shows_in: tuple[str, ...] = ()
    """That table and those whose policies read it, or theirs; none: it may show in any."""
    roles: tuple[str, ...] = ()
    """Whose reading it can change, since no role is another's; none: anybody's."""
    writes: bool = False
    """It acts when a fact is written: the world is written after it."""
    last: str | None = None
    """The table that is written last then."""
    owner: bool = False
    """It shows to the table's owner, who has no login of the API."""

    @property
    def kind(self) -> str:
        return self.name.split(":")[0]


async def mutants(connection: asyncpg.Connection) -> list[Mutant]:
    """Derive every mutant; as the superuser, of a migrated database."""
    found: dict[str, Mutant] = {}
    async for each in _all(connection):
        name = each.name
        while name in found:  # the same condition at another place of one text
            name += " again"
        found[name] = replace(each, name=name)
    reads = await _reads(connection)
    return [
        replace(each, shows_in=_shows_in(reads, each.table))
        if each.table and not each.shows_in
        else each
        for each in found.values()
    ]


async def _reads(connection: asyncpg.Connection) -> dict[str, set[str]]:
    """Give which tables the policies of each read, and the function that all records lead to."""
    found: dict[str, set[str]] = {}
    for policy in await connection.fetch(_POLICIES):
        named = set(re.findall(r"connect\.(\w+)", policy["condition"]))
        found.setdefault(policy["of"], set()).update(named)
    for function in await connection.fetch(_KEEPERS):
        if function["callable"]:
            found[f"{function['name']}()"] = set(re.findall(r"connect\.(\w+)", function["body"]))
    return found


def _shows_in(reads: dict[str, set[str]], table: str) -> tuple[str, ...]:
    shown = {table}
    while more := {name for name, read in reads.items() if read & shown} - shown:
        shown |= more
    return (table, *sorted(shown - {table}))


async def _all(connection: asyncpg.Connection) -> AsyncIterator[Mutant]:
    policies = await connection.fetch(_POLICIES)
    granted: dict[str, set[str]] = {}
    for role in ROLES:
        columns = await connection.fetch(_COLUMNS, f"connect_{role}")
        for row in columns:
            if row["granted"]:
                granted.setdefault(row["of"], set()).add(role)
        for each in _grants(role, columns):
            yield each
    for policy in policies:
        if not {f"connect_{role}" for role in ROLES}.issuperset(policy["roles"]):
            continue  # of commands, which log in nowhere
        for each in _policy(policy, granted.get(policy["of"], set())):
            yield each
    for row in await connection.fetch(_TABLES):
        table = f"connect.{row['name']}"
        yield Mutant(
            f"row security: off on {row['name']}",
            (f"alter table {table} disable row level security",),
            row["name"],
        )
        yield Mutant(
            f"row security: not forced on {row['name']}",
            (f"alter table {table} no force row level security",),
            row["name"],
            owner=True,
        )
    for one, other in permutations((*ROLES, "loader"), 2):
        if one != "loader":
            statement = f"grant connect_{other} to connect_{one}"
            yield Mutant(f"membership: {one} in {other}", (statement,), roles=(one,))
    async for each in _keeping(connection):
        yield each


def _policy(policy: asyncpg.Record, granted: set[str]) -> Iterator[Mutant]:
    of, table, name = policy["of"], f"connect.{policy['of']}", policy["name"]
    roles = tuple(role.removeprefix("connect_") for role in policy["roles"])
    for each in dropped(policy["condition"], expression=policy["condition"] != "true"):
        yield Mutant(
            f"policy: {name} on {of} without {each.condition}",
            (f"alter policy {name} on {table} using ({each.sql})",),
            of,
            roles=roles,
        )
    yield Mutant(f"policy: no {name} on {of}", (f"drop policy {name} on {table}",), of, roles=roles)
    for role in sorted(granted - set(roles)):
        named = ", ".join(f"connect_{each}" for each in (*roles, role))
        yield Mutant(
            f"policy: {name} on {of} for {role} too",
            (f"alter policy {name} on {table} to {named}",),
            of,
            roles=(role,),
        )
    for role in roles if len(roles) > 1 else ():
        named = ", ".join(f"connect_{each}" for each in roles if each != role)
        yield Mutant(
            f"policy: {name} on {of} not for {role}",
            (f"alter policy {name} on {table} to {named}",),
            of,
            roles=(role,),
        )


def _grants(role: str, columns: list[asyncpg.Record]) -> Iterator[Mutant]:
    """Grant each column that is withheld; revoke each that is granted, and no other."""
    for row in columns:
        of, name, who = row["of"], row["name"], f"connect_{role}"
        table, column = f"connect.{of}", f'"{name}"'
        if not row["granted"]:
            statement = f"grant select ({column}) on {table} to {who}"
            yield Mutant(f"grant: {of}.{name} to {role}", (statement,), of, roles=(role,))
            continue
        rest = [f'"{each["name"]}"' for each in columns if each["of"] == of and each is not row]
        statements = [f"revoke select ({column}) on {table} from {who}"]
        if row["whole"]:
            statements = [f"revoke select on {table} from {who}"]
            if rest:
                statements.append(f"grant select ({', '.join(rest)}) on {table} to {who}")
        yield Mutant(f"revoke: {of}.{name} from {role}", tuple(statements), of, roles=(role,))


async def _keeping(connection: asyncpg.Connection) -> AsyncIterator[Mutant]:
    """Mutate what keeps pseudonyms and terms: the view of facts, functions, triggers."""
    for view in await connection.fetch(
        "select c.oid::regclass::text as name, pg_get_viewdef(c.oid, true) as text from pg_class c"
        " where c.relnamespace = 'connect'::regnamespace and c.relkind = 'v'"
    ):
        for each in dropped(view["text"].rstrip(";"), expression=False):
            make = f"create or replace view {view['name']} with (security_invoker = true) as "
            name = f"view: {view['name']} without {each.condition}"
            yield Mutant(name, (make + each.sql,), shows_in=_KEPT, writes=True)
    for function in await connection.fetch(_KEEPERS):
        asked = function["callable"]
        where: tuple[str, ...] = _KEPT
        if asked:
            where = _shows_in(await _reads(connection), function["name"])
            where = (STATUS,) if STATUS.startswith(function["name"]) else where[1:]
        for each in dropped(function["body"], expression=False):
            yield Mutant(
                f"function: {function['name']} without {each.condition}",
                (function["whole"].replace(function["body"], each.sql),),
                shows_in=where,
                writes=not asked,
            )
        if asked and not function["definer"]:
            statement = f"alter function connect.{function['name']} security definer"
            name = f"function: {function['name']} as its owner"
            yield Mutant(name, (statement,), shows_in=where)
    for trigger in await connection.fetch(_TRIGGERS):
        statement = f"drop trigger {trigger['name']} on {trigger['of']}"
        name = f"trigger: no {trigger['name']} on {trigger['of']}"
        last = trigger["of"].removeprefix("connect.")
        yield Mutant(name, (statement,), shows_in=_KEPT, writes=True, last=last)
