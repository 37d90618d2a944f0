"""From referral to an offer: the share of patients offered treatment is the first endpoint."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.mapping import column, entity, many, one, public_id
from schema.scalars import Date

if TYPE_CHECKING:
    from schema.cohort import Cohort


@strawberry.enum(description="What became of an offer.")
class OfferStatus(Enum):
    """Name what became of an offer."""

    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    NOT_ELIGIBLE = "NOT_ELIGIBLE"
    DETERIORATED = "DETERIORATED"
    DIED = "DIED"
    NO_SLOT = "NO_SLOT"
    PENDING = "PENDING"


@entity("offer", description="A treatment offered in a cohort, and whether it was taken.")
class Offer:
    """A row of `offer`."""

    id: strawberry.ID = public_id("Id of the offer in the viewer's scope.")
    cohort: Annotated[Cohort, strawberry.lazy("schema.cohort")] | None = one(
        "cohort_id", "id", "The cohort that was offered."
    )
    offered_day: int | None = column("offered_day", "[days] from referral.")
    status: OfferStatus = column("status", "Accepted, or why not.")


@entity(
    "screening",
    sides=(("screening_identity", "screening_id", "id"),),
    description="A patient's way from referral to a match.",
)
class Screening:
    """A row of `screening`."""

    id: strawberry.ID = public_id("Id of the screening in the viewer's scope.")
    referred_on: Date | None = column(
        "referred_on",
        "Day of referral. Identifying: for stewards and the patient's own hospital.",
        of="screening_identity",
    )
    profiled_day: int | None = column(
        "profiled_day", "[days] from referral to the molecular profile."
    )
    discussed_day: int | None = column(
        "discussed_day", "[days] from referral to the molecular tumour board."
    )
    matched: bool | None = column(
        "matched", "An actionable alteration with an open cohort was found; null where not known."
    )
    offers: list[Annotated[Offer, strawberry.lazy("schema.screening")]] = many(
        "id", "screening_id", "The cohorts that were offered.", order=("offered_day",), size=2
    )
