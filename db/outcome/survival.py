"""Times to an event (rules 8 to 10): unknown is never censored."""

from __future__ import annotations

from db.outcome.evaluability import covered_days
from db.outcome.history import History
from db.outcome.progression import Course
from db.outcome.response import response_start
from db.outcome.stream import CONTROL, RESPONSE
from db.outcome.verdict import Event, Reason, TimeToEvent

VISIT_DAYS = 56
TOLERANCE_DAYS = 14
MOST_UNSEEN_DAYS = 2 * VISIT_DAYS + TOLERANCE_DAYS


def progression_free_survival(history: History, course: Course) -> TimeToEvent:
    """Give the time to progression or death (rule 8)."""
    event = _event(history, course)
    adequate = max(
        (
            p.day
            for p in course.points
            if p.seen in CONTROL and (event is None or p.day <= event[0])
        ),
        default=0,
    )
    if event is not None:
        day, reason = event
        if not course.points and day > MOST_UNSEEN_DAYS:
            return TimeToEvent(None, Event.UNKNOWN, Reason.NO_ASSESSMENT)
        if day - adequate <= MOST_UNSEEN_DAYS:
            return TimeToEvent(day, Event.EVENT, reason)
        return TimeToEvent(adequate, Event.CENSORED, Reason.MISSED_VISITS)
    unknown = _unknown(history)
    if unknown is None and not course.points:
        unknown = Reason.NO_ASSESSMENT
    if unknown is not None:
        return TimeToEvent(None, Event.UNKNOWN, unknown)
    return TimeToEvent(adequate, Event.CENSORED, _censoring(history, course, adequate))


def overall_survival(history: History) -> TimeToEvent:
    """Give the time to death (rule 9)."""
    if history.death_day is not None:
        return TimeToEvent(history.death_day, Event.EVENT, Reason.DEATH)
    unknown = _unknown(history)
    if unknown is not None:
        return TimeToEvent(None, Event.UNKNOWN, unknown)
    dosed = None
    if history.end_day is not None:
        dosed = max(0, history.end_day - covered_days(history.route))
    contacts = (
        *(history.last_known_alive_day, dosed, history.next_therapy_day),
        *(each.day for each in history.assessments),
    )
    last = max((day for day in contacts if day is not None and day >= 0), default=None)
    if last is None:
        return TimeToEvent(None, Event.UNKNOWN, Reason.LAST_CONTACT_UNKNOWN)
    return TimeToEvent(last, Event.CENSORED, Reason.ALIVE)


def duration_of_response(course: Course, free: TimeToEvent) -> TimeToEvent:
    """Give the time from a confirmed response to what ended progression-free survival (rule 10)."""
    start = response_start(course)
    if start is None:
        responded = any(point.seen in RESPONSE for point in course.points)
        reason = Reason.RESPONSE_NOT_CONFIRMED if responded else Reason.NO_RESPONSE
        return TimeToEvent(None, None, reason)
    days = None if free.days is None else free.days - start
    return TimeToEvent(days, free.event, free.reason)


def _event(history: History, course: Course) -> tuple[int, Reason] | None:
    if course.progression is not None:
        reason = Reason.PROGRESSION if course.confirmed else Reason.UNCONFIRMED_PROGRESSION
        return course.progression, reason
    died, later = history.death_day, history.next_therapy_day
    if died is None or (later is not None and later < died):
        return None
    return died, Reason.DEATH


def _unknown(history: History) -> Reason | None:
    if history.death_day is None and history.vital_status == "DEAD":
        return Reason.DEATH_DAY_UNKNOWN
    if history.vital_status is None and history.last_known_alive_day is None:
        return Reason.VITAL_STATUS_UNKNOWN
    return None


def _censoring(history: History, course: Course, adequate: int) -> Reason:
    if history.next_therapy_day is not None:
        return Reason.NEXT_THERAPY
    if course.pending is not None:
        return Reason.UNCONFIRMED_PROGRESSION
    return Reason.LAST_ADEQUATE_ASSESSMENT if adequate else Reason.NO_ADEQUATE_ASSESSMENT
