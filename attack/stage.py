"""Stages: what the stage of a cohort says of the benefit of its patients.

By Simon's design a cohort went on since more than `r1` of the first `n1` evaluable patients had
benefit, and to expansion since more than `r` of the first `n` had; it stopped since no more had.
The order within a month is not known, nor who is evaluable: whoever started before all but `n1 - 1`
others did is one of the first `n1` if evaluable at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from attack.grouping import groups
from attack.unit import Answer, Measure, Unit

_PASSED_1: Final = frozenset({"STAGE_2", "STOPPED_STAGE_2", "EXPANSION", "COMPLETED"})
_PASSED_2: Final = frozenset({"EXPANSION", "COMPLETED"})


@dataclass(frozen=True, slots=True)
class Design:
    """Hold the two stages of a cohort."""

    n1: int
    r1: int
    n: int
    r: int


def constraints(
    units: Sequence[Unit],
    stages: Mapping[int, Mapping[str, str]],
    designs: Mapping[str, Design],
) -> Iterator[Answer]:
    """Give what told stages say, as answers.

    What is not so of the release's own rows is left out: a stage counts patients, too, who are not
    in the release.
    """
    for release, told in stages.items():
        for (code,), members in groups(units, release, ["COHORT"]).items():
            stage, design = told.get(code), designs.get(code)
            if stage is None or design is None:
                continue
            for answer in _implied(units, release, members, stage, design):
                count = sum(
                    units[each].states[release].counts(answer.measure) for each in answer.members
                )
                if answer.lower <= count <= answer.upper:
                    yield answer


def _implied(
    units: Sequence[Unit], release: int, members: frozenset[int], stage: str, design: Design
) -> Iterator[Answer]:
    size = len(members)
    if stage in _PASSED_1 and size > design.r1:
        yield Answer(release, members, Measure.BENEFIT, design.r1 + 1, size)
    if stage in _PASSED_2 and size > design.r:
        yield Answer(release, members, Measure.BENEFIT, design.r + 1, size)
    if stage == "STAGE_1":
        yield Answer(release, members, Measure.EVALUABLE, 0, min(size, design.n1 - 1))
    if stage == "STOPPED_STAGE_1":
        first = _first(units, release, members, design.n1)
        yield Answer(release, members, Measure.EVALUABLE, min(size, design.n1), size)
        yield Answer(release, first, Measure.BENEFIT, 0, min(len(first), design.r1))
    if stage == "STOPPED_STAGE_2":
        first = _first(units, release, members, design.n)
        yield Answer(release, members, Measure.EVALUABLE, min(size, design.n), size)
        yield Answer(release, first, Measure.BENEFIT, 0, min(len(first), design.r))


def _first(
    units: Sequence[Unit], release: int, members: frozenset[int], many: int
) -> frozenset[int]:
    """Find those surely among the first so many: no more started by the end of the month."""
    month = {each: units[each].values[release]["ACCRUAL_MONTH"][0] for each in members}
    return frozenset(
        each
        for each in members
        if month[each] and sum(other <= month[each] for other in month.values()) <= many
    )
