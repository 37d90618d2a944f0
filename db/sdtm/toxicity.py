"""AE: adverse events on a treatment."""

from __future__ import annotations

from collections.abc import Mapping

from db.ingest import term as plain
from db.ingest.term import RowRejected, required
from db.intake.record import AdverseEvent
from db.sdtm.domain import Domain, Place
from db.sdtm.exposure import SOURCE_KEY, Course, treated
from db.sdtm.subject import Subject, known
from db.sdtm.term import RELATEDNESS, flag, mapped

_SERIOUS = ("AESDTH", "AESLIFE", "AESHOSP", "AESDISAB", "AESCONG", "AESMIE")


def read_events(
    domain: Domain, subjects: Mapping[str, Subject], courses: Mapping[str, Course]
) -> list[AdverseEvent]:
    """Read the adverse events; a severity is not a grade."""
    found: list[AdverseEvent] = []
    severity: list[tuple[str, int, str]] = []
    serious: list[tuple[str, int, str]] = []

    def read(place: Place) -> None:
        row, subject = place.row, known(subjects, place)
        course = treated(courses, subject)
        start, end = domain.date(place, "AESTDTC"), domain.date(place, "AEENDTC")
        if start.whole is not None and end.whole is not None and end.whole < start.whole:
            raise RowRejected(
                "END_BEFORE_START", "AEENDTC", end.text, f"it starts on {start.text}: correct one"
            )
        grade, is_serious = plain.whole(row, "AETOXGR", 1, 5), flag(row, "AESER")
        if grade == 5 and is_serious is False:
            remedy = "grade 5 is death, which is serious: correct one"
            raise RowRejected("SERIOUS_CONTRADICTED", "AESER", row.get("AESER"), remedy)
        found.append(
            AdverseEvent(
                patient=subject.key,
                treatment=SOURCE_KEY,
                source_key=place.key,
                term=row.get("AETERM") or required(row, "AEDECOD"),
                grade=grade,
                serious=is_serious,
                relatedness=mapped(RELATEDNESS, row, "AEREL", domain.journal),
                start_day=start.day(course.start),
                end_day=end.day(course.start),
            )
        )
        if grade is None and row.get("AESEV") is not None:
            severity.append((place.file, row.number, str(row.get("AESEV"))))
        signs = [column for column in _SERIOUS if flag(row, column)]
        if is_serious is False and signs:
            serious.append((place.file, row.number, " ".join(signs)))

    domain.each(read)
    remedy = "a severity is no CTCAE grade: stored without a grade; add AETOXGR"
    domain.notice("SEVERITY_WITHOUT_GRADE", severity, remedy, "AESEV")
    remedy = "AESER is N and a criterion of seriousness is Y: stored as not serious, correct one"
    domain.notice("SERIOUS_CONTRADICTED", serious, remedy, "AESER")
    return found
