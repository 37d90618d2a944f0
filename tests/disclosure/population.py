"""Small populations over one or several releases, drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

from db.disclosure.audit import Verdict
from db.disclosure.decision import Line, Plan, Question, decide, plan
from db.disclosure.lattice import Dimension, Lattice, Values, cells
from db.disclosure.outcome import BENEFIT, FAMILIES, Benefit, Family, State, Unit
from db.disclosure.parameters import Parameters
from db.disclosure.stage import Stage
from db.disclosure.system import Constraint
from tests.disclosure.brute import courses

D = Dimension
LATTICE: Lattice = ((), (D.COHORT,), (D.SEX,), (D.COHORT, D.SEX), (D.DRUG,))
LOOSE = Parameters(fewest=2, fewest_others=1, drop=0.0, band=1)
KEY = bytes(range(32))


@dataclass(frozen=True, slots=True)
class Population:
    """Hold units over releases, and what they are grouped by."""

    units: tuple[Unit, ...]
    values: tuple[Values, ...]
    releases: int

    def until(self, release: int) -> Population:
        """Give what is there up to a release; the others have not come."""
        here = [
            (Unit(unit.hospital, unit.states[: release + 1], unit.early[: release + 1]), values)
            for unit, values in zip(self.units, self.values, strict=True)
        ]
        return Population(tuple(u for u, _ in here), tuple(v for _, v in here), release + 1)


@st.composite
def populations(draw: st.DrawFn, *, most: int = 7, releases: int = 1) -> Population:
    units, values = [], []
    for _ in range(draw(st.integers(3, most))):
        present = draw(st.lists(st.booleans(), min_size=releases, max_size=releases).filter(any))
        soon = draw(st.sampled_from([0, 0, 0, *range(1, releases + 1)]))
        early = tuple(place < soon for place in range(releases))
        blank = tuple(State(False, Benefit.NEITHER) if there else None for there in present)
        unit = Unit(draw(st.sampled_from("ABC")), blank, early)
        unit = Unit(unit.hospital, draw(st.sampled_from(courses(unit))), early)
        units.append(unit)
        values.append(
            {
                **dict.fromkeys(D, ("",)),
                D.COHORT: (draw(st.sampled_from("xy")),),
                D.SEX: (draw(st.sampled_from("fm")),),
                D.DRUG: tuple(sorted(draw(st.sets(st.sampled_from("pq"))))),
            }
        )
    return Population(tuple(units), tuple(values), releases)


def published(
    population: Population,
    release: int,
    before: Sequence[Question],
    parameters: Parameters = LOOSE,
    lattice: Lattice = LATTICE,
) -> list[Question]:
    """Publish one release beside those before, and give what all of it tells."""
    planned = _planned(population.until(release), release, before, parameters, lattice, ())
    told = list(before)
    for family in FAMILIES:
        found, _ = _decided(planned, family)
        told += found
    return told


def with_stage(population: Population, stage: Stage) -> tuple[list[Constraint], Verdict]:
    """Publish what tells of benefit, and then a stage if that can be."""
    planned = _planned(population, 0, (), LOOSE, LATTICE, (stage,))
    found, lines = _decided(planned, BENEFIT)
    return [question.constraint for question in found], lines[-1].verdict


def _planned(
    here: Population,
    release: int,
    before: Sequence[Question],
    parameters: Parameters,
    lattice: Lattice,
    stages: Sequence[Stage],
) -> Plan:
    treatments = {
        number: values
        for number, values in enumerate(here.values)
        if here.units[number].states[release] is not None
    }
    made = cells(lattice, treatments, {})
    at = (release, f"r{release}")
    return plan(here.units, made, lattice, at, before, parameters, KEY, (), stages)


def _decided(planned: Plan, family: Family) -> tuple[list[Question], list[Line]]:
    lines = list[Line]()
    problem = planned.problems[family.name]
    decide(problem, family, (), lines.append)
    found = [
        question
        for question, line in zip(problem.questions, lines, strict=False)
        if line.verdict is Verdict.PUBLISHED
    ]
    return found, lines


def everything(population: Population, parameters: Parameters = LOOSE) -> list[Constraint]:
    """Publish all releases, one after the other."""
    told: list[Question] = []
    for release in range(population.releases):
        told = published(population, release, told, parameters)
    return [question.constraint for question in told]
