"""Exposure: whether a treatment went on for a cycle, and so counts at week 16 (rules 6 and 7)."""

from __future__ import annotations

from enum import Enum, auto

from db.outcome.history import History
from db.outcome.verdict import Benefit, ClinicalBenefit, Evaluability, Evaluable, Reason

ORAL_CYCLE_DAYS = 28
INTRAVENOUS_CYCLE_DAYS = 21


class Exposure(Enum):
    """Name how much of the first cycle a patient was given."""

    SHORT = auto()
    UNKNOWN = auto()
    FULL = auto()
    PENDING = auto()


def cycle_days(route: str | None) -> int:
    """Give the length of a cycle; the longer one where the route is not known (6.1)."""
    return INTRAVENOUS_CYCLE_DAYS if route == "INTRAVENOUS" else ORAL_CYCLE_DAYS


def covered_days(route: str | None) -> int:
    """Give the days that the last dose covers: its own, or an infusion's cycle (6.1)."""
    return INTRAVENOUS_CYCLE_DAYS if route == "INTRAVENOUS" else 1


def exposure(history: History) -> Exposure:
    """Judge the exposure alone (6.2)."""
    cycle = cycle_days(history.route)
    stops = (history.end_day, history.death_day, history.next_therapy_day)
    stop = min((day for day in stops if day is not None), default=None)
    if stop is not None and stop < cycle:
        return Exposure.SHORT
    if history.end_day is None and history.end_reason is not None:
        return Exposure.UNKNOWN
    return Exposure.FULL if stop is not None or history.horizon >= cycle else Exposure.PENDING


def progressed_in_first_cycle(history: History, progression: int | None) -> bool:
    """Tell whether progression answers for the exposure (6.3)."""
    return progression is not None and progression <= cycle_days(history.route)


def evaluable(history: History, benefit: ClinicalBenefit) -> Evaluable:
    """Say what the verdict on benefit makes of evaluability (end of rule 7)."""
    if benefit.value in {Benefit.YES, Benefit.NO}:
        full = exposure(history) is Exposure.FULL
        reason = Reason.ONE_CYCLE if full else Reason.PROGRESSION_IN_FIRST_CYCLE
        return Evaluable(Evaluability.EVALUABLE, reason)
    return Evaluable(Evaluability(benefit.value.value), benefit.reason)
