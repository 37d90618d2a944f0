"""Sums of the target lesions, and how they changed: as recorded, or computed from the sums."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from db.ingest.term import RowRejected
from db.sdtm.domain import Domain, Place
from db.sdtm.exposure import Course
from db.sdtm.tumour import Eyes, SizeSum, eyes, visit_of

_BY_SUM = frozenset({"RECIST_1_1", "IRECIST", "RECIST_1_1_GCIG_CA125"})
_SUM = "target_sum_mm"
Visit = tuple[Eyes, str | None, str | None]
"""A subject and who looked, the visit, and its date as recorded."""


@dataclass
class Sizes:
    """Hold the sums by visit, of each data set; and which of their rows an assessment took."""

    by_visit: Mapping[Visit, Mapping[str, Mapping[str, float]]] = field(default_factory=dict)
    taken: set[tuple[str, Visit]] = field(default_factory=set)

    def at(self, place: Place, criteria: str) -> Mapping[str, float]:
        """Give the sums that belong to an assessment; of several files, those of the twin."""
        if criteria not in _BY_SUM:
            return {}
        visit = (eyes(place), visit_of(place.row), place.row.get("RSDTC"))
        variants = self.by_visit.get(visit, {})
        variant = next(iter(variants)) if len(variants) == 1 else place.variant
        if variant in variants:
            self.taken.add((variant, visit))
        return variants.get(variant, {})


def sizes(sums: Iterable[SizeSum], courses: Mapping[str, Course]) -> Sizes:
    """Order the sums by evaluator and visit, and work out the changes that are not recorded.

    Baseline is the last sum at or before the first dose, the nadir the smallest sum from baseline
    to the visit before. Without both as sums, a change is what was recorded, or nothing.
    """
    series: defaultdict[tuple[str, Eyes], dict[Visit, tuple[date | None, dict[str, float]]]]
    series = defaultdict(dict)
    for each in sums:
        visit = (each.eyes, each.visit, each.text)
        known = series[each.place.variant, each.eyes].setdefault(visit, (each.when, {}))[1]
        known.setdefault(each.column, each.value)
    found: defaultdict[Visit, dict[str, dict[str, float]]] = defaultdict(dict)
    for (variant, (subject, *_)), visits in series.items():
        _complete(visits, courses[subject].start)
        for visit, (_, known) in visits.items():
            found[visit][variant] = known
    return Sizes(found)


def _complete(
    visits: Mapping[Visit, tuple[date | None, dict[str, float]]], start: date | None
) -> None:
    """Add the changes from baseline and nadir to the visits after the first dose."""
    dated = [(when, known) for when, known in visits.values() if when is not None and _SUM in known]
    dated.sort(key=lambda one: one[0])
    before = [known[_SUM] for when, known in dated if start is not None and when <= start]
    if start is None or not before or len(dated) < sum(_SUM in one for _, one in visits.values()):
        return
    baseline = nadir = before[-1]
    for when, known in dated:
        if when <= start:
            continue
        for column, of in (("change_from_baseline", baseline), ("change_from_nadir", nadir)):
            if of > 0:
                known.setdefault(column, round(100 * (known[_SUM] - of) / of, 2))
        nadir = min(nadir, known[_SUM])


def set_aside(
    domain: Domain, sums: Iterable[SizeSum], found: Sizes, courses: Mapping[str, Course]
) -> None:
    """Set aside the sums that no assessment took and no change counts from."""
    used = {(variant, visit[0]) for variant, visit in found.taken}
    first: set[tuple[str, Visit, str]] = set()
    for each in sums:
        visit = (each.eyes, each.visit, each.text)
        start = courses[each.place.subject].start
        baseline = each.when is not None and start is not None and each.when <= start
        taken = (each.place.variant, visit) in found.taken
        counts = baseline and each.column == _SUM and (each.place.variant, each.eyes) in used
        slot = (each.place.variant, visit, each.column)
        if not (taken or counts):
            remedy = "no assessment by RECIST of this evaluator, visit and date: add it to RS"
            domain.withdraw(
                each.place,
                RowRejected("SUM_WITHOUT_ASSESSMENT", "TRTESTCD", str(each.value), remedy),
            )
        elif slot in first:
            remedy = "the sum stands there already: keep the one that is right"
            domain.withdraw(
                each.place, RowRejected("SUM_REPEATED", "TRTESTCD", str(each.value), remedy)
            )
        first.add(slot)
