"""Medicines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.mapping import column, entity, many
from schema.scalars import Route

if TYPE_CHECKING:
    from schema.gene import Gene


@entity("drug", unique="inn", description="A medicine.")
class Drug:
    """A row of `drug`."""

    inn: str = column("inn", "{INN} international nonproprietary name, lower case.")
    atc: str | None = column("atc", "{ATC} fifth-level code; null where there is none.")
    route: Route | None = column("route", "How it is usually given; null where not known.")
    targets: list[Annotated[Gene, strawberry.lazy("schema.gene")]] | None = many(
        "id",
        "drug_id",
        "The genes whose products the drug acts on.",
        order=("symbol",),
        through=("drug_target", "gene_id"),
        size=3,
    )
