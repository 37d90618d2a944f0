"""The viewer: who asks, as the database knows them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from db.pool import Pool


class Role(Enum):
    """Name a role; its value names the role's login."""

    PARTNER = "partner"
    RESEARCHER = "researcher"
    AUTHORITY = "authority"
    CLINICIAN = "clinician"
    STEWARD = "steward"


@dataclass(frozen=True, slots=True)
class Caller:
    """Hold what a verified token says: who, never as what."""

    issuer: str
    organisation: str
    """{Brønnøysund} nine digits."""
    subject: str


class Proof(NamedTuple):
    """Hold by what a statement proves that its viewer is still as they were told."""

    version: str | None
    """Of memberships, scopes and organisations; None: nothing is to be proved."""
    during: str | None
    """From when it was told until when something begins or ends by the clock alone."""


NOTHING = Proof(None, None)


@dataclass(frozen=True, slots=True)
class Viewer:
    """Hold a caller in one role and scope, from a membership that was valid a moment ago.

    Nothing is granted by it: every policy looks the membership up again. One that is kept for later
    requests has a proof, and each statement that reads as its viewer asks for it.
    """

    caller: Caller
    role: Role
    scope: str
    scope_kind: str
    valid_from: str
    """{ISO 8601} when the scope begins, like the two times that follow."""
    valid_to: str | None
    embargo_until: str | None
    embargoed: bool
    """By the database's clock."""
    purposes: tuple[str, ...]
    data_domains: tuple[str, ...] | None
    """The kinds of record that an agreement or a project includes; None where neither."""
    organisation_code: str
    organisation_name: str
    namespace: str
    """What the scope's ids are made of: its code, and after a rotation a number."""
    purpose: str | None
    """What is stated, or the scope's only one; null where it is yet to be stated."""
    proof: Proof = field(default=NOTHING, compare=False)

    @property
    def settings(self) -> tuple[str, str, str, str, str]:
        """Give the values that every statement sets first, in the order of `statement.SETTINGS`."""
        caller = self.caller
        who = (caller.issuer, caller.organisation, caller.subject)
        return (*who, self.namespace, self.purpose or "")

    @property
    def given(self) -> tuple[str | None, ...]:
        """Give the first values of every statement: the settings, then the proof's."""
        return (*self.settings, *self.proof)


_SAID = """set_config('app.issuer', $1, true) is not null
  and set_config('app.organisation', $2, true) is not null
  and set_config('app.subject', $3, true) is not null"""
_MEMBERSHIPS = f"""
select case when {_SAID}
then (
  select json_build_array(
    (select version from connect.viewer_version),
    tstzrange(now(), (select connect.next_moment())),
    coalesce(json_agg(json_build_array(
      m.role, s.code, s.kind, s.valid_from, s.valid_to, s.embargo_until,
      coalesce(s.embargo_until > now(), false), s.purposes,
      case when s.kind in ('AGREEMENT', 'PROJECT') then s.data_domains end, p.code, p.name,
      s.namespace)
      order by s.code), '[]'))::text
  from connect.membership m
  join connect.scope s on s.id = m.scope_id
  join connect.partner p on p.organisation_number = m.organisation_number
) end
"""  # noqa: S608


async def viewers(identity: Pool, caller: Caller) -> tuple[Viewer, ...]:
    """List the roles and scopes that a caller may act in now, by scope."""
    held, _ = await identify(identity, caller)
    return held


async def identify(identity: Pool, caller: Caller) -> tuple[tuple[Viewer, ...], Proof]:
    """List the roles and scopes of a caller, with what proves later that they are still these."""
    text = await identity.text(_MEMBERSHIPS, caller.issuer, caller.organisation, caller.subject)
    version, during, held = json.loads(text)
    return tuple(_viewer(caller, *found) for found in held), Proof(version, during)


def proved(first: int) -> str:
    """Write the condition that a proof, whose values begin at a parameter, still holds."""
    version = "(select v.version from connect.viewer_version v)"
    return f"{version} = ${first} and ${first + 1}::text::tstzrange @> now()"


_HOLDS = f"select coalesce({_SAID} and {proved(4)}, false)::text"


async def holds(identity: Pool, viewer: Viewer) -> bool:
    """Tell whether what a viewer was told is still so."""
    caller = viewer.caller
    who = (caller.issuer, caller.organisation, caller.subject)
    return await identity.text(_HOLDS, *who, *viewer.proof) == "true"


def _viewer(caller: Caller, role: str, *found: Any) -> Viewer:
    scope, kind, begins, ends, embargo, embargoed, purposes, domains, code, name, namespace = found
    purpose = purposes[0] if len(purposes) == 1 else None
    held = tuple(purposes), None if domains is None else tuple(domains)
    times = begins, ends, embargo, embargoed
    return Viewer(caller, Role[role], scope, kind, *times, *held, code, name, namespace, purpose)
