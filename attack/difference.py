"""Differences: what two answers tell of those who are in one of them alone.

It finds less than the program, which sees all answers at once, and shows where: whoever subtracts
one number from another needs no program.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from attack.unit import Answer, Measure, Unit

Flags: TypeAlias = "npt.NDArray[np.bool_]"

NEAR: Final = 5
_CHUNK: Final = 400


@dataclass(frozen=True, slots=True)
class Differences:
    """Count the pairs of answers that differ in a few units, and whom a pair gives away."""

    pairs: int
    near: int
    certain: frozenset[int]


def differences(units: Sequence[Unit], answers: Iterable[Answer]) -> Differences:
    """Compare all pairs of answers about one measure, nested or overlapping, of any releases."""
    pairs = near = 0
    certain: set[int] = set()
    by_measure: dict[Measure, list[Answer]] = {each: [] for each in Measure}
    for answer in answers:
        by_measure[answer.measure].append(answer)
    for measure, told in by_measure.items():
        early = _early(units, told) if measure is Measure.BENEFIT else None
        nobody = [Answer(each, frozenset(), measure, 0, 0) for each in {a.release for a in told}]
        found = _pairs(len(units), [*told, *nobody], early)
        pairs += len(told) * (len(told) - 1) // 2
        near += found.near
        if measure is not Measure.EVALUABLE:
            certain |= found.certain
    return Differences(pairs, near, frozenset(certain))


def _early(units: Sequence[Unit], told: Iterable[Answer]) -> Mapping[int, Flags]:
    """Say of whom everyone knows that a YES cannot be yet, by release."""
    return {
        release: np.array([release in unit.early for unit in units])
        for release in {answer.release for answer in told}
    }


def _pairs(units: int, told: Sequence[Answer], early: Mapping[int, Flags] | None) -> Differences:
    inside: Any = np.zeros((len(told), units), dtype=np.float32)
    for number, answer in enumerate(told):
        inside[number, list(answer.members)] = 1
    sizes = inside.sum(axis=1)
    lower = np.array([each.lower for each in told])
    upper = np.array([each.upper for each in told])
    release = np.array([each.release for each in told])
    near = 0
    certain: Flags = np.zeros(units, dtype=bool)
    for start in range(0, len(told), _CHUNK):
        one = slice(start, start + _CHUNK)
        both = inside[one] @ inside.T
        mine, other = sizes[one][:, None] - both, sizes[None, :] - both
        apart = mine + other
        near += int(((apart > 0) & (apart < NEAR) & (sizes[one][:, None] > 0) & (sizes > 0)).sum())
        # Counts only rise from a release to a later one, so that an earlier answer bounds a later.
        earlier = release[one][:, None] <= release[None, :]
        all_of = earlier & (mine > 0) & (lower[one][:, None] - upper[None, :] >= mine)
        # Of the later answer's others nobody, if the earlier one's members leave no room.
        later = release[one][:, None] >= release[None, :]
        none_of = later & (mine > 0) & (upper[one][:, None] - lower[None, :] + other <= 0)
        for number, against in np.argwhere(all_of | none_of):
            found = (inside[start + number] > 0) & (inside[against] == 0)
            if early is not None and none_of[number, against]:
                found &= ~early[told[start + number].release]
            certain |= found
    return Differences(0, near // 2, frozenset(np.flatnonzero(certain).tolist()))
