"""A study's SDTM domains read and judged together, into records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from db.ingest.report import ImportRefused, Journal, Rejection, Report
from db.intake.record import OfPatient, Patient, Treatment, TreatmentDrug
from db.sdtm import folder
from db.sdtm.disposition import Disposition, read_dispositions
from db.sdtm.domain import Domain, open_domain
from db.sdtm.exposure import SOURCE_KEY, Course, read_courses
from db.sdtm.response import read_responses
from db.sdtm.size import set_aside, sizes
from db.sdtm.subject import Subject, read_subjects, study_of
from db.sdtm.toxicity import read_events
from db.sdtm.tumour import Tumours, read_lesions, read_measurements

FORMAT = "sdtm"


@dataclass(frozen=True, slots=True)
class Study:
    """Hold all of a study, as read; agents and sites are as recorded."""

    records: tuple[OfPatient, ...]
    agents: tuple[TreatmentDrug, ...]
    rejections: tuple[Rejection, ...]
    data_cut_off: date | None


def read(path: Path, *, study: str) -> tuple[Study, Report]:
    """Read a folder of SDTM data sets; the report lacks only what the database can tell."""
    journal = Journal()
    files = folder.find(path, journal)
    domains = _open(files, journal)
    subjects = read_subjects(domains["DM"])
    if not subjects:
        raise ImportRefused("there is no subject", "dm.csv may be cut: get it again", file="dm.csv")
    courses = read_courses(domains["EX"], subjects)
    dispositions = read_dispositions(domains["DS"], subjects, courses)
    events = read_events(domains["AE"], subjects, courses)
    tumours = Tumours()
    read_lesions(domains["TU"], subjects, courses, tumours)
    read_measurements(domains["TR"], subjects, courses, tumours)
    found = sizes(tumours.sums, courses)
    responses = read_responses(domains["RS"], subjects, courses, found)
    set_aside(domains["TR"], tumours.sums, found, courses)
    for domain in domains.values():
        domain.close()
    records: list[OfPatient] = []
    agents: list[TreatmentDrug] = []
    for key, subject in subjects.items():
        disposition = dispositions.get(key, Disposition())
        records.append(_patient(subject, disposition))
        if key in courses:
            records.append(_treatment(subject, courses[key], disposition, journal))
            agents += [TreatmentDrug(key, SOURCE_KEY, agent) for agent in courses[key].agents]
    records += events
    records += (each.record for found_ in tumours.lesions.values() for each in found_)
    records += tumours.measurements
    records += responses.assessments
    records += responses.components
    report = Report(
        study=study,
        format=FORMAT,
        digest=files.digest(),
        files=tuple(journal.files),
        findings=tuple(journal.findings),
        unmapped=journal.codes(),
    )
    latest = max((day for each in domains.values() if (day := each.latest)), default=None)
    return Study(tuple(records), tuple(agents), tuple(journal.rejections), latest), report


def _open(files: folder.Folder, journal: Journal) -> Mapping[str, Domain]:
    domains: dict[str, Domain] = {}
    study: str | None = None
    for code in folder.DOMAINS:
        sets = [each for each in files.sets if each.domain == code]
        domains[code] = open_domain(code, sets, study, journal)
        if code == "DM":
            study = study_of(domains[code])
    return domains


def _patient(subject: Subject, disposition: Disposition) -> Patient:
    """Make a patient; who is not said to be dead is not thereby known to be alive."""
    return Patient(
        source_key=subject.key,
        sex=subject.sex,
        age_band=subject.age_band,
        vital_status="DEAD" if subject.died or disposition.died else None,
        site=subject.site,
        birth_year=subject.birth_year,
        age_at_enrolment_years=subject.age_years,
        enrolled_on=disposition.enrolled_on(subject),
    )


def _treatment(
    subject: Subject, course: Course, disposition: Disposition, journal: Journal
) -> Treatment:
    death = _death(subject, disposition, journal)
    seen = disposition.seen
    if death is not None and seen is not None and seen > death:
        value = f"{subject.key}: died {death}, seen {seen}"
        remedy = "seen after death: stored without a last contact, correct one"
        journal.notice(subject.file, "SEEN_AFTER_DEATH", value, remedy, row=subject.row)
        seen = None
    death_day = _day(subject, course, death, "DEATH_BEFORE_START", journal)
    return Treatment(
        patient=subject.key,
        source_key=SOURCE_KEY,
        started_on=course.start,
        end_day=_end_day(course, disposition, death_day),
        end_reason=disposition.end_reason,
        route=course.route,
        death_day=death_day,
        last_known_alive_day=_day(subject, course, seen, "SEEN_BEFORE_START", journal),
    )


def _end_day(course: Course, disposition: Disposition, death_day: int | None) -> int | None:
    """Give the first day off treatment, where an end is recorded: the day of death at the latest.

    The last dose alone is no end: somebody still treated has one as well.
    """
    off_day = course.off_day if disposition.ended else None
    return off_day if off_day is None or death_day is None else min(off_day, death_day)


def _death(subject: Subject, disposition: Disposition, journal: Journal) -> date | None:
    """Give the day of death: as the demographics say, else as the disposition does."""
    ours, theirs = subject.death.whole, disposition.death
    if ours is not None and theirs is not None and ours != theirs:
        value = f"{subject.key}: DTHDTC {ours}, DS {theirs}"
        remedy = "stored as the demographics say: correct one"
        journal.notice(subject.file, "DEATH_DISAGREES", value, remedy, row=subject.row)
    return ours or theirs


def _day(
    subject: Subject, course: Course, when: date | None, rule: str, journal: Journal
) -> int | None:
    """Count the days to a date that cannot be before the start."""
    if when is None or course.start is None:
        return None
    if when < course.start:
        value = f"{subject.key}: {when}, start {course.start}"
        remedy = "before the treatment began: stored without, correct one"
        journal.notice(subject.file, rule, value, remedy, row=subject.row)
        return None
    return (when - course.start).days
