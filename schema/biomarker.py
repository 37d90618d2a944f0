"""Biomarkers: what was found in a specimen, of one of six kinds."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.mapping import column, entity, many, one, public_id

if TYPE_CHECKING:
    from schema.evidence import BiomarkerEvidence
    from schema.gene import Gene
    from schema.patient import Patient
    from schema.specimen import Specimen


@strawberry.enum(description="Where an alteration comes from.")
class BiomarkerOrigin(Enum):
    """Name an origin."""

    SOMATIC = "SOMATIC"
    GERMLINE = "GERMLINE"


@strawberry.enum(description="How many copies of a gene the tumour carries.")
class CopyNumberType(Enum):
    """Name a copy-number state."""

    AMPLIFICATION = "AMPLIFICATION"
    GAIN = "GAIN"
    LOSS = "LOSS"
    DEEP_DELETION = "DEEP_DELETION"


@strawberry.enum(description="A property of the whole tumour genome.")
class SignatureKind(Enum):
    """Name a signature."""

    TMB = strawberry.enum_value("TMB", description="Tumour mutational burden [mut/Mb].")
    MSI = strawberry.enum_value("MSI", description="Microsatellite instability [% unstable sites].")
    HRD = strawberry.enum_value("HRD", description="Homologous recombination deficiency [score].")


@strawberry.enum(description="A laboratory's verdict on a measured value.")
class BiomarkerCall(Enum):
    """Name a verdict."""

    HIGH = "HIGH"
    LOW = "LOW"
    STABLE = "STABLE"
    POSITIVE = "POSITIVE"
    NEGATIVE = "NEGATIVE"
    INDETERMINATE = "INDETERMINATE"


@entity("biomarker", interface=True, description="A finding in a specimen.")
class Biomarker:
    """A row of `biomarker`; its column `kind` says which type it is."""

    id: strawberry.ID = public_id("Id of the biomarker in the viewer's scope.")
    label: str = column("label", "Gene and change as written for people, such as BRAF p.V600E.")
    origin: BiomarkerOrigin | None = column("origin", "Somatic or germline; null where not known.")
    patient: Annotated[Patient, strawberry.lazy("schema.patient")] | None = one(
        "patient_id", "id", "The patient."
    )
    gene: Annotated[Gene, strawberry.lazy("schema.gene")] | None = one(
        "gene_id", "id", "The gene; null for what concerns the whole genome."
    )
    specimen: Annotated[Specimen, strawberry.lazy("schema.specimen")] | None = one(
        "specimen_id", "id", "The specimen that it was found in."
    )
    evidence: list[Annotated[BiomarkerEvidence, strawberry.lazy("schema.evidence")]] = many(
        "id",
        "biomarker_id",
        "How well it is known to matter for a treatment.",
        order=("system", "level"),
    )


@entity(kind="SMALL_VARIANT", description="A substitution, or a short insertion or deletion.")
class SmallVariant(Biomarker):
    """A small variant."""

    hgvsg: str | None = column("hgvsg", "{HGVS} genomic change.")
    hgvsc: str | None = column("hgvsc", "{HGVS} change of the coding sequence.")
    hgvsp: str | None = column("hgvsp", "{HGVS} change of the protein, one-letter, with p.")
    transcript: str | None = column("transcript", "{RefSeq or Ensembl} transcript of the changes.")
    consequence: str | None = column("consequence", "{MAF} variant classification as recorded.")
    chromosome: str | None = column("chromosome", "Chromosome, without chr.")
    position: int | None = column("position", "[bases] of the first one changed, from 1.")
    reference_allele: str | None = column("reference_allele", "Bases of the reference genome.")
    alternate_allele: str | None = column("alternate_allele", "Bases found instead.")
    vaf: float | None = column("vaf", "[0-1] variant allele fraction.")
    depth: int | None = column("depth", "[reads] covering the position.")


@entity(kind="COPY_NUMBER", description="A gene that the tumour has gained or lost.")
class CopyNumber(Biomarker):
    """A copy-number call."""

    copy_number_type: CopyNumberType = column("copy_number_type", "Gained or lost, and how far.")
    copies: float | None = column("copies", "[copies] in the tumour cells.")
    cytoband: str | None = column("cytoband", "Band of the chromosome, such as 17q12.")


@entity(kind="FUSION", description="Two genes joined.")
class Fusion(Biomarker):
    """A gene fusion."""

    partner_gene: Annotated[Gene, strawberry.lazy("schema.gene")] | None = one(
        "partner_gene_id", "id", "The other gene; null where not known."
    )
    depth: int | None = column("depth", "[reads] that support the junction.")


@entity(
    kind="SPLICE_VARIANT",
    description="A transcript spliced abnormally, such as MET exon 14 skipping.",
)
class SpliceVariant(Biomarker):
    """A splice variant."""

    depth: int | None = column("depth", "[reads] that support the junction.")


@entity(kind="SIGNATURE", description="A measured property of the whole tumour genome.")
class Signature(Biomarker):
    """A signature."""

    kind: SignatureKind = column("signature_kind", "TMB, MSI or HRD.")
    value: float | None = column("value", "Measured value, in `unit`.")
    unit: str | None = column("unit", "TMB mut/Mb, MSI % unstable sites, HRD score.")
    call: BiomarkerCall | None = column("call", "The laboratory's verdict.")


@entity(kind="PROTEIN_EXPRESSION", description="A protein stained in the tumour, such as PD-L1.")
class ProteinExpression(Biomarker):
    """A protein expression."""

    value: float | None = column("value", "Measured value, in `unit`.")
    unit: str | None = column("unit", "Unit of the value, such as % of tumour cells.")
    call: BiomarkerCall | None = column("call", "The laboratory's verdict.")


IMPLEMENTATIONS = (SmallVariant, CopyNumber, Fusion, SpliceVariant, Signature, ProteinExpression)
"""The types that implement `Biomarker`; a schema must be told, since no field names them."""
