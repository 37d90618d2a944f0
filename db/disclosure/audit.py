"""The audit of one family: whether a constraint can be added and everything stays possible.

For each requirement it keeps certificates: worlds of a few moves that keep every constraint and
meet it. A certificate convinces the outsider, and each hospital that knows none of the other units
that it moves. A new constraint breaks those certificates whose effect it sees, and no other; they
are repaired by search, and decided by an integer program where the search finds nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from db.disclosure import program
from db.disclosure.certificate import Broken, Certificate
from db.disclosure.outcome import Family, Unit
from db.disclosure.search import Search, Wanted
from db.disclosure.stage import Stage
from db.disclosure.system import Constraint, Places, Requirement, System

_TOGETHER: Final = 64
Worlds: TypeAlias = Iterable[tuple[int, Sequence[int]]]
"""Of requirements the moves that meet them."""


class Unproven(Exception):
    """Say that it was not found out whether earlier publications keep their promise."""


class Verdict(StrEnum):
    """Say what became of a constraint."""

    PUBLISHED = "PUBLISHED"
    AUDIT = "AUDIT"
    UNDECIDED = "UNDECIDED"


@dataclass(slots=True)
class _Held:
    """Hold the certificates of a requirement."""

    requirement: Requirement
    insiders: int
    certificates: list[Certificate] = field(default_factory=list)
    lost: bool = False
    failed: bool = False

    def wanted(self) -> Wanted | None:
        """Ask for what is lacking."""
        left = self.insiders
        for each in self.certificates:
            left &= each.blind
        if self.lost or (self.certificates and not left):
            return None
        return Wanted(self.requirement, left, outsider=not self.certificates)


class Audit:
    """Keep a family's constraints and certificates."""

    def __init__(
        self,
        units: Sequence[Unit],
        family: Family,
        unlike: npt.NDArray[np.int32],
        alone: Places,
    ) -> None:
        self.system = System(units, family)
        self.search = Search(self.system, unlike, alone)
        self._held: list[_Held] = []
        self._flat: tuple[list[Certificate], Places, Places] | None = None
        self._broken: Broken | None = None
        self.lost: list[int] = []
        for requirement in self.system.requirements:
            self._require(requirement)

    def _require(self, requirement: Requirement) -> int:
        insiders = 0  # a band is everyone's, and what a hospital knows of its own is its own
        if requirement.unit is not None:
            insiders = self.system.insiders & ~int(self.system.hospital[requirement.unit])
        self._held.append(_Held(requirement, insiders))
        return len(self._held) - 1

    def try_(
        self, constraint: Constraint, *, base: bool = False
    ) -> tuple[Verdict, list[Certificate]]:
        """Add a constraint if everything stays possible; give the certificates that say so."""
        system = self.system
        if self._seen(constraint):
            return Verdict.AUDIT, []
        row = self._push(constraint, base=base)
        before = [list(held.certificates) for held in self._held]
        broken = self._break(row)
        self._broken = Broken(system, row, broken, [held.requirement for held in self._held])
        first = len(self._held)
        self._bands(row)
        added: list[Certificate] = []
        verdict = self._cover(
            [*sorted({each.requirement for each in broken}), *range(first, len(self._held))],
            constraint.members,
            added,
        )
        if verdict is not Verdict.PUBLISHED:
            del self._held[first:]
            self._restore(before)
            self.search.pop(row)
            system.pop()
            return verdict, []
        return verdict, added

    def tell(self, stage: Stage) -> tuple[Verdict, list[Certificate]]:
        """Tell a cohort's stage if everything stays possible; as `try_`."""
        if not self.system.agrees(stage, np.zeros(0, np.int64)):
            return Verdict.AUDIT, []
        before = [list(held.certificates) for held in self._held]
        broken = self._take_out(stage)
        added: list[Certificate] = []
        verdict = self._cover(sorted({each.requirement for each in broken}), stage.members, added)
        if verdict is not Verdict.PUBLISHED:
            self._restore(before)
            self.system.stages.pop()
            return verdict, []
        return verdict, added

    def recall_stage(self, stage: Stage) -> None:
        """Add a stage that was told before; one that no longer agrees with the truth misleads."""
        if self.system.agrees(stage, np.zeros(0, np.int64)):
            self.system.stages.append(stage)

    def replay_stage(self, stage: Stage, worlds: Worlds) -> None:
        """Add a stage that was found good before, with the certificates of then."""
        self._take_out(stage)
        for requirement, world in worlds:
            self._certify(requirement, np.array(world, np.int64))

    def _take_out(self, stage: Stage) -> list[Certificate]:
        """Add a stage, and take out the certificates that do not agree with it."""
        self._broken = None
        self.system.stages.append(stage)
        broken = [
            each
            for held in self._held
            for each in held.certificates
            if not self.system.agrees(stage, each.world)
        ]
        for each in broken:
            self._drop(each)
        return broken

    def recall(self, constraint: Constraint, *, base: bool) -> None:
        """Add what was published before."""
        self._bands(self._push(constraint, base=base))

    def replay(self, constraint: Constraint, worlds: Worlds, *, base: bool) -> None:
        """Add a constraint that was found good before, with the certificates of then."""
        row = self._push(constraint, base=base)
        self._break(row)
        self._bands(row)
        for requirement, world in worlds:
            self._certify(requirement, np.array(world, np.int64))

    def _push(self, constraint: Constraint, *, base: bool) -> int:
        row = self.system.push(constraint)
        self.search.push(row, base=base)
        return row

    def _bands(self, row: int) -> None:
        """Ask that every other count of a band stays possible."""
        least, most = int(self.system.least[row]), int(self.system.most[row])
        changed = self.system.effect[row, :-1]
        for count in range(least, most + 1):
            if count and least < most:
                targets = np.flatnonzero(changed == np.sign(count))[:40]
                self._require(Requirement(tuple(targets.tolist()), row=row, count=count))

    def _seen(self, constraint: Constraint) -> bool:
        """Tell whether a hospital would see through it at once: all others the same."""
        system = self.system
        if constraint.measure is not system.family.protected:
            return False
        members = np.array(sorted(constraint.members))
        counted = system.truths[members, system.column(constraint)]
        hospitals = system.hospital[members]
        for hospital in np.unique(hospitals):
            rest = int((hospitals != hospital).sum())
            own = int(counted[hospitals == hospital].sum())
            if rest and (constraint.upper - own <= 0 or constraint.lower - own >= rest):
                return True
        return False

    # Certificates.

    def _certify(self, requirement: int, world: Places) -> Certificate:
        mine = self._held[requirement].requirement.unit
        others = world[self.system.owner[world] != (-1 if mine is None else mine)]
        blind = int(np.bitwise_or.reduce(self.system.knower[others])) if len(others) else 0
        made = Certificate(requirement, world, blind)
        self._keep(made)
        return made

    def _keep(self, certificate: Certificate) -> None:
        self._held[certificate.requirement].certificates.append(certificate)
        self._flat = None

    def _drop(self, certificate: Certificate) -> None:
        self._held[certificate.requirement].certificates.remove(certificate)
        self._flat = None

    def _restore(self, before: Sequence[list[Certificate]]) -> None:
        """Have the certificates of before, in their order: what follows may depend on it."""
        for held, certificates in zip(self._held, before, strict=True):
            held.certificates = certificates
        self._flat = None

    def _break(self, row: int) -> list[Certificate]:
        """Take out the certificates that a constraint does not hold in."""
        if self._flat is None:
            alive = [each for held in self._held for each in held.certificates]
            sizes = np.array([len(each.world) for each in alive], np.int64)
            flat = np.concatenate([np.zeros(0, np.int64), *(each.world for each in alive)])
            self._flat = (alive, flat, np.cumsum(sizes) - sizes)
        alive, flat, starts = self._flat
        if not alive:
            return []
        told = np.add.reduceat(self.system.effect[row, flat].astype(np.int64), starts)
        bad = (told < self.system.least[row]) | (told > self.system.most[row])
        broken = [alive[place] for place in np.flatnonzero(bad)]
        for each in broken:
            self._drop(each)
        return broken

    # Covering.

    def start(self) -> None:
        """Cover what everything published before requires; what cannot be is lost already.

        Raises: Unproven where that is not found out within the limits.
        """
        for first in range(0, len(self._held), _TOGETHER):
            places = range(first, min(first + _TOGETHER, len(self._held)))
            while (verdict := self._repair(places, [])) is not Verdict.PUBLISHED:
                lost = next(p for p in places if self._held[p].failed and not self._held[p].lost)
                if verdict is Verdict.UNDECIDED:
                    raise Unproven
                self._held[lost].lost = True
                self.lost.append(lost)

    def _cover(
        self, requirements: Sequence[int], members: frozenset[int], added: list[Certificate]
    ) -> Verdict:
        """Repair what is lacking, units of the cell first: there it fails, if it does."""
        inside = [
            place for place in requirements
            if (unit := self._held[place].requirement.unit) is None or unit in members
        ]  # fmt: skip
        rest = sorted(set(requirements) - set(inside))
        for group in (inside, rest):
            for start in range(0, len(group), _TOGETHER):
                verdict = self._repair(group[start : start + _TOGETHER], added)
                if verdict is not Verdict.PUBLISHED:
                    return verdict
        return Verdict.PUBLISHED

    def _repair(self, places: Sequence[int], added: list[Certificate]) -> Verdict:
        open_ = [(place, w) for place in places if (w := self._held[place].wanted()) is not None]
        hard = list[int]()
        while open_:
            again = list[tuple[int, Wanted]]()
            for (place, _), world in zip(
                open_, self.search.find([wanted for _, wanted in open_]), strict=True
            ):
                if world is None or not self.system.keeps(world):
                    hard.append(place)
                    continue
                added.append(self._certify(place, world))
                if (wanted := self._held[place].wanted()) is not None:
                    again.append((place, wanted))
            open_ = again
        for place in hard:
            verdict = self._decide(place, added)
            if verdict is not Verdict.PUBLISHED:
                return verdict
        return Verdict.PUBLISHED

    def _decide(self, place: int, added: list[Certificate]) -> Verdict:
        """Have the integer program find what is lacking, attacker by attacker."""
        while (wanted := self._held[place].wanted()) is not None:
            world = self._broken.mend(wanted) if self._broken else None
            if world is None:
                world = self.search.deeper(wanted)
            if world is None or not self.system.keeps(world):
                known = 0 if wanted.outsider else wanted.insiders & -wanted.insiders
                solved = program.solve(self.system, wanted.requirement, known)
                if isinstance(solved, program.Undecided):
                    self._held[place].failed = True
                    return Verdict.AUDIT if solved.impossible else Verdict.UNDECIDED
                world = solved
            added.append(self._certify(place, world))
        return Verdict.PUBLISHED
