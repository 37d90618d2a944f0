"""Funding: who pays for a treatment from when."""

from __future__ import annotations

from enum import Enum

import strawberry

from schema.mapping import column, entity


@strawberry.enum(description="Who pays for the drugs of a treatment.")
class Payer(Enum):
    """Name a payer."""

    COMPANY = strawberry.enum_value("COMPANY", description="The company supplies the drug.")
    PUBLIC = strawberry.enum_value("PUBLIC", description="The public health service pays.")


@entity(
    "treatment_funding",
    key="treatment_id",
    description="Who pays from a day on, until the next payer or the end of the treatment.",
)
class TreatmentFunding:
    """A row of `treatment_funding`."""

    payer: Payer = column("payer", "Who pays.")
    from_day: int = column("from_day", "[days] after treatment start.")
