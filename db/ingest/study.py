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
    given: bool = False
    """A timeline says that the patient had the study's treatment."""
    end_day: int | None = None

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
        """Tell whether there was a treatment: the study reports an outcome, or when it was."""
        outcome = (self.best_overall_response, self.overall_survival_days)
        return self.given or outcome != (None, None)


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
    gene_list_complete: bool = False
    day: int | None = None
    timepoint: str | None = None

    @property
    def normal(self) -> bool:
        """Tell whether the specimen is the patient's normal, which gets no profile."""
        return self.kind == "NORMAL_BLOOD"


@dataclass(frozen=True, slots=True)
class PriorRecord:
    """Hold a treatment before the study's, in days from the start of that; agents as recorded."""

    patient: str
    source_key: str
    regimen: str
    agents: tuple[str, ...]
    start_day: int
    end_day: int | None


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
class FusionRecord:
    """Hold two joined genes in a sample, as recorded; `partner` is null where not known."""

    sample: str
    source_key: str
    symbol: str
    partner: str | None
    change: str
    origin: str | None
    depth: int | None


@dataclass(frozen=True, slots=True)
class PanelRecord:
    """Hold that a sample was tested with a panel whose genes are known."""

    sample: str
    panel: str


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
    fusions: tuple[FusionRecord, ...] = ()
    priors: tuple[PriorRecord, ...] = ()
    panels: tuple[PanelRecord, ...] = ()
    panel_genes: tuple[tuple[str, str], ...] = ()
    """The panels that were used, each with its genes."""
    drug: str | None = None
    cohort: str | None = None
    synthetic: bool = False
    """The files say that their patients are invented."""
