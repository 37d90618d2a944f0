"""The timelines of a study: its days, counted anew from the start of the study's treatment.

A timeline counts from a day that the study chose and does not name. Only where the study's drug is
named and a patient's timeline has its start do days mean something here; without, nothing is kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from db.ingest.report import Journal
from db.ingest.sheet import Row, Sheet
from db.ingest.study import PatientRecord, PriorRecord, SampleRecord
from db.ingest.term import RowRejected, required, whole

_MOST_DAYS = 40_000


@dataclass(frozen=True, slots=True)
class Course:
    """Hold when the study's treatment began and ended, as the timeline counts."""

    start: int
    stop: int | None


@dataclass(frozen=True, slots=True)
class _Given:
    row: Row
    patient: str
    agent: str
    start: int
    stop: int | None


def read_treatments(
    sheet: Sheet, patients: Iterable[PatientRecord], drug: str, journal: Journal
) -> tuple[dict[str, Course], tuple[PriorRecord, ...]]:
    """Read when each patient had the study's drug, and what came before."""
    known = {each.source_key for each in patients}
    given = list(_given(sheet, known, journal))
    spans: defaultdict[str, list[_Given]] = defaultdict(list)
    for each in given:
        if each.agent.casefold() == drug.casefold():
            spans[each.patient].append(each)
    courses = {patient: _course(rows) for patient, rows in spans.items()}
    groups: defaultdict[tuple[str, int, int | None], list[str]] = defaultdict(list)
    for each in given:
        if each.agent.casefold() == drug.casefold():
            continue
        course = courses.get(each.patient)
        if course is None:
            remedy = f"the timeline has no {drug} for this patient, so its days cannot be placed"
            _reject(sheet, each.row, journal, "TREATMENT_START_UNKNOWN", each.agent, remedy)
        elif each.start >= course.start:
            remedy = "it began with the study's treatment or after it: only prior ones are stored"
            _reject(sheet, each.row, journal, "TREATMENT_NOT_PRIOR", each.agent, remedy)
        else:
            groups[each.patient, each.start, each.stop].append(each.agent)
    journal.count(sheet.name, len(sheet.rows))
    priors = []
    for (patient, start, stop), agents in groups.items():
        origin = courses[patient].start
        regimen = " + ".join(sorted(agents))
        priors.append(
            PriorRecord(
                patient=patient,
                source_key=f"{start - origin}:{regimen}",
                regimen=regimen,
                agents=tuple(sorted(agents)),
                start_day=start - origin,
                end_day=None if stop is None else stop - origin,
            )
        )
    return courses, tuple(priors)


def _given(sheet: Sheet, known: set[str], journal: Journal) -> Iterator[_Given]:
    patient_column = sheet.need("PATIENT_ID")
    start_column, stop_column = sheet.need("START_DATE"), sheet.find("STOP_DATE")
    names = [sheet.find(name) for name in ("AGENT", "SUBTYPE", "TREATMENT_TYPE")]
    first: dict[tuple[str, str, int], int] = {}
    for row in sheet.rows:
        try:
            patient = required(row, patient_column)
            if patient not in known:
                remedy = "add the patient to the patient file"
                raise RowRejected("PATIENT_UNKNOWN", patient_column, patient, remedy)
            required(row, start_column)
            start = whole(row, start_column, -_MOST_DAYS, _MOST_DAYS) or 0
            stop = whole(row, stop_column, -_MOST_DAYS, _MOST_DAYS)
            if stop is not None and stop < start:
                remedy = "it stops before it starts: correct one"
                raise RowRejected("STOP_BEFORE_START", stop_column, row.get(stop_column), remedy)
            agent = next((name for column in names if (name := row.get(column))), None)
            if agent is None:
                raise RowRejected("VALUE_MISSING", names[0] or "AGENT", None, "name the treatment")
            key = patient, agent.casefold(), start
            if key in first:
                remedy = f"line {first[key]} has the same treatment from the same day: keep one"
                raise RowRejected("DUPLICATE_ROW", None, agent, remedy)
        except RowRejected as rejected:
            journal.reject(rejected.finding(sheet.name, row.number), row.number, row.record())
            continue
        first[key] = row.number
        yield _Given(row, patient, agent, start, stop)


def _course(rows: Iterable[_Given]) -> Course:
    """Join the spans of one drug; one that has no stop goes on."""
    rows = list(rows)
    stops = [each.stop for each in rows if each.stop is not None]
    return Course(min(each.start for each in rows), max(stops) if len(stops) == len(rows) else None)


def with_courses(
    patients: Iterable[PatientRecord], courses: Mapping[str, Course]
) -> tuple[PatientRecord, ...]:
    """Add to patients that they had the study's treatment, and when it ended."""
    return tuple(
        each
        if (course := courses.get(each.source_key)) is None
        else replace(
            each,
            given=True,
            end_day=None if course.stop is None else course.stop - course.start,
        )
        for each in patients
    )


def read_specimens(
    sheet: Sheet,
    samples: Iterable[SampleRecord],
    courses: Mapping[str, Course],
    journal: Journal,
) -> tuple[SampleRecord, ...]:
    """Add to samples the day that they were taken, and when that was, seen from the treatment."""
    samples = tuple(samples)
    known = {each.source_key: each for each in samples}
    patient_column, start_column = sheet.need("PATIENT_ID"), sheet.need("START_DATE")
    key = sheet.need("SAMPLE_ID", "SPECIMEN_REFERENCE_NUMBER")
    days: dict[str, int] = {}
    for row in sheet.rows:
        try:
            sample, patient = required(row, key), required(row, patient_column)
            if sample not in known or known[sample].patient != patient:
                remedy = "the sample file has no such sample of this patient"
                raise RowRejected("SAMPLE_UNKNOWN", key, sample, remedy)
            if sample in days:
                raise RowRejected("DUPLICATE_ROW", key, sample, "keep one row for each sample")
            required(row, start_column)
            day = whole(row, start_column, -_MOST_DAYS, _MOST_DAYS) or 0
            if patient not in courses:
                remedy = "no timeline says when the study's treatment began"
                raise RowRejected("TREATMENT_START_UNKNOWN", patient_column, patient, remedy)
        except RowRejected as rejected:
            journal.reject(rejected.finding(sheet.name, row.number), row.number, row.record())
            continue
        days[sample] = day
    journal.count(sheet.name, len(sheet.rows))
    return tuple(
        each
        if each.source_key not in days
        else _dated(each, days[each.source_key], courses[each.patient])
        for each in samples
    )


def _dated(sample: SampleRecord, on: int, course: Course) -> SampleRecord:
    """Place a day; after the start, only a known end tells during from after."""
    timepoint = None
    if on <= course.start:
        timepoint = "BASELINE"
    elif course.stop is not None:
        timepoint = "ON_TREATMENT" if on <= course.stop else "POST_TREATMENT"
    return replace(sample, day=on - course.start, timepoint=timepoint)


def _reject(sheet: Sheet, row: Row, journal: Journal, rule: str, value: str, remedy: str) -> None:
    finding = RowRejected(rule, sheet.find("AGENT"), value, remedy).finding(sheet.name, row.number)
    journal.reject(finding, row.number, row.record())
