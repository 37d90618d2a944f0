"""What a study says about its patients, as every importer hands it to the loader."""

from __future__ import annotations

from dataclasses import dataclass

from db.ingest.report import Rejection


@dataclass(frozen=True, slots=True)
class PatientRecord:
    """Hold a patient, and the outcome of the one treatment that a study is about."""

    source_key: str
    sex: str | None
    vital_status: str | None
    age_years: int | None
    birth_year: int | None
    best_overall_response: str | None
    overall_survival_days: int | None
    overall_survival_event: str | None

    @property
    def age_band(self) -> str | None:
        """Give the five-year band of the age at enrolment."""
        if self.age_years is None:
            return None
        if self.age_years >= 90:
            return "90+"
        low = self.age_years // 5 * 5
        return f"{low}-{low + 4}"

    @property
    def treated(self) -> bool:
        """Tell whether the study reports an outcome, so that there was a treatment."""
        return self.best_overall_response is not None or self.overall_survival_days is not None


@dataclass(frozen=True, slots=True)
class SampleRecord:
    """Hold a specimen, the tumour it was taken from and the panel it was tested with."""

    source_key: str
    patient: str
    kind: str
    ordinal: int | None
    tumour_key: str | None
    tumour_code: str | None
    tumour_type: str | None
    panel: str | None
    genome_build: str | None
    tumour_cellularity_percent: float | None

    @property
    def normal(self) -> bool:
        """Tell whether the specimen is the patient's normal, which gets no profile."""
        return self.kind == "NORMAL_BLOOD"


@dataclass(frozen=True, slots=True)
class VariantRecord:
    """Hold a small variant in a sample; the gene as recorded, the change without it."""

    sample: str
    source_key: str
    symbol: str
    change: str
    origin: str | None
    hgvsg: str | None
    hgvsc: str | None
    hgvsp: str | None
    transcript: str | None
    consequence: str | None
    chromosome: str | None
    position: int | None
    reference_allele: str | None
    alternate_allele: str | None
    vaf: float | None
    depth: int | None


@dataclass(frozen=True, slots=True)
class CopyNumberRecord:
    """Hold a copy-number call in a sample; the gene as recorded."""

    sample: str
    source_key: str
    symbol: str
    change: str
    copy_number_type: str
    cytoband: str | None


@dataclass(frozen=True, slots=True)
class AssessedRecord:
    """Hold that a gene was tested in a sample."""

    sample: str
    symbol: str


@dataclass(frozen=True, slots=True)
class StudyRecords:
    """Hold all of a study, as read, with the rows that could not be taken."""

    patients: tuple[PatientRecord, ...]
    samples: tuple[SampleRecord, ...]
    variants: tuple[VariantRecord, ...]
    copy_numbers: tuple[CopyNumberRecord, ...]
    assessed: tuple[AssessedRecord, ...]
    rejections: tuple[Rejection, ...]
    drug: str | None = None
    cohort: str | None = None
