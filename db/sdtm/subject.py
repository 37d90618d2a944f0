"""DM: the subjects, who become patients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from db.ingest import term as plain
from db.ingest.report import ImportRefused
from db.ingest.term import RowRejected
from db.sdtm.day import Recorded
from db.sdtm.domain import Domain, Place
from db.sdtm.term import flag


@dataclass(frozen=True, slots=True)
class Subject:
    """Hold one subject, as the demographics have them."""

    key: str
    file: str
    row: int
    sex: str | None
    site: str | None
    birth_year: int | None
    age_years: int | None
    consented: Recorded
    started: Recorded
    ended: Recorded
    died: bool
    death: Recorded

    @property
    def age_band(self) -> str | None:
        """Give the five-year band of the age."""
        if self.age_years is None:
            return None
        if self.age_years >= 90:
            return "90+"
        low = self.age_years // 5 * 5
        return f"{low}-{low + 4}"


def read_subjects(domain: Domain) -> dict[str, Subject]:
    """Read the subjects by their USUBJID; a second row of one is set aside."""
    found: dict[str, Subject] = {}
    other_unit: list[tuple[str, int, str]] = []

    def read(place: Place) -> None:
        if place.subject in found:
            remedy = f"line {found[place.subject].row} has it already: keep the one that is right"
            raise RowRejected("DUPLICATE_ROW", "USUBJID", place.subject, remedy)
        row = place.row
        age = plain.whole(row, "AGE", 0, 120)
        unit = row.get("AGEU")
        if age is not None and (unit or "YEARS").upper() != "YEARS":
            other_unit.append((place.file, row.number, f"{age} {unit}"))
            age = None
        death = domain.date(place, "DTHDTC")
        found[place.subject] = Subject(
            key=place.subject,
            file=place.file,
            row=row.number,
            sex=None if (row.get("SEX") or "U").upper() == "U" else plain.sex(row, "SEX"),
            site=row.get("SITEID"),
            birth_year=domain.date(place, "BRTHDTC").year,
            age_years=age,
            consented=domain.date(place, "RFICDTC"),
            started=domain.date(place, "RFXSTDTC"),
            ended=domain.date(place, "RFXENDTC"),
            died=flag(row, "DTHFL") is True or death.text is not None,
            death=death,
        )

    domain.each(read)
    domain.notice("AGE_UNIT", other_unit, "not in years: stored without an age", "AGE")
    return found


def study_of(domain: Domain) -> str | None:
    """Tell the study that the subjects are of; a folder holds one."""
    studies = {study for place in domain.places if (study := place.row.get("STUDYID"))}
    if len(studies) > 1:
        first, second = sorted(studies)[:2]
        raise ImportRefused(
            f"the subjects are of several studies, such as {first} and {second}",
            "import one study at a time: keep its rows alone in a folder",
            file=domain.places[0].file,
            column="STUDYID",
        )
    return next(iter(studies), None)


def known(subjects: Mapping[str, Subject], place: Place) -> Subject:
    """Find the subject of a row."""
    if place.subject not in subjects:
        remedy = "add the subject to dm.csv, or correct the id"
        raise RowRejected("SUBJECT_UNKNOWN", "USUBJID", place.subject, remedy)
    return subjects[place.subject]
