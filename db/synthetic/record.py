"""The records of a patient, one type per table.

A field named after a table holds the key of its parent, or the natural key of a vocabulary.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple, TypeVar, cast
from uuid import UUID

from db.synthetic.annex import Annex


class Patient(NamedTuple):
    """connect.patient."""

    key: UUID
    sex: str
    age_band: str
    health_region: str
    vital_status: str


class PatientIdentity(NamedTuple):
    """connect.patient_identity."""

    patient: UUID
    source_key: str
    site: str
    birth_year: int
    age_at_enrolment_years: int
    enrolled_on: date


class Consent(NamedTuple):
    """connect.consent."""

    patient: UUID
    purpose: str
    given_at: datetime
    withdrawn_at: datetime | None


class Screening(NamedTuple):
    """connect.screening."""

    key: UUID
    patient: UUID
    profiled_day: int | None
    discussed_day: int | None
    matched: bool


class ScreeningIdentity(NamedTuple):
    """connect.screening_identity."""

    screening: UUID
    patient: UUID
    referred_on: date


class Offer(NamedTuple):
    """connect.offer."""

    key: UUID
    patient: UUID
    screening: UUID
    cohort: str
    offered_day: int
    status: str
    source_key: str


class Diagnosis(NamedTuple):
    """connect.diagnosis."""

    key: UUID
    patient: UUID
    tumour_type: str
    onco_tree_code: str
    icd10: str
    topography: str
    morphology: str
    stage: str | None
    rare: bool
    source_key: str


class Specimen(NamedTuple):
    """connect.specimen."""

    key: UUID
    patient: UUID
    diagnosis: UUID
    kind: str
    timepoint: str
    ordinal: int | None
    day: int | None
    tumour_cellularity_percent: float | None


class SpecimenIdentity(NamedTuple):
    """connect.specimen_identity."""

    specimen: UUID
    patient: UUID
    source_key: str
    collected_on: date


class Profile(NamedTuple):
    """connect.molecular_profile; one that passed assessed the genes of its panel."""

    key: UUID
    patient: UUID
    specimen: UUID
    assay: str
    panel: str
    genome_build: str | None
    qc_status: str
    turnaround_days: int
    ctdna_fraction_percent: float | None
    gene_list_complete: bool
    source_key: str


class Biomarker(NamedTuple):
    """connect.biomarker."""

    key: UUID
    patient: UUID
    specimen: UUID
    profile: UUID
    kind: str
    gene: str | None
    label: str
    source_key: str
    origin: str | None = None
    hgvsc: str | None = None
    hgvsp: str | None = None
    transcript: str | None = None
    consequence: str | None = None
    vaf: float | None = None
    depth: int | None = None
    copy_number_type: str | None = None
    copies: float | None = None
    partner_gene: str | None = None
    signature_kind: str | None = None
    value: float | None = None
    unit: str | None = None
    call: str | None = None


class Treatment(NamedTuple):
    """connect.treatment; its drugs are its cohort's."""

    key: UUID
    patient: UUID
    cohort: str
    line: int
    ecog: int
    route: str
    end_day: int | None
    end_reason: str | None
    next_therapy_day: int | None
    death_day: int | None
    last_known_alive_day: int | None
    evaluability: str
    evaluability_rule_set: str
    not_evaluable_reason: str | None


class TreatmentIdentity(NamedTuple):
    """connect.treatment_identity."""

    treatment: UUID
    patient: UUID
    source_key: str
    started_on: date


class Assessment(NamedTuple):
    """connect.response_assessment."""

    key: UUID
    patient: UUID
    treatment: UUID
    day: int
    criteria: str
    evaluator: str
    target_sum_mm: float | None
    change_from_baseline: float | None
    change_from_nadir: float | None
    new_lesion: bool | None
    response: str | None
    normalised_response: str | None
    confirmed: bool | None
    source_key: str


class Outcome(NamedTuple):
    """connect.outcome, as the rules of db/outcome derive it."""

    key: UUID
    patient: UUID
    treatment: UUID
    source: str
    rule_set: str
    best_overall_response: str | None
    best_overall_response_reason: str
    best_confirmed_response: str | None
    best_confirmed_response_reason: str
    clinical_benefit_16w: str
    clinical_benefit_16w_reason: str
    evaluability: str
    evaluability_reason: str
    progression_free_survival_days: int | None
    progression_free_survival_event: str | None
    progression_free_survival_reason: str
    overall_survival_days: int | None
    overall_survival_event: str | None
    overall_survival_reason: str
    duration_of_response_days: int | None
    duration_of_response_event: str | None
    duration_of_response_reason: str
    criteria: str | None
    evaluator: str | None
    data_cut_off: date


class OutcomeAssessment(NamedTuple):
    """connect.outcome_assessment."""

    treatment: UUID
    response_assessment: UUID
    patient: UUID


Record = (
    Patient | PatientIdentity | Consent | Screening | ScreeningIdentity | Offer | Diagnosis
    | Specimen | SpecimenIdentity | Profile | Biomarker | Treatment | TreatmentIdentity
    | Assessment | Outcome | OutcomeAssessment | Annex
)  # fmt: skip
_R = TypeVar("_R", bound=Record)


@dataclass(frozen=True, slots=True)
class Person:
    """Everything about one patient, a record a row; add() takes them in any order."""

    key: UUID
    records: dict[type[Record], list[Record]] = field(default_factory=dict)

    def add(self, *records: Record) -> None:
        """Keep records."""
        for record in records:
            self.records.setdefault(type(record), []).append(record)

    def of(self, kind: type[_R]) -> list[_R]:
        """List the records of one type, in the order in which they were added."""
        return cast("list[_R]", list(self.records.get(cast("type[Record]", kind), ())))
