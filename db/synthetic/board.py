"""The molecular tumour board: what it found for a patient, and on which evidence."""

from __future__ import annotations

from datetime import date, timedelta

from db.synthetic import assumptions as a
from db.synthetic.alteration import MARKERS
from db.synthetic.annex import (
    BiomarkerEvidence,
    Option,
    Review,
    ReviewIdentity,
    TreatmentBiomarker,
)
from db.synthetic.chance import Chance
from db.synthetic.cohort import Cohort, of_code
from db.synthetic.record import (
    Biomarker,
    Diagnosis,
    Offer,
    Person,
    Profile,
    Screening,
    Specimen,
    SpecimenIdentity,
    Treatment,
    TreatmentIdentity,
)


def discuss(chance: Chance, person: Person, referred_on: date, cohorts: tuple[Cohort, ...]) -> None:
    """Write a patient's discussions: the first, one before each further offer, one of a germline.

    Levels are written of the markers that the options rest on, and no others.
    """
    (screening,) = person.of(Screening)
    first = screening.discussed_day or 0
    days = {offer.cohort: offer.offered_day for offer in person.of(Offer)[1:]}
    if cohorts:
        offered = {offer.cohort for offer in person.of(Offer)}
        listed = [each for each in cohorts if each.code in offered] or [cohorts[0]]
        for number, cohort in enumerate(listed, start=1):
            before = chance.within(a.OFFERED_AFTER)
            held = max(first + 1, days[cohort.code] - before) if number > 1 else first
            review = _review(chance, person, referred_on, held, "OPTION_FOUND")
            _list(chance, person, review, cohort)
    else:
        passed = any(each.qc_status == "PASSED" for each in person.of(Profile))
        outcome = "NO_ACTIONABLE" if passed else "INSUFFICIENT_MATERIAL"
        _review(chance, person, referred_on, first, outcome)
    if any(each.origin == "GERMLINE" for each in person.of(Biomarker)):
        held = min(first + chance.within(a.REFERRED_AFTER), (a.CUT_OFF - referred_on).days)
        _review(chance, person, referred_on, held, "GERMLINE_REFERRAL")
    for treatment in person.of(Treatment):
        matched = _markers(person, of_code(treatment.cohort))
        person.add(*(TreatmentBiomarker(treatment.key, b.key, person.key) for b in matched))


def _review(chance: Chance, person: Person, referred_on: date, held: int, outcome: str) -> Review:
    number = 1 + len(person.of(Review))
    review = Review(chance.key(), person.key, held, outcome, f"B{number}")
    held_on = referred_on + timedelta(days=held)
    person.add(review, ReviewIdentity(review.key, person.key, held_on))
    return review


def _list(chance: Chance, person: Person, review: Review, cohort: Cohort) -> None:
    markers = _markers(person, cohort)
    levels = a.EVIDENCE[cohort.marker]
    named = markers[0].key if markers else None
    person.add(
        Option(
            chance.key(), person.key, review.key, named, cohort.code, "ESCAT", levels["ESCAT"],
            "O1",
        )
    )  # fmt: skip
    diagnosis = person.of(Diagnosis)[0]
    for marker in markers:
        person.add(
            *(
                BiomarkerEvidence(
                    chance.key(), person.key, marker.key, system, level, cohort.drugs[0],
                    diagnosis.tumour_type, diagnosis.onco_tree_code, a.EVIDENCE_SOURCE,
                    f"{system}:{cohort.code}",
                )
                for system, level in levels.items()
            )
        )  # fmt: skip


def _markers(person: Person, cohort: Cohort) -> list[Biomarker]:
    """Find what lets a patient into a cohort, in the specimens from before: tissue first."""
    started = {each.treatment: each.started_on for each in person.of(TreatmentIdentity)}
    starts = {each.cohort: started[each.key] for each in person.of(Treatment)}.get(cohort.code)
    taken = {each.specimen: each.collected_on for each in person.of(SpecimenIdentity)}
    before = {
        each.key: each.kind
        for each in person.of(Specimen)
        if each.timepoint == "BASELINE" and (starts is None or taken[each.key] <= starts)
    }
    labels = {alteration.label for alteration in MARKERS[cohort.marker]}
    found = [
        each
        for each in person.of(Biomarker)
        if each.specimen in before
        and (
            each.label in labels
            or (cohort.marker == "HYPERMUTATED" and each.call == "HIGH" and each.signature_kind)
        )
    ]
    return sorted(found, key=lambda each: before[each.specimen] != "FFPE")
