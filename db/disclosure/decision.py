"""Decisions: what is asked of a release, family by family, and what was decided of it.

Everything is decided from the problem alone, and in one order: the same problem has one answer,
however often it is broken off and resumed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from db.disclosure.constraint import Constraint
from db.disclosure.gate import Gate, Gates
from db.disclosure.lattice import Cell, Dimension, Grouping, Lattice, order
from db.disclosure.outcome import FAMILIES, Measure, Unit
from db.disclosure.parameters import Parameters
from db.disclosure.stage import Stage
from db.disclosure.verdict import Verdict

# What most certificates keep: exchanges are made within these cells.
BASE: Final[frozenset[Grouping]] = frozenset({(), (Dimension.COHORT,)})


@dataclass(frozen=True, slots=True)
class Question:
    """Ask whether a measure of a cell can be published."""

    constraint: Constraint
    base: bool


@dataclass(frozen=True, slots=True)
class Problem:
    """Hold what one family is decided from."""

    units: Sequence[Unit]
    history: Sequence[Question]
    questions: Sequence[Question]
    staged: Sequence[Stage]
    stages: Sequence[Stage]
    """Stages that were told before, and that are asked for, after everything else."""
    sets: Sequence[frozenset[int]]
    """Every set that may be published, whatever comes of it: certificates are to outlast them."""


@dataclass(frozen=True, slots=True)
class Line:
    """Hold what was decided of one question, and the worlds by which everything stays possible."""

    verdict: Verdict
    worlds: tuple[tuple[int, tuple[int, ...]], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Give it as JSON has it."""
        return {"verdict": self.verdict.value, "worlds": self.worlds}

    @classmethod
    def from_json(cls, line: dict[str, Any]) -> Line:
        """Read what `as_json` gave."""
        worlds = tuple((requirement, tuple(world)) for requirement, world in line["worlds"])
        return cls(Verdict(line["verdict"]), worlds)


@dataclass(frozen=True, slots=True)
class Plan:
    """Hold the cells of a release, what gates say of them, and what is left to be decided."""

    cells: Sequence[Cell]
    gates: dict[Cell, Gate]
    dropped: frozenset[tuple[Cell, Measure]]
    asked: dict[str, list[tuple[Cell, Measure]]]
    problems: dict[str, Problem]


def plan(
    units: Sequence[Unit],
    cells: Sequence[Cell],
    lattice: Lattice,
    release: tuple[int, str],
    before: Sequence[Question],
    parameters: Parameters,
    dropping: bytes,
    staged: Sequence[Stage] = (),
    stages: Sequence[Stage] = (),
) -> Plan:
    """Say what is to be decided of a release, of its place and version."""
    place, version = release
    known = sorted({each.constraint.members for each in before}, key=sorted)
    gates = Gates(parameters, [unit.hospital for unit in units], known)
    refused: dict[Cell, Gate] = {}
    admitted: list[Cell] = []
    for cell in order(lattice, cells):
        if (gate := gates.admit(cell.members)) is None:
            admitted.append(cell)
        else:
            refused[cell] = gate
    dropped = frozenset(
        (cell, measure)
        for cell in admitted
        for measure in Measure
        if parameters.dropped(dropping, version, cell.name, *cell.values, measure)
    )
    sets = [*known, *(cell.members for cell in admitted)]
    asked: dict[str, list[tuple[Cell, Measure]]] = {}
    problems: dict[str, Problem] = {}
    for family in FAMILIES:
        mine = asked[family.name] = [
            (cell, measure)
            for cell in admitted
            for measure in family.measures
            if (cell, measure) not in dropped
        ]
        questions = [
            Question(_told(units, cell, place, measure, parameters), cell.grouping in BASE)
            for cell, measure in mine
        ]
        history = [each for each in before if each.constraint.measure in family.measures]
        told = (staged, stages) if family.protected is Measure.BENEFIT else ((), ())
        problems[family.name] = Problem(units, history, questions, *told, sets)
    return Plan(cells, refused, dropped, asked, problems)


def _told(
    units: Sequence[Unit], cell: Cell, release: int, measure: Measure, parameters: Parameters
) -> Constraint:
    """Say how a measure of a cell is told, if it is."""
    family = next(family for family in FAMILIES if measure in family.measures)
    counted = family.measures.index(measure)
    states = (units[unit].states[release] for unit in cell.members)
    true = sum(family.counted[state][counted] for state in states if state is not None)
    lower, upper = parameters.told(true, len(cell.members))
    return Constraint(cell.members, release, measure, lower, upper)
