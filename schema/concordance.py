"""Circulating tumour DNA beside tissue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.mapping import column, entity, one, public_id

if TYPE_CHECKING:
    from schema.specimen import Specimen


@entity(
    "concordance",
    description="Plasma beside tissue of the same patient, taken within 30 days: what either "
    "shows of the genes assessed in both. Small variants alone; one gene may have different ones.",
)
class Concordance:
    """A row of `concordance`."""

    id: strawberry.ID = public_id("Id of the comparison in the viewer's scope.")
    tissue: Annotated[Specimen, strawberry.lazy("schema.specimen")] | None = one(
        "tissue_specimen_id", "id", "The tissue."
    )
    plasma: Annotated[Specimen, strawberry.lazy("schema.specimen")] | None = one(
        "plasma_specimen_id", "id", "The plasma."
    )
    days_apart: int = column("days_apart", "[days] between the two.")
    genes_assessed_in_both: int = column(
        "genes_assessed_in_both", "[genes] assessed in both; nothing is said of the others."
    )
    altered_in_both: list[str] = column(
        "altered_in_both", "{HGNC} genes with the same small variant in both."
    )
    altered_in_tissue_only: list[str] = column(
        "altered_in_tissue_only", "{HGNC} genes with a small variant that the plasma does not show."
    )
    altered_in_plasma_only: list[str] = column(
        "altered_in_plasma_only", "{HGNC} genes with a small variant that the tissue does not show."
    )
    rule_set: str = column("rule_set", "The rules that compared them.")
