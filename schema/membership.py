"""Memberships: who acts in which role and scope."""

from __future__ import annotations

from typing import Annotated

import strawberry

from schema.mapping import column, entity, one
from schema.scalars import DateTime
from schema.viewer import DataDomain, Purpose, Role, ScopeKind


@entity("scope_term", key="scope_id", description="The terms of a scope.")
class ScopeTerms:
    """A row of `scope_term`."""

    code: str = column("code", "Code, as given in the header X-Scope.")
    kind: ScopeKind = column("kind", "Agreement, project, site or the consortium.")
    valid_from: DateTime = column("valid_from", "When it begins.")
    valid_to: DateTime | None = column("valid_to", "When it ends; null: no end is set.")
    embargo_until: DateTime | None = column(
        "embargo_until", "Before it no record leaves; null: none."
    )
    purposes: list[Purpose] = column("purposes", "What it may be used for.")
    data_domains: list[DataDomain] = column(
        "data_domains", "The kinds of record included beside the clinical ones."
    )


@entity(
    "membership",
    unique="key",
    description="That somebody acts in a role and scope. Stewards see all, others their own.",
)
class Membership:
    """A row of `membership`."""

    id: strawberry.ID = column("key", "Names the membership.")
    issuer: str = column("issuer", "Whose tokens name the person.")
    organisation_number: str = column(
        "organisation_number", "{Brønnøysund} Of the organisation that the person acts for."
    )
    subject: str = column("subject", "The person, as the issuer names them.")
    role: Role = column("role", "In which role.")
    valid_from: DateTime = column("valid_from", "When it begins.")
    revoked_at: DateTime | None = column("revoked_at", "When it ends; null: no end is set.")
    scope: Annotated[ScopeTerms, strawberry.lazy("schema.membership")] | None = one(
        "scope_id", "scope_id", "What it opens. For stewards, companies and researchers."
    )
