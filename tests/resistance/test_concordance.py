"""Rules 6: plasma beside tissue."""

from __future__ import annotations

import pytest

from db.resistance.concordance import concordance, neighbours
from tests.resistance.making import copies, plasma, tissue, variant


@pytest.mark.parametrize(
    ("tissue_day", "plasma_day", "apart"),
    [(-10, -3, 7), (-30, 0, 30), (-31, 0, None), (-1, 1, None), (200, 200, 0), (None, 3, None)],
)
def test_6_1_near_each_other(
    tissue_day: int | None, plasma_day: int | None, apart: int | None
) -> None:
    found = neighbours([tissue(tissue_day), plasma(plasma_day)])
    assert [days for *_, days in found] == ([] if apart is None else [apart])


def test_6_1_the_nearest_tissue_and_the_earlier_of_two_as_near() -> None:
    far, early, late, blood = tissue(20), tissue(100), tissue(110), plasma(105)
    assert neighbours([late, far, blood, early]) == ((early, blood, 5),)


def test_6_2_genes_assessed_in_both() -> None:
    found = concordance(
        tissue(
            0,
            *(variant("KRAS", "G12D"), variant("TP53", "R175H"), variant("BRAF", "V600E")),
            *(variant("APC", "R876*"), copies("MET", "AMPLIFICATION")),
            assessed="NRAS MET EGFR",
        ),
        plasma(
            0,
            *(variant("KRAS", "G12D", 0.01), variant("TP53", "R248Q", 0.01)),
            *(variant("NRAS", "Q61K", 0.01), variant("STK11", "Q37*", 0.01)),
            assessed="BRAF MET EGFR",
        ),
        4,
    )
    assert found is not None
    assert found.assessed_in_both == 6  # KRAS TP53 BRAF NRAS MET EGFR
    assert found.in_both == ("KRAS",)
    assert found.in_tissue_only == ("BRAF", "TP53")
    assert found.in_plasma_only == ("NRAS", "TP53")


def test_6_2_no_shared_gene_says_nothing() -> None:
    assert concordance(tissue(0, assessed="KRAS"), plasma(0, assessed="TP53"), 0) is None
