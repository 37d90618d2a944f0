"""Certificates, and how two that one constraint breaks mend each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from db.disclosure.search import Wanted
from db.disclosure.system import Places, Requirement, System

_TRIED: Final = 24
_LARGEST: Final = 40


@dataclass(frozen=True, slots=True, eq=False)
class Certificate:
    """Hold a world that meets a requirement, and which hospitals it does not convince."""

    requirement: int
    world: Places
    blind: int


class Broken:
    """Hold the certificates that a constraint broke.

    Each of them keeps all other constraints. Two that move no unit in common and whose effects on
    this one cancel are together a world that keeps all of them.
    """

    def __init__(
        self,
        system: System,
        row: int,
        certificates: Sequence[Certificate],
        requirements: Sequence[Requirement],
    ) -> None:
        self._system = system
        self._row = row
        self._certificates = certificates
        self._of: dict[Requirement, list[int]] = {}
        self._moved = np.zeros((len(certificates), system.units), np.bool_)
        self._told = np.zeros(len(certificates), np.int64)
        self._knower = np.zeros(len(certificates), np.int64)
        self._size = np.zeros(len(certificates), np.int64)
        for place, each in enumerate(certificates):
            self._of.setdefault(requirements[each.requirement], []).append(place)
            self._moved[place, system.owner[each.world]] = True
            self._told[place] = system.effect[row, each.world].sum()
            self._knower[place] = np.bitwise_or.reduce(system.knower[each.world])
            self._size[place] = len(each.world)

    def mend(self, wanted: Wanted) -> Places | None:
        """Join a broken certificate of a requirement with another one, where both fit."""
        system, best = self._system, list[tuple[int, int, int, int]]()
        least, most = system.least[self._row], system.most[self._row]
        for own in self._of.get(wanted.requirement, ()):
            told = self._told + self._told[own]
            fit = (told >= least) & (told <= most) & ~(self._moved @ self._moved[own])
            blind = (self._knower | self._certificates[own].blind) & wanted.insiders
            if not wanted.outsider:
                fit &= blind != wanted.insiders
            fit &= self._size + self._size[own] <= _LARGEST
            others = np.flatnonzero(fit)
            seen = np.bitwise_count(blind[others]).astype(np.int64)
            for place in np.lexsort((self._size[others], seen))[:_TRIED]:
                other = int(others[place])
                best.append(
                    (int(seen[place]), int(self._size[other] + self._size[own]), own, other)
                )
        for _, _, own, other in sorted(best)[:_TRIED]:
            both = [self._certificates[own].world, self._certificates[other].world]
            world: Places = np.concatenate(both)
            if system.keeps(world):
                return world
        return None
