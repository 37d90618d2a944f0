"""Responses: assessments of the tumour, and the outcome of a treatment."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.mapping import column, entity, many, one, part, public_id
from schema.scalars import Event, Response

if TYPE_CHECKING:
    from schema.treatment import Treatment


@strawberry.enum(description="Published criteria by which a tumour's response is judged.")
class Criteria(Enum):
    """Name criteria."""

    RECIST_1_1 = "RECIST_1_1"
    IRECIST = "IRECIST"
    RANO = "RANO"
    LUGANO = "LUGANO"
    IMWG = "IMWG"
    PCWG3 = "PCWG3"
    GCIG_CA125 = "GCIG_CA125"
    RECIST_1_1_GCIG_CA125 = strawberry.enum_value(
        "RECIST_1_1_GCIG_CA125", description="RECIST 1.1 and CA-125 combined, by GCIG."
    )


@strawberry.enum(description="Who judged the images.")
class Evaluator(Enum):
    """Name an evaluator."""

    INVESTIGATOR = "INVESTIGATOR"
    INDEPENDENT = "INDEPENDENT"


@strawberry.enum(description="Whether an outcome was reported by the source or derived by rules.")
class OutcomeSource(Enum):
    """Name a source of outcomes."""

    REPORTED = "REPORTED"
    DERIVED = "DERIVED"


@strawberry.enum(description="Clinical benefit: CR, PR or SD at week 16.")
class ClinicalBenefit(Enum):
    """Name a verdict on benefit."""

    YES = "YES"
    NO = "NO"
    NOT_EVALUABLE = strawberry.enum_value(
        "NOT_EVALUABLE", description="Too little treatment or no usable assessment; not a NO."
    )
    TOO_EARLY = strawberry.enum_value(
        "TOO_EARLY", description="Week 16 has not come yet; not a NO."
    )


@entity("response_component", description="One part of an assessment, such as the target lesions.")
class ResponseComponent:
    """A row of `response_component`."""

    id: strawberry.ID = public_id("Id of the component in the viewer's scope.")
    test: str = column(
        "test", "What was judged {SDTM RSTESTCD}: TRGRESP, NTRGRESP, NEWLPROG, BONERESP and others."
    )
    response: str = column("response", "Response as recorded.")


@entity("response_assessment", description="One evaluation of the tumour by one set of criteria.")
class ResponseAssessment:
    """A row of `response_assessment`."""

    id: strawberry.ID = public_id("Id of the assessment in the viewer's scope.")
    day: int | None = column("day", "[days] after treatment start.")
    week: int | None = column("week", "[weeks] completed after treatment start.")
    criteria: Criteria = column("criteria", "The criteria applied.")
    evaluator: Evaluator | None = column("evaluator", "Who judged; null where not known.")
    target_sum: float | None = column(
        "target_sum_mm", "[mm] sum of the diameters of the target lesions."
    )
    change_from_baseline: float | None = column(
        "change_from_baseline", "[%] change of the target sum from baseline; -100 is gone."
    )
    change_from_nadir: float | None = column(
        "change_from_nadir", "[%] change of the target sum from its smallest value."
    )
    new_lesion: bool | None = column("new_lesion", "A lesion that was not there before.")
    response: str | None = column("response", "Response as recorded.")
    normalised_response: Response | None = column(
        "normalised_response", "Response {RECIST}; null where the recorded one does not map."
    )
    treatment: Annotated[Treatment, strawberry.lazy("schema.treatment")] | None = one(
        "treatment_id", "id", "The treatment whose effect was assessed."
    )
    confirmed: bool | None = column("confirmed", "Confirmed by a later assessment.")
    evaluator_id: str | None = column(
        "evaluator_id",
        "Which of several evaluators, as recorded, such as RADIOLOGIST 2; null where there is one.",
    )
    accepted: bool | None = column(
        "accepted", "The evaluator whose verdict counts where several judged; null: not said."
    )
    visit: str | None = column("visit", "The visit as recorded, such as WEEK 6.")
    method: str | None = column("method", "How it was seen, as recorded, such as PET-CT.")
    components: list[Annotated[ResponseComponent, strawberry.lazy("schema.response")]] = many(
        "id",
        "assessment_id",
        "What the verdict is made of; empty where only the verdict is recorded.",
        order=("test",),
        size=4,
    )


@strawberry.type(description="Time to an event, with whether the event was seen.")
class TimeToEvent:
    """Columns of one row that share a prefix."""

    days: int | None = column("days", "[days]; null where not known.")
    event: Event = column("event", "Seen, censored, or nobody said.")


@entity("outcome", key="treatment_id", description="What came of a treatment.")
class Outcome:
    """A row of `outcome`."""

    source: OutcomeSource = column("source", "Reported by the source, or derived by rules.")
    rule_set: str | None = column("rule_set", "Version of the rules that derived it.")
    best_overall_response: Response | None = column(
        "best_overall_response", "Best response {RECIST}, not confirmed."
    )
    best_confirmed_response: Response | None = column(
        "best_confirmed_response", "Best response {RECIST} that a later assessment confirmed."
    )
    clinical_benefit16w: ClinicalBenefit | None = column(
        "clinical_benefit_16w", "CR, PR or SD at week 16; null where not reported."
    )
    progression_free_survival: Annotated[TimeToEvent, strawberry.lazy("schema.response")] | None = (
        part(
            "progression_free_survival_",
            "event",
            "Time from treatment start to progression or death; null where not reported.",
        )
    )
    overall_survival: Annotated[TimeToEvent, strawberry.lazy("schema.response")] | None = part(
        "overall_survival_",
        "event",
        "Time to death, from treatment start or as the source counts; null where not reported.",
    )
    duration_of_response: Annotated[TimeToEvent, strawberry.lazy("schema.response")] | None = part(
        "duration_of_response_",
        "event",
        "Time from first response to progression or death; null where not reported.",
    )
