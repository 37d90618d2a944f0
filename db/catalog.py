"""What a login may read, asked of PostgreSQL itself: grants are never written down twice."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncpg
    from asyncpg.pool import PoolConnectionProxy

    Connection = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]

_COLUMNS = """
select c.relname, a.attname, format_type(a.atttypid, null) as type
from pg_class c join pg_attribute a on a.attrelid = c.oid
where c.relnamespace = 'connect'::regnamespace and c.relkind = 'r'
  and a.attnum > 0 and not a.attisdropped
  and has_column_privilege(c.oid, a.attnum, 'select')
"""
_FUNCTIONS = """
select p.proname from pg_proc p
where p.pronamespace = 'connect'::regnamespace and has_function_privilege(p.oid, 'execute')
"""
_PATTERNS = """
select c.relname, a.attname, substring(
    pg_get_constraintdef(k.oid)
    from '^CHECK \\(\\("?[a-z0-9_]+"? ~ ''(.*)''::text\\)\\)$') as pattern
from pg_constraint k
join pg_class c on c.oid = k.conrelid
join pg_attribute a on a.attrelid = c.oid and array[a.attnum] = k.conkey
where c.relnamespace = 'connect'::regnamespace and k.contype = 'c' and k.convalidated
"""
_ENUMERATIONS = """
select format_type(t.oid, null) as name from pg_type t
where t.typnamespace = 'connect'::regnamespace and t.typtype = 'e'
"""
_POLICIES = """
select c.relname, p.polname,
  substring(pg_get_expr(p.polqual, p.polrelid) from '''([A-Z_]+)''::text = ANY') as kind,
  exists (select from unnest(p.polroles) r where r = 0 or pg_has_role(r, 'member')) as applies,
  array(
    select distinct r.relname::text from pg_depend d join pg_class r on r.oid = d.refobjid
    where d.classid = 'pg_policy'::regclass and d.objid = p.oid
      and d.refclassid = 'pg_class'::regclass and r.oid <> c.oid) as reads
from pg_policy p join pg_class c on c.oid = p.polrelid
where c.relnamespace = 'connect'::regnamespace and p.polcmd = 'r'
order by c.relname, p.polname
"""


@dataclass(frozen=True, slots=True)
class Policy:
    """Hold what a policy of a table tells of itself; which rows it shows is PostgreSQL's alone."""

    name: str
    applies: bool
    """To the login, not only to other roles."""
    kind: str | None
    """The kind of record that it withholds from contracts without it."""
    reads: frozenset[str]
    """The other tables that its condition looks at."""


@dataclass(frozen=True, slots=True)
class Grants:
    """Hold the columns and functions that a login may use, and the policies between it and rows."""

    columns: Mapping[tuple[str, str], str]
    """Types, as PostgreSQL writes them, by table and column."""
    functions: frozenset[str]
    policies: Mapping[str, tuple[Policy, ...]]
    """By table."""
    plain: frozenset[tuple[str, str]] = frozenset()
    """The columns whose texts hold nothing that JSON escapes, by their constraints."""
    enumerations: frozenset[str] = frozenset()
    """The types whose values are words, as PostgreSQL writes them."""


async def grants(connection: Connection) -> Grants:
    """Read what the connection's login may use."""
    columns = await connection.fetch(_COLUMNS)
    functions = await connection.fetch(_FUNCTIONS)
    policies: dict[str, tuple[Policy, ...]] = {}
    for row in await connection.fetch(_POLICIES):
        policy = Policy(row["polname"], row["applies"], row["kind"], frozenset(row["reads"]))
        policies[row["relname"]] = (*policies.get(row["relname"], ()), policy)
    patterns = await connection.fetch(_PATTERNS)
    plain = {(row["relname"], row["attname"]) for row in patterns if is_plain(row["pattern"])}
    return Grants(
        MappingProxyType({(row["relname"], row["attname"]): row["type"] for row in columns}),
        frozenset(row["proname"] for row in functions),
        MappingProxyType(policies),
        frozenset(plain),
        frozenset(row["name"] for row in await connection.fetch(_ENUMERATIONS)),
    )


# Of a pattern: characters for themselves, some escaped, sets of them that are not negated, how
# often, and groups; so no text that it matches holds a quote, a backslash or a control character.
_WITHIN = r"(?:[a-z]-[a-z]|[A-Z]-[A-Z]|[0-9]-[0-9]|[A-Za-z0-9 _.:/,;+()])+-?"
_CHARACTERS = rf"[A-Za-z0-9 _:/,;-]|\\[.+()/-]|\[{_WITHIN}\]"
_OFTEN = r"(?:[?*+]|\{[0-9]+(?:,[0-9]*)?\})?"
_SEQUENCE = rf"(?:(?:{_CHARACTERS}){_OFTEN})*"
_GROUP = rf"\({_SEQUENCE}(?:\|{_SEQUENCE})*\){_OFTEN}"
_PLAIN = re.compile(rf"\^(?:(?:{_CHARACTERS}){_OFTEN}|{_GROUP})*\$")


def is_plain(pattern: str | None) -> bool:
    """Tell whether what matches a pattern as a whole needs no escaping in JSON."""
    return pattern is not None and _PLAIN.fullmatch(pattern) is not None
