"""The journey of a treated patient: treatments in turn, sampled before, during and after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID

from db.outcome import derive as rules
from db.synthetic import assumptions as a
from db.synthetic.accrual import Accrual, Enrolled
from db.synthetic.alteration import Alteration
from db.synthetic.chance import Chance
from db.synthetic.cohort import Cohort
from db.synthetic.course import Course, follow, review
from db.synthetic.panel import PLASMA
from db.synthetic.record import Assessment, OutcomeAssessment, Treatment, TreatmentIdentity
from db.synthetic.resistance import escape
from db.synthetic.sample import Owner, Taking, plasma, tissue
from db.synthetic.verdict import Fate, judge, why_not, write


class Leg(NamedTuple):
    """One treatment to come: its cohort, what the patient carries for it, and how it will go.

    One that is shown goes on until its resistance is explained.
    """

    cohort: Cohort
    driver: Alteration | None
    kind: str
    shown: bool = False


class Given(NamedTuple):
    """One treatment as it went."""

    leg: Leg
    key: UUID
    started_on: date
    course: Course


@dataclass(slots=True)
class Journey:
    """What is known so far: days of specimens count from the first treatment's start."""

    chance: Chance
    owner: Owner
    accruals: Mapping[str, Accrual]
    carried: dict[Alteration, float]
    started_on: date
    fraction: float
    ordinal: int = 0
    given: list[Given] = field(default_factory=list)

    def take(
        self,
        kind: str,
        timepoint: str,
        on: date,
        *,
        status: str | None = None,
        of_baseline: float = 1.0,
    ) -> None:
        """Take tissue or plasma, with what the tumour carries now."""
        self.ordinal += 1
        day = (on - self.started_on).days
        taking = Taking(kind, timepoint, self.ordinal, day, on)
        if kind == "FFPE":
            tissue(self.chance, self.owner, taking, self.carried, status)
            return
        fraction = min(0.9, max(0.001, self.fraction * of_baseline))
        plasma(self.chance, self.owner, taking, self.carried, fraction, status)


def travel(journey: Journey, legs: tuple[Leg, ...], first_line: int, ecog: int) -> date | None:
    """Give the treatments in turn, write everything about them, and say when the patient died."""
    starts = journey.started_on
    for number, leg in enumerate(legs):
        _treat(journey, leg, starts)
        course = journey.given[-1].course
        if course.end_day is None or course.death_day is not None or number + 1 == len(legs):
            break
        gap = journey.chance.within(a.SECOND_TREATMENT_AFTER)
        starts += timedelta(days=course.end_day + gap)
        again = legs[number + 1].cohort.code
        if starts > a.CUT_OFF or not journey.accruals[again].opens(starts):
            break
    died_on = _death(journey)
    for number, given in enumerate(journey.given):
        _write(journey, given, first_line + number, min(2, ecog + number), died_on)
    return died_on


def _treat(journey: Journey, leg: Leg, started_on: date) -> None:
    chance = journey.chance
    course = follow(chance, leg.kind, (a.CUT_OFF - started_on).days)
    while leg.shown and course.progression_day is None:
        course = follow(chance, leg.kind, (a.CUT_OFF - started_on).days)
    drug = leg.cohort.drugs[0]
    given = Given(leg, chance.key(), started_on, course)
    day = course.progression_day
    way = None
    if day is not None:
        way = escape(chance, drug, course, journey.carried, shown=leg.shown)
    if way is not None and way.subclonal_before:
        journey.carried[way.alteration] = chance.uniform(*a.SUBCLONAL)
    _sample_baseline(journey, leg, started_on)
    _sample_on_treatment(journey, course, started_on)
    journey.given.append(given)
    if day is None:
        return
    if way is not None:
        journey.carried[way.alteration] = chance.uniform(*a.RESISTANT)
    _sample_progression(journey, course, started_on, day, shown=leg.shown)


def _sample_baseline(journey: Journey, leg: Leg, started_on: date) -> None:
    chance, again = journey.chance, bool(journey.given)
    driver = leg.driver
    in_plasma = (
        driver is not None and driver.kind == "SMALL_VARIANT" and driver.gene in PLASMA.genes
    )
    failed = (
        not (again or leg.shown) and in_plasma and chance.happens(a.TISSUE_FAILED_BEFORE_TREATMENT)
    )
    if not again:
        on = started_on - timedelta(days=chance.within((25, 90)))
        status = chance.choice(("FAILED", "INSUFFICIENT_MATERIAL")) if failed else "PASSED"
        journey.take("FFPE", "BASELINE", on, status=status)
    if failed or again or chance.happens(a.PLASMA_AT_BASELINE):
        on = started_on - timedelta(days=chance.within((0, 10)))
        journey.take("CTDNA", "BASELINE", on, status="PASSED" if failed else None)


def _sample_on_treatment(journey: Journey, course: Course, started_on: date) -> None:
    if not journey.chance.happens(a.SERIAL_PLASMA):
        return
    measured = [v for v in course.visits if v.response not in {"PD", "NE"}]
    for visit in measured[: a.SERIAL_PLASMA_MOST]:
        on = started_on + timedelta(days=visit.day)
        size = (visit.target_sum_mm / course.baseline_sum_mm) ** 2
        journey.take("CTDNA", "ON_TREATMENT", on, of_baseline=size)


def _sample_progression(
    journey: Journey, course: Course, started_on: date, day: int, *, shown: bool
) -> None:
    taken = 0
    for kind, share in (("CTDNA", a.PROGRESSION_PLASMA), ("FFPE", a.PROGRESSION_TISSUE)):
        after = taken * 3 + journey.chance.within((0, 4))
        wanted = journey.chance.happens(share) or shown
        if wanted and day + after <= course.followed_days:
            on = started_on + timedelta(days=day + after)
            status = "PASSED" if shown else None
            journey.take(kind, "PROGRESSION", on, status=status)
            taken += 1


def _death(journey: Journey) -> date | None:
    last = journey.given[-1]
    course, chance = last.course, journey.chance
    if course.death_day is not None:
        return last.started_on + timedelta(days=course.death_day)
    if course.end_day is None:
        return None
    benefit = any(given.leg.kind in a.BENEFICIAL for given in journey.given)
    median = a.SURVIVAL_AFTER_BENEFIT_MEDIAN_DAYS if benefit else a.SURVIVAL_AFTER_MEDIAN_DAYS
    wait = a.SURVIVAL_AFTER_LEAST_DAYS + chance.expovariate(0.6931 / median)
    died_on = last.started_on + timedelta(days=course.end_day + round(wait))
    return died_on if died_on <= a.CUT_OFF else None


def _fate(journey: Journey, given: Given, died_on: date | None) -> Fate:
    """Say what came after: the trial's next treatment or one outside it, and death."""
    chance, end_day = journey.chance, given.course.end_day
    followed = (a.CUT_OFF - given.started_on).days
    death = None if died_on is None else (died_on - given.started_on).days
    following = journey.given.index(given) + 1
    if following < len(journey.given):
        follows = (journey.given[following].started_on - given.started_on).days
        return Fate(follows, death, followed)
    if end_day is None or not chance.happens(a.NEXT_THERAPY):
        return Fate(None, death, followed)
    follows = end_day + chance.within(a.NEXT_THERAPY_AFTER)
    known = follows < (followed if death is None else death)
    return Fate(follows if known else None, death, followed)


def _write(journey: Journey, given: Given, line: int, ecog: int, died_on: date | None) -> None:
    person, chance, course = journey.owner.person, journey.chance, given.course
    cohort = given.leg.cohort
    assessments = _assessments(chance, given, person.key, "INVESTIGATOR", course)
    if cohort.tumour != "CNS" and chance.happens(a.INDEPENDENT_REVIEW):
        read = review(chance, course)
        assessments += _assessments(chance, given, person.key, "INDEPENDENT", read)
    fate = _fate(journey, given, died_on)
    outcome = judge(course, assessments, cohort.route, fate)
    enrolled = Enrolled(given.started_on, outcome.clinical_benefit.value)
    journey.accruals[cohort.code].enrolled.append(enrolled)
    number = 1 + journey.given.index(given)
    person.add(
        Treatment(
            given.key, person.key, cohort.code, line, ecog, cohort.route, course.end_day,
            course.end_reason, fate.next_therapy_day, fate.death_day, fate.last_known_alive_day,
            outcome.evaluability.value, rules.RULE_SET, why_not(outcome),
        ),
        TreatmentIdentity(
            given.key, person.key, f"{journey.owner.source_key}-T{number}", given.started_on
        ),
        *assessments,
        write(chance.key(), person.key, given.key, outcome),
        *(
            OutcomeAssessment(given.key, assessments[place].key, person.key)
            for place in outcome.assessments
        ),
    )  # fmt: skip


def _assessments(
    chance: Chance, given: Given, patient: UUID, evaluator: str, course: Course
) -> list[Assessment]:
    """Write the baseline, which has no response, and the visits; RANO is not a sum of diameters."""
    measured = given.leg.cohort.tumour != "CNS"
    criteria = "RECIST_1_1" if measured else "RANO"
    initial = evaluator[:3]
    written = [
        Assessment(
            chance.key(), patient, given.key, -chance.within((1, 21)), criteria, evaluator,
            float(course.baseline_sum_mm) if measured else None, None, None, None, None, None, None,
            f"{initial}-0",
        )
    ]  # fmt: skip
    for index, visit in enumerate(course.visits):
        pod = visit.response == "PD" and chance.happens(a.PROGRESSION_WRITTEN_POD)
        sums = measured and visit.response != "NE"
        written.append(
            Assessment(
                chance.key(), patient, given.key, visit.day, criteria, evaluator,
                float(visit.target_sum_mm) if sums else None,
                visit.change_from_baseline if sums else None,
                visit.change_from_nadir if sums else None,
                visit.new_lesion if visit.response != "NE" else None,
                "POD" if pod else visit.response, visit.response, course.confirmed(index),
                f"{initial}-{index + 1}",
            )
        )  # fmt: skip
    return written
