"""TU and TR: the lesions that each evaluator identified, and what was seen of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from db.ingest import term as plain
from db.ingest.sheet import Row
from db.ingest.term import RowRejected, required
from db.intake.record import Lesion, Measurement
from db.sdtm.domain import Domain, Place, occurrences
from db.sdtm.exposure import SOURCE_KEY, Course, treated
from db.sdtm.subject import Subject, known
from db.sdtm.term import EVALUATOR, LESION, flag, mapped

_MILLIMETRES = {"mm": 1.0, "cm": 10.0}
_LENGTH = {
    **dict.fromkeys(("LDIAM", "DIAMETER"), "diameter_mm"),
    **dict.fromkeys(("LPERP", "SAXIS"), "perpendicular_mm"),
}
_SUM = {
    "SUMDIAM": "target_sum_mm",
    "PCBSD": "change_from_baseline",
    "PCNSD": "change_from_nadir",
}
Eyes = tuple[str, str | None, str | None]
"""A subject, and who looked: evaluator and reader as recorded."""


@dataclass(frozen=True, slots=True)
class Identified:
    """Hold a lesion, and the data set that it stands in."""

    record: Lesion
    variant: str


@dataclass(frozen=True, slots=True)
class SizeSum:
    """Hold what was recorded of the target lesions together, at one visit by one evaluator."""

    place: Place
    eyes: Eyes
    visit: str | None
    text: str | None
    when: date | None
    column: str
    value: float


@dataclass
class Tumours:
    """Collect lesions, measurements and sums."""

    lesions: dict[tuple[Eyes, str], list[Identified]] = field(
        default_factory=lambda: defaultdict(list)
    )
    measurements: list[Measurement] = field(default_factory=list)
    sums: list[SizeSum] = field(default_factory=list)


def eyes(place: Place) -> Eyes:
    """Tell whose subject a row is about and who looked."""
    code = place.domain
    return place.subject, place.row.get(f"{code}EVAL"), place.row.get(f"{code}EVALID")


def visit_of(row: Row) -> str | None:
    """Name the visit."""
    return row.get("VISIT") or row.get("VISITNUM")


def read_lesions(
    domain: Domain, subjects: Mapping[str, Subject], courses: Mapping[str, Course], into: Tumours
) -> None:
    """Read the lesions, one for each row and evaluator."""

    def read(place: Place) -> None:
        row, subject = place.row, known(subjects, place)
        course = treated(courses, subject)
        test = required(row, "TUTESTCD").upper()
        if test != "TUMIDENT":
            remedy = "only TUMIDENT is read: splits and merges of lesions have no place here"
            raise RowRejected("TEST_NOT_READ", "TUTESTCD", test, remedy)
        number = required(row, "TULNKID")
        recorded = row.get("TUSTRESC") or required(row, "TUORRES")
        kind = LESION.get(recorded.casefold())
        if kind is None:
            remedy = "write TARGET, NON-TARGET or NEW"
            raise RowRejected("LESION_KIND_UNKNOWN", "TUSTRESC", recorded, remedy)
        record = Lesion(
            patient=subject.key,
            treatment=SOURCE_KEY,
            source_key=place.key,
            number=number,
            kind=kind,
            location=row.get("TULOC"),
            method=row.get("TUMETHOD"),
            evaluator=mapped(EVALUATOR, row, "TUEVAL", domain.journal),
            evaluator_id=row.get("TUEVALID"),
            accepted=flag(row, "TUACPTFL"),
            visit=visit_of(row),
            day=domain.date(place, "TUDTC").day(course.start),
        )
        into.lesions[eyes(place), number].append(Identified(record, place.variant))

    domain.each(read)


def read_measurements(
    domain: Domain, subjects: Mapping[str, Subject], courses: Mapping[str, Course], into: Tumours
) -> None:
    """Read what was measured: of a lesion, or of the target lesions together."""
    visits: defaultdict[tuple[object, ...], list[Place]] = defaultdict(list)
    lesions: dict[Place, Lesion] = {}
    values: dict[Place, float | str] = {}
    days: dict[Place, int | None] = {}

    def read(place: Place) -> None:
        row, subject = place.row, known(subjects, place)
        course = treated(courses, subject)
        test = required(row, "TRTESTCD").upper()
        _is_done(row)
        when = domain.date(place, "TRDTC")
        if test in _SUM:
            value = _length(row) if test == "SUMDIAM" else _percent(row)
            into.sums.append(
                SizeSum(place, eyes(place), visit_of(row), when.text, when.whole, _SUM[test], value)
            )
            return
        if test not in _LENGTH and test != "TUMSTATE":
            remedy = "only diameters, states and sums are read"
            raise RowRejected("TEST_NOT_READ", "TRTESTCD", test, remedy)
        lesion = _lesion(place, into)
        values[place] = _length(row) if test in _LENGTH else _result(row)
        lesions[place], days[place] = lesion, when.day(course.start)
        key = (place.file, place.subject, lesion.source_key, visit_of(row), when.text)
        visits[key].append(place)

    domain.each(read)
    for places in visits.values():
        for group in occurrences(places, lambda one: _slot(one.row)):
            first = group[0]
            seen = {_slot(one.row): values[one] for one in group}
            diameter, perpendicular = seen.get("diameter_mm"), seen.get("perpendicular_mm")
            state = seen.get("state")
            into.measurements.append(
                Measurement(
                    patient=first.subject,
                    treatment=SOURCE_KEY,
                    lesion=lesions[first].source_key,
                    source_key=first.key,
                    day=days[first],
                    visit=visit_of(first.row),
                    diameter_mm=diameter if isinstance(diameter, float) else None,
                    perpendicular_mm=perpendicular if isinstance(perpendicular, float) else None,
                    state=state if isinstance(state, str) else None,
                )
            )


def _slot(row: Row) -> str:
    return _LENGTH.get(required(row, "TRTESTCD").upper(), "state")


def _lesion(place: Place, tumours: Tumours) -> Lesion:
    """Find the lesion: by its link, its evaluator, and where it is in several files, the twin's."""
    number = required(place.row, "TRLNKID")
    found = tumours.lesions.get((eyes(place), number), [])
    if len(found) > 1:
        found = [each for each in found if each.variant == place.variant]
    if not found:
        remedy = "no such lesion of this evaluator in TU: add it, or correct the link"
        raise RowRejected("LESION_UNKNOWN", "TRLNKID", number, remedy)
    if len(found) > 1:
        remedy = "several such lesions of this evaluator in TU: name them apart"
        raise RowRejected("LESION_AMBIGUOUS", "TRLNKID", number, remedy)
    return found[0].record


def _is_done(row: Row) -> None:
    if row.get("TRSTRESC") is None and row.get("TRORRES") is None and row.get("TRSTRESN") is None:
        remedy = "there is no result: nothing to store"
        raise RowRejected("RESULT_MISSING", "TRSTRESC", row.get("TRSTAT"), remedy)


def _result(row: Row) -> str:
    return row.get("TRSTRESC") or required(row, "TRORRES")


def _number(row: Row) -> tuple[float, str | None]:
    for value, unit in (
        ("TRSTRESN", "TRSTRESU"),
        ("TRSTRESC", "TRSTRESU"),
        ("TRORRES", "TRORRESU"),
    ):
        found = plain.number(row, value)
        if found is not None:
            return found, row.get(unit)
    raise RowRejected("RESULT_MISSING", "TRSTRESN", None, "write a number")


def _length(row: Row) -> float:
    value, unit = _number(row)
    factor = _MILLIMETRES.get((unit or "").casefold())
    if factor is None:
        raise RowRejected("UNIT_UNKNOWN", "TRSTRESU", unit, "write mm or cm")
    if value < 0:
        raise RowRejected("NUMBER_OUT_OF_RANGE", "TRSTRESN", str(value), "write a length")
    return value * factor


def _percent(row: Row) -> float:
    value, unit = _number(row)
    if unit != "%":
        raise RowRejected("UNIT_UNKNOWN", "TRSTRESU", unit, "write %")
    if value < -100:
        remedy = "a sum cannot shrink by more than 100 %"
        raise RowRejected("NUMBER_OUT_OF_RANGE", "TRSTRESN", str(value), remedy)
    return value
