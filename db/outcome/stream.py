"""Streams: the responses that count, one a day, by one set of criteria and one evaluator."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from db.outcome.history import Assessment, History

IRECIST = "IRECIST"
CRITERIA = (
    *("RECIST_1_1", IRECIST, "RANO", "LUGANO", "IMWG", "PCWG3", "GCIG_CA125"),
    "RECIST_1_1_GCIG_CA125",
)
INDEPENDENT = "INDEPENDENT"
EVALUATORS = ("INVESTIGATOR", INDEPENDENT)
_BY_NEW_LESION = frozenset({"RECIST_1_1", "RANO", "LUGANO", "RECIST_1_1_GCIG_CA125"})


class Seen(StrEnum):
    """Name what one day shows; UPD and CPD are iRECIST's unconfirmed and confirmed progression."""

    CR = "CR"
    PR = "PR"
    SD = "SD"
    PD = "PD"
    UPD = "UPD"
    CPD = "CPD"
    NE = "NE"


CONTROL = frozenset({Seen.CR, Seen.PR, Seen.SD})
RESPONSE = frozenset({Seen.CR, Seen.PR})
_FROM_WORST = (Seen.CPD, Seen.PD, Seen.UPD, Seen.SD, Seen.PR, Seen.CR, Seen.NE)
_IMMUNE = {
    "ICR": Seen.CR,
    "IPR": Seen.PR,
    "ISD": Seen.SD,
    "IUPD": Seen.UPD,
    "ICPD": Seen.CPD,
    "NON-ICR/NON-IUPD": Seen.SD,
    "NON-CR/NON-PD": Seen.SD,
}


@dataclass(frozen=True, slots=True)
class TimePoint:
    """Hold what one day shows, and the assessment that says so."""

    day: int
    seen: Seen
    key: int


@dataclass(frozen=True, slots=True)
class Stream:
    """Hold the time points of one reader by one set of criteria, in the order of time."""

    criteria: str
    evaluator: str
    points: tuple[TimePoint, ...]

    @property
    def speaks(self) -> bool:
        """Tell whether it shows anything but NE."""
        return any(point.seen is not Seen.NE for point in self.points)


def streams(history: History) -> list[Stream]:
    """Sort the assessments that count into streams, in the order of precedence (1.4 to 1.7)."""
    last = min(
        (day for day in (history.death_day, history.next_therapy_day) if day is not None),
        default=None,
    )
    found: dict[tuple[str, str, str], dict[int, TimePoint]] = {}
    for each in history.assessments:
        if each.day is None or each.day < 1 or (last is not None and each.day > last):
            continue
        seen = read(each)
        if seen is None:
            continue
        point = TimePoint(each.day, seen, each.key)
        evaluator = each.evaluator or "INVESTIGATOR"
        reader = each.reader or "" if evaluator == INDEPENDENT else ""
        stream = found.setdefault((each.criteria, evaluator, reader), {})
        there = stream.get(point.day)
        if there is None or _rank(point) < _rank(there):
            stream[point.day] = point
    readers = sorted({reader for _, _, reader in found})
    return [
        Stream(criteria, evaluator, tuple(days[day] for day in sorted(days)))
        for criteria in CRITERIA
        for evaluator in EVALUATORS
        for reader in readers
        if (days := found.get((criteria, evaluator, reader)))
    ]


def ruling(candidates: Iterable[Stream]) -> Stream | None:
    """Choose the first stream that shows more than NE, else the first (1.6)."""
    candidates = list(candidates)
    return next((each for each in candidates if each.speaks), candidates[0] if candidates else None)


def read(assessment: Assessment) -> Seen | None:
    """Read the response of one assessment; None where it has none (1.5)."""
    text = (assessment.response or "").strip().upper()
    if assessment.criteria == IRECIST:
        if text in _IMMUNE:
            return _IMMUNE[text]
        if assessment.normalised is not None:
            seen = Seen(assessment.normalised)
            return Seen.UPD if seen is Seen.PD else seen
        return Seen.UPD if assessment.new_lesion else None
    if assessment.normalised is not None:
        found: Seen | None = Seen(assessment.normalised)
    else:
        found = Seen.SD if text == "NON-CR/NON-PD" else None
    if assessment.new_lesion and assessment.criteria in _BY_NEW_LESION and found is not Seen.NE:
        return Seen.PD
    return found


def _rank(point: TimePoint) -> tuple[int, int]:
    return _FROM_WORST.index(point.seen), point.key
