"""Specimens and the molecular profiles made of them."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.mapping import column, entity, many, one, public_id
from schema.scalars import Date

if TYPE_CHECKING:
    from schema.biomarker import Biomarker
    from schema.diagnosis import Diagnosis
    from schema.gene import Gene
    from schema.patient import Patient


@strawberry.enum(description="The material of a specimen.")
class SpecimenKind(Enum):
    """Name a material."""

    FFPE = strawberry.enum_value("FFPE", description="Formalin-fixed, paraffin-embedded tissue.")
    FRESH_FROZEN = "FRESH_FROZEN"
    CTDNA = strawberry.enum_value("CTDNA", description="Plasma, for circulating tumour DNA.")
    CYTOLOGY = "CYTOLOGY"
    BONE_MARROW = "BONE_MARROW"
    NORMAL_BLOOD = strawberry.enum_value(
        "NORMAL_BLOOD", description="Blood as the patient's own normal, for comparison."
    )
    OTHER = "OTHER"


@strawberry.enum(description="When a specimen was taken, seen from the treatment.")
class Timepoint(Enum):
    """Name a time of sampling."""

    BASELINE = "BASELINE"
    ON_TREATMENT = "ON_TREATMENT"
    PROGRESSION = "PROGRESSION"
    POST_TREATMENT = "POST_TREATMENT"
    UNKNOWN = "UNKNOWN"


@strawberry.enum(description="Whether an assay gave a result.")
class QcStatus(Enum):
    """Name the result of quality control."""

    PASSED = "PASSED"
    FAILED = "FAILED"
    INSUFFICIENT_MATERIAL = "INSUFFICIENT_MATERIAL"


@entity(
    "specimen",
    sides=(("specimen_identity", "specimen_id", "id"),),
    description="Tissue, plasma or blood taken from a patient.",
)
class Specimen:
    """A row of `specimen`."""

    id: strawberry.ID = public_id("Id of the specimen in the viewer's scope.")
    kind: SpecimenKind = column("kind", "Material.")
    timepoint: Timepoint = column("timepoint", "When it was taken, seen from the treatment.")
    ordinal: int | None = column(
        "ordinal",
        "Order of sampling among the patient's specimens of this material; null: not known.",
    )
    day: int | None = column("day", "[days] after treatment start, negative before.")
    site: str | None = column("anatomic_site", "Where it was taken from, as recorded.")
    tumour_cellularity: float | None = column(
        "tumour_cellularity_percent", "[%] of the cells that are tumour."
    )
    source_id: str | None = column(
        "source_key",
        "Id in the source. Identifying: for stewards and the patient's own hospital.",
        of="specimen_identity",
    )
    collected_on: Date | None = column(
        "collected_on",
        "Day of sampling. Identifying: for stewards and the patient's own hospital.",
        of="specimen_identity",
    )
    patient: Annotated[Patient, strawberry.lazy("schema.patient")] | None = one(
        "patient_id", "id", "The patient."
    )
    diagnosis: Annotated[Diagnosis, strawberry.lazy("schema.diagnosis")] | None = one(
        "diagnosis_id", "id", "The cancer that it was taken from."
    )
    biomarkers: list[Annotated[Biomarker, strawberry.lazy("schema.biomarker")]] | None = many(
        "id", "specimen_id", "What was found in the specimen.", order=("kind", "label"), size=10
    )


@entity("molecular_profile", description="One assay on one specimen.")
class MolecularProfile:
    """A row of `molecular_profile`."""

    id: strawberry.ID = public_id("Id of the profile in the viewer's scope.")
    assay: str = column("assay", "The assay as recorded.")
    panel: str | None = column("panel", "The gene panel as recorded.")
    genome_build: str | None = column("genome_build", "GRCh37 or GRCh38.")
    qc_status: QcStatus | None = column("qc_status", "Whether the assay gave a result.")
    turnaround_days: int | None = column("turnaround_days", "[days] from specimen to report.")
    ctdna_fraction: float | None = column(
        "ctdna_fraction_percent", "[%] of the cell-free DNA that is tumour."
    )
    gene_list_complete: bool = column(
        "gene_list_complete",
        "True: `genesAssessed` is every gene tested. False: others may have been, nobody said.",
    )
    specimen: Annotated[Specimen, strawberry.lazy("schema.specimen")] | None = one(
        "specimen_id", "id", "The specimen that was profiled."
    )
    genes_assessed: list[Annotated[Gene, strawberry.lazy("schema.gene")]] = many(
        "id",
        "profile_id",
        "The genes known to have been tested.",
        order=("symbol",),
        through=("gene_assessed", "gene_id"),
        size=200,
    )
