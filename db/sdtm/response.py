"""RS: responses, one assessment for each visit, set of criteria and evaluator."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from db.ingest.term import RowRejected, required
from db.intake.record import Assessment, Component
from db.sdtm.domain import Domain, Place, occurrences
from db.sdtm.exposure import SOURCE_KEY, Course, treated
from db.sdtm.size import Sizes
from db.sdtm.subject import Subject, known
from db.sdtm.term import CRITERIA, EVALUATOR, confirmed, flag, mapped, new_lesion, normalised
from db.sdtm.tumour import eyes, visit_of

_OVERALL = "OVRLRESP"
_BEST = frozenset({"BESTRESP", "BOR"})


@dataclass(frozen=True, slots=True)
class Responses:
    """Hold the assessments and what they are made of."""

    assessments: list[Assessment]
    components: list[Component]


@dataclass(frozen=True, slots=True)
class _Part:
    test: str
    criteria: str
    result: str
    standard: str
    day: int | None


def read_responses(
    domain: Domain,
    subjects: Mapping[str, Subject],
    courses: Mapping[str, Course],
    sizes: Sizes,
) -> Responses:
    """Read the assessments; the rows of one visit, criteria and evaluator are one."""
    parts: dict[Place, _Part] = {}
    visits: defaultdict[tuple[object, ...], list[Place]] = defaultdict(list)

    def read(place: Place) -> None:
        row, subject = place.row, known(subjects, place)
        course = treated(courses, subject)
        test, criteria = required(row, "RSTESTCD").upper(), _criteria(place)
        if test in _BEST:
            remedy = "the best response is derived from the assessments"
            raise RowRejected("TEST_NOT_READ", "RSTESTCD", test, remedy)
        standard = row.get("RSSTRESC") or row.get("RSORRES")
        if standard is None:
            remedy = "there is no result: nothing to store"
            raise RowRejected("RESULT_MISSING", "RSSTRESC", row.get("RSSTAT"), remedy)
        when = domain.date(place, "RSDTC")
        result = row.get("RSORRES") or standard
        parts[place] = _Part(test, criteria, result, standard, when.day(course.start))
        method = (row.get("RSMETHOD"), row.get("RSSCAT"))
        key = (place.file, eyes(place), criteria, method, visit_of(row), when.text)
        visits[key].append(place)

    domain.each(read)
    found = Responses([], [])
    repeated: list[tuple[str, int, str]] = []
    silent: list[tuple[str, int, str]] = []
    for places in visits.values():
        groups = list(occurrences(places, lambda one: parts[one].test))
        repeated += [(one[0].file, one[0].row.number, one[0].subject) for one in groups[1:]]
        for group in groups:
            if all(parts[one].test != _OVERALL for one in group):
                silent.append((group[0].file, group[0].row.number, parts[group[0]].test))
            _assess(domain, group, parts, sizes, found)
    remedy = "a test stands more than once at one visit: another assessment for each time"
    domain.notice("ASSESSMENT_REPEATED", repeated, remedy, "RSTESTCD")
    remedy = "there is no OVRLRESP: an assessment without a response, with its parts"
    domain.notice("RESPONSE_WITHOUT_OVERALL", silent, remedy, "RSTESTCD")
    _notice_contradictions(domain, found.assessments)
    return found


def _criteria(place: Place) -> str:
    recorded = place.row.get("RSCAT")
    if recorded is None:
        remedy = (
            "add the column RSCAT with the criteria, such as RECIST 1.1: they are never guessed"
        )
        raise RowRejected("CRITERIA_MISSING", "RSCAT", None, remedy)
    if recorded.casefold() not in CRITERIA:
        names = "RECIST 1.1, iRECIST, RANO, LUGANO 2014, IMWG, PCWG3, CA125, RECIST 1.1 - CA125"
        raise RowRejected("CRITERIA_UNKNOWN", "RSCAT", recorded, f"write one of {names}")
    return CRITERIA[recorded.casefold()]


def _assess(
    domain: Domain,
    group: list[Place],
    parts: Mapping[Place, _Part],
    sizes: Sizes,
    found: Responses,
) -> None:
    """Make one assessment of the rows of one visit; the verdict leads, else the first row."""
    lead = next((one for one in group if parts[one].test == _OVERALL), group[0])
    row, part = lead.row, parts[lead]
    overall = part if part.test == _OVERALL else None
    normal = None if overall is None else normalised(part.criteria, part.standard)
    if overall is not None and normal is None:
        domain.journal.unmapped(f"RSSTRESC {part.criteria}", part.standard)
    size = sizes.at(lead, part.criteria)
    found.assessments.append(
        Assessment(
            patient=lead.subject,
            treatment=SOURCE_KEY,
            source_key=lead.key,
            criteria=part.criteria,
            day=part.day,
            evaluator=mapped(EVALUATOR, row, "RSEVAL", domain.journal),
            target_sum_mm=size.get("target_sum_mm"),
            change_from_baseline=size.get("change_from_baseline"),
            change_from_nadir=size.get("change_from_nadir"),
            new_lesion=_new_lesion(parts[one] for one in group),
            response=None if overall is None else part.result,
            normalised_response=normal,
            confirmed=None if overall is None else confirmed(part.standard),
            evaluator_id=row.get("RSEVALID"),
            accepted=flag(row, "RSACPTFL"),
            visit=visit_of(row),
            method=row.get("RSMETHOD") or row.get("RSSCAT"),
        )
    )
    found.components.extend(
        Component(one.subject, SOURCE_KEY, lead.key, one.key, parts[one].test, parts[one].result)
        for one in group
        if parts[one].test != _OVERALL
    )


def _new_lesion(parts: Iterable[_Part]) -> bool | None:
    """Tell whether any part says that there is a new lesion, or that there is none."""
    said = {new_lesion(part.test, part.standard) for part in parts}
    return True if True in said else False if False in said else None


def _notice_contradictions(domain: Domain, assessments: Iterable[Assessment]) -> None:
    """Notice where one evaluator says two things by the same criteria on the same day."""
    said: defaultdict[tuple[object, ...], dict[str, list[str]]] = defaultdict(dict)
    for each in assessments:
        if each.day is not None and each.normalised_response is not None:
            who = (each.patient, each.criteria, each.evaluator, each.evaluator_id, each.day)
            files = said[(*who, each.method)].setdefault(each.normalised_response, [])
            files.append(each.source_key)
    twice = [(key, found) for key, found in said.items() if len(found) > 1]
    if twice:
        key, found = twice[0]
        told = ", ".join(f"{response} ({keys[0]})" for response, keys in found.items())
        value = f"{len(twice)} days, such as {key[0]} day {key[4]}: {told}"
        remedy = "one evaluator says two things on a day: both are stored, correct one"
        file = next(iter(found.values()))[0].partition("/")[0]
        domain.journal.notice(file, "RESPONSES_CONTRADICT", value, remedy)
