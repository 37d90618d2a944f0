"""Stages of cohorts: what telling one says of benefit, and whether a world agrees with it.

A stage follows from the cohort's evaluable treatments in the order in which they began, of which
everyone knows the month. Within a month any order may be the true one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

FEWEST: Final = 25
"""So many treatments a cohort has at least whose stage is told: size alone decides what may be."""


class Design(NamedTuple):
    """Hold Simon's two stages: of the first n1 more than r1, of the first n more than r."""

    n1: int
    r1: int
    n: int
    r: int


@dataclass(frozen=True, slots=True)
class Stage:
    """Hold the stage of a cohort as it is told of a release."""

    cohort: str
    release: int
    months: tuple[tuple[int, ...], ...]
    """Its treatments, by month of accrual."""
    design: Design
    told: str

    @property
    def members(self) -> frozenset[int]:
        """Give its treatments."""
        return frozenset(unit for month in self.months for unit in month)

    def agrees(self, benefits: Mapping[int, bool]) -> bool:
        """Tell whether the benefits of the evaluable may have led to it.

        Tried are the orders in which benefits come first or last within their month: either shows
        that there is one.
        """
        for last in (False, True):
            ordered: list[bool] = []
            for month in self.months:
                found = [benefits[unit] for unit in month if unit in benefits]
                ordered += sorted(found, reverse=not last)
            if judge(ordered, self.design) == _ALIKE.get(self.told, self.told):
                return True
        return False


# When a cohort that goes on is complete is agreed, and says nothing of benefits.
_ALIKE: Final = {"COMPLETED": "EXPANSION"}


def judge(benefits: Sequence[bool], design: Design) -> str:
    """Give the stage that the evaluable have brought a cohort to."""
    if len(benefits) < design.n1:
        return "STAGE_1"
    if sum(benefits[: design.n1]) <= design.r1:
        return "STOPPED_STAGE_1"
    if len(benefits) < design.n:
        return "STAGE_2"
    return "STOPPED_STAGE_2" if sum(benefits[: design.n]) <= design.r else "EXPANSION"
