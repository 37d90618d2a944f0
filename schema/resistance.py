"""Resistance as knowledge of its own: paired evidence, and who was tested."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.mapping import column, entity, many, one, public_id

if TYPE_CHECKING:
    from schema.biomarker import Biomarker
    from schema.drug import Drug
    from schema.specimen import Specimen
    from schema.treatment import Treatment


@strawberry.enum(description="Whether resistance was there from the start or came with treatment.")
class ResistanceKind(Enum):
    """Name a kind of resistance."""

    PRIMARY = "PRIMARY"
    ACQUIRED = "ACQUIRED"


@strawberry.enum(description="How sure a finding is.")
class ResistanceStatus(Enum):
    """Name a status."""

    SUSPECTED = "SUSPECTED"
    LIKELY = "LIKELY"
    CONFIRMED = "CONFIRMED"
    REFUTED = "REFUTED"


@strawberry.enum(description="By which mechanism a tumour became resistant.")
class ResistanceMechanism(Enum):
    """Name a mechanism."""

    ON_TARGET_SECONDARY_MUTATION = "ON_TARGET_SECONDARY_MUTATION"
    ON_TARGET_AMPLIFICATION = "ON_TARGET_AMPLIFICATION"
    ON_TARGET_SPLICE = "ON_TARGET_SPLICE"
    ON_TARGET_LOSS = "ON_TARGET_LOSS"
    REVERSION = "REVERSION"
    BYPASS_RTK = "BYPASS_RTK"
    BYPASS_MAPK = "BYPASS_MAPK"
    BYPASS_PI3K = "BYPASS_PI3K"
    BYPASS_CELL_CYCLE = "BYPASS_CELL_CYCLE"
    BYPASS_OTHER = "BYPASS_OTHER"
    DOWNSTREAM = "DOWNSTREAM"
    LINEAGE_TRANSFORMATION = "LINEAGE_TRANSFORMATION"
    IMMUNE_EVASION = "IMMUNE_EVASION"
    PHARMACOLOGICAL = "PHARMACOLOGICAL"
    CLONAL_REPLACEMENT = "CLONAL_REPLACEMENT"
    UNKNOWN_PROFILED = strawberry.enum_value(
        "UNKNOWN_PROFILED", description="Profiled at progression, and nothing explains it."
    )
    NOT_PROFILED = strawberry.enum_value(
        "NOT_PROFILED", description="Nobody looked: not part of the denominator of those tested."
    )


@strawberry.enum(description="How a biomarker changed between two specimens.")
class BiomarkerChange(Enum):
    """Name a change."""

    EMERGENT = "EMERGENT"
    LOST = "LOST"
    RISING = "RISING"
    PERSISTING = "PERSISTING"


@strawberry.enum(description="Which specimens the rules compared that proposed a finding.")
class FindingBasis(Enum):
    """Name a basis."""

    SAME_MATERIAL = strawberry.enum_value(
        "SAME_MATERIAL", description="Tissue with tissue, or plasma with plasma, by their days."
    )
    MIXED_MATERIAL = strawberry.enum_value(
        "MIXED_MATERIAL", description="Tissue with plasma: fractions do not compare."
    )
    UNDATED_SERIES = strawberry.enum_value(
        "UNDATED_SERIES",
        description="First and last of a series that is in order and without dates: whether the "
        "last was taken at progression is not known.",
    )
    UNPAIRED = strawberry.enum_value(
        "UNPAIRED", description="Profiled at progression, with nothing from before to compare."
    )
    NO_SECOND_SPECIMEN = strawberry.enum_value(
        "NO_SECOND_SPECIMEN", description="Nothing was profiled at or after progression."
    )


@entity("paired_evidence", description="One biomarker in two specimens of the same patient.")
class PairedEvidence:
    """A row of `paired_evidence`."""

    id: strawberry.ID = public_id("Id of the evidence in the viewer's scope.")
    biomarker: Annotated[Biomarker, strawberry.lazy("schema.biomarker")] | None = one(
        "biomarker_id", "id", "The biomarker compared."
    )
    baseline: Annotated[Specimen, strawberry.lazy("schema.specimen")] | None = one(
        "baseline_specimen_id", "id", "The earlier specimen."
    )
    comparator: Annotated[Specimen, strawberry.lazy("schema.specimen")] | None = one(
        "comparator_specimen_id", "id", "The later specimen."
    )
    vaf_before: float | None = column(
        "vaf_before", "[0-1] variant allele fraction in the earlier specimen; null: not tested."
    )
    vaf_after: float | None = column(
        "vaf_after", "[0-1] variant allele fraction in the later specimen; null: not tested."
    )
    tested_in_both: bool = column(
        "tested_in_both", "The gene was assessed in both; otherwise nothing emerged or vanished."
    )
    change: BiomarkerChange | None = column(
        "change",
        "How it changed between the two; null: cannot be told, or not worked out by rules.",
    )


@entity(
    "resistance_finding",
    description="How a tumour became resistant, or that it was profiled without an answer, or not.",
)
class ResistanceFinding:
    """A row of `resistance_finding`."""

    id: strawberry.ID = public_id("Id of the finding in the viewer's scope.")
    kind: ResistanceKind = column("kind", "There from the start, or acquired.")
    mechanism: ResistanceMechanism = column("mechanism", "By which mechanism.")
    status: ResistanceStatus = column("status", "How sure it is.")
    day_after_progression: int | None = column(
        "day_after_progression", "[days] from progression to the specimen, negative before."
    )
    literature: list[str] = column("literature", "{PubMed} ids or DOIs.")
    curated: bool = column("curated", "True where a person judged it.")
    rule_set: str | None = column(
        "rule_set", "The rules that proposed it; null: reported by a source or a person."
    )
    basis: FindingBasis | None = column(
        "basis", "Which specimens the rules compared; null: not proposed by rules."
    )
    drug: Annotated[Drug, strawberry.lazy("schema.drug")] | None = one(
        "drug_id", "id", "The drug that lost its effect; null where not known."
    )
    treatment: Annotated[Treatment, strawberry.lazy("schema.treatment")] | None = one(
        "treatment_id", "id", "The treatment that lost its effect."
    )
    biomarkers: list[Annotated[Biomarker, strawberry.lazy("schema.biomarker")]] | None = many(
        "id",
        "finding_id",
        "The biomarkers that it names.",
        order=("kind", "label"),
        through=("finding_biomarker", "biomarker_id"),
        size=3,
    )
    evidence: list[Annotated[PairedEvidence, strawberry.lazy("schema.resistance")]] = many(
        "id", "finding_id", "The pairs of specimens that it rests on.", size=3
    )
