"""Best responses: not confirmed, confirmed, and in the terms of iRECIST (rules 3 to 5)."""

from __future__ import annotations

from collections.abc import Collection

from db.outcome.progression import CONFIRMATION_DAYS, Course
from db.outcome.stream import CONTROL, RESPONSE, Seen
from db.outcome.verdict import BestImmuneResponse, BestResponse, ImmuneResponse, Reason, Response

STABLE_DAYS = 42
_CR = frozenset({Seen.CR})
_IMMUNE = {
    Response.CR: ImmuneResponse.ICR,
    Response.PR: ImmuneResponse.IPR,
    Response.SD: ImmuneResponse.ISD,
    Response.PD: ImmuneResponse.ICPD,
    Response.NE: ImmuneResponse.NE,
}


def best(course: Course) -> BestResponse:
    """Give the best response that was seen (rule 3)."""
    seen = {point.seen for point in course.points}
    for responded, value in ((Seen.CR, Response.CR), (Seen.PR, Response.PR)):
        if responded in seen:
            return BestResponse(value, Reason.RESPONSE)
    if any(p.seen is Seen.SD and p.day >= STABLE_DAYS for p in course.points):
        return BestResponse(Response.SD, Reason.STABLE)
    return _without(course, seen)


def best_confirmed(course: Course) -> BestResponse:
    """Give the best response that a later assessment confirmed (rule 4)."""
    seen = {point.seen for point in course.points}
    for enough, value in ((_CR, Response.CR), (RESPONSE, Response.PR)):
        if _pair(course, enough) is not None:
            return BestResponse(value, Reason.CONFIRMED)
    if any(p.seen in CONTROL and p.day >= STABLE_DAYS for p in course.points):
        reason = Reason.RESPONSE_NOT_CONFIRMED if seen & RESPONSE else Reason.STABLE
        return BestResponse(Response.SD, reason)
    return _without(course, seen)


def response_start(course: Course) -> int | None:
    """Give the first day of the earliest confirmed response (rule 10)."""
    return _pair(course, RESPONSE)


def immune(found: BestResponse) -> BestImmuneResponse | None:
    """Say a best response in the terms of iRECIST (rule 5)."""
    if found.value is None:
        return None
    if found.value is Response.NE and found.reason is Reason.UNCONFIRMED_PROGRESSION:
        return BestImmuneResponse(ImmuneResponse.IUPD, found.reason)
    return BestImmuneResponse(_IMMUNE[found.value], found.reason)


def _without(course: Course, seen: Collection[Seen]) -> BestResponse:
    """Give what remains where there is neither a response nor stable disease."""
    if not course.points:
        return BestResponse(None, Reason.NO_ASSESSMENT)
    if course.confirmed:
        return BestResponse(Response.PD, Reason.PROGRESSION)
    if Seen.UPD in seen or Seen.CPD in seen:
        return BestResponse(Response.NE, Reason.UNCONFIRMED_PROGRESSION)
    if CONTROL.intersection(seen):
        return BestResponse(Response.NE, Reason.STABLE_TOO_SHORT)
    return BestResponse(Response.NE, Reason.ONLY_NOT_EVALUABLE)


def _pair(course: Course, enough: Collection[Seen]) -> int | None:
    """Find the first day of the earliest pair that confirms: at most one NE between, no other."""
    for index, first in enumerate(course.points):
        if first.seen not in enough:
            continue
        missed = 0
        for later in course.points[index + 1 :]:
            if later.seen in enough:
                if later.day - first.day >= CONFIRMATION_DAYS:
                    return first.day
            elif later.seen is Seen.NE and not missed:
                missed = 1
            else:
                break
    return None
