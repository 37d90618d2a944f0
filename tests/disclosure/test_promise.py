"""Nobody is certain of anybody: by every world there is, for the outsider and for each hospital."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations, product

import pytest
from hypothesis import Phase, given, settings

from db.disclosure.audit import Audit, Verdict
from db.disclosure.lattice import Dimension
from db.disclosure.outcome import FAMILIES, Benefit, Family, Measure, State, Unit
from db.disclosure.search import Search
from db.disclosure.stage import Design, Stage, judge
from db.disclosure.system import Constraint, System
from tests.disclosure.brute import Course, certain, counts, courses, impossible, of
from tests.disclosure.population import (
    LOOSE,
    Population,
    everything,
    populations,
    published,
    with_stage,
)
from tests.extent import trying

GENERATE = Phase.generate
pytestmark = pytest.mark.property


def found(population: Population) -> set[object]:
    """Say what anybody finds certain, and which counts of bands nobody can believe."""
    told = everything(population)
    names = {unit.hospital for unit in population.units}
    wrong: set[object] = set()
    for family in FAMILIES:
        mine = of(told, family.measures)
        wrong |= impossible(population.units, mine)
        for knows in (None, *sorted(names)):
            for number, release, measure in certain(population.units, mine, knows):
                if measure in family.measures:
                    wrong.add((knows, number, release, measure))
    return wrong


@trying(ci=300, nightly=10_000)
@given(populations(most=6))
def test_one_release_makes_nobody_certain(population: Population) -> None:
    assert not found(population)


@trying(ci=120, nightly=5_000)
@given(populations(most=4, releases=2))
def test_two_releases_together_make_nobody_certain(population: Population) -> None:
    assert not found(population)


@trying(ci=60, nightly=2_000)
@given(populations(most=3, releases=3))
def test_three_releases_together_make_nobody_certain(population: Population) -> None:
    assert not found(population)


def reasoned(band: int) -> set[int]:
    """Say of whom an attacker is certain who tries what would be published in each world.

    Two treatments in each of three hospitals, nobody with an outcome, and the total alone.
    """
    careful = replace(LOOSE, band=band)

    def told(world: tuple[bool, ...]) -> frozenset[tuple[int, int]]:
        units = tuple(
            Unit("ABC"[number // 2], (State(response, Benefit.NEITHER),), (False,))
            for number, response in enumerate(world)
        )
        here = Population(units, (dict.fromkeys(Dimension, ("",)),) * 6, 1)
        found = published(here, 0, [], careful, ((),))
        return frozenset(
            (each.constraint.lower, each.constraint.upper)
            for each in found
            if each.constraint.measure is Measure.RESPONSE
        )

    answer = told((False,) * 6)
    assert answer == {(0, band)}
    same = [world for world in product((False, True), repeat=6) if told(world) == answer]
    return {number for number in range(6) if len({world[number] for world in same}) == 1}


def test_a_band_of_two_is_read_through_by_who_knows_the_algorithm() -> None:
    assert reasoned(1) == set(range(6))
    assert reasoned(2) == set()


@pytest.mark.parametrize("broken", ["insiders", "history", "bands"])
def test_an_audit_that_leaves_something_out_is_caught(
    broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without hospitals, without earlier releases, or with bands taken for nothing."""
    if broken == "insiders":
        monkeypatch.setattr(Audit, "_seen", lambda self, constraint: False)
        whole = System.__init__

        def blind(self: System, units: Sequence[Unit], family: Family) -> None:
            whole(self, units, family)
            self.insiders = 0

        monkeypatch.setattr(System, "__init__", blind)
    elif broken == "history":
        monkeypatch.setattr(Audit, "recall", lambda self, constraint, *, base: None)
    else:
        monkeypatch.setattr(Search, "_possible", lambda self, moves: (moves, moves[:, 0] >= 0))
        monkeypatch.setattr(System, "keeps", lambda self, moves: True)
    caught = False

    @settings(max_examples=200, deadline=None, derandomize=True, database=None, phases=[GENERATE])
    @given(populations(most=6 if broken != "history" else 4, releases=1 + (broken == "history")))
    def search(population: Population) -> None:
        nonlocal caught
        if not caught:
            caught = bool(found(population))

    search()
    assert caught


DESIGN = Design(n1=2, r1=0, n=4, r=1)


@trying(ci=120, nightly=5_000)
@given(populations(most=6))
def test_a_stage_that_is_told_makes_nobody_certain(population: Population) -> None:
    """Beside all cells, to who tries every order within a month."""
    units = population.units
    months = [[n for n in range(len(units)) if n % 2 == odd] for odd in (0, 1)]
    stage = Stage("x", 0, tuple(tuple(month) for month in months), DESIGN, _stage_of(units, months))
    told, verdict = with_stage(population, stage)
    if verdict is not Verdict.PUBLISHED:
        return
    every = [
        [course for course in courses(unit) if not (course[0] and course[0].response)]
        for unit in units
    ]
    for knows in (None, *sorted({unit.hospital for unit in units})):
        mine = [
            [c for c in courses_ if units[n].hospital != knows or _same(c, units[n])]
            for n, courses_ in enumerate(every)
        ]
        seen: dict[int, set[int]] = {n: set() for n in range(len(units))}
        for world in product(*mine):
            if all(_counted(world, each) for each in told) and _may(world, months, stage.told):
                for number, course in enumerate(world):
                    seen[number].add(counts(course[0], Measure.BENEFIT))
        for number, unit in enumerate(units):
            thinkable = {counts(course[0], Measure.BENEFIT) for course in every[number]}
            assert unit.hospital == knows or seen[number] == thinkable, (knows, number)


def _same(course: Course, unit: Unit) -> bool:
    assert course[0] is not None
    assert unit.states[0] is not None
    return course[0].benefit is unit.states[0].benefit


def _counted(world: Sequence[Course], told: Constraint) -> bool:
    count = sum(counts(world[member][0], told.measure) for member in told.members)
    return told.lower <= count <= told.upper


def _may(world: Sequence[Course], months: Sequence[Sequence[int]], told: str) -> bool:
    """Tell whether some order of those who began in one month leads to a stage."""
    for first, second in product(permutations(months[0]), permutations(months[1])):
        states = [world[number][0] for number in (*first, *second)]
        benefits = [s.benefit is Benefit.YES for s in states if s and s.benefit != Benefit.NEITHER]
        if judge(benefits, DESIGN) == told:
            return True
    return False


def _stage_of(units: Sequence[Unit], months: Sequence[Sequence[int]]) -> str:
    states = [units[number].states[0] for month in months for number in month]
    return judge(
        [s.benefit is Benefit.YES for s in states if s and s.benefit != Benefit.NEITHER], DESIGN
    )
