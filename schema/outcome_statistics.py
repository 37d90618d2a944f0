"""Statistics of outcomes: groups of treatments, and how many of each did well."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.mapping import statistic

if TYPE_CHECKING:
    from schema.cohort import CohortStage
    from schema.proportion import Count, IntegerBounds, Proportion
    from schema.release import DataRelease
    from schema.resistance import ResistanceMechanism
    from schema.scalars import Response
    from schema.survival_curve import SurvivalCurve

_HERE = "schema.outcome_statistics"
_LIVE = "Of records alone: null of a release."


@strawberry.enum(description="What treatments are grouped by.")
class OutcomeDimension(Enum):
    """Name a dimension. Their order is that in which a group tells them."""

    COHORT = strawberry.enum_value("COHORT", description="Code of the cohort.")
    DRUG = strawberry.enum_value(
        "DRUG", description="{INN}; a treatment with several drugs is in the group of each."
    )
    TUMOUR_TYPE = strawberry.enum_value(
        "TUMOUR_TYPE", description="{OncoTree} tissue of the diagnosis recorded first."
    )
    GENE = strawberry.enum_value(
        "GENE",
        description="{HGNC} symbol of a matched biomarker; a treatment is in the group of each.",
    )
    REGION = strawberry.enum_value("REGION", description="Regional health authority.")
    SEX = strawberry.enum_value("SEX", description="Sex as recorded.")
    AGE_BAND = strawberry.enum_value(
        "AGE_BAND", description="[years] at enrolment, five-year band."
    )
    PAYER = strawberry.enum_value("PAYER", description="Who paid at the start.")
    ACCRUAL_MONTH = strawberry.enum_value(
        "ACCRUAL_MONTH", description="Month of the start, by its first day YYYY-MM-01."
    )


@strawberry.enum(description="What statistics were computed from.")
class StatisticsBasis(Enum):
    """Name a basis."""

    RECORDS = strawberry.enum_value(
        "RECORDS", description="The records that the viewer may read, as they are now: exact."
    )
    RELEASE = strawberry.enum_value(
        "RELEASE", description="What was published of a release: the same for everyone."
    )


@strawberry.input(description="Which values of a dimension; every condition given must hold.")
class DimensionFilter:
    """Conditions on a dimension. Of a dimension with several values one of them must fit."""

    eq: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="This value. Of a release there is no other condition.",
    )
    in_: list[str] | None = strawberry.field(
        name="in", default=strawberry.UNSET, description="One of these values."
    )
    is_null: bool | None = strawberry.field(
        default=strawberry.UNSET, description="Whether no value is known."
    )


def _condition(dimension: str) -> DimensionFilter | None:
    value: DimensionFilter | None = strawberry.field(
        default=strawberry.UNSET, description=f"By {dimension}."
    )
    return value


@strawberry.input(description="Which treatments; every condition given must hold.")
class OutcomeStatisticsFilter:
    """Conditions on dimensions. Of a release they can only be on those it is grouped by."""

    cohort: DimensionFilter | None = _condition("COHORT")
    drug: DimensionFilter | None = _condition("DRUG")
    tumour_type: DimensionFilter | None = _condition("TUMOUR_TYPE")
    gene: DimensionFilter | None = _condition("GENE")
    region: DimensionFilter | None = _condition("REGION")
    sex: DimensionFilter | None = _condition("SEX")
    age_band: DimensionFilter | None = _condition("AGE_BAND")
    payer: DimensionFilter | None = _condition("PAYER")
    accrual_month: DimensionFilter | None = _condition("ACCRUAL_MONTH")


@strawberry.type(description="A value that the treatments of a group have in common.")
class DimensionValue:
    """A dimension with its value."""

    dimension: OutcomeDimension = statistic("The dimension.")
    value: str | None = statistic("Its value; null: not known.")


@strawberry.type(description="How often a best overall response was seen.")
class ResponseCount:
    """A response category with its share."""

    response: Annotated[Response, strawberry.lazy("schema.scalars")] | None = statistic(
        "The best overall response, not confirmed {RECIST}; null: nothing was assessed."
    )
    proportion: Annotated[Proportion, strawberry.lazy("schema.proportion")] = statistic(
        "Of all treatments of the group."
    )


@strawberry.type(description="How often a mechanism of resistance was found.")
class MechanismCount:
    """A mechanism with both of its shares."""

    mechanism: Annotated[ResistanceMechanism, strawberry.lazy("schema.resistance")] = statistic(
        "The mechanism; a treatment with several counts for each."
    )
    among_progressed: Annotated[Proportion, strawberry.lazy("schema.proportion")] = statistic(
        "Of those that progressed, profiled or not: too low where few were profiled."
    )
    among_profiled: Annotated[Proportion, strawberry.lazy("schema.proportion")] = statistic(
        "Of those that progressed and were profiled then: the rate that is usually meant."
    )


@strawberry.type(description="How tumours became resistant, with both denominators.")
class ResistanceMechanisms:
    """The mechanisms that were found, and among how many they were looked for."""

    progressed: int = statistic("[treatments] on which the tumour progressed.")
    profiled: int = statistic("[treatments] of them, profiled for resistance.")
    profiling_unknown: int = statistic(
        "[treatments] of them of which no finding says whether they were profiled."
    )
    mechanisms: list[Annotated[MechanismCount, strawberry.lazy(_HERE)]] = statistic(
        "Those that were found and not refuted, in the order of their type.", size=5
    )


@strawberry.type(description="Adverse events of a grade.")
class GradeCount:
    """A grade, its events, and the treatments whose worst it was."""

    grade: int | None = statistic("{CTCAE v5} grade 1 to 5; null: not recorded.")
    events: int = statistic("[events] of this grade.")
    treatments: Annotated[Proportion, strawberry.lazy("schema.proportion")] = statistic(
        "Of all treatments of the group, those whose highest known grade it was."
    )


@strawberry.type(description="From referral to a treatment that counts.")
class Funnel:
    """How far patients came. Each step is counted among the screened."""

    screened: int = statistic("[patients] screened.")
    profiled: int = statistic("[patients] with a molecular profile.")
    discussed: int = statistic("[patients] whom the molecular tumour board discussed.")
    matched: int = statistic("[patients] with an actionable alteration and an open cohort.")
    match_unknown: int = statistic("[patients] of whom it is not known whether they matched.")
    offered: Annotated[Proportion, strawberry.lazy("schema.proportion")] = statistic(
        "Offered a treatment, taken or not, of the screened: a primary endpoint of the trial."
    )
    treated: int = statistic("[patients] treated.")
    evaluable: int = statistic("[patients] with a treatment evaluable for benefit at week 16.")


@strawberry.type(description="A group of treatments, and how many of them did well.")
class OutcomeRow:
    """A group with what was counted of it. The unit is a treatment, not a patient."""

    group: list[Annotated[DimensionValue, strawberry.lazy(_HERE)]] = statistic(
        "What its treatments have in common, in the order of the dimensions; none: all treatments.",
        size=2,
    )
    patients: Annotated[Count, strawberry.lazy("schema.proportion")] = statistic(
        "How many were treated: whoever was treated twice counts twice."
    )
    evaluable: Annotated[IntegerBounds, strawberry.lazy("schema.proportion")] = statistic(
        "How many of them are evaluable for benefit at week 16."
    )
    objective_response: Annotated[Proportion, strawberry.lazy("schema.proportion")] = statistic(
        "CR or PR as best overall response, not confirmed, of all treated."
    )
    clinical_benefit_16w: Annotated[Proportion, strawberry.lazy("schema.proportion")] = statistic(
        "CR, PR or SD at week 16, of the evaluable."
    )
    clinical_benefit_16w_all_treated: Annotated[
        Proportion, strawberry.lazy("schema.proportion")
    ] = statistic("CR, PR or SD at week 16, of all treated.")
    stage: Annotated[CohortStage, strawberry.lazy("schema.cohort")] | None = statistic(
        "Stage of the cohort where it is grouped by COHORT alone; null: not told.",
        reads=("stage_of_cohort",),
    )
    response_distribution: list[Annotated[ResponseCount, strawberry.lazy(_HERE)]] | None = (
        statistic(f"Every best overall response with its share. {_LIVE}", size=6)
    )
    progression_free_survival: (
        Annotated[SurvivalCurve, strawberry.lazy("schema.survival_curve")] | None
    ) = statistic(f"From the start of treatment to progression or death. {_LIVE}")
    overall_survival: Annotated[SurvivalCurve, strawberry.lazy("schema.survival_curve")] | None = (
        statistic(f"From the start of treatment to death. {_LIVE}")
    )
    duration_of_response: (
        Annotated[SurvivalCurve, strawberry.lazy("schema.survival_curve")] | None
    ) = statistic(f"From the first response to progression or death. {_LIVE}")
    resistance_mechanisms: Annotated[ResistanceMechanisms, strawberry.lazy(_HERE)] | None = (
        statistic(f"How tumours became resistant. {_LIVE}", reads=("resistance_finding",))
    )
    adverse_events: list[Annotated[GradeCount, strawberry.lazy(_HERE)]] | None = statistic(
        f"Adverse events by grade. {_LIVE}", size=5
    )


@strawberry.type(description="What to name a published answer by.")
class Citation:
    """What finds the same numbers again."""

    release: str = statistic("Version of the release.")
    digest: str = statistic("{SHA-256} of everything that was published of it.")
    query: str = statistic("What was asked, complete: it gives the same answer at any time.")


@strawberry.type(description="Statistics of outcomes, by groups of treatments.")
class OutcomeStatistics:
    """Groups, and what they rest on."""

    basis: StatisticsBasis = statistic("What they were computed from.")
    release: Annotated[DataRelease, strawberry.lazy("schema.release")] | None = statistic(
        "The release that they were published of; null of records."
    )
    citation: Annotated[Citation, strawberry.lazy(_HERE)] | None = statistic(
        "What to cite; null of records, which change."
    )
    funnel: Annotated[Funnel, strawberry.lazy(_HERE)] | None = statistic(
        f"From screening to evaluable, of all patients. {_LIVE}", reads=("screening", "offer")
    )
    rows: list[Annotated[OutcomeRow, strawberry.lazy(_HERE)]] = statistic(
        "The groups, in a fixed order: by their values, what is not known last.", size=50
    )
