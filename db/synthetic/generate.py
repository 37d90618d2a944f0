"""Invented patients, one after the other: a seed gives the same ones, however many follow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from uuid import UUID

from db.synthetic import assumptions as a
from db.synthetic.alteration import BACKGROUND, MARKERS, Alteration
from db.synthetic.board import discuss
from db.synthetic.catalogue import SITES
from db.synthetic.chance import Chance, even, spread
from db.synthetic.cohort import BY_CODE, COHORTS, PAIRS, SHOWN, Cohort
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
from db.synthetic.tumour import SUBTYPES, TUMOURS, Subtype

_TREATED, _OFFERED, _MATCHED, _SCREENED = "TREATED", "OFFERED", "MATCHED", "SCREENED"
_WEIGHTS: Final = {cohort: cohort.weight for cohort in COHORTS}
_LAST_REFERRAL: Final = a.CUT_OFF - timedelta(days=110)


@dataclass(frozen=True, slots=True)
class Case:
    """What is decided before a patient is invented: how far in the funnel, in which cohorts."""

    index: int
    seed: int
    fate: str
    cohorts: tuple[Cohort, ...]
    course: str
    tumour: str
    subtype: Subtype
    referred_on: date
    shown: bool


def generate(count: int, seed: int) -> Iterator[Person]:
    """Invent so many screened patients with everything that belongs to them."""
    for index in range(count):
        yield _person(_case(index, seed))


def _case(index: int, seed: int) -> Case:
    block, place = divmod(index, a.BLOCK)
    rank = _order(seed, block)[place]
    chance = Chance(seed, f"case{index}")
    treated = block * a.TREATED_PER_BLOCK + rank
    shown = block == 0 and 1 <= rank <= len(SHOWN)
    course = even(seed, "course", treated, a.COURSE)
    cohorts: tuple[Cohort, ...] = ()
    when = spread(seed, "referred", index)
    if rank < a.TREATED_PER_BLOCK:
        fate = _TREATED
        cohorts = (even(seed, "cohort", treated, _WEIGHTS),)
        if rank == 0:  # one of each block is treated twice, with two companies' drugs
            first, second = PAIRS[block % len(PAIRS)]
            cohorts = (BY_CODE[first], BY_CODE[second])
            when *= 0.55
        elif shown:
            cohorts, course, when = (BY_CODE[SHOWN[rank - 1]],), "PR", when * 0.3
    elif rank < a.MATCHED_PER_BLOCK:
        fate = _OFFERED if rank < a.OFFERED_PER_BLOCK else _MATCHED
        cohorts = (chance.among(_WEIGHTS),)
    else:
        fate = _SCREENED
    if cohorts:
        tumour, subtype = cohorts[0].tumour, SUBTYPES[cohorts[0].onco_tree_code]
    else:
        tumour = even(seed, "tumour", index, a.TUMOUR)
        subtype = chance.choice(TUMOURS[tumour].subtypes)
    days = (_LAST_REFERRAL - a.OPENED_ON).days
    referred_on = a.OPENED_ON + timedelta(days=int(when * days))
    return Case(index, seed, fate, cohorts, course, tumour, subtype, referred_on, shown)


@lru_cache(maxsize=8)
def _order(seed: int, block: int) -> tuple[int, ...]:
    ranks = list(range(a.BLOCK))
    Chance(seed, f"block{block}").shuffle(ranks)
    return tuple(ranks)


def _person(case: Case) -> Person:
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
    screening, offered_day = _screen(chance, case, person)
    if case.fate == _TREATED:
        starts = case.referred_on + timedelta(days=offered_day + chance.within(a.STARTED_AFTER))
        low, high = a.PLASMA_FRACTION_RANGE
        fraction = a.PLASMA_FRACTION_MEDIAN * chance.lognormvariate(0, 0.8)
        journey = Journey(chance, owner, carried, starts, min(high, max(low, fraction)))
        dead = travel(journey, legs, chance.among(a.LINE), chance.among(a.ECOG)) is not None
        _offer_again(chance, case, screening, journey)
        normal = Taking("NORMAL_BLOOD", "BASELINE", None, -7, starts - timedelta(days=7))
    else:
        on = case.referred_on + timedelta(days=7)
        must = "PASSED" if case.cohorts else None
        tissue(chance, owner, Taking("FFPE", "BASELINE", 1, None, on), carried, must)
        refused = {r.status for r in person.records.get(Offer, ()) if isinstance(r, Offer)}
        dead = "DIED" in refused or chance.happens(a.DEAD_UNTREATED)
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
        kind = chance.choice(("PD", "SHORT")) if again else case.course
        legs.append(Leg(cohort, driver, kind, case.shown))
    genes = {alteration.gene for alteration in carried}
    for gene, frequency in TUMOURS[case.tumour].background.items():
        if gene not in genes and chance.happens(frequency):
            carried[chance.choice(BACKGROUND[gene])] = chance.uniform(*a.CLONALITY)
    return tuple(legs), carried


def _screen(chance: Chance, case: Case, person: Person) -> tuple[UUID, int]:
    profiled = chance.within(a.PROFILED_DAY)
    discussed = profiled + chance.within(a.DISCUSSED_AFTER)
    offered = discussed + chance.within(a.OFFERED_AFTER)
    key = chance.key()
    person.add(
        Screening(key, person.key, profiled, discussed, bool(case.cohorts)),
        ScreeningIdentity(key, person.key, case.referred_on),
    )
    if case.fate in {_TREATED, _OFFERED}:
        status = "ACCEPTED"
        if case.fate == _OFFERED:
            pending = chance.happens(a.PENDING_SHARE_OF_OPEN_OFFERS)
            status = "PENDING" if pending else chance.among(a.OFFER_NOT_TAKEN)
        person.add(Offer(chance.key(), person.key, key, case.cohorts[0].code, offered, status))
    return key, offered


def _offer_again(chance: Chance, case: Case, screening: UUID, journey: Journey) -> None:
    person = journey.owner.person
    for given in journey.given[1:]:
        day = (given.started_on - case.referred_on).days - chance.within(a.STARTED_AFTER)
        cohort = given.leg.cohort.code
        person.add(Offer(chance.key(), person.key, screening, cohort, day, "ACCEPTED"))


def _identify(chance: Chance, case: Case, person: Person, source_key: str, *, dead: bool) -> None:
    region = even(case.seed, "region", case.index, a.REGION)
    site = chance.choice([site for site in SITES if site.health_region == region])
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
        if not chance.happens(share):
            continue
        until, again = None, None
        fate = chance.random()
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
