"""The panels: complete lists of the genes that an assay tests.

They are far shorter than the national 523-gene panel: what is listed is stored once per profile.
The second tissue panel tests genes that the first does not, and plasma is narrower than either, so
that not every gene is tested at both ends of a treatment.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Panel(NamedTuple):
    """An assay's name and the genes it tests."""

    name: str
    assay: str
    genes: frozenset[str]


_CORE = frozenset({
    "AKT1", "ALK", "BRAF", "CDKN2A", "CTNNB1", "EGFR", "ERBB2", "ESR1", "FGFR2", "FGFR3", "IDH1",
    "KIT", "KRAS", "MAP2K1", "MET", "NRAS", "PDGFRA", "PIK3CA", "RET", "ROS1", "SMAD4", "TP53",
})  # fmt: skip
_TISSUE = frozenset({
    "APC", "AR", "ARID1A", "ATM", "BRCA1", "BRCA2", "CCND1", "MDM2", "PALB2", "PTEN", "SMO",
    "STK11", "VHL",
})  # fmt: skip
_ADDED = frozenset({"B2M", "BAP1", "CCNE1", "KEAP1", "NF1", "NTRK1", "NTRK3", "RB1"})
_LACKING = frozenset({"MAP2K1", "NRAS", "PTEN"})
TISSUE_1: Final = Panel("SYN-TISSUE-1", "Tissue DNA and RNA panel", (_CORE | _TISSUE) - _LACKING)
TISSUE_2: Final = Panel("SYN-TISSUE-2", "Tissue DNA and RNA panel", _CORE | _TISSUE | _ADDED)
PLASMA: Final = Panel("SYN-PLASMA-1", "Plasma ctDNA panel", _CORE | {"BRCA1", "BRCA2", "PTEN"})
PD_L1: Final = Panel("PD-L1", "Immunohistochemistry", frozenset({"CD274"}))
PANELS: Final = (TISSUE_1, TISSUE_2, PLASMA, PD_L1)
GENES: Final = frozenset[str]().union(*(panel.genes for panel in PANELS))
