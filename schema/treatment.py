"""Treatments: one enrolment of a patient, mostly in a cohort."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.mapping import column, entity, many, one, public_id
from schema.scalars import Date, Evaluability, Route

if TYPE_CHECKING:
    from schema.adverse_event import AdverseEvent
    from schema.biomarker import Biomarker
    from schema.cohort import Cohort
    from schema.drug import Drug
    from schema.funding import TreatmentFunding
    from schema.lesion import Lesion
    from schema.patient import Patient
    from schema.resistance import ResistanceFinding
    from schema.response import Outcome, ResponseAssessment


@strawberry.enum(description="Why a treatment ended.")
class EndReason(Enum):
    """Name a reason."""

    PROGRESSION = "PROGRESSION"
    TOXICITY = "TOXICITY"
    DEATH = "DEATH"
    PATIENT_CHOICE = "PATIENT_CHOICE"
    PHYSICIAN_CHOICE = "PHYSICIAN_CHOICE"
    COMPLETED = "COMPLETED"
    OTHER = "OTHER"


@entity(
    "treatment",
    sides=(("treatment_identity", "treatment_id", "id"),),
    description="One enrolment of a patient: a regimen, mostly in a cohort. Day 0 is its start.",
)
class Treatment:
    """A row of `treatment`."""

    id: strawberry.ID = public_id("Id of the treatment in the viewer's scope.")
    line: int | None = column("line", "Line of treatment for advanced disease, from 1.")
    ecog: int | None = column("ecog", "{ECOG} performance status at start, 0-5.")
    started_on: Date | None = column(
        "started_on",
        "Day of the start. Identifying: for stewards and the patient's own hospital.",
        of="treatment_identity",
    )
    end_day: int | None = column(
        "end_day", "[days] after the start, the first day off it; null: going on or not known."
    )
    end_reason: EndReason | None = column("end_reason", "Why it ended.")
    evaluability: Evaluability | None = column(
        "evaluability", "Whether it counts for benefit at week 16; null where not known."
    )
    not_evaluable_reason: str | None = column(
        "not_evaluable_reason",
        "Why it does not count, as recorded. For stewards and hospitals; see the outcome's reason.",
    )
    evaluability_rule_set: str | None = column(
        "evaluability_rule_set",
        "Version of the rules that derived evaluability; null where it is as recorded.",
    )
    route: Route | None = column(
        "route", "How the regimen was given, ORAL where any drug was; null where not recorded."
    )
    death_day: int | None = column(
        "death_day", "[days] after the start; null: alive, or not known."
    )
    last_known_alive_day: int | None = column(
        "last_known_alive_day", "[days] after the start; null where not known."
    )
    next_therapy_day: int | None = column(
        "next_therapy_day",
        "[days] after the start, of the next anticancer therapy; null: none, or not known.",
    )
    patient: Annotated[Patient, strawberry.lazy("schema.patient")] | None = one(
        "patient_id", "id", "The patient."
    )
    cohort: Annotated[Cohort, strawberry.lazy("schema.cohort")] | None = one(
        "cohort_id", "id", "The cohort; null outside of one."
    )
    drugs: list[Annotated[Drug, strawberry.lazy("schema.drug")]] | None = many(
        "id",
        "treatment_id",
        "The drugs that were given; empty where not known.",
        order=("inn",),
        through=("treatment_drug", "drug_id"),
        size=2,
    )
    matched_biomarkers: list[Annotated[Biomarker, strawberry.lazy("schema.biomarker")]] | None = (
        many(
            "id",
            "treatment_id",
            "The biomarkers that let the patient into the cohort.",
            order=("kind", "label"),
            through=("treatment_biomarker", "biomarker_id"),
        )
    )
    funding: list[Annotated[TreatmentFunding, strawberry.lazy("schema.funding")]] = many(
        "id", "treatment_id", "Who pays from when; empty where not recorded.", order=("from_day",)
    )
    adverse_events: list[Annotated[AdverseEvent, strawberry.lazy("schema.adverse_event")]] = many(
        "id",
        "treatment_id",
        "What befell the patient on it, caused by it or not.",
        order=("start_day", "term"),
    )
    responses: list[Annotated[ResponseAssessment, strawberry.lazy("schema.response")]] = many(
        "id",
        "treatment_id",
        "Assessments in the order of time.",
        order=("day", "criteria", "evaluator"),
        size=8,
    )
    lesions: list[Annotated[Lesion, strawberry.lazy("schema.lesion")]] = many(
        "id",
        "treatment_id",
        "Lesions, each as one evaluator identified it; empty where not recorded.",
        order=("evaluator", "accepted", "number"),
        size=10,
    )
    outcome: Annotated[Outcome, strawberry.lazy("schema.response")] | None = one(
        "id", "treatment_id", "What came of it; null where nothing is known."
    )
    resistance_findings: (
        list[Annotated[ResistanceFinding, strawberry.lazy("schema.resistance")]] | None
    ) = many(
        "id",
        "treatment_id",
        "How the tumour became resistant, or that nobody looked.",
        order=("day_after_progression", "mechanism"),
        size=2,
    )
