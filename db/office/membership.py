"""Memberships: who acts in which role and scope, from when and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from db.office.outcome import Outcome
from db.office.problem import Problems, reject
from db.office.value import check_text, moment, spelled

if TYPE_CHECKING:
    from db.catalog import Connection

KINDS: Final = {
    "PARTNER": "AGREEMENT",
    "RESEARCHER": "PROJECT",
    "CLINICIAN": "SITE",
    "AUTHORITY": "CONSORTIUM",
    "STEWARD": "CONSORTIUM",
}
"""Which kind of scope a role may hold, as the policies on `connect.scope` have it."""
_SCOPE = """
select s.id, s.kind::text, s.valid_to, p.organisation_number as owner, p.code as owner_code,
  now() as now
from connect.scope s
left join connect.agreement a on a.id = s.agreement_id
left join connect.project j on j.id = s.project_id
left join connect.site t on t.id = s.site_id
left join connect.partner p on p.id = coalesce(a.partner_id, j.partner_id, t.partner_id)
where s.code = $1
"""
_HELD = """
select m.id, m.key, m.role::text, m.valid_from, m.revoked_at, now() as now
from connect.membership m join connect.scope s on s.id = m.scope_id
where m.issuer = $1 and m.organisation_number = $2 and m.subject = $3 and s.code = $4
order by m.valid_from
"""
_ADD = """
insert into connect.membership
  (role, issuer, organisation_number, subject, scope_id, valid_from, revoked_at)
values ($1::text::connect.role, $2, $3, $4, $5, coalesce($6::timestamptz, now()), $7)
returning key
"""
_REVOKE = (
    "update connect.membership set revoked_at = coalesce($2::timestamptz, now()) where id = $1"
)
_LIST = """
select m.role::text, m.issuer, m.organisation_number, p.code as organisation, m.subject,
  s.code as scope, m.valid_from, m.revoked_at,
  m.valid_from <= now() and (m.revoked_at is null or m.revoked_at > now()) as valid
from connect.membership m
join connect.scope s on s.id = m.scope_id
join connect.partner p on p.organisation_number = m.organisation_number
where ($1::text is null or s.code = $1)
order by s.code, m.issuer, m.organisation_number, m.subject, m.valid_from
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Name a person, as tokens do, and a scope."""

    issuer: str
    organisation_number: str
    subject: str
    scope: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMembership(Holder):
    """Describe a membership: from now on, where no begin is given, until it is revoked."""

    role: str
    valid_from: str | None = None
    valid_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation(Holder):
    """Say whose membership ends, and when: now, where no moment is given."""

    at: str | None = None


async def add_membership(connection: Connection, new: NewMembership) -> Outcome:
    """Let a person act in a role and scope; the same again changes nothing.

    Raises: Rejected.
    """
    problems = Problems()
    check_text(problems, new.subject, "subject")
    check_text(problems, new.issuer, "issuer")
    if not new.issuer.startswith("https://"):
        problems.add("give the issuer as its tokens name it, beginning with https://", "issuer")
    begin = moment(problems, new.valid_from, "valid_from")
    end = moment(problems, new.valid_to, "valid_to")
    scope = await connection.fetchrow(_SCOPE, new.scope)
    if scope is None:
        problems.add(f"there is no scope {new.scope}", "scope")
    await _check_organisation(connection, problems, new, scope)
    problems.stop()
    assert scope is not None  # noqa: S101 - a problem otherwise
    now: datetime = scope["now"]
    held = await connection.fetch(
        _HELD, new.issuer, new.organisation_number, new.subject, new.scope
    )
    for one in held:
        if _is_same(one, new, begin, end):
            return Outcome(one["key"], changed=False)
    if scope["valid_to"] is not None and scope["valid_to"] <= now:
        problems.add(f"{new.scope} ended at {spelled(scope['valid_to'])}: name another", "scope")
    if begin is not None and begin < now:
        problems.add("the begin lies in the past: leave it out to begin now", "valid_from")
    if end is not None and end <= (begin or now):
        problems.add("the end must come after the begin", "valid_to")
    problems.stop()
    for one in held:
        _refuse_overlap(one, begin or now, end)
    key = await connection.fetchval(
        _ADD, new.role, new.issuer, new.organisation_number, new.subject, scope["id"], begin, end
    )
    return Outcome(key)


async def revoke_membership(connection: Connection, revocation: Revocation) -> Outcome:
    """End a membership, now or later; one that has ended stays as it was.

    Raises: Rejected.
    """
    problems = Problems()
    at = moment(problems, revocation.at, "at")
    problems.stop()
    held = await connection.fetch(
        _HELD,
        revocation.issuer,
        revocation.organisation_number,
        revocation.subject,
        revocation.scope,
    )
    if not held:
        raise reject(
            "nobody of this issuer, organisation and subject is a member there: "
            "compare with the root `memberships`",
            "subject",
        )
    last = held[-1]
    now, until = last["now"], last["revoked_at"]
    if until is not None and (until == at or (at is None and until <= now)):
        return Outcome(last["key"], changed=False)
    if until is not None and until <= now:
        raise reject(f"it ended at {spelled(until)}, and what has ended stays as it was", "at")
    if at is not None and at < now:
        raise reject("the end lies in the past: leave it out to revoke now", "at")
    await connection.execute(_REVOKE, last["id"], at)
    return Outcome(last["key"])


async def memberships(connection: Connection, scope: str | None) -> list[dict[str, Any]]:
    """List memberships, ended ones among them, of all scopes or of one."""
    return [dict(row) for row in await connection.fetch(_LIST, scope)]


async def _check_organisation(
    connection: Connection, problems: Problems, new: NewMembership, scope: Any
) -> None:
    """Note where role, kind of scope and organisation do not belong together."""
    sector = await connection.fetchval(
        "select sector::text from connect.partner where organisation_number = $1",
        new.organisation_number,
    )
    place = "organisation_number"
    if sector is None:
        problems.add("no organisation has this number: add it with createPartner", place)
    if new.role not in KINDS:
        problems.add(f"there is no role {new.role}: use {', '.join(KINDS)}", "role")
    elif scope is not None and scope["kind"] != KINDS[new.role]:
        sentence = (
            f"a {new.role.lower()} holds a scope of kind {KINDS[new.role]}, "
            f"and {new.scope} is of kind {scope['kind']}"
        )
        problems.add(sentence, "role")
    elif scope is not None and scope["kind"] != "CONSORTIUM" and sector is not None:
        if scope["owner"] != new.organisation_number:
            owner = scope["owner_code"] or "no organisation"
            problems.add(f"{new.scope} is of {owner}: name somebody of it", place)
    elif new.role == "AUTHORITY" and sector not in {None, "AUTHORITY"}:
        problems.add("acts as an authority, and is of another sector", place)


def _is_same(one: Any, new: NewMembership, begin: datetime | None, end: datetime | None) -> bool:
    """Tell whether a membership that has not ended is what is asked for."""
    return (
        one["role"] == new.role
        and (one["revoked_at"] is None or one["revoked_at"] > one["now"])
        and one["revoked_at"] == end
        and (begin == one["valid_from"] or (begin is None and one["valid_from"] <= one["now"]))
    )


def _refuse_overlap(one: Any, begin: datetime, end: datetime | None) -> None:
    until = one["revoked_at"]
    if until is not None and until <= one["valid_from"]:
        return  # revoked before it began
    if (until is None or until > begin) and (end is None or end > one["valid_from"]):
        upto = "" if until is None else f" until {spelled(until)}"
        raise reject(
            f"is a member there as {one['role'].lower()} from {spelled(one['valid_from'])}{upto}: "
            "revoke that first, or begin after it",
            "subject",
        )
