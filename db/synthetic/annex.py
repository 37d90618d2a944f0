"""The records of a patient beside those of the trial itself, one type per table.

A field named after a table holds the key of its parent, or the natural key of a vocabulary.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple
from uuid import UUID


class PriorTreatment(NamedTuple):
    """connect.prior_treatment."""

    key: UUID
    patient: UUID
    diagnosis: UUID
    line: int
    regimen: str
    start_day: int | None
    end_day: int | None
    best_response: str | None
    source_key: str


class PriorTreatmentDrug(NamedTuple):
    """connect.prior_treatment_drug."""

    prior_treatment: UUID
    drug: str
    patient: UUID


class BiomarkerEvidence(NamedTuple):
    """connect.biomarker_evidence."""

    key: UUID
    patient: UUID
    biomarker: UUID
    system: str
    level: str
    drug: str
    tumour_type: str
    onco_tree_code: str
    source: str
    source_key: str


class Review(NamedTuple):
    """connect.tumour_board_review."""

    key: UUID
    patient: UUID
    held_day: int
    outcome: str
    source_key: str


class ReviewIdentity(NamedTuple):
    """connect.tumour_board_review_identity."""

    tumour_board_review: UUID
    patient: UUID
    held_on: date


class Option(NamedTuple):
    """connect.therapeutic_option; its drugs are its cohort's."""

    key: UUID
    patient: UUID
    review: UUID
    biomarker: UUID | None
    cohort: str
    evidence_system: str
    evidence_level: str
    source_key: str


class TreatmentBiomarker(NamedTuple):
    """connect.treatment_biomarker."""

    treatment: UUID
    biomarker: UUID
    patient: UUID


class Funding(NamedTuple):
    """connect.treatment_funding."""

    treatment: UUID
    from_day: int
    patient: UUID
    payer: str


class AdverseEvent(NamedTuple):
    """connect.adverse_event."""

    key: UUID
    patient: UUID
    treatment: UUID
    term: str
    ctcae_term: str | None
    grade: int
    serious: bool
    relatedness: str
    start_day: int
    end_day: int | None
    source_key: str


Annex = (
    PriorTreatment | PriorTreatmentDrug | BiomarkerEvidence | Review | ReviewIdentity | Option
    | TreatmentBiomarker | Funding | AdverseEvent
)  # fmt: skip
