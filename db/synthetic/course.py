"""The course of one treatment: what each visit measures, and how RECIST 1.1 judges it."""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import NamedTuple

from db.synthetic import assumptions as a
from db.synthetic.chance import Chance


class Visit(NamedTuple):
    """One evaluation by RECIST 1.1; the nadir is the smallest sum before it, baseline included."""

    day: int
    target_sum_mm: int
    change_from_baseline: float
    change_from_nadir: float | None
    new_lesion: bool
    response: str


@dataclass(frozen=True, slots=True)
class Course:
    """A treatment as it went, in days after its start; what came of it the rules derive."""

    kind: str
    followed_days: int
    baseline_sum_mm: int
    visits: tuple[Visit, ...]
    end_day: int | None
    end_reason: str | None

    @property
    def progression_day(self) -> int | None:
        """Give the day of progression, if there was one."""
        return next((visit.day for visit in self.visits if visit.response == "PD"), None)

    @property
    def death_day(self) -> int | None:
        """Give the day of a death on treatment."""
        return self.end_day if self.end_reason == "DEATH" else None

    @property
    def controlled(self) -> bool:
        """Tell whether there was a response, or disease control for about sixteen weeks."""
        since = 7 * a.BENEFIT_WEEK - a.VISIT_VARIES
        return any(
            visit.response in {"CR", "PR"} or (visit.response == "SD" and visit.day >= since)
            for visit in self.visits
        )

    def confirmed(self, index: int) -> bool | None:
        """Tell whether the next visit confirmed a response; None where nothing needs confirming."""
        response = self.visits[index].response
        if response not in {"CR", "PR"}:
            return None
        later = self.visits[index + 1].response if index + 1 < len(self.visits) else None
        return later == "CR" or later == response


def follow(chance: Chance, kind: str, followed_days: int) -> Course:
    """Let a treatment take its course, for as many days as it was followed."""
    baseline = chance.within(a.BASELINE_SUM_MM)
    if kind == "NE":
        return _not_evaluable(chance, followed_days, baseline)
    last = _last_visit(chance, kind)
    sums = _sums(chance, kind, baseline)
    visits: list[Visit] = []
    nadir = baseline
    before = 0
    number = 0
    while True:
        number += 1
        day = a.VISIT_DAYS * number + chance.within((-a.VISIT_VARIES, a.VISIT_VARIES))
        if number == last and chance.happens(a.PROGRESSION_BETWEEN_VISITS):
            day = chance.within((before + 2 * a.VISIT_VARIES, day))
        if day > followed_days or (kind == "STOPPED" and number == last):
            break
        if number == last:
            new_lesion = nadir > 0 and chance.happens(a.NEW_LESION)
            size = _progressed(chance, nadir, grown=not new_lesion)
            visits.append(_visit(day, size, baseline, nadir, new_lesion=new_lesion))
            end = min(day + chance.within((0, 14)), followed_days)
            return Course(kind, followed_days, baseline, tuple(visits), end, "PROGRESSION")
        size = sums[min(number, len(sums)) - 1]
        visits.append(_visit(day, size, baseline, nadir, new_lesion=False))
        nadir = min(nadir, size)
        before = day
    end_day, reason = None, None
    if kind == "STOPPED":
        stop = chance.within(a.STOPPED_EARLY)
        if stop <= followed_days:
            end_day, reason = stop, chance.among(a.STOPPED_EARLY_BECAUSE)
    return Course(kind, followed_days, baseline, tuple(visits), end_day, reason)


def review(chance: Chance, course: Course) -> Course:
    """Measure the same visits again, as an independent reader would."""
    reader = chance.uniform(0.88, 1.14)
    baseline = max(10, round(course.baseline_sum_mm * reader))
    nadir, visits = baseline, list[Visit]()
    for seen in course.visits:
        if seen.response == "NE":
            continue
        size = round(seen.target_sum_mm * reader)
        size = max(0, size + chance.within((-1, 1))) if size else 0
        visits.append(_visit(seen.day, size, baseline, nadir, new_lesion=seen.new_lesion))
        nadir = min(nadir, size)
    return Course(
        course.kind,
        course.followed_days,
        baseline,
        tuple(visits),
        course.end_day,
        course.end_reason,
    )


def recist(size: int, baseline: int, nadir: int, *, new_lesion: bool) -> str:
    """Judge a sum of target lesions by RECIST 1.1, in whole millimetres and without rounding."""
    if new_lesion or (size - nadir >= 5 and 10 * (size - nadir) >= 2 * nadir):
        return "PD"
    if size == 0:
        return "CR"
    return "PR" if 10 * (baseline - size) >= 3 * baseline else "SD"


def _visit(day: int, size: int, baseline: int, nadir: int, *, new_lesion: bool) -> Visit:
    return Visit(
        day,
        size,
        round(100 * (size - baseline) / baseline, 2),
        round(100 * (size - nadir) / nadir, 2) if nadir else None,
        new_lesion,
        recist(size, baseline, nadir, new_lesion=new_lesion),
    )


def _not_evaluable(chance: Chance, followed_days: int, baseline: int) -> Course:
    end = chance.within(a.NOT_EVALUABLE_END)
    if end > followed_days:
        return Course("NE", followed_days, baseline, (), None, None)
    visits: tuple[Visit, ...] = ()
    if end > 30 and chance.happens(0.5):
        visits = (Visit(end - 2, 0, 0.0, None, new_lesion=False, response="NE"),)
    reason = chance.among(a.NOT_EVALUABLE_BECAUSE)
    return Course("NE", followed_days, baseline, visits, end, reason)


def _last_visit(chance: Chance, kind: str) -> int | None:
    """Draw the visit that shows progression, or before which treatment stops; None: none does."""
    if kind in a.VISIT_OF_PROGRESSION:
        return a.VISIT_OF_PROGRESSION[kind]
    if chance.happens(a.NEVER_PROGRESSES[kind]):
        return None
    return 3 + int(chance.expovariate(log(2) / a.CONTROLLED_MEDIAN_DAYS[kind]) / a.VISIT_DAYS)


def _sums(chance: Chance, kind: str, baseline: int) -> list[int]:
    """Give the sums of the visits before progression; the last one stays."""
    if kind == "CR":
        return [round(baseline * chance.uniform(*a.SIZE_CR)), 0]
    if kind == "PR":
        best = chance.uniform(*a.SIZE_PR)
        return [round(baseline * (1 + best) / 2), round(baseline * best)]
    factor = chance.uniform(*a.SIZE_STABLE)
    return [round(baseline * factor), round(baseline * factor * chance.uniform(0.96, 1.03))]


def _progressed(chance: Chance, nadir: int, *, grown: bool) -> int:
    if not grown:
        return round(nadir * chance.uniform(0.95, 1.15))
    least = max(nadir + 5, -(-12 * nadir // 10))
    return round(least * chance.uniform(1.0, 1.6))
