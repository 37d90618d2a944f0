"""One invented patient: the way to a treatment, or to none, and everything that belongs to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import accumulate
from typing import NamedTuple
from uuid import UUID

from db.synthetic import assumptions as a
from db.synthetic.accrual import Accrual
from db.synthetic.alteration import BACKGROUND, MARKERS, Alteration
from db.synthetic.board import discuss
from db.synthetic.catalogue import SITES
from db.synthetic.chance import Chance
from db.synthetic.cohort import Cohort
from db.synthetic.funding import fund
from db.synthetic.history import remember
from db.synthetic.journey import Journey, Leg, travel
from db.synthetic.record import (
    Consent,
    Diagnosis,
    Offer,
    Patient,
    PatientIdentity,
    Person,
    Screening,
    ScreeningIdentity,
)
from db.synthetic.sample import Owner, Taking, blood, tissue
from db.synthetic.toxicity import suffer
from db.synthetic.tumour import TUMOURS, Subtype

SCREENED, MATCHED, OFFERED, TREATED = "SCREENED", "MATCHED", "OFFERED", "TREATED"


@dataclass(frozen=True, slots=True)
class Case:
    """What is decided before a patient is invented: how far in the funnel, in which cohorts.

    Nobody is treated, nor offered it, whose first cohort is closed when the treatment would start.
    """

    index: int
    seed: int
    fate: str
    cohorts: tuple[Cohort, ...]
    tumour: str
    subtype: Subtype
    referred_on: date
    shown: bool


class Way(NamedTuple):
    """The days of the way to a treatment, from referral."""

    profiled: int
    discussed: int
    offered: int
    started: int


def invent(case: Case, accruals: Mapping[str, Accrual]) -> Person:
    """Invent one patient with everything; the cohorts take in who is treated."""
    chance = Chance(case.seed, f"patient{case.index}")
    person = Person(chance.key())
    source_key = f"SYN-{case.index + 1:06d}"
    diagnosis = _diagnose(chance, case, person)
    legs, carried = _carry(chance, case)
    germline = frozenset(
        alteration
        for alteration in carried
        if alteration in MARKERS["BRCA"]
        and alteration.kind == "SMALL_VARIANT"
        and chance.happens(a.GERMLINE_BRCA)
    )
    hypermutated = any(cohort.marker == "HYPERMUTATED" for cohort in case.cohorts)
    owner = Owner(person, diagnosis, source_key, hypermutated, germline)
    way = _way(chance)
    starts = case.referred_on + timedelta(days=way.started)
    if case.referred_on + timedelta(days=way.offered) > a.CUT_OFF:
        case = replace(case, fate=MATCHED if case.cohorts else SCREENED)
    starting = case.fate == TREATED and starts <= a.CUT_OFF
    if starting and not accruals[case.cohorts[0].code].opens(starts):
        case, starting = replace(case, fate=MATCHED), False
    screening = _screen(chance, case, person, way, starting=starting)
    if starting:
        low, high = a.PLASMA_FRACTION_RANGE
        fraction = a.PLASMA_FRACTION_MEDIAN * chance.lognormvariate(0, 0.8)
        journey = Journey(chance, owner, accruals, carried, starts, min(high, max(low, fraction)))
        line = 1 + chance.among(a.PRIOR_LINES)
        dead = travel(journey, legs, line, chance.among(a.ECOG)) is not None
        _offer_again(chance, case, screening, journey)
        normal = Taking("NORMAL_BLOOD", "BASELINE", None, -7, starts - timedelta(days=7))
    else:
        on = case.referred_on + timedelta(days=7)
        must = "PASSED" if case.cohorts else None
        tissue(chance, owner, Taking("FFPE", "BASELINE", 1, None, on), carried, must)
        dead = any(each.status == "DIED" for each in person.of(Offer))
        dead = dead or chance.happens(a.DEAD_UNTREATED)
        normal = Taking("NORMAL_BLOOD", "BASELINE", None, None, on)
    if chance.happens(a.NORMAL_BLOOD):
        blood(chance, owner, normal)
    _identify(chance, case, person, source_key, dead=dead)
    _consent(chance, case, person)
    around = Chance(case.seed, f"around{case.index}")  # whatever is added, the patients stay
    remember(around, person, case.tumour)
    discuss(around, person, case.referred_on, case.cohorts)
    fund(person)
    suffer(around, person)
    return person


def _diagnose(chance: Chance, case: Case, person: Person) -> UUID:
    subtype, key = case.subtype, chance.key()
    stage = chance.among(a.STAGE) if TUMOURS[case.tumour].staged and case.tumour != "CUP" else None
    person.add(
        Diagnosis(
            key, person.key, subtype.tumour_type, subtype.onco_tree_code, subtype.icd10,
            subtype.topography, subtype.morphology, stage, subtype.rare, "D1",
        )
    )  # fmt: skip
    return key


def _carry(chance: Chance, case: Case) -> tuple[tuple[Leg, ...], dict[Alteration, float]]:
    """Choose what the tumour carries: its cohorts' markers, and what such tumours often do."""
    carried: dict[Alteration, float] = {}
    legs = list[Leg]()
    for number, cohort in enumerate(case.cohorts):
        choices = MARKERS[cohort.marker]
        drawn = chance.choice(choices) if choices else None
        driver = choices[0] if case.shown else drawn
        if driver is not None:
            carried[driver] = chance.uniform(*a.CLONALITY)
        again = number + 1 < len(case.cohorts)
        kind = chance.among(_courses(cohort.benefit))
        if case.shown:
            kind = "PD" if again else "PR"
        legs.append(Leg(cohort, driver, kind, case.shown))
    genes = {alteration.gene for alteration in carried}
    for gene, frequency in TUMOURS[case.tumour].background.items():
        common = case.shown and gene == "TP53"
        if gene not in genes and (chance.happens(frequency) or common):
            carried[chance.choice(BACKGROUND[gene])] = chance.uniform(*a.CLONALITY)
    return tuple(legs), carried


@cache
def _courses(benefit: float) -> Mapping[str, float]:
    """Give how often each course is taken where benefit is more or less common than usual."""
    good = sum(a.COURSE[kind] for kind in a.BENEFICIAL)
    rest = sum(a.COURSE.values()) - good
    bad = (rest + good - benefit * good) / rest
    return {
        kind: share * (benefit if kind in a.BENEFICIAL else bad) for kind, share in a.COURSE.items()
    }


def _way(chance: Chance) -> Way:
    steps = (a.PROFILED_DAY, a.DISCUSSED_AFTER, a.OFFERED_AFTER, a.STARTED_AFTER)
    return Way(*accumulate(chance.within(step) for step in steps))


def _screen(chance: Chance, case: Case, person: Person, way: Way, *, starting: bool) -> UUID:
    key = chance.key()
    person.add(
        Screening(key, person.key, way.profiled, way.discussed, bool(case.cohorts)),
        ScreeningIdentity(key, person.key, case.referred_on),
    )
    if case.fate in {TREATED, OFFERED}:
        status = "ACCEPTED" if starting else "PENDING"  # would start after the cut-off
        if case.fate == OFFERED:
            pending = chance.happens(a.PENDING_SHARE_OF_OPEN_OFFERS)
            status = "PENDING" if pending else chance.among(a.OFFER_NOT_TAKEN)
        cohort = case.cohorts[0].code
        person.add(Offer(chance.key(), person.key, key, cohort, way.offered, status, "O1"))
    return key


def _offer_again(chance: Chance, case: Case, screening: UUID, journey: Journey) -> None:
    person = journey.owner.person
    for number, given in enumerate(journey.given[1:], start=2):
        day = (given.started_on - case.referred_on).days - chance.within(a.STARTED_AFTER)
        cohort = given.leg.cohort.code
        person.add(
            Offer(chance.key(), person.key, screening, cohort, day, "ACCEPTED", f"O{number}")
        )


def _identify(chance: Chance, case: Case, person: Person, source_key: str, *, dead: bool) -> None:
    region = chance.among(a.REGION)
    site = chance.choice([site for site in SITES if site.health_region == region])
    if case.shown:
        site, region = SITES[0], SITES[0].health_region  # where the demonstration's clinician is
    low, high = a.AGE_RANGE
    age = min(high, max(low, round(chance.gauss(a.AGE_MEAN, a.AGE_DEVIATION))))
    band = "90+" if age >= 90 else f"{age // 5 * 5}-{age // 5 * 5 + 4}"
    sex = TUMOURS[case.tumour].sex or chance.choice(("FEMALE", "MALE"))
    born = case.referred_on.year - age - chance.choice((0, 1))
    person.add(
        Patient(person.key, sex, band, region, "DEAD" if dead else "ALIVE"),
        PatientIdentity(person.key, source_key, site.code, born, age, case.referred_on),
    )


def _consent(chance: Chance, case: Case, person: Person) -> None:
    given = datetime.combine(case.referred_on, time(10), UTC)
    for purpose, share in (("RESEARCH", a.RESEARCH_CONSENT), ("COMMERCIAL", a.COMMERCIAL_CONSENT)):
        if not (chance.happens(share) or case.shown):
            continue
        until, again = None, None
        fate = 1.0 if case.shown else chance.random()
        if fate < a.WITHDRAWN + a.RENEWED:
            until = given + timedelta(days=chance.within((30, 400)))
            until = min(until, datetime.combine(a.CUT_OFF, time(15), UTC))
            again = until + timedelta(days=20) if fate < a.RENEWED else None
        elif fate < a.WITHDRAWN + a.RENEWED + a.WITHDRAWN_LATER:
            first, last = a.LATER
            later = first + timedelta(days=chance.within((0, (last - first).days)))
            until = datetime.combine(later, time(0), UTC)
        person.add(Consent(person.key, purpose, given, until))
        if again is not None:
            person.add(Consent(person.key, purpose, again, None))
