"""Noise: servers that answer any filter, not exactly; and the usual way to undo that.

Where any filter may be used, any set of patients can be asked for, since everyone's attributes are
known: the attacker asks for sets at random and finds the outcomes that fit the answers best.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import lsq_linear  # type: ignore[import-untyped]

from attack.unit import Unit

QUERIES: Final = (40, 200, 500, 1_000, 2_000)
_BASE: Final = 5
_NOISE: Final = (-2, -1, 0, 1, 2)
_FEWEST: Final = 5


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Tell for how large a share of the units the response was found, after so many queries."""

    policy: str
    units: int
    after: dict[int, float]


def reconstructed(units: Sequence[Unit], release: int, seed: int = 0) -> list[Accuracy]:
    """Undo rounding to five, and noise that each set of patients has of its own."""
    truth = np.array(
        [float(unit.states[release].response) for unit in units if release in unit.states]
    )
    random = np.random.default_rng(seed)
    keys = random.random(len(truth))

    def rounded(members: Any) -> float:
        return float(_BASE * np.floor(members @ truth / _BASE + 0.5))

    def perturbed(members: Any) -> float:
        cell = float((members @ keys) % 1)
        return float(members @ truth) + _NOISE[int(cell * len(_NOISE))]

    return [
        _accuracy("rounding to 5, free filters", rounded, truth, random),
        _accuracy("cell-key noise, free filters", perturbed, truth, random),
    ]


def _accuracy(
    policy: str,
    answer: Callable[[Any], float],
    truth: npt.NDArray[np.float64],
    random: np.random.Generator,
) -> Accuracy:
    size = len(truth)
    asked = np.zeros((max(QUERIES), size))
    for each in asked:
        many = int(random.integers(_FEWEST, max(_FEWEST + 1, size)))
        each[random.choice(size, size=min(many, size), replace=False)] = 1
    told = np.array([answer(each) for each in asked])
    after: dict[int, float] = {}
    for many in QUERIES:
        fitted: Any = lsq_linear(asked[:many], told[:many], bounds=(0, 1)).x
        after[many] = round(float(((fitted > 0.5) == (truth > 0.5)).mean()), 3)
    return Accuracy(policy, size, after)
