"""The system of what is published of one family of measures, and the moves that could change truth.

A move puts one unit on another course than its true one. A world is the truth with moves; it is
possible for an attacker if it keeps every published constraint and moves no unit whose outcome the
attacker knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from db.disclosure.outcome import Family, Measure, Unit
from db.disclosure.stage import Stage

Places: TypeAlias = "npt.NDArray[np.int64]"
Flags: TypeAlias = "npt.NDArray[np.bool_]"
Effects: TypeAlias = "npt.NDArray[np.int8]"

HOSPITALS = 62
"""How many can be told apart: a bit each."""


@dataclass(frozen=True, slots=True)
class Constraint:
    """Hold what is published of a measure: so many among the members, at least and at most."""

    members: frozenset[int]
    release: int
    measure: Measure
    lower: int
    upper: int


@dataclass(frozen=True, slots=True)
class Requirement:
    """Ask that a unit could be moved in one of these ways: a value of what is protected.

    Or, without a unit, that a published band could have this count.
    """

    targets: tuple[int, ...]
    unit: int | None = None
    row: int | None = None
    count: int = 0


class System:
    """Hold constraints as rows, moves as columns, and how many each move adds to each row."""

    def __init__(self, units: Sequence[Unit], family: Family) -> None:
        self.family = family
        releases = len(units[0].states) if units else 0
        width = len(family.measures)
        owners, shifts, requirements = list[int](), list[Effects](), list[Requirement]()
        self._column = {
            (release, measure): release * width + place
            for release in range(releases)
            for place, measure in enumerate(family.measures)
        }
        truths = np.zeros((len(units), releases * width), np.int8)
        for number, unit in enumerate(units):
            paths = [self._flat(unit, path, releases) for path in family.paths(unit)]
            truths[number] = paths[0]
            first = len(owners)
            owners += [number] * (len(paths) - 1)
            shifts += [path - paths[0] for path in paths[1:]]
            requirements += self._protect(number, unit, paths, first)
        self.truths = truths
        self.requirements = requirements
        self.units = len(units)
        self.moves = len(owners)
        # One move more that moves nobody, so that worlds of few moves can be written as of many.
        self.owner: Places = np.array([*owners, -1], np.int64)
        empty = np.zeros((1, releases * width), np.int8)
        self.shift: Effects = (
            np.concatenate([np.array(shifts, np.int8), empty]) if shifts else empty
        )
        names = sorted({unit.hospital for unit in units})
        place = {name: np.int64(1) << number for number, name in enumerate(names)}
        self.hospital: Places = np.array([place[unit.hospital] for unit in units], np.int64)
        self.insiders = int(np.bitwise_or.reduce(self.hospital)) if len(units) else 0
        nobody = np.zeros(1, np.int64)
        self.knower: Places = np.r_[self.hospital, nobody][self.owner]
        self.rows: list[Constraint] = []
        self.stages: list[Stage] = []
        self.effect: Effects = np.zeros((64, self.moves + 1), np.int8)
        self.least: Places = np.zeros(64, np.int64)
        self.most: Places = np.zeros(64, np.int64)

    def _flat(self, unit: Unit, path: Sequence[tuple[int, ...]], releases: int) -> Effects:
        flat = np.zeros((releases, len(self.family.measures)), np.int8)
        for place, counted in zip(unit.present, path, strict=True):
            flat[place] = counted
        return flat.reshape(-1)

    def _protect(
        self, number: int, unit: Unit, paths: Sequence[Effects], first: int
    ) -> list[Requirement]:
        """Ask for each value of what is protected at each release, if it is not the true one.

        A value that no course has is known to everyone anyway. What follows from another
        requirement of the unit is left out.
        """
        asked = set[tuple[int, ...]]()
        for release in unit.present:
            column = self._column[release, self.family.protected]
            other = [
                first + place
                for place, path in enumerate(paths[1:])
                if path[column] != paths[0][column]
            ]
            if other:
                asked.add(tuple(other))
        asked |= self._open(unit, paths, first)
        least = [one for one in asked if not any(set(two) < set(one) for two in asked)]
        return [Requirement(targets, unit=number) for targets in sorted(least)]

    def _open(self, unit: Unit, paths: Sequence[Effects], first: int) -> set[tuple[int, ...]]:
        """Ask that a unit for which it is too early may be neither: NO would stay NO for ever.

        A later release, in which it is protected, could not make up for it.
        """
        last = unit.present[-1] if unit.present else None
        if last is None or not unit.early[last] or Measure.EVALUABLE not in self.family.measures:
            return set()
        column = self._column[last, Measure.EVALUABLE]
        if not paths[0][column]:
            return set()
        return {tuple(first + n for n, path in enumerate(paths[1:]) if not path[column])}

    def column(self, constraint: Constraint) -> int:
        """Give the column of truths and shifts that a constraint counts."""
        return self._column[constraint.release, constraint.measure]

    def truth(self, members: frozenset[int], release: int, measure: Measure) -> int:
        """Count the members as they are."""
        column = self._column[release, measure]
        return int(self.truths[sorted(members), column].sum())

    def change(self, constraint: Constraint) -> Effects:
        """Say how many each move adds to what a constraint counts."""
        inside = np.zeros(self.units + 1, np.bool_)
        inside[sorted(constraint.members)] = True
        changed: Effects = self.shift[:, self.column(constraint)] * inside[self.owner]
        return changed

    def push(self, constraint: Constraint) -> int:
        """Add a constraint that holds in truth; give its row."""
        row = len(self.rows)
        if row == len(self.least):
            self.effect = np.concatenate([self.effect, np.zeros_like(self.effect)])
            self.least = np.concatenate([self.least, np.zeros_like(self.least)])
            self.most = np.concatenate([self.most, np.zeros_like(self.most)])
        true = self.truth(constraint.members, constraint.release, constraint.measure)
        self.effect[row] = self.change(constraint)
        self.least[row] = constraint.lower - true
        self.most[row] = constraint.upper - true
        self.rows.append(constraint)
        return row

    def pop(self) -> None:
        """Take the last constraint back."""
        self.rows.pop()

    def keeps(self, moves: Places) -> bool:
        """Tell whether the world of some moves keeps every constraint and agrees with stages."""
        count = len(self.rows)
        told = self.effect[:count, moves].sum(axis=1, dtype=np.int64)
        inside = (told >= self.least[:count]) & (told <= self.most[:count])
        return bool(inside.all()) and all(self.agrees(stage, moves) for stage in self.stages)

    def agrees(self, stage: Stage, moves: Places) -> bool:
        """Tell whether the world of some moves may have led to a stage."""
        evaluable = self._column[stage.release, Measure.EVALUABLE]
        benefit = self._column[stage.release, Measure.BENEFIT]
        members = stage.members
        found = {unit: self.truths[unit] for unit in members}
        for move in moves:
            if (unit := int(self.owner[move])) in members:
                found[unit] = self.truths[unit] + self.shift[move]
        return stage.agrees(
            {unit: bool(state[benefit]) for unit, state in found.items() if state[evaluable]}
        )
