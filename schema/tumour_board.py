"""The molecular tumour board: what it found, and the options that it listed."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.evidence import EvidenceSystem
from schema.mapping import column, entity, many, one, public_id
from schema.scalars import Date

if TYPE_CHECKING:
    from schema.biomarker import Biomarker
    from schema.cohort import Cohort
    from schema.drug import Drug


@strawberry.enum(description="What a discussion by the molecular tumour board came to.")
class BoardOutcome(Enum):
    """Name an outcome."""

    OPTION_FOUND = strawberry.enum_value(
        "OPTION_FOUND", description="At least one therapeutic option was listed."
    )
    NO_ACTIONABLE = strawberry.enum_value(
        "NO_ACTIONABLE", description="Profiled, and nothing found that a treatment aims at."
    )
    INSUFFICIENT_MATERIAL = strawberry.enum_value(
        "INSUFFICIENT_MATERIAL", description="Too little material to profile; not a negative."
    )
    GERMLINE_REFERRAL = strawberry.enum_value(
        "GERMLINE_REFERRAL", description="Referred to genetic counselling for a germline finding."
    )


@entity("therapeutic_option", description="A treatment that the board listed, not recommended.")
class TherapeuticOption:
    """A row of `therapeutic_option`."""

    id: strawberry.ID = public_id("Id of the option in the viewer's scope.")
    evidence_system: EvidenceSystem | None = column(
        "evidence_system", "The system of the level; null where none was named."
    )
    evidence_level: str | None = column(
        "evidence_level", "{ESCAT} {OncoKB} {AMP/ASCO/CAP} level on the day of the discussion."
    )
    biomarker: Annotated[Biomarker, strawberry.lazy("schema.biomarker")] | None = one(
        "biomarker_id", "id", "What the option rests on; null: no single biomarker."
    )
    cohort: Annotated[Cohort, strawberry.lazy("schema.cohort")] | None = one(
        "cohort_id", "id", "The cohort that gives the treatment; null outside of one."
    )
    drugs: list[Annotated[Drug, strawberry.lazy("schema.drug")]] = many(
        "id",
        "option_id",
        "The drugs of the option.",
        order=("inn",),
        through=("therapeutic_option_drug", "drug_id"),
    )


@entity(
    "tumour_board_review",
    sides=(("tumour_board_review_identity", "tumour_board_review_id", "id"),),
    description="One discussion of a patient by the national molecular tumour board.",
)
class TumourBoardReview:
    """A row of `tumour_board_review`."""

    id: strawberry.ID = public_id("Id of the review in the viewer's scope.")
    held_day: int | None = column("held_day", "[days] from referral.")
    held_on: Date | None = column(
        "held_on",
        "Day of the discussion. Identifying: for stewards and the patient's own hospital.",
        of="tumour_board_review_identity",
    )
    outcome: BoardOutcome = column("outcome", "What it came to.")
    therapeutic_options: list[
        Annotated[TherapeuticOption, strawberry.lazy("schema.tumour_board")]
    ] = many(
        "id",
        "review_id",
        "The options that the viewer may see: a company's are those in its own cohorts.",
        order=("evidence_system", "evidence_level"),
    )
