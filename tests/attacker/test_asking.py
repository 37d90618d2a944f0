"""Does the attacker see what an answer tells beside its counts?"""

from __future__ import annotations

from typing import Any

import pytest

from attack.asking import TellsMore, Told, interval, read_rows
from attack.unit import Measure
from tests.attacker.people import NO, YES, unit

UNITS = [*(unit(YES) for _ in range(3)), *(unit(NO) for _ in range(7))]


def bounds(lower: float | None, upper: float | None) -> dict[str, float | None]:
    return {"value": lower if lower == upper else None, "lower": lower, "upper": upper}


def row() -> dict[str, Any]:
    """Answer as a server does that tells of no more than the counts."""
    share = {
        "suppressed": False,
        "numerator": bounds(2, 4),
        "estimate": bounds(0.2, 0.4),
        "confidenceInterval": bounds(*interval(2, 4, 10)),
    }
    return {
        "group": [],
        "patients": {"value": 10, "suppressed": False},
        "evaluable": bounds(8, 10),
        "objectiveResponse": dict(share),
        "clinicalBenefit16w": {**share, "estimate": bounds(0.2, 0.5)},
        "clinicalBenefit16wAllTreated": dict(share),
        "stage": None,
    }


def read(rows: list[dict[str, Any]]) -> Told:
    told = Told()
    read_rows(told, UNITS, 0, (), rows)
    return told


def test_counts_are_read_with_their_members() -> None:
    told = read([row()])
    found = {each.measure: (each.lower, each.upper, len(each.members)) for each in told.answers}
    assert found == {
        Measure.EVALUABLE: (8, 10, 10),
        Measure.RESPONSE: (2, 4, 10),
        Measure.BENEFIT: (2, 4, 10),
    }


def test_what_is_withheld_is_noted() -> None:
    without = row()
    without["objectiveResponse"] = {
        "suppressed": True, "numerator": bounds(None, None), "estimate": bounds(None, None)
    }  # fmt: skip
    assert read([without]).withheld == [(0, (), (), Measure.RESPONSE)]


@pytest.mark.parametrize(
    ("name", "part", "given"),
    [
        ("objectiveResponse", "estimate", bounds(0.3, 0.3)),
        ("clinicalBenefit16wAllTreated", "estimate", bounds(0.2, 0.3)),
        ("objectiveResponse", "confidenceInterval", bounds(*interval(3, 3, 10))),
        ("clinicalBenefit16w", "estimate", bounds(0.25, 0.5)),
        ("clinicalBenefit16w", "numerator", bounds(3, 3)),
        ("objectiveResponse", "numerator", bounds(None, None)),
    ],
)
def test_a_share_that_tells_more_than_its_counts_is_noticed(
    name: str, part: str, given: dict[str, float | None]
) -> None:
    leaky = row()
    leaky[name] = {**leaky[name], part: given}
    with pytest.raises(TellsMore):
        read([leaky])


def test_a_size_that_is_not_so_is_noticed() -> None:
    with pytest.raises(TellsMore, match="9 patients"):
        read([{**row(), "patients": {"value": 9, "suppressed": False}}])
