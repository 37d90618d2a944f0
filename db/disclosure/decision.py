"""Deciding: which measures of which cells of a release are published, family by family.

Everything is decided from the problem alone, and in one order: the same problem has one answer,
however often it is broken off and resumed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from db.disclosure.audit import Audit, Verdict
from db.disclosure.gate import Gate, Gates
from db.disclosure.lattice import Cell, Dimension, Grouping, Lattice, order
from db.disclosure.outcome import FAMILIES, Family, Measure, Unit
from db.disclosure.parameters import Parameters
from db.disclosure.stage import Stage
from db.disclosure.system import Constraint

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


def decide(
    problem: Problem, family: Family, done: Sequence[Line], tell: Callable[[Line], None]
) -> int:
    """Decide each question of a family that is not decided yet, and tell each; count what was lost.

    Lost is what was certain, or impossible, by earlier publications alone.
    Raises: db.disclosure.audit.Unproven where it is not found out whether those keep the promise.
    """
    unlike, alone = likeness(len(problem.units), problem.sets)
    audit = Audit(problem.units, family, unlike, alone)
    for known in problem.history:
        audit.recall(known.constraint, base=known.base)
    for stage in problem.staged:
        audit.recall_stage(stage)
    audit.start()
    steps: list[Question | Stage] = [*problem.questions, *problem.stages]
    for step, line in zip(steps, done, strict=False):
        if line.verdict is not Verdict.PUBLISHED:
            continue
        if isinstance(step, Stage):
            audit.replay_stage(step, line.worlds)
        else:
            audit.replay(step.constraint, line.worlds, base=step.base)
    for step in steps[len(done) :]:
        if isinstance(step, Stage):
            verdict, added = audit.tell(step)
        else:
            verdict, added = audit.try_(step.constraint, base=step.base)
        worlds = ((each.requirement, tuple(each.world.tolist())) for each in added)
        tell(Line(verdict, tuple(worlds)))
    return len(audit.lost)


def likeness(
    units: int, sets: Sequence[frozenset[int]]
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Count in how many sets two units differ, and in how many each of them is."""
    inside = np.zeros((units, len(sets)), np.float32)
    for column, members in enumerate(sets):
        inside[sorted(members), column] = 1
    alone = inside.sum(axis=1)
    unlike = alone[:, None] + alone[None, :] - 2 * inside @ inside.T
    return unlike.astype(np.int32), alone.astype(np.int64)


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
