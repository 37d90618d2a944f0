"""Twenty invented trials of the published size beside the published numbers.

A trial agrees with a number where it lies within the number's 95 % interval: of a share, the exact
one (Clopper and Pearson) of the published count; of a median, the normal one of a sample's median,
1.96 / (2 f √n) on each side, where f is the density at the median of a normal distribution with the
published quartiles (age), or of an exponential one with the published median (survival).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from math import exp, lgamma, log, log1p, pi, sqrt
from operator import itemgetter
from statistics import median, median_grouped

import pytest

from db.synthetic import annex as x
from db.synthetic import assumptions as a
from db.synthetic import record as r
from db.synthetic.cohort import COHORTS, of_code
from db.synthetic.generate import generate
from db.synthetic.tumour import TUMOURS

SEEDS = range(1, 21)
AGREE = 16
SCREENED, MATCHED, STARTED, FOLLOWED, EVALUABLE, BENEFIT = 1167, 358, 186, 170, 145, 58
MONTH = 365.25 / 12
Time = tuple[int, bool]


@dataclass(slots=True)
class Tally:
    """Count what one trial, or all of them, came to."""

    counts: Counter[str] = field(default_factory=Counter)
    ages: list[int] = field(default_factory=list)
    prior_lines: list[int] = field(default_factory=list)
    drugs: set[str] = field(default_factory=set)
    times: dict[str, list[Time]] = field(default_factory=dict)

    def add(self, person: r.Person) -> None:
        (patient,), (identity,) = person.of(r.Patient), person.of(r.PatientIdentity)
        treatments = person.of(r.Treatment)
        self.ages.append(identity.age_at_enrolment_years)
        self.prior_lines.append(len(person.of(x.PriorTreatment)))
        tumour = TUMOUR_OF[person.of(r.Diagnosis)[0].onco_tree_code]
        self.counts.update(
            ["screened", f"region {patient.health_region}", f"tumour {tumour}"]
            + ["matched"] * person.of(r.Screening)[0].matched
            + ["offered"] * bool(person.of(r.Offer))
            + ["started"] * bool(treatments)
        )
        if treatments:
            self.counts[f"ecog {treatments[0].ecog}"] += 1
        starts = {each.treatment: each.started_on for each in person.of(r.TreatmentIdentity)}
        for treatment, outcome in zip(treatments, person.of(r.Outcome), strict=True):
            self.drugs.update(of_code(treatment.cohort).drugs)
            self._judge(outcome, (a.CUT_OFF - starts[treatment.key]).days)

    def _judge(self, outcome: r.Outcome, followed: int) -> None:
        benefit = outcome.clinical_benefit_16w == "YES"
        for name, days, event in (
            (
                "pfs",
                outcome.progression_free_survival_days,
                outcome.progression_free_survival_event,
            ),
            ("os", outcome.overall_survival_days, outcome.overall_survival_event),
        ):
            if days is not None:
                for key in (name, f"{name} with benefit")[: 1 + benefit]:
                    self.times.setdefault(key, []).append((days, event == "EVENT"))
        self.counts["treatments"] += 1
        if followed < 7 * a.BENEFIT_WEEK:
            return
        best = outcome.best_overall_response or "NE"
        if best in {"SD", "PD"}:
            best = "stable" if benefit else "short"
        self.counts.update(
            ["followed", f"best {best}"]
            + ["evaluable"] * (outcome.evaluability == "EVALUABLE")
            + ["benefit"] * benefit
        )

    def join(self, other: Tally) -> None:
        self.counts.update(other.counts)
        self.ages += other.ages
        self.prior_lines += other.prior_lines
        self.drugs |= other.drugs
        for name, times in other.times.items():
            self.times.setdefault(name, []).extend(times)


TUMOUR_OF = {
    subtype.onco_tree_code: name for name, each in TUMOURS.items() for subtype in each.subtypes
}
# What is counted, among what, and the share that was published, of how many.
SHARES: list[tuple[str, str, float, int]] = [
    ("matched", "screened", MATCHED / SCREENED, SCREENED),
    ("started", "screened", STARTED / SCREENED, SCREENED),
    ("started", "matched", STARTED / MATCHED, MATCHED),
    ("offered", "screened", 60 / 250, 250),
    ("followed", "treatments", FOLLOWED / STARTED, STARTED),
    ("evaluable", "followed", EVALUABLE / FOLLOWED, FOLLOWED),
    ("benefit", "evaluable", BENEFIT / EVALUABLE, EVALUABLE),
    ("benefit", "followed", BENEFIT / FOLLOWED, FOLLOWED),
    ("best CR", "followed", 0.03, FOLLOWED),
    ("best PR", "followed", 0.13, FOLLOWED),
    ("best stable", "followed", 0.19, FOLLOWED),
    ("best short", "followed", 0.55, FOLLOWED),
    ("best NE", "followed", 0.10, FOLLOWED),
    *((f"ecog {n}", "started", share, STARTED) for n, share in enumerate((0.35, 0.5, 0.15))),
    *(
        (f"region {name}", "screened", share / 101, SCREENED)  # 57, 21, 14 and 9 are 101
        for name, share in (("SOR_OST", 57), ("VEST", 21), ("MIDT", 14), ("NORD", 9))
    ),
    *(
        ("tumour " + name, "screened", share, SCREENED)
        for name, share in (
            *(("CRC", 0.16), ("GYN", 0.12), ("BTC or PAN", 0.13), ("BREAST", 0.09)),
            *(("NSCLC", 0.08), ("CNS", 0.07), ("SARC", 0.07), ("PROST", 0.05), ("CUP", 0.04)),
            *(("HN", 0.04), ("MEL", 0.03), ("KIDNEY or STOMACH", 0.12)),
        )
    ),
]
# Median and how many patients it is of.
SURVIVAL = {
    "pfs": (3.5 * MONTH, STARTED),
    "os": (8 * MONTH, STARTED),
    "pfs with benefit": (10 * MONTH, BENEFIT),
    "os with benefit": (20 * MONTH, BENEFIT),
}
Trials = tuple[list[Tally], Tally]


@pytest.fixture(scope="module")
def trials() -> Trials:
    each, pooled = list[Tally](), Tally()
    for seed in SEEDS:
        tally = Tally()
        for person in generate(SCREENED, seed):
            tally.add(person)
        each.append(tally)
        pooled.join(tally)
    return each, pooled


@pytest.mark.parametrize(("what", "among", "share", "of"), SHARES, ids=lambda value: str(value))
def test_shares(trials: Trials, what: str, among: str, share: float, of: int) -> None:
    low, high = exact_interval(round(share * of), of)
    found = [proportion(tally, what, among) for tally in trials[0]]
    assert sum(low <= part / whole <= high for part, whole in found) >= AGREE, found
    part, whole = proportion(trials[1], what, among)
    assert abs(part / whole - share) <= 3 * sqrt(share * (1 - share) / whole)


@pytest.mark.parametrize("what", SURVIVAL)
def test_medians_of_survival(trials: Trials, what: str) -> None:
    published, of = SURVIVAL[what]
    error = published / log(2) / sqrt(of)  # the density at an exponential's median is ln 2 / (2 m)
    found = [kaplan_meier_median(tally.times[what]) for tally in trials[0]]
    assert sum(abs(days - published) <= 1.96 * error for days in found) >= AGREE, found
    pooled = kaplan_meier_median(trials[1].times[what])
    assert abs(pooled - published) <= 3 * error / sqrt(len(SEEDS))


def test_ages(trials: Trials) -> None:
    spread = (70 - 54) / (2 * 0.6745)
    error = spread * sqrt(pi / 2) / sqrt(SCREENED)
    found = [median_grouped(tally.ages) for tally in trials[0]]
    assert sum(abs(age - 62) <= 1.96 * error for age in found) >= AGREE, found
    ages = sorted(trials[1].ages)
    assert abs(median_grouped(ages) - 62) <= 3 * error / sqrt(len(SEEDS))
    quarter = len(ages) // 4
    assert (ages[quarter], ages[-quarter]) == (54, 70)


def test_prior_lines_and_drugs(trials: Trials) -> None:
    each, pooled = trials
    assert sum(median(tally.prior_lines) == 3 for tally in each) >= AGREE
    assert sum(len(tally.drugs) == 24 for tally in each) >= AGREE
    assert pooled.drugs == {drug for cohort in COHORTS for drug in cohort.drugs}
    assert len(pooled.drugs) == 24


def test_all_regions_come_in_the_first_year() -> None:
    for seed in SEEDS:
        regions = set[str]()
        for person in generate(SCREENED, seed):
            if (person.of(r.ScreeningIdentity)[0].referred_on - a.OPENED_ON).days >= 365:
                break
            regions.add(person.of(r.Patient)[0].health_region)
        assert regions == set(a.REGION)


def test_cohorts_match_as_many_as_were_published() -> None:
    """The few that are shown come on top, in the first trial."""
    assert 0 <= MATCHED - sum(cohort.matched for cohort in COHORTS) <= 5


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [(58, 145, 0.320, 0.485), (58, 170, 0.270, 0.418), (0, 10, 0, 0.3085), (4, 25, 0.045, 0.361)],
)
def test_intervals_are_exact(part: int, whole: int, low: float, high: float) -> None:
    assert exact_interval(part, whole) == pytest.approx((low, high), abs=0.0006)


def test_a_median_of_kaplan_and_meier() -> None:
    assert kaplan_meier_median([(6, True), (6, False), (7, True), (10, True), (13, True)]) == 10


def proportion(tally: Tally, what: str, among: str) -> tuple[int, int]:
    kind, _, names = what.rpartition(" ") if " or " not in what else what.partition(" ")
    counted = (f"{kind} {name}".strip() for name in names.split(" or "))
    return sum(tally.counts[name] for name in counted), tally.counts[among]


def exact_interval(part: int, whole: int) -> tuple[float, float]:
    """Find where the binomial tails are 2.5 % (Clopper and Pearson)."""
    low = 0.0 if part == 0 else root(lambda p: 1 - below(part - 1, whole, p) - 0.025)
    high = 1.0 if part == whole else root(lambda p: 0.025 - below(part, whole, p))
    return low, high


def root(rising: Callable[[float], float]) -> float:
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < 0 else (low, middle)
    return low


def below(part: int, whole: int, share: float) -> float:
    """Give the probability of at most so many."""
    return sum(
        exp(
            lgamma(whole + 1)
            - lgamma(k + 1)
            - lgamma(whole - k + 1)
            + k * log(share)
            + (whole - k) * log1p(-share)
        )
        for k in range(part + 1)
    )


def kaplan_meier_median(times: Sequence[Time]) -> int:
    at_risk, surviving = len(times), 1.0
    day: int
    for day, group in groupby(sorted(times), key=itemgetter(0)):
        events = [event for _, event in group]
        surviving *= 1 - sum(events) / at_risk
        at_risk -= len(events)
        if surviving <= 0.5:
            return day
    raise AssertionError("more than half survive")
