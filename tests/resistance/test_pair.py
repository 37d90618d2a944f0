"""Rules 2: which two specimens are compared."""

from __future__ import annotations

import pytest

from db.resistance.case import Case, Specimen
from db.resistance.pair import pair
from tests.resistance.making import plasma, progressing, tissue

EARLY, START, DURING, AT, LATER = (tissue(day) for day in (-40, 0, 90, 200, 230))
BLOOD_BEFORE, BLOOD_AT, BLOOD_LATER = plasma(-3), plasma(205), plasma(240)
FIRST, SECOND, THIRD = (plasma(None, ordinal=number) for number in (1, 2, 3))
PIECE, OTHER_PIECE = tissue(None, ordinal=1), tissue(None, ordinal=2)


@pytest.mark.parametrize(
    ("rule", "specimens", "expected"),
    [
        ("2.2 the last up to the start", (EARLY, START, AT), (START, AT, "SAME_MATERIAL")),
        ("2.3 the first at or after", (START, LATER, AT, DURING), (START, AT, "SAME_MATERIAL")),
        ("2.3 not during", (START, DURING), None),
        (
            "2.4 the same material before an earlier comparator",
            (BLOOD_BEFORE, AT, BLOOD_LATER),
            (BLOOD_BEFORE, BLOOD_LATER, "SAME_MATERIAL"),
        ),
        (
            "2.4 the earlier comparator where both materials pair",
            (START, BLOOD_BEFORE, LATER, BLOOD_AT),
            (BLOOD_BEFORE, BLOOD_AT, "SAME_MATERIAL"),
        ),
        ("2.4 mixed, and said so", (START, BLOOD_AT), (START, BLOOD_AT, "MIXED_MATERIAL")),
        ("2.2 no baseline", (AT, LATER), None),
        ("2.5 first and last", (SECOND, THIRD, FIRST), (FIRST, THIRD, "UNDATED_SERIES")),
        ("2.5 one is no series", (FIRST, PIECE), None),
        ("2.6 the longer", (FIRST, PIECE, OTHER_PIECE), (PIECE, OTHER_PIECE, "UNDATED_SERIES")),
        (
            "2.6 plasma where both are as long",
            (PIECE, OTHER_PIECE, FIRST, SECOND),
            (FIRST, SECOND, "UNDATED_SERIES"),
        ),
        ("2.5 not where one has a day", (FIRST, SECOND, START), None),
        ("2.5 not without an order", (plasma(None), plasma(None)), None),
    ],
)
def test_pairs(
    rule: str, specimens: tuple[Specimen, ...], expected: tuple[Specimen, Specimen, str] | None
) -> None:
    for order in (specimens, specimens[::-1]):
        found = pair(progressing(*order))
        if expected is None:
            assert found is None, rule
        else:
            assert found is not None, rule
            assert (found.baseline, found.comparator, found.basis) == expected, rule


def test_2_3_the_next_treatment_ends_what_counts() -> None:
    assert pair(progressing(START, LATER, next_start_day=230)) is None
    assert pair(progressing(START, LATER, next_start_day=231)) is not None


def test_2_5_several_treatments_without_dates_are_not_told_apart() -> None:
    assert pair(progressing(FIRST, SECOND, only_treatment=False)) is None


def test_without_specimens() -> None:
    assert pair(Case(1)) is None
