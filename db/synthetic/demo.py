"""The demo's members: one per role in the invented consortium, more where asked for."""

from __future__ import annotations

from typing import Final, TypeAlias

import asyncpg

from db.synthetic.consortium import establish

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

# Which kind of scope a role may hold: as the policies on connect.scope have it.
KINDS: Final = {
    "PARTNER": "AGREEMENT",
    "RESEARCHER": "PROJECT",
    "AUTHORITY": "CONSORTIUM",
    "CLINICIAN": "SITE",
    "STEWARD": "CONSORTIUM",
}
_FIRST: Final = {
    "PARTNER": "AGR-OLA-01",
    "RESEARCHER": "PRJ-CRC-01",
    "AUTHORITY": "CONNECT",
    "CLINICIAN": "SITE-OUS",
    "STEWARD": "CONNECT",
}
# Who acts in the consortium's scope: it belongs to no single organisation.
_CONSORTIUM: Final = {"AUTHORITY": "DMP", "STEWARD": "CONNECT"}
_SCOPE = """
select s.id, s.kind::text as kind, p.organisation_number as owner
from connect.scope s
left join connect.agreement a on a.id = s.agreement_id
left join connect.project j on j.id = s.project_id
left join connect.site t on t.id = s.site_id
left join connect.partner p on p.id = coalesce(a.partner_id, j.partner_id, t.partner_id)
where s.code = $1
"""
_MEMBERSHIP = """
insert into connect.membership (role, issuer, organisation_number, subject, scope_id)
select $1::text::connect.role, $2, $3, $4, $5
where not exists (
  select from connect.membership
  where (issuer, organisation_number, subject, scope_id) = ($2, $3, $4, $5))
on conflict do nothing
"""


class ScopeRefused(Exception):
    """Say in one sentence why a role cannot act in a scope, and which scopes it can."""


async def seed(connection: Connection, issuer: str) -> None:
    """Establish the consortium, with one member per role; a second time is a no-op."""
    async with connection.transaction():
        await _as_loader(connection)
        await establish(connection)
        for role, code in _FIRST.items():
            await _join(connection, issuer, role, code, f"demo-{role.lower()}")


async def member(connection: Connection, issuer: str, role: str) -> tuple[str, str]:
    """Find the member of a role that `seed` made: the organisation's number and the subject."""
    subject = f"demo-{role.lower()}"
    number = await connection.fetchval(
        "select organisation_number from connect.membership where issuer = $1 and subject = $2",
        issuer,
        subject,
    )
    if number is None:
        raise ScopeRefused(
            f"there is no member {subject}: run `connect-graph migrate` with CONNECT_DEMO=1"
        )
    return str(number), subject


async def add_membership(
    connection: Connection, issuer: str, role: str, scope_code: str
) -> tuple[str, str]:
    """Make a member of a role in one scope; give the organisation's number and the subject."""
    role = role.upper()
    if role not in KINDS:
        raise ScopeRefused(f"there is no role {role}: use {', '.join(KINDS).lower()}")
    async with connection.transaction():
        await _as_loader(connection)
        subject = f"demo-{role.lower()}-{scope_code.lower()}"
        return await _join(connection, issuer, role, scope_code, subject), subject


async def _as_loader(connection: Connection) -> None:
    await connection.execute("set local role connect_loader")


async def _join(connection: Connection, issuer: str, role: str, code: str, subject: str) -> str:
    scope = await connection.fetchrow(_SCOPE, code)
    if scope is None or scope["kind"] != KINDS[role]:
        held = await connection.fetch(
            "select code from connect.scope where kind::text = $1 order by code",
            KINDS[role],
        )
        listed = ", ".join(row["code"] for row in held) or "none yet"
        kind = None if scope is None else scope["kind"].lower()
        what = f"there is no scope {code}" if kind is None else f"{code} is of kind {kind}"
        raise ScopeRefused(f"{what}: {role.lower()} may use {listed}")
    number = scope["owner"]
    if number is None:
        number = await connection.fetchval(
            "select organisation_number from connect.partner where code = $1",
            _CONSORTIUM.get(role, "CONNECT"),
        )
    if number is None:
        raise ScopeRefused(
            f"no organisation may act in {code}: establish the demo consortium first"
        )
    await connection.execute(_MEMBERSHIP, role, issuer, number, subject, scope["id"])
    return str(number)
