"""The records of a patient, one type per table; a table of what identifies goes with its own.

A field is a column of the same name, or names another record by its source key: `patient`,
`specimen` and `treatment` within the study or the patient, the others within what stands beside
them (a biomarker within its specimen, a finding within its treatment). `drug` is an INN, `gene` a
symbol, `cohort` and `site` a code. Units and vocabularies are the columns', see the migrations.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple


class Patient(NamedTuple):
    """connect.patient and patient_identity."""

    source_key: str
    sex: str | None = None
    age_band: str | None = None
    health_region: str | None = None
    vital_status: str | None = None
    site: str | None = None
    birth_year: int | None = None
    age_at_enrolment_years: int | None = None
    enrolled_on: date | None = None


class Consent(NamedTuple):
    """connect.consent."""

    patient: str
    purpose: str
    given_at: datetime
    withdrawn_at: datetime | None = None


class Diagnosis(NamedTuple):
    """connect.diagnosis."""

    patient: str
    source_key: str
    tumour_type: str
    onco_tree_code: str | None = None
    icd10: str | None = None
    topography: str | None = None
    morphology: str | None = None
    stage: str | None = None
    rare: bool | None = None


class PriorTreatment(NamedTuple):
    """connect.prior_treatment."""

    patient: str
    source_key: str
    regimen: str
    diagnosis: str | None = None
    line: int | None = None
    start_day: int | None = None
    end_day: int | None = None
    best_response: str | None = None


class PriorTreatmentDrug(NamedTuple):
    """connect.prior_treatment_drug."""

    patient: str
    prior_treatment: str
    drug: str


class Screening(NamedTuple):
    """connect.screening and screening_identity; a patient has at most one."""

    patient: str
    profiled_day: int | None = None
    discussed_day: int | None = None
    matched: bool | None = None
    referred_on: date | None = None


class Offer(NamedTuple):
    """connect.offer, of the patient's screening."""

    patient: str
    source_key: str
    status: str
    cohort: str | None = None
    offered_day: int | None = None


class Specimen(NamedTuple):
    """connect.specimen and specimen_identity; its source key is the study's."""

    patient: str
    source_key: str
    kind: str
    diagnosis: str | None = None
    timepoint: str | None = None
    ordinal: int | None = None
    day: int | None = None
    tumour_cellularity_percent: float | None = None
    anatomic_site: str | None = None
    collected_on: date | None = None


class Profile(NamedTuple):
    """connect.molecular_profile."""

    patient: str
    specimen: str
    source_key: str
    assay: str
    gene_list_complete: bool
    panel: str | None = None
    genome_build: str | None = None
    qc_status: str | None = None
    turnaround_days: int | None = None
    ctdna_fraction_percent: float | None = None


class GeneAssessed(NamedTuple):
    """connect.gene_assessed."""

    patient: str
    specimen: str
    profile: str
    gene: str


class Biomarker(NamedTuple):
    """connect.biomarker."""

    patient: str
    specimen: str
    source_key: str
    kind: str
    label: str
    profile: str | None = None
    gene: str | None = None
    origin: str | None = None
    hgvsg: str | None = None
    hgvsc: str | None = None
    hgvsp: str | None = None
    transcript: str | None = None
    consequence: str | None = None
    chromosome: str | None = None
    position: int | None = None
    reference_allele: str | None = None
    alternate_allele: str | None = None
    vaf: float | None = None
    depth: int | None = None
    copy_number_type: str | None = None
    copies: float | None = None
    cytoband: str | None = None
    partner_gene: str | None = None
    signature_kind: str | None = None
    value: float | None = None
    unit: str | None = None
    call: str | None = None


class BiomarkerEvidence(NamedTuple):
    """connect.biomarker_evidence."""

    patient: str
    specimen: str
    biomarker: str
    source_key: str
    system: str
    level: str
    source: str
    drug: str | None = None
    tumour_type: str | None = None
    onco_tree_code: str | None = None
    literature: tuple[str, ...] = ()


class Review(NamedTuple):
    """connect.tumour_board_review and tumour_board_review_identity."""

    patient: str
    source_key: str
    outcome: str
    held_day: int | None = None
    held_on: date | None = None


class Option(NamedTuple):
    """connect.therapeutic_option."""

    patient: str
    review: str
    source_key: str
    specimen: str | None = None
    biomarker: str | None = None
    cohort: str | None = None
    evidence_system: str | None = None
    evidence_level: str | None = None


class OptionDrug(NamedTuple):
    """connect.therapeutic_option_drug."""

    patient: str
    review: str
    option: str
    drug: str


class Treatment(NamedTuple):
    """connect.treatment and treatment_identity."""

    patient: str
    source_key: str
    cohort: str | None = None
    line: int | None = None
    ecog: int | None = None
    started_on: date | None = None
    end_day: int | None = None
    end_reason: str | None = None
    evaluability: str | None = None
    not_evaluable_reason: str | None = None
    evaluability_rule_set: str | None = None
    route: str | None = None
    death_day: int | None = None
    last_known_alive_day: int | None = None
    next_therapy_day: int | None = None


class TreatmentDrug(NamedTuple):
    """connect.treatment_drug."""

    patient: str
    treatment: str
    drug: str


class TreatmentBiomarker(NamedTuple):
    """connect.treatment_biomarker: what let the patient into the cohort."""

    patient: str
    treatment: str
    specimen: str
    biomarker: str


class Funding(NamedTuple):
    """connect.treatment_funding."""

    patient: str
    treatment: str
    from_day: int
    payer: str


class Assessment(NamedTuple):
    """connect.response_assessment."""

    patient: str
    treatment: str
    source_key: str
    criteria: str
    day: int | None = None
    evaluator: str | None = None
    target_sum_mm: float | None = None
    change_from_baseline: float | None = None
    change_from_nadir: float | None = None
    new_lesion: bool | None = None
    response: str | None = None
    normalised_response: str | None = None
    confirmed: bool | None = None
    evaluator_id: str | None = None
    accepted: bool | None = None
    visit: str | None = None
    method: str | None = None


class Component(NamedTuple):
    """connect.response_component, of an assessment."""

    patient: str
    treatment: str
    assessment: str
    source_key: str
    test: str
    response: str


class Lesion(NamedTuple):
    """connect.lesion."""

    patient: str
    treatment: str
    source_key: str
    number: str
    kind: str
    location: str | None = None
    method: str | None = None
    evaluator: str | None = None
    evaluator_id: str | None = None
    accepted: bool | None = None
    visit: str | None = None
    day: int | None = None


class Measurement(NamedTuple):
    """connect.lesion_measurement, of a lesion."""

    patient: str
    treatment: str
    lesion: str
    source_key: str
    day: int | None = None
    visit: str | None = None
    diameter_mm: float | None = None
    perpendicular_mm: float | None = None
    state: str | None = None


class Outcome(NamedTuple):
    """connect.outcome; one per treatment."""

    patient: str
    treatment: str
    source: str = "REPORTED"
    rule_set: str | None = None
    best_overall_response: str | None = None
    best_confirmed_response: str | None = None
    clinical_benefit_16w: str | None = None
    progression_free_survival_days: int | None = None
    progression_free_survival_event: str | None = None
    overall_survival_days: int | None = None
    overall_survival_event: str | None = None
    duration_of_response_days: int | None = None
    duration_of_response_event: str | None = None
    best_immune_response: str | None = None
    best_confirmed_immune_response: str | None = None
    criteria: str | None = None
    evaluator: str | None = None
    evaluability: str | None = None
    data_cut_off: date | None = None
    best_overall_response_reason: str | None = None
    best_confirmed_response_reason: str | None = None
    best_immune_response_reason: str | None = None
    best_confirmed_immune_response_reason: str | None = None
    clinical_benefit_16w_reason: str | None = None
    evaluability_reason: str | None = None
    progression_free_survival_reason: str | None = None
    overall_survival_reason: str | None = None
    duration_of_response_reason: str | None = None


class AdverseEvent(NamedTuple):
    """connect.adverse_event."""

    patient: str
    treatment: str
    source_key: str
    term: str
    ctcae_term: str | None = None
    grade: int | None = None
    serious: bool | None = None
    relatedness: str | None = None
    start_day: int | None = None
    end_day: int | None = None


class Finding(NamedTuple):
    """connect.resistance_finding."""

    patient: str
    treatment: str
    source_key: str
    kind: str
    mechanism: str
    status: str
    drug: str | None = None
    day_after_progression: int | None = None
    literature: tuple[str, ...] = ()
    curated: bool | None = None
    rule_set: str | None = None
    basis: str | None = None


class FindingBiomarker(NamedTuple):
    """connect.finding_biomarker."""

    patient: str
    treatment: str
    finding: str
    specimen: str
    biomarker: str
    change: str


class PairedEvidence(NamedTuple):
    """connect.paired_evidence; `specimen` is the biomarker's own."""

    patient: str
    treatment: str
    finding: str
    specimen: str
    biomarker: str
    tested_in_both: bool
    baseline_specimen: str | None = None
    comparator_specimen: str | None = None
    vaf_before: float | None = None
    vaf_after: float | None = None
    change: str | None = None


OfPatient = (
    Patient | Consent | Diagnosis | PriorTreatment | PriorTreatmentDrug | Screening | Offer
    | Specimen | Profile | GeneAssessed | Biomarker | BiomarkerEvidence | Review | Option
    | OptionDrug | Treatment | TreatmentDrug | TreatmentBiomarker | Funding | Assessment | Component
    | Lesion | Measurement | Outcome | AdverseEvent | Finding | FindingBiomarker | PairedEvidence
)  # fmt: skip
