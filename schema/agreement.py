"""Agreements: what a company and the consortium agreed on, and on which terms."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.mapping import column, entity, many, one
from schema.scalars import DateTime
from schema.viewer import DataDomain, Purpose

if TYPE_CHECKING:
    from schema.consortium import Partner
    from schema.drug import Drug

_TERM = "scope_term"


@strawberry.enum(description="How the cost of a drug is borne.")
class AgreementModel(Enum):
    """Name a model."""

    DRUG_SUPPLY = strawberry.enum_value("DRUG_SUPPLY", description="The company gives the drug.")
    SHARED_COST = strawberry.enum_value(
        "SHARED_COST", description="The company first, then the public for those with benefit."
    )
    OUTCOME_BASED = strawberry.enum_value(
        "OUTCOME_BASED", description="The public pays by what comes of the treatments."
    )


@entity(
    "agreement",
    unique="code",
    sides=((_TERM, "agreement_id", "id"),),
    description="What a company and the consortium agreed on. A company sees its own.",
)
class Agreement:
    """A row of `agreement`, with the terms of its scope beside it."""

    code: str = column("code", "Code of the agreement; that of its scope too.")
    model: AgreementModel = column("model", "How the cost is borne.")
    patients_agreed: int | None = column("patients_agreed", "[patients] agreed on.")
    weeks_company_pays: int | None = column(
        "weeks_company_pays", "[weeks] that the company supplies the drug."
    )
    valid_from: DateTime | None = column("valid_from", "When it begins.", of=_TERM)
    valid_to: DateTime | None = column("valid_to", "When it ends; null: no end is set.", of=_TERM)
    embargo_until: DateTime | None = column(
        "embargo_until", "Before it no record leaves; null: none.", of=_TERM
    )
    purposes: list[Purpose] | None = column("purposes", "What records may be used for.", of=_TERM)
    data_domains: list[DataDomain] | None = column(
        "data_domains", "The kinds of record included beside the clinical ones.", of=_TERM
    )
    partner: Annotated[Partner, strawberry.lazy("schema.consortium")] | None = one(
        "partner_id", "id", "The company."
    )
    drugs: list[Annotated[Drug, strawberry.lazy("schema.drug")]] = many(
        "id",
        "agreement_id",
        "The drugs whose cohorts it opens.",
        order=("inn",),
        through=("agreement_drug", "drug_id"),
    )
