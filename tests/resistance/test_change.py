"""Rules 3: how an alteration changed between two specimens."""

from __future__ import annotations

import pytest

from db.resistance.case import Call, Comparison, Pair, Specimen
from db.resistance.change import compare
from tests.resistance.making import copies, fusion, plasma, tissue, variant

SHED = variant("TP53", "R175H", 0.3)


def between(before: Specimen, after: Specimen, basis: str = "SAME_MATERIAL") -> list[Comparison]:
    return list(compare(Pair(before, after, basis)))


def change(
    before: Specimen, after: Specimen, gene: str, basis: str = "SAME_MATERIAL"
) -> str | None:
    (found,) = (each for each in between(before, after, basis) if each.call.gene == gene)
    return found.change


@pytest.mark.parametrize(
    ("rule", "before", "after", "expected"),
    [
        ("3.5", tissue(0, assessed="KRAS"), tissue(200, variant("KRAS", "G12D")), "EMERGENT"),
        ("3.6", tissue(0, variant("KRAS", "G12D")), tissue(200, assessed="KRAS"), "LOST"),
        ("3.1", tissue(0, assessed="TP53"), tissue(200, variant("KRAS", "G12D")), None),
        ("3.1", tissue(0, variant("KRAS", "G12D")), tissue(200), None),
        (
            "3.1 called in it: the gene was assessed",
            tissue(0, variant("KRAS", "G13D")),
            tissue(200, variant("KRAS", "G13D"), variant("KRAS", "Q61H")),
            "EMERGENT",
        ),
        (
            "3.3 tissue shows from 0.05 on",
            tissue(0, assessed="KRAS"),
            tissue(200, variant("KRAS", "G12D", 0.049)),
            None,
        ),
        (
            "3.3 at the limit",
            tissue(0, assessed="KRAS"),
            tissue(200, variant("KRAS", "G12D", 0.05)),
            "EMERGENT",
        ),
        (
            "3.3 tissue without a fraction",
            tissue(0, assessed="KRAS"),
            tissue(200, variant("KRAS", "G12D", None)),
            "EMERGENT",
        ),
        (
            "3.4 plasma that sheds",
            plasma(0, SHED, assessed="KRAS"),
            plasma(200, SHED, variant("KRAS", "G12D", 0.005)),
            "EMERGENT",
        ),
        (
            "3.4 plasma that shows no tumour",
            plasma(0, assessed="KRAS TP53"),
            plasma(200, variant("KRAS", "G12D", 0.2)),
            None,
        ),
        (
            "3.3 below the limit of plasma",
            plasma(0, SHED, assessed="KRAS"),
            plasma(200, SHED, variant("KRAS", "G12D", 0.0049)),
            None,
        ),
        (
            "3.4 copy numbers in thin plasma",
            plasma(0, SHED, assessed="MET", ctdna_fraction=9.9),
            plasma(200, SHED, copies("MET", "AMPLIFICATION")),
            None,
        ),
        (
            "3.4 copy numbers in rich plasma",
            plasma(0, SHED, assessed="MET", ctdna_fraction=10.0),
            plasma(200, SHED, copies("MET", "AMPLIFICATION")),
            "EMERGENT",
        ),
        (
            "3.1 a fusion is of both its genes",
            tissue(0, assessed="EML4"),
            tissue(200, fusion("ALK", "EML4")),
            "EMERGENT",
        ),
    ],
)
def test_what_emerges_or_vanishes(
    rule: str, before: Specimen, after: Specimen, expected: str | None
) -> None:
    found = [each.change for each in between(before, after) if each.call.gene != "TP53"]
    assert expected in found, rule
    assert {"EMERGENT", "LOST"} & set(found) <= {expected}, rule


@pytest.mark.parametrize(
    ("rule", "before", "after", "expected"),
    [
        ("3.7 both", (0.006, 1974), (0.186, 2389), "RISING"),
        ("3.7 not twice", (0.11, 5000), (0.21, 5000), "PERSISTING"),
        ("3.7 twice", (0.10, 5000), (0.20, 5000), "RISING"),
        ("3.7 too small a rise", (0.001, 20000), (0.0209, 20000), "PERSISTING"),
        ("3.7 enough", (0.001, 20000), (0.021, 20000), "RISING"),
        ("3.7 too few reads to tell", (0.1, 20), (0.3, 20), "PERSISTING"),
        ("3.7 without depths", (0.1, None), (0.3, None), "RISING"),
        ("3.7 no read at all", (0.1, 0), (0.3, 100), "PERSISTING"),
        ("3.7 without a fraction", (None, 100), (0.3, 100), "PERSISTING"),
        ("3.7 falling", (0.3, 1000), (0.01, 1000), "PERSISTING"),
    ],
)
def test_3_7_what_rises(
    rule: str,
    before: tuple[float | None, int | None],
    after: tuple[float | None, int | None],
    expected: str,
) -> None:
    def seen(at: tuple[float | None, int | None]) -> Call:
        return variant("ERBB2", "V777L", at[0], depth=at[1])

    assert change(plasma(0, seen(before)), plasma(200, seen(after)), "ERBB2") == expected, rule


def test_3_8_fractions_of_tissue_and_plasma_do_not_compare() -> None:
    low, high = variant("ERBB2", "V777L", 0.01), variant("ERBB2", "V777L", 0.4)
    assert change(plasma(0, low), tissue(200, high), "ERBB2", "MIXED_MATERIAL") == "PERSISTING"


def test_3_7_more_copies_rise() -> None:
    gain, amplified = copies("MET", "GAIN"), copies("MET", "AMPLIFICATION")
    assert change(tissue(0, gain), tissue(200, amplified), "MET") == "RISING"
    assert change(tissue(0, amplified), tissue(200, gain), "MET") == "PERSISTING"


def test_3_2_germline_is_no_change() -> None:
    inherited = variant("BRCA2", "S1982Rfs*22", germline=True)
    assert between(tissue(0, assessed="BRCA2"), tissue(200, inherited)) == []


def test_3_2_an_alteration_counts_once_by_its_highest_fraction() -> None:
    twice = (variant("KRAS", "G12D", 0.1), variant("KRAS", "G12D", 0.3))
    (found,) = between(tissue(0, assessed="KRAS"), tissue(200, *twice))
    assert (found.vaf_before, found.vaf_after) == (0.0, 0.3)


def test_3_9_fractions_are_null_where_not_tested() -> None:
    (found,) = between(tissue(0), tissue(200, variant("KRAS", "G12D", 0.3)))
    assert (found.tested_in_both, found.change) == (False, None)
    assert (found.vaf_before, found.vaf_after) == (None, 0.3)
