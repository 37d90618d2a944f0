"""Progression: when it began, whether it is confirmed, and what it ends (rules 2.1 to 2.3)."""

from __future__ import annotations

from dataclasses import dataclass

from db.outcome.stream import CONTROL, IRECIST, Seen, Stream, TimePoint

CONFIRMATION_DAYS = 28


@dataclass(frozen=True, slots=True)
class Course:
    """Hold the time points up to progression, and its day; `pending` is an open iUPD's day."""

    points: tuple[TimePoint, ...] = ()
    progression: int | None = None
    confirmed: bool = False
    pending: int | None = None


def course(stream: Stream | None, *, ended: bool) -> Course:
    """Follow a stream until progression; `ended` says that no confirmation will come."""
    if stream is None:
        return Course()
    if stream.criteria == IRECIST:
        return _immune(stream.points, ended=ended)
    for index, point in enumerate(stream.points):
        if point.seen is Seen.PD:
            return Course(stream.points[: index + 1], point.day, confirmed=True)
    return Course(stream.points)


def _immune(points: tuple[TimePoint, ...], *, ended: bool) -> Course:
    since: int | None = None
    for index, point in enumerate(points):
        if point.seen in CONTROL:
            since = None
        elif point.seen is not Seen.NE:
            if since is None:
                since = point.day
            elif point.seen is Seen.CPD and point.day - since >= CONFIRMATION_DAYS:
                return Course(points[: index + 1], since, confirmed=True)
    if since is not None and ended:
        return Course(points, since)
    return Course(points, pending=since)
