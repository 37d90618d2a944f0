"""Responses: assessments of the tumour, and the outcome of a treatment."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.mapping import column, entity, many, one, part, public_id
from schema.scalars import Date, Evaluability, Event, Response

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


@strawberry.enum(description="Response of a tumour {iRECIST}; IUPD is unconfirmed progression.")
class ImmuneResponse(Enum):
    """Name a response category of iRECIST."""

    ICR = "ICR"
    IPR = "IPR"
    ISD = "ISD"
    IUPD = "IUPD"
    ICPD = "ICPD"
    NE = "NE"


@strawberry.enum(description="Why the rules derived what they did.")
class OutcomeReason(Enum):
    """Name a reason."""

    RESPONSE = strawberry.enum_value(
        "RESPONSE", description="A complete or partial response was seen."
    )
    CONFIRMED = strawberry.enum_value(
        "CONFIRMED", description="A later assessment, 28 days or more after, confirmed it."
    )
    RESPONSE_NOT_CONFIRMED = strawberry.enum_value(
        "RESPONSE_NOT_CONFIRMED", description="There was a response, and nothing confirmed it."
    )
    STABLE = strawberry.enum_value("STABLE", description="Stable disease at day 42 or later.")
    STABLE_TOO_SHORT = strawberry.enum_value(
        "STABLE_TOO_SHORT", description="No progression, but seen only before day 42."
    )
    PROGRESSION = strawberry.enum_value(
        "PROGRESSION", description="Progression; by iRECIST a confirmed one."
    )
    UNCONFIRMED_PROGRESSION = strawberry.enum_value(
        "UNCONFIRMED_PROGRESSION", description="iUPD that nothing confirmed."
    )
    ONLY_NOT_EVALUABLE = strawberry.enum_value(
        "ONLY_NOT_EVALUABLE", description="The assessments show nothing."
    )
    NO_ASSESSMENT = strawberry.enum_value("NO_ASSESSMENT", description="No assessment counts.")
    NO_RESPONSE = strawberry.enum_value(
        "NO_RESPONSE", description="There was no response to measure."
    )
    DISEASE_CONTROL = strawberry.enum_value(
        "DISEASE_CONTROL", description="CR, PR or SD from day 98 to 126."
    )
    LATER_DISEASE_CONTROL = strawberry.enum_value(
        "LATER_DISEASE_CONTROL",
        description="CR, PR or SD after day 126, without progression before.",
    )
    DEATH = strawberry.enum_value("DEATH", description="Death.")
    BEFORE_WINDOW_END = strawberry.enum_value(
        "BEFORE_WINDOW_END", description="The data end before day 126."
    )
    NEXT_THERAPY = strawberry.enum_value(
        "NEXT_THERAPY", description="Another anticancer therapy began."
    )
    WINDOW_MISSED = strawberry.enum_value(
        "WINDOW_MISSED",
        description="Nothing was assessed from day 98 to 126, nor disease control later.",
    )
    LESS_THAN_ONE_CYCLE = strawberry.enum_value(
        "LESS_THAN_ONE_CYCLE",
        description="Treated for less than one cycle: 28 days oral, 21 days intravenous.",
    )
    DIED_IN_FIRST_CYCLE = strawberry.enum_value(
        "DIED_IN_FIRST_CYCLE",
        description="Died within the first cycle, without documented progression.",
    )
    EXPOSURE_UNKNOWN = strawberry.enum_value(
        "EXPOSURE_UNKNOWN", description="The treatment ended on a day that is not known."
    )
    ONE_CYCLE = strawberry.enum_value("ONE_CYCLE", description="Treated for at least one cycle.")
    PROGRESSION_IN_FIRST_CYCLE = strawberry.enum_value(
        "PROGRESSION_IN_FIRST_CYCLE",
        description="Treated for less than one cycle, with progression within it.",
    )
    MISSED_VISITS = strawberry.enum_value(
        "MISSED_VISITS",
        description="The event came more than 126 days after the last adequate assessment.",
    )
    NO_ADEQUATE_ASSESSMENT = strawberry.enum_value(
        "NO_ADEQUATE_ASSESSMENT", description="No assessment after the start was adequate."
    )
    LAST_ADEQUATE_ASSESSMENT = strawberry.enum_value(
        "LAST_ADEQUATE_ASSESSMENT", description="No event until the last adequate assessment."
    )
    VITAL_STATUS_UNKNOWN = strawberry.enum_value(
        "VITAL_STATUS_UNKNOWN", description="Nobody says whether the patient lives."
    )
    DEATH_DAY_UNKNOWN = strawberry.enum_value(
        "DEATH_DAY_UNKNOWN", description="Dead since a day that is not known."
    )
    LAST_CONTACT_UNKNOWN = strawberry.enum_value(
        "LAST_CONTACT_UNKNOWN", description="Alive, and last seen on a day that is not known."
    )
    ALIVE = strawberry.enum_value("ALIVE", description="Alive on that day.")


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
    response: str | None = column(
        "response", "Response as recorded; {iRECIST} has iCR, iPR, iSD, iUPD and iCPD."
    )
    normalised_response: Response | None = column(
        "normalised_response",
        "Response {RECIST}; null where the recorded one does not map, as iUPD.",
    )
    treatment: Annotated[Treatment, strawberry.lazy("schema.treatment")] | None = one(
        "treatment_id", "id", "The treatment whose effect was assessed."
    )
    confirmed: bool | None = column("confirmed", "Confirmed by a later assessment.")
    evaluator_id: str | None = column(
        "evaluator_id",
        "Which of several evaluators, as recorded, such as RADIOLOGIST 2; null where there is one. "
        "For stewards and hospitals.",
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
    reason: OutcomeReason | None = column("reason", "Why; null where not derived.")


@entity("outcome", key="treatment_id", description="What came of a treatment.")
class Outcome:
    """A row of `outcome`."""

    source: OutcomeSource = column("source", "Reported by the source, or derived by rules.")
    rule_set: str | None = column("rule_set", "Version of the rules that derived it.")
    best_overall_response: Response | None = column(
        "best_overall_response", "Best response {RECIST}, not confirmed."
    )
    best_overall_response_reason: OutcomeReason | None = column(
        "best_overall_response_reason", "Why; null where not derived."
    )
    best_confirmed_response: Response | None = column(
        "best_confirmed_response", "Best response {RECIST} that a later assessment confirmed."
    )
    best_confirmed_response_reason: OutcomeReason | None = column(
        "best_confirmed_response_reason", "Why; null where not derived."
    )
    best_immune_response: ImmuneResponse | None = column(
        "best_immune_response", "Best response {iRECIST}, not confirmed; null: not assessed by it."
    )
    best_immune_response_reason: OutcomeReason | None = column(
        "best_immune_response_reason", "Why; null where not derived."
    )
    best_confirmed_immune_response: ImmuneResponse | None = column(
        "best_confirmed_immune_response",
        "Best response {iRECIST} that a later assessment confirmed; null: not assessed by it.",
    )
    best_confirmed_immune_response_reason: OutcomeReason | None = column(
        "best_confirmed_immune_response_reason", "Why; null where not derived."
    )
    clinical_benefit16w: ClinicalBenefit | None = column(
        "clinical_benefit_16w", "CR, PR or SD at week 16; null where not reported."
    )
    clinical_benefit16w_reason: OutcomeReason | None = column(
        "clinical_benefit_16w_reason", "Why; null where not derived."
    )
    evaluability: Evaluability | None = column(
        "evaluability",
        "As derived: EVALUABLE exactly where benefit is YES or NO; null where not derived.",
    )
    evaluability_reason: OutcomeReason | None = column(
        "evaluability_reason", "Why; null where not derived."
    )
    criteria: Criteria | None = column(
        "criteria", "The criteria that ruled; null where nothing was assessed, or not derived."
    )
    evaluator: Evaluator | None = column(
        "evaluator", "Whose assessments ruled; null where there were none, or not derived."
    )
    data_cut_off: Date | None = column(
        "data_cut_off",
        "The study's data cut-off when derived; null where not known. For stewards and hospitals.",
    )
    assessments: list[Annotated[ResponseAssessment, strawberry.lazy("schema.response")]] = many(
        "treatment_id",
        "treatment_id",
        "The assessments that it rests on, in the order of time; empty where not derived.",
        order=("day", "criteria", "evaluator"),
        through=("outcome_assessment", "response_assessment_id"),
        size=8,
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
        "Time from response to progression or death, derived only of a confirmed one; or null.",
    )
