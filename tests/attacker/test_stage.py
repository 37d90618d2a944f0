"""What does the stage of a cohort say, and does the attacker use it?"""

from __future__ import annotations

import pytest

from attack.program import blocks
from attack.search import settle
from attack.stage import Design, constraints
from attack.unit import Measure, Unit
from tests.attacker.people import NO, YES, unit

DESIGN = {"C": Design(n1=8, r1=0, n=24, r=4)}


def cohort(*states: bool) -> list[Unit]:
    """Make a cohort of one month after the other: who benefits."""
    return [
        unit(YES if each else NO, COHORT="C", ACCRUAL_MONTH=f"{2020 + n // 12}-{n % 12 + 1:02d}-01")
        for n, each in enumerate(states)
    ]


def certain(units: list[Unit], stage: str) -> set[int]:
    told = list(constraints(units, {0: {"C": stage}}, DESIGN))
    return settle(blocks(units, told)).outsider.certain[Measure.BENEFIT]


def test_stopped_after_eight_means_that_none_of_eight_had_benefit() -> None:
    units = cohort(*[False] * 10)
    assert certain(units, "STOPPED_STAGE_1") == set(range(8))


def test_a_month_that_goes_beyond_the_eighth_tells_of_nobody() -> None:
    units = [unit(NO, COHORT="C", ACCRUAL_MONTH="2024-01-01") for _ in range(10)]
    assert not certain(units, "STOPPED_STAGE_1")


def test_going_on_means_that_somebody_had_benefit() -> None:
    units = cohort(True, *[False] * 9)
    (told,) = constraints(units, {0: {"C": "STAGE_2"}}, DESIGN)
    assert (told.lower, told.upper, told.measure) == (1, 10, Measure.BENEFIT)
    assert not certain(units, "STAGE_2")


def test_expansion_means_more_than_four_of_24() -> None:
    units = cohort(*[True] * 6, *[False] * 20)
    assert [each.lower for each in constraints(units, {0: {"C": "EXPANSION"}}, DESIGN)] == [1, 5]


@pytest.mark.parametrize("stage", ["STAGE_2", "EXPANSION"])
def test_what_the_rows_contradict_is_left_out(stage: str) -> None:
    assert not list(constraints(cohort(*[False] * 10), {0: {"C": stage}}, DESIGN))
