"""Rows: a group of treatments with what was counted or published of it, as the graph tells it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from db.aggregate.live import SURVIVAL, Part
from resolvers.statistics.share import Bounds, Shares, Tree, bounded, count

PARTS: Mapping[str, Part] = {
    "stage": Part.STAGE,
    "responseDistribution": Part.RESPONSES,
    "progressionFreeSurvival": Part.PROGRESSION_FREE_SURVIVAL,
    "overallSurvival": Part.OVERALL_SURVIVAL,
    "durationOfResponse": Part.DURATION_OF_RESPONSE,
    "resistanceMechanisms": Part.RESISTANCE,
    "adverseEvents": Part.ADVERSE_EVENTS,
}
"""The fields of a row that are counted only where they are asked for."""
_NAMES = {part: name for name, part in PARTS.items()}
_RESPONSES = ("CR", "PR", "SD", "PD", "NE", None)
_Group = tuple[str | None, ...]


@dataclass(slots=True)
class Rows:
    """Make rows of what was read, and note what is still to be computed."""

    by: tuple[str, ...]
    shares: Shares = field(default_factory=Shares)

    def published(self, cells: Iterable[Sequence[Any]], stages: Mapping[str, str]) -> list[Tree]:
        """Make the rows of published cells, in their order: null is withheld."""
        found = []
        for values, patients, *bounds in cells:
            all_treated = None if patients is None else (patients, patients)
            evaluable, response, benefit = map(_both, bounds[::2], bounds[1::2])
            group = tuple(value or None for value in values)
            row = self._row(group, all_treated, evaluable, response, benefit)
            if self.by == ("COHORT",):
                row["stage"] = stages.get(values[0])
            found.append(row)
        return found

    def live(self, read: Mapping[str, Any], parts: Iterable[Part]) -> list[Tree]:
        """Make the rows of what was counted, by their values; without groups there is one row."""
        counted = {tuple(group): numbers for group, *numbers in read["counts"]}
        if not self.by:
            counted.setdefault((), [0, 0, 0, 0])
        order = sorted(counted, key=lambda group: [(value is None, value or "") for value in group])
        more = {part: _grouped(read[part.value]) for part in parts if part is not Part.STAGE}
        stages = dict(read.get(Part.STAGE.value, ()))
        found = []
        for group in order:
            treated, *rest = counted[group]
            row = self._row(group, (treated, treated), *((each, each) for each in rest))
            if self.by == ("COHORT",):
                row["stage"] = stages.get(group[0])
            for part, values in more.items():
                row[_NAMES[part]] = self._part(part, values.get(group, []), treated)
            found.append(row)
        return found

    def _row(
        self,
        group: _Group,
        treated: Bounds | None,
        evaluable: Bounds | None,
        response: Bounds | None,
        benefit: Bounds | None,
    ) -> Tree:
        told = zip(self.by, group, strict=True)
        return {
            "group": [{"dimension": name, "value": value} for name, value in told],
            "patients": count(None if treated is None else treated[0]),
            "evaluable": bounded(evaluable),
            "objectiveResponse": self.shares.of(response, treated),
            "clinicalBenefit16w": self.shares.of(benefit, evaluable),
            "clinicalBenefit16wAllTreated": self.shares.of(benefit, treated),
            **dict.fromkeys(PARTS),
        }

    def _part(self, part: Part, values: list[Any], treated: int) -> Any:
        match part:
            case Part.RESPONSES:
                found = dict(values)
                return [
                    {"response": each, "proportion": self.shares.exact(found.get(each, 0), treated)}
                    for each in _RESPONSES
                ]
            case Part.RESISTANCE:
                return self._resistance(*(values[0] if values else (0, 0, 0, [])))
            case Part.ADVERSE_EVENTS:
                return [
                    {
                        "grade": grade,
                        "events": events,
                        "treatments": self.shares.exact(worst, treated),
                    }
                    for grade, events, worst in values
                ]
            case _ if part in SURVIVAL:
                return self.shares.curve(values)
        raise TypeError(f"{part.name} is no part of a row")

    def _resistance(
        self, progressed: int, profiled: int, unknown: int, found: list[tuple[str, int]]
    ) -> Tree:
        return {
            "progressed": progressed,
            "profiled": profiled,
            "profilingUnknown": unknown,
            "mechanisms": [
                {
                    "mechanism": mechanism,
                    "amongProgressed": self.shares.exact(number, progressed),
                    "amongProfiled": self.shares.exact(number, profiled),
                }
                for mechanism, number in found
            ],
        }

    def funnel(self, numbers: Sequence[int]) -> Tree:
        """Make the funnel of its steps."""
        screened, profiled, discussed, matched, unknown, offered, treated, evaluable = numbers
        return {
            "screened": screened,
            "profiled": profiled,
            "discussed": discussed,
            "matched": matched,
            "matchUnknown": unknown,
            "offered": self.shares.exact(offered, screened),
            "treated": treated,
            "evaluable": evaluable,
        }


def cells(rows: Iterable[Tree], fields: Iterable[str]) -> int:
    """Count what rows tell of the fields that are asked for: what is withheld is not told."""
    return sum(_told(row[name]) for row in rows for name in fields if name != "group")


def _told(value: Any) -> int:
    match value:
        case None:
            return 0
        case list():
            return len(value)
        case {"points": list() as points}:
            return len(points)
        case {"mechanisms": list() as mechanisms}:
            return 3 + len(mechanisms)
        case {"suppressed": bool() as suppressed}:
            return int(not suppressed)
        case {"lower": None}:
            return 0
        case _:
            return 1


def _both(lower: int | None, upper: int | None) -> Bounds | None:
    return None if lower is None or upper is None else (lower, upper)


def _grouped(rows: Iterable[Sequence[Any]]) -> Mapping[_Group, list[Any]]:
    """Put what was counted of groups by their values."""
    found: dict[_Group, list[Any]] = {}
    for group, *values in rows:
        found.setdefault(tuple(group), []).append(values)
    return found
