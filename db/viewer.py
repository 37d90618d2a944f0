"""The viewer: who asks, as the database knows them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

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


@dataclass(frozen=True, slots=True)
class Viewer:
    """Hold a caller in one role and scope, from a membership that was valid a moment ago.

    Nothing is granted by it: every policy looks the membership up again.
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

    @property
    def settings(self) -> tuple[str, str, str, str, str]:
        """Give the values that every statement sets first, in the order of `statement.SETTINGS`."""
        caller = self.caller
        who = (caller.issuer, caller.organisation, caller.subject)
        return (*who, self.namespace, self.purpose or "")


_MEMBERSHIPS = """
select case when set_config('app.issuer', $1, true) is not null
  and set_config('app.organisation', $2, true) is not null
  and set_config('app.subject', $3, true) is not null
then (
  select coalesce(json_agg(json_build_array(
    m.role, s.code, s.kind, s.valid_from, s.valid_to, s.embargo_until,
    coalesce(s.embargo_until > now(), false), s.purposes,
    case when s.kind in ('AGREEMENT', 'PROJECT') then s.data_domains end, p.code, p.name,
    s.namespace)
    order by s.code), '[]')::text
  from connect.membership m
  join connect.scope s on s.id = m.scope_id
  join connect.partner p on p.organisation_number = m.organisation_number
) end
"""


async def viewers(identity: Pool, caller: Caller) -> tuple[Viewer, ...]:
    """List the roles and scopes that a caller may act in now, by scope."""
    text = await identity.text(_MEMBERSHIPS, caller.issuer, caller.organisation, caller.subject)
    return tuple(_viewer(caller, *found) for found in json.loads(text))


def _viewer(caller: Caller, role: str, *found: Any) -> Viewer:
    scope, kind, begins, ends, embargo, embargoed, purposes, domains, code, name, namespace = found
    purpose = purposes[0] if len(purposes) == 1 else None
    held = tuple(purposes), None if domains is None else tuple(domains)
    times = begins, ends, embargo, embargoed
    return Viewer(caller, Role[role], scope, kind, *times, *held, code, name, namespace, purpose)
