"""The usual rules for aggregates, on the same units: what ours is compared with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from attack.grouping import FREE, Groups, Values, groups
from attack.unit import Answer, Measure, Unit

FEWEST: Final = 5
Policy: TypeAlias = Callable[[Sequence[Unit], int, Sequence[str]], Iterator[Answer]]


def _value(units: Sequence[Unit], release: int, members: frozenset[int], measure: Measure) -> int:
    return sum(units[each].states[release].counts(measure) for each in members)


def hide_below(units: Sequence[Unit], release: int, dimensions: Sequence[str]) -> Iterator[Answer]:
    """Hide groups of fewer than five; tell the rest exactly."""
    for members in groups(units, release, dimensions).values():
        if len(members) >= FEWEST:
            for measure in Measure:
                value = _value(units, release, members, measure)
                yield Answer(release, members, measure, value, value)


def both_ways(units: Sequence[Unit], release: int, dimensions: Sequence[str]) -> Iterator[Answer]:
    """Tell a count exactly where at least five are counted and at least five are not."""
    for members in groups(units, release, dimensions).values():
        for measure in Measure:
            value = _value(units, release, members, measure)
            if FEWEST <= value <= len(members) - FEWEST:
                yield Answer(release, members, measure, value, value)


def each_table(units: Sequence[Unit], release: int, dimensions: Sequence[str]) -> Iterator[Answer]:
    """Protect each table by itself: hide small groups, then as many more as its margins need.

    A line of a table with one hidden group gives it away, so a second one is hidden, the smallest.
    At the ends of the scale two counts are told together: 0 or 1, all or all but one.
    """
    table = groups(units, release, dimensions)
    told = {values for values, members in table.items() if len(members) >= FEWEST}
    if len(dimensions) > 1:
        told = _without_lone(table, told)
    for values in sorted(told):
        members = table[values]
        for measure in Measure:
            yield _at_the_ends(release, members, measure, _value(units, release, members, measure))


def _without_lone(table: Groups, told: set[Values]) -> set[Values]:
    lines: dict[tuple[int, str], list[Values]] = defaultdict(list)
    for values in table:
        for axis, value in enumerate(values):
            lines[axis, value].append(values)
    while True:
        lone = [line for line in lines.values() if sum(each not in told for each in line) == 1]
        hide = {
            min(left, key=lambda each: (len(table[each]), each))
            for line in lone
            if (left := [each for each in line if each in told])
        }
        if not hide:
            return told
        told = told - hide


def _at_the_ends(release: int, members: frozenset[int], measure: Measure, value: int) -> Answer:
    size = len(members)
    if value <= 1:
        return Answer(release, members, measure, 0, 1)
    if value >= size - 1:
        return Answer(release, members, measure, size - 1, size)
    return Answer(release, members, measure, value, value)


@dataclass(frozen=True, slots=True)
class Baseline:
    """Hold a rule that others follow, and by whom."""

    name: str
    policy: Policy

    def answers(
        self, units: Sequence[Unit], releases: Sequence[int], lattice: Sequence[Sequence[str]]
    ) -> list[Answer]:
        """Answer all groupings of all releases."""
        return [
            answer
            for release in releases
            for dimensions in lattice
            for answer in self.policy(units, release, dimensions)
        ]


BASELINES: Final[Mapping[str, Baseline]] = {
    each.name: each
    for each in (
        Baseline("hide below 5", hide_below),
        Baseline("at least 5 both ways", both_ways),
        Baseline("each table by itself", each_table),
    )
}
__all__ = ["BASELINES", "FEWEST", "FREE", "Baseline"]
