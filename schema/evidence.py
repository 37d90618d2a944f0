"""Evidence: how well it is known that a biomarker matters for a treatment."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.mapping import column, entity, one, public_id

if TYPE_CHECKING:
    from schema.drug import Drug


@strawberry.enum(description="A system that ranks what is known of a biomarker and a treatment.")
class EvidenceSystem(Enum):
    """Name a system of levels."""

    ESCAT = strawberry.enum_value(
        "ESCAT", description="ESMO's scale {ESCAT}: IA-IC, IIA-IIB, IIIA-IIIB, IVA-IVB, V, X."
    )
    ONCOKB = strawberry.enum_value(
        "ONCOKB", description="{OncoKB}: 1, 2, 3A, 3B, 4; R1 and R2 for resistance."
    )
    AMP = strawberry.enum_value(
        "AMP", description="{AMP/ASCO/CAP} tiers: IA, IB, IIC, IID, III, IV."
    )


@entity("biomarker_evidence", description="One level of evidence of a biomarker.")
class BiomarkerEvidence:
    """A row of `biomarker_evidence`."""

    id: strawberry.ID = public_id("Id of the evidence in the viewer's scope.")
    system: EvidenceSystem = column("system", "The system that the level is one of.")
    level: str = column("level", "{ESCAT} {OncoKB} {AMP/ASCO/CAP} level, as the system says.")
    drug: Annotated[Drug, strawberry.lazy("schema.drug")] | None = one(
        "drug_id", "id", "The drug that the level is about; null: none in particular."
    )
    tumour_type: str | None = column("tumour_type", "Tumour type as recorded; null: any.")
    onco_tree_code: str | None = column(
        "onco_tree_code", "{OncoTree} code; null where the type does not map."
    )
    source: str = column("source", "Who assigned the level, with a version where there is one.")
    literature: list[str] = column("literature", "{PubMed} ids or DOIs.")
