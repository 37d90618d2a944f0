"""Calculations: exact intervals and survival curves, in a process of their own.

Run as a program it answers a line of JSON for each line: scipy takes more memory than the server.
"""

from __future__ import annotations

import json
import math
import sys
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.stats import CensoredData, beta, ecdf  # type: ignore[import-untyped]

from resolvers.statistics.level import LEVEL

_TAIL = (1 - LEVEL) / 2
_HALF = 0.5 + 1e-12
Pair = tuple[float, float]


def intervals(counts: Sequence[tuple[int, int]]) -> list[Pair]:
    """Give the Clopper-Pearson interval of each numerator and denominator, which is at least 1."""
    if not counts:
        return []
    found, of = np.asarray(counts, dtype=float).T
    lower = np.where(found > 0, beta.ppf(_TAIL, np.maximum(found, 1), of - found + 1), 0.0)
    upper = np.where(found < of, beta.ppf(1 - _TAIL, found + 1, np.maximum(of - found, 1)), 1.0)
    return list(zip(lower.tolist(), upper.tolist(), strict=True))


def curve(counts: Sequence[tuple[int, int, int]]) -> dict[str, Any]:
    """Estimate survival by Kaplan and Meier, with log-log intervals.

    Each count is a day, how many had the event on it, and how many were last seen on it without.
    A bound is null where no interval is defined: once nobody is left, and where nobody can be.
    """
    days, events, censored = np.asarray(sorted(counts)).T
    sample = CensoredData(uncensored=np.repeat(days, events), right=np.repeat(days, censored))
    survival = ecdf(sample).sf
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # where it is undefined: told as null
        within = survival.confidence_interval(LEVEL, method="log-log")
    left = events + censored
    at_risk = left[::-1].cumsum()[::-1]
    estimates = survival.probabilities.tolist()
    certain = [estimate == 1 for estimate in estimates]
    lower = _bounds(within.low.probabilities.tolist(), certain)
    upper = _bounds(within.high.probabilities.tolist(), certain)
    columns = (days.tolist(), estimates, lower, upper, at_risk.tolist(), events.tolist())
    points = [list(row) for row in zip(*columns, censored.tolist(), strict=True)]
    median = [_reached(days.tolist(), each) for each in (estimates, lower, upper)]
    return {"points": points, "median": median}


def _bounds(found: list[float], certain: list[bool]) -> list[float | None]:
    """Give the bounds: of what is certain there is no doubt, and what is no number is not known."""
    pairs = zip(found, certain, strict=True)
    return [1.0 if sure else None if math.isnan(each) else each for each, sure in pairs]


def _reached(days: list[int], values: Sequence[float | None]) -> int | None:
    """Give the first day on which at most half is left; of a half no rounding makes more."""
    pairs = zip(days, values, strict=True)
    return next((day for day, value in pairs if value is not None and value <= _HALF), None)


def main() -> None:
    """Answer line by line until there are no more."""
    for line in sys.stdin:
        asked = json.loads(line)
        found = {
            "intervals": intervals(asked["intervals"]),
            "curves": [curve(counts) for counts in asked["curves"]],
        }
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
