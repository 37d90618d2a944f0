"""What the row-security linter takes for a fault and is none: why, and the proof for each place.

A proof is asked of the catalog about every place that was found. A finding without a proof, or
whose proof fails there, stands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import asyncpg

from tests.attack.program import Finding

API = "rolname ~ '^connect_' and rolname <> 'connect_loader'"


@dataclass(frozen=True, slots=True)
class Excuse:
    """Hold why a rule does not apply, and the query that shows it of a table and what is on it."""

    why: str
    proof: str


# $1 is the table, $2 the policy, trigger or index where there is one.
_OF_NO_PATIENT = """$1 not in ('patient', 'pseudonym') and not exists (
  select from information_schema.columns
  where table_schema = 'connect' and table_name = $1 and column_name = 'patient_id')"""
EXCUSES = {
    "SEC005": Excuse(
        "A policy that asks who, and not of which row, is either restrictive, and can only take "
        "away, or a steward's, who sees everything, or of a table that tells of no patient.",
        f"""select restrictive or stewards or of_none from (select
          permissive = 'RESTRICTIVE' as restrictive,
          roles = '{{connect_steward}}' as stewards, {_OF_NO_PATIENT} as of_none
          from pg_policies where schemaname = 'connect'
          and (tablename, policyname) = ($1, $2)) p""",
    ),
    "SEC009": Excuse(
        "The rows of a release are nobody's: there is no policy because there is no grant.",
        f"""select $2::text is null and not exists (select from pg_roles where {API}
          and has_any_column_privilege(oid, format('connect.%I', $1::text),
            'select, insert, update, references'))""",
    ),
    "SEC013": Excuse(
        "The trigger's function runs as who writes, as the rule itself says it should.",
        """select not p.prosecdef from pg_trigger t join pg_proc p on p.oid = t.tgfoid
          where t.tgrelid = format('connect.%I', $1::text)::regclass and t.tgname = $2""",
    ),
    "SEC016": Excuse(
        "The loader is a role for the owner's own work: it cannot log in, and none of the API's "
        "roles is a member of it.",
        f"""select $2::text is null and not rolcanlogin and not exists (select from pg_roles a
          where {API} and pg_has_role(a.oid, r.oid, 'member'))
          from pg_roles r where rolname = $1""",
    ),
    "SEC035": Excuse(
        "A key that is unique beyond a scope tells who may write of what is hidden: none of the "
        "API's roles may write the table.",
        f"""select $2::text is not null and not exists (select from pg_roles where {API}
          and has_any_column_privilege(oid, format('connect.%I', $1::text), 'insert, update'))""",
    ),
    "VIEW002": Excuse(
        "The view is the loader's, who sees every row as it is; none of the API's roles may read "
        "it, and with a barrier the triggers could not look up one patient by an index.",
        f"""select $2::text is null and not exists (select from pg_roles where {API}
          and has_any_column_privilege(oid, format('connect.%I', $1::text), 'select'))""",
    ),
    "PERF003": Excuse(
        "A rule of speed: the table has as many rows as there are contracts, members or releases, "
        "or another condition of the same policy is an index's first column.",
        f"""select {_OF_NO_PATIENT} or exists (select from pg_index i
          join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
          where i.indrelid = format('connect.%I', $1::text)::regclass
          and p.qual ~ format('\\m%s\\M', a.attname)) from pg_policies p
          where p.schemaname = 'connect' and (p.tablename, p.policyname) = ($1, $2)""",
    ),
}


async def stands(owner: asyncpg.Connection, finding: Finding) -> bool:
    """Tell whether a finding stands: whether nothing shows that it is none."""
    excuse = EXCUSES.get(finding.rule)
    if excuse is None:
        return True
    named = re.match(r"(?:connect\.)?(\w+)(?:\.(\w+)| \((\w+)\))?$", finding.location)
    assert named is not None, finding.location
    table, one, other = named.groups()
    return await owner.fetchval(excuse.proof, table, one or other) is not True
