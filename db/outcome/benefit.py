"""Clinical benefit at week 16 (rule 7): NE is never PD, too early is never NO."""

from __future__ import annotations

from db.outcome.evaluability import Exposure, cycle_days, exposure, progressed_in_first_cycle
from db.outcome.history import History
from db.outcome.progression import Course
from db.outcome.stream import CONTROL, Seen
from db.outcome.verdict import Benefit, ClinicalBenefit, Reason

WEEK_16 = 112
WINDOW = (98, 126)


def clinical_benefit(history: History, course: Course) -> ClinicalBenefit:
    """Say whether the disease was controlled at week 16."""
    if not progressed_in_first_cycle(history, course.progression):
        given = exposure(history)
        if given is Exposure.SHORT:
            died = history.death_day
            in_cycle = died is not None and died < cycle_days(history.route)
            reason = Reason.DIED_IN_FIRST_CYCLE if in_cycle else Reason.LESS_THAN_ONE_CYCLE
            return ClinicalBenefit(Benefit.NOT_EVALUABLE, reason)
        if given is Exposure.UNKNOWN:
            return ClinicalBenefit(Benefit.NOT_EVALUABLE, Reason.EXPOSURE_UNKNOWN)
    decided = _lost(history, course, WEEK_16)
    if decided is not None:
        return decided
    if _reaches(history.cut_off_day) and _reaches(history.next_therapy_day):
        control = next(
            (p.day for p in course.points if p.seen in CONTROL and p.day >= WINDOW[0]), None
        )
        if control is not None:
            timely = control <= WINDOW[1]
            reason = Reason.DISEASE_CONTROL if timely else Reason.LATER_DISEASE_CONTROL
            return ClinicalBenefit(Benefit.YES, reason)
    decided = _lost(history, course, WINDOW[1])
    if decided is not None:
        return decided
    if history.horizon < WINDOW[1]:
        return ClinicalBenefit(Benefit.TOO_EARLY, Reason.BEFORE_WINDOW_END)
    return ClinicalBenefit(Benefit.NOT_EVALUABLE, _missing(history, course))


def _reaches(day: int | None) -> bool:
    """Tell whether what limits a record leaves week 16 in it."""
    return day is None or day >= WEEK_16


def _lost(history: History, course: Course, until: int) -> ClinicalBenefit | None:
    """Decide on progression, death, or an iUPD that waits for its confirmation, up to a day."""
    if course.progression is not None and course.progression <= until:
        reason = Reason.PROGRESSION if course.confirmed else Reason.UNCONFIRMED_PROGRESSION
        return ClinicalBenefit(Benefit.NO, reason)
    if history.death_day is not None and history.death_day <= until:
        return ClinicalBenefit(Benefit.NO, Reason.DEATH)
    if course.pending is not None and course.pending <= until:
        return ClinicalBenefit(Benefit.TOO_EARLY, Reason.UNCONFIRMED_PROGRESSION)
    return None


def _missing(history: History, course: Course) -> Reason:
    if history.next_therapy_day is not None and history.next_therapy_day <= WINDOW[1]:
        return Reason.NEXT_THERAPY
    if not course.points:
        return Reason.NO_ASSESSMENT
    if any(p.seen is Seen.NE and WINDOW[0] <= p.day <= WINDOW[1] for p in course.points):
        return Reason.ONLY_NOT_EVALUABLE
    return Reason.WINDOW_MISSED
