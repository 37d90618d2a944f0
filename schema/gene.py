"""Genes, by the names of the HUGO Gene Nomenclature Committee."""

from __future__ import annotations

from schema.mapping import column, entity


@entity("gene", keys=("symbol", "hgncId"), description="A human gene {HGNC}.")
class Gene:
    """A row of `gene`."""

    symbol: str = column("symbol", "{HGNC} approved symbol, or the recorded one where it has none.")
    hgnc_id: str | None = column(
        "hgnc_id", "{HGNC} id such as HGNC:1097; null where the symbol is not in the vocabulary."
    )
    name: str | None = column("name", "{HGNC} approved name.")
