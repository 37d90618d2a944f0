"""What the row-security linter takes for a fault and is none: why, and the proof for each place.

A proof is asked of the catalog about every place that was found. A finding without a proof, or
whose proof fails there, stands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import asyncpg

from tests.attack.program import Finding

API = (
    "rolname ~ '^connect_'"
    " and rolname not in ('connect_loader', 'connect_auditor', current_user)"  # or who tests
)


@dataclass(frozen=True, slots=True)
class Excuse:
    """Hold why a rule does not apply, and the query that shows it of a table and what is on it."""

    why: str
    proof: str


# $1 is the table, or what else was found; $2 the policy, trigger or index where there is one.
_OF_NO_PATIENT = """$1 not in ('patient', 'pseudonym') and not exists (
  select from information_schema.columns
  where table_schema = 'connect' and table_name = $1 and column_name = 'patient_id')"""
_POLICY = """from pg_policies p
  where p.schemaname = 'connect' and (p.tablename, p.policyname) = ($1, $2)"""
_MAY = "has_any_column_privilege(oid, format('connect.%I', $1::text), '{}')"
# Of seven functions that run as the loader (decisions 0024, 0028 and 0030): none takes an argument,
# or a name from the session's path, and nobody may call one but the office and identification, one
# each.
_SETTLED = """(not f.prosecdef or f.pronargs = 0
  and f.proconfig = '{"search_path=pg_catalog, pg_temp"}'
  and f.proowner = 'connect_loader'::regrole
  and (f.prorettype = 'trigger'::regtype or f.proname in ('is_office', 'next_moment')))"""
# What is written of requests is added by those who answer and read by those who verify it, whole.
_AUDIT = f"""(p.tablename ~ '^audit_' and not exists (select from pg_roles
  where {API} and has_table_privilege(oid, format('connect.%I', $1::text), 'update, delete')
  or (rolname ~ '_(partner|researcher|authority|clinician|identity)_login$'
    and {_MAY.format("select, insert, update")})))"""
# The role as which the audit's commands read; only the database's owner may become it.
_AUDITOR = f"""(cmd = 'SELECT' and roles = '{{connect_auditor}}' and not exists (
  select from pg_roles a where a.rolname = 'connect_auditor' and a.rolcanlogin
  or {API.replace("rolname", "a.rolname")} and pg_has_role(a.oid, 'connect_auditor', 'member')))"""
EXCUSES = {
    "SEC005": Excuse(
        "A policy that asks who, and not of which row, is restrictive, and can only take away, or "
        "a steward's or the auditor's, who see all, or of a table that tells of no patient.",
        f"""select permissive = 'RESTRICTIVE' or roles = '{{connect_steward}}'
          or roles = '{{connect_office}}' and qual ~ 'connect.is_office\\(\\)'
          or ({_OF_NO_PATIENT}) or {_AUDITOR} {_POLICY}""",
    ),
    "SEC008": Excuse(
        "The chains of the audit are verified whole, by a role that cannot log in, and none of "
        "the callers' logins reads or writes one.",
        f"""select {_AUDITOR} or cmd = 'SELECT' and roles = '{{connect_audit}}' and {_AUDIT}
          {_POLICY}""",
    ),
    "SEC009": Excuse(
        "The rows of a release are nobody's: there is no policy because there is no grant.",
        f"""select $2::text is null and not exists (select from pg_roles where {API}
          and {_MAY.format("select, insert, update, references")})""",
    ),
    "SEC013": Excuse(
        "The trigger's function runs as who writes, as the rule itself says it should, or is one "
        "of the seven whose bodies were argued for.",
        f"""select {_SETTLED} from pg_trigger t join pg_proc f on f.oid = t.tgfoid
          where t.tgrelid = format('connect.%I', $1::text)::regclass and t.tgname = $2""",
    ),
    "SEC014": Excuse(
        "It is one of the seven: no argument, a fixed path, the loader's own work.",
        f"""select $2::text is null and {_SETTLED} from pg_proc f
          where f.pronamespace = 'connect'::regnamespace and f.proname = $1""",
    ),
    "SEC016": Excuse(
        "The loader is a role for the owner's own work: it cannot log in, and none of the API's "
        "roles is a member of it.",
        f"""select $2::text is null and not rolcanlogin and not exists (select from pg_roles a
          where {API.replace("rolname", "a.rolname")} and pg_has_role(a.oid, r.oid, 'member'))
          from pg_roles r where rolname = $1""",
    ),
    "SEC023": Excuse(
        "An entry of the audit is added and never changed: nobody may update or delete one.",
        f"select cmd = 'INSERT' and {_AUDIT} {_POLICY}",
    ),
    "SEC028": Excuse(
        "An entry is of any request: which, its writer says, and nobody may change it after.",
        f"select cmd = 'INSERT' and {_AUDIT} {_POLICY}",
    ),
    "SEC035": Excuse(
        "A key that is unique beyond a scope tells who may write of what is hidden: of the API's "
        "roles the office alone may, and nothing of the table is hidden from it.",
        f"""select $2::text is not null and not exists (select from pg_roles
          where {API} and {_MAY.format("insert, update")}
          and not (rolname ~ '^connect_office' and exists (select from pg_policies p
            where p.schemaname = 'connect' and p.tablename = $1 and p.cmd = 'SELECT'
            and p.roles = '{{connect_office}}'
            and p.qual in ('( SELECT connect.is_office() AS is_office)', 'true'))))""",
    ),
    "SEC038": Excuse(
        "As SEC008: the audit is verified whole.",
        f"""select {_AUDITOR} or cmd = 'SELECT' and roles = '{{connect_audit}}' and {_AUDIT}
          {_POLICY}""",
    ),
    "VIEW002": Excuse(
        "The view is the loader's, who sees every row as it is; none of the API's roles may read "
        "it, and with a barrier the triggers could not look up one patient by an index.",
        f"""select $2::text is null and not exists (select from pg_roles where {API}
          and {_MAY.format("select")})""",
    ),
    "PERF001": Excuse(
        "A rule of speed: an opening is found by its settings, in an index, and each is read once.",
        f"""select p.tablename = 'opening' and exists (
          select from pg_index i
          join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
          where i.indrelid = 'connect.opening'::regclass
          and p.qual ~ format('\\m%s\\M', a.attname)) {_POLICY}""",
    ),
    "PERF003": Excuse(
        "A rule of speed: the table has as many rows as there are contracts, members or releases, "
        "or the office writes one row of it by its key, or another condition of the same policy "
        "is an index's first column.",
        f"""select ({_OF_NO_PATIENT}) or roles = '{{connect_office}}' or exists (
          select from pg_index i
          join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
          where i.indrelid = format('connect.%I', $1::text)::regclass
          and p.qual ~ format('\\m%s\\M', a.attname)) {_POLICY}""",
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
