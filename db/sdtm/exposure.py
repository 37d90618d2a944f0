"""EX: what was given, which becomes one treatment of a subject."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from db.ingest.report import Journal
from db.ingest.term import RowRejected, required
from db.outcome.evaluability import covered_days
from db.sdtm.day import Recorded
from db.sdtm.domain import Domain, Place
from db.sdtm.subject import Subject, known
from db.sdtm.term import ROUTE, mapped

SOURCE_KEY = "EX"
"""The source key of a subject's treatment: SDTM has one enrolment for each subject."""


@dataclass(frozen=True, slots=True)
class Course:
    """Hold the treatment of one subject; without a start nothing of it has a day.

    The last dose is not known where a dose has no end; `resumed` is the latest start of any.
    """

    subject: str
    start: date | None
    last_dose: date | None
    resumed: date | None
    agents: tuple[str, ...]
    route: str | None

    @property
    def off_day(self) -> int | None:
        """Count the days to the first one off treatment, if the last dose was the last."""
        if self.start is None or self.last_dose is None:
            return None
        return (self.last_dose - self.start).days + covered_days(self.route)


@dataclass(frozen=True, slots=True)
class _Dose:
    agent: str
    start: Recorded
    end: Recorded
    route: str | None


def read_courses(domain: Domain, subjects: Mapping[str, Subject]) -> dict[str, Course]:
    """Read the treatments; who has neither doses nor a first dose in DM had none."""
    doses: defaultdict[str, list[_Dose]] = defaultdict(list)

    def read(place: Place) -> None:
        subject, row = known(subjects, place), place.row
        agent = required(row, "EXTRT")
        if (row.get("EXOCCUR") or "").upper() == "N":
            remedy = "the dose was not given: nothing to store"
            raise RowRejected("NOT_GIVEN", "EXOCCUR", row.get("EXOCCUR"), remedy)
        start, end = domain.date(place, "EXSTDTC"), domain.date(place, "EXENDTC")
        if start.whole is not None and end.whole is not None and end.whole < start.whole:
            raise RowRejected(
                "END_BEFORE_START", "EXENDTC", end.text, f"it starts on {start.text}: correct one"
            )
        route = mapped(ROUTE, row, "EXROUTE", domain.journal)
        doses[subject.key].append(_Dose(agent, start, end, route))

    domain.each(read)
    found = {}
    for key, subject in subjects.items():
        if doses[key] or subject.started.text is not None:
            found[key] = _course(subject, doses[key], domain.journal)
    return found


def treated(courses: Mapping[str, Course], subject: Subject) -> Course:
    """Find the treatment of a subject."""
    if subject.key not in courses:
        remedy = "the subject had no treatment, and nothing else holds it: add the doses to ex.csv"
        raise RowRejected("NOT_TREATED", "USUBJID", subject.key, remedy)
    return courses[subject.key]


def _course(subject: Subject, doses: list[_Dose], journal: Journal) -> Course:
    start, end = _start(subject, doses), _last(subject, doses)
    by_dose = min((one.start.whole for one in doses if one.start.whole), default=None)
    if start is None:
        remedy = "no whole date of the first dose: nothing on the treatment has a day"
        journal.notice(subject.file, "START_UNKNOWN", subject.key, remedy, row=subject.row)
    elif subject.started.whole not in (None, by_dose) and by_dose is not None:
        value = f"{subject.key}: RFXSTDTC {subject.started.text}, first EXSTDTC {by_dose}"
        remedy = f"days count from {start}: correct one"
        journal.notice(subject.file, "START_DISAGREES", value, remedy, row=subject.row)
    if start is not None and end is not None and end < start:
        value = f"{subject.key}: {start} to {end}"
        remedy = "stored without an end: correct one"
        journal.notice(subject.file, "END_BEFORE_START", value, remedy, row=subject.row)
        end = None
    agents = tuple(sorted({one.agent for one in doses}))
    routes = {one.route for one in doses}
    route = next(iter(routes)) if len(routes) == 1 else "ORAL" if "ORAL" in routes else None
    resumed = max((one.start.whole for one in doses if one.start.whole), default=None)
    return Course(subject.key, start, end, resumed, agents, route)


def _start(subject: Subject, doses: list[_Dose]) -> date | None:
    """Give the first dose: of the doses where all have a date, else as the demographics say."""
    whole = [one.start.whole for one in doses if one.start.whole is not None]
    if whole and len(whole) == len(doses):
        return min(whole)
    return subject.started.whole


def _last(subject: Subject, doses: list[_Dose]) -> date | None:
    """Give the last dose: of the doses where all have ended, else as the demographics say."""
    whole = [one.end.whole for one in doses if one.end.whole is not None]
    if whole and len(whole) == len(doses):
        return max(whole)
    return subject.ended.whole
