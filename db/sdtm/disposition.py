"""DS: how it ended, when a subject was enrolled, last seen, and died."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from db.ingest.term import RowRejected
from db.sdtm.domain import Domain, Place
from db.sdtm.exposure import Course
from db.sdtm.subject import Subject, known
from db.sdtm.term import END_REASON, mapped

_ENROLLED = ("INFORMED CONSENT OBTAINED", "ENROLLED", "RANDOMIZED")
_UNSEEN = frozenset({"DEATH", "LOST TO FOLLOW-UP"})


@dataclass
class Disposition:
    """Collect what became of one subject."""

    enrolled: dict[str, date] = field(default_factory=dict)
    reasons: list[tuple[bool, date, str | None]] = field(default_factory=list)
    seen: date | None = None
    death: date | None = None
    died: bool = False

    def enrolled_on(self, subject: Subject) -> date | None:
        """Give the day of consent, else of enrolment, else of randomisation."""
        if subject.consented.whole is not None:
            return subject.consented.whole
        return next((self.enrolled[term] for term in _ENROLLED if term in self.enrolled), None)

    @property
    def ended(self) -> bool:
        """Tell whether an end is recorded."""
        return bool(self.reasons)

    @property
    def end_reason(self) -> str | None:
        """Give why treatment ended: what is said of the treatment before what is of the study."""
        return max(self.reasons, default=(False, date.min, None), key=_rank)[2]


def read_dispositions(
    domain: Domain, subjects: Mapping[str, Subject], courses: Mapping[str, Course]
) -> dict[str, Disposition]:
    """Read what became of the subjects."""
    found: defaultdict[str, Disposition] = defaultdict(Disposition)
    early: list[tuple[str, int, str]] = []

    def read(place: Place) -> None:
        row, subject = place.row, known(subjects, place)
        event = (row.get("DSDECOD") or row.get("DSTERM") or "").upper()
        if not event:
            raise RowRejected("VALUE_MISSING", "DSDECOD", None, "fill it in")
        when = domain.date(place, "DSSTDTC")
        ends = (row.get("DSCAT") or "").upper() == "DISPOSITION EVENT"
        if not ends and event in _ENROLLED:
            if when.whole is None:
                raise RowRejected("DATE_MISSING", "DSSTDTC", when.text, "write the whole date")
            found[subject.key].enrolled[event] = when.whole
        elif subject.key not in courses:
            remedy = "the subject had no treatment, and nothing else holds it"
            raise RowRejected("NOT_TREATED", "DSDECOD", row.get("DSDECOD"), remedy)
        elif not ends and when.whole is None:
            raise RowRejected("DATE_MISSING", "DSSTDTC", when.text, "write the whole date")
        else:
            mine = found[subject.key]
            resumed = courses[subject.key].resumed
            if ends and resumed is not None and when.whole is not None and when.whole < resumed:
                early.append((place.file, row.number, f"{event} {when.text}, dose {resumed}"))
            elif ends:
                of_treatment = "TREATMENT" in (row.get("DSSCAT") or "").upper()
                reason = mapped(END_REASON, row, "DSDECOD", domain.journal)
                mine.reasons.append((of_treatment, when.whole or date.min, reason))
            if event == "DEATH":
                mine.died, mine.death = True, when.whole or mine.death
            elif event not in _UNSEEN and when.whole is not None:
                mine.seen = max(mine.seen or when.whole, when.whole)

    domain.each(read)
    remedy = "a dose followed: it ends nothing; correct one if it should"
    domain.notice("END_BEFORE_DOSE", early, remedy, "DSSTDTC")
    return found


def _rank(reason: tuple[bool, date, str | None]) -> tuple[bool, date, str]:
    return reason[0], reason[1], reason[2] or ""
