"""Shares: counts become proportions and curves, whose intervals are computed together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from resolvers.statistics.calculator import Calculator, Counts, Share
from resolvers.statistics.level import LEVEL

Bounds = tuple[int, int]
"""At least and at most: the same where it is exact."""
Tree = dict[str, Any]
"""An object of the answer: values by their fields' names."""


def count(value: int | None) -> Tree:
    """Tell a number, or that it is withheld."""
    return {"value": value, "suppressed": value is None}


def bounded(found: Bounds | None) -> Tree:
    """Tell a number within bounds."""
    if found is None:
        return {"value": None, "lower": None, "upper": None}
    lower, upper = found
    return {"value": lower if lower == upper else None, "lower": lower, "upper": upper}


@dataclass(slots=True)
class Shares:
    """Make proportions and curves, and note what is still to be computed of them."""

    intervals: list[tuple[Tree, Share, Share]] = field(default_factory=list)
    curves: list[tuple[Tree, Counts]] = field(default_factory=list)

    def of(self, numerator: Bounds | None, denominator: Bounds | None) -> Tree:
        """Make a proportion; nothing of it is told unless both are."""
        interval: Tree = {
            "level": LEVEL,
            "lower": None,
            "upper": None,
            "method": "CLOPPER_PEARSON",
        }
        if numerator is None or denominator is None:
            numerator = denominator = None
        estimate: Tree = {"value": None, "lower": None, "upper": None}
        if numerator is not None and denominator is not None and denominator[0] > 0:
            (low, high), (least, most) = numerator, denominator
            lower, upper = low / most, min(high, least) / least
            exact = low == high and least == most
            estimate = {"value": lower if exact else None, "lower": lower, "upper": upper}
            self.intervals.append((interval, (low, most), (min(high, least), least)))
        exact_of = denominator is not None and denominator[0] == denominator[1]
        return {
            "suppressed": numerator is None,
            "denominator": denominator[0] if denominator is not None and exact_of else None,
            "numerator": bounded(numerator),
            "estimate": estimate,
            "confidenceInterval": interval,
        }

    def exact(self, numerator: int, denominator: int) -> Tree:
        """Make a proportion of exact numbers."""
        return self.of((numerator, numerator), (denominator, denominator))

    def curve(self, found: Iterable[tuple[int | None, str | None, int]]) -> Tree:
        """Make a curve of how many have each day and event; what is not known stays out."""
        known: dict[int, list[int]] = {}
        event_unknown = time_unknown = 0
        for days, event, number in found:
            if days is None:
                time_unknown += number
            elif event not in {"EVENT", "CENSORED"}:
                event_unknown += number
            else:
                known.setdefault(days, [0, 0])[event == "CENSORED"] += number
        counts = tuple((day, events, censored) for day, (events, censored) in sorted(known.items()))
        tree: Tree = {
            "patients": sum(events + censored for _, events, censored in counts),
            "events": sum(events for _, events, _ in counts),
            "censored": sum(censored for _, _, censored in counts),
            "eventUnknown": event_unknown,
            "timeUnknown": time_unknown,
            "median": {"value": None, "lower": None, "upper": None},
            "level": LEVEL,
            "method": "LOG_LOG",
            "points": [],
        }
        if counts:
            self.curves.append((tree, counts))
        return tree

    async def settle(self, calculator: Calculator) -> None:
        """Compute what is missing.

        Raises: Unavailable.
        """
        shares = {share for _, *both in self.intervals for share in both}
        found = await calculator.intervals(shares)
        for interval, least, most in self.intervals:
            interval |= {"lower": found[least][0], "upper": found[most][1]}
        computed = await calculator.curves([counts for _, counts in self.curves])
        for (tree, _), curve in zip(self.curves, computed, strict=True):
            tree["points"] = [_point(each) for each in curve["points"]]
            tree["median"] = dict(zip(("value", "lower", "upper"), curve["median"], strict=True))


_POINT = ("day", "survival", "lower", "upper", "atRisk", "events", "censored")


def _point(values: Sequence[Any]) -> Tree:
    return dict(zip(_POINT, values, strict=True))
