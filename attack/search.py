"""Finding worlds, and proving that there is none.

A world that answers several open questions closes them all, for everybody who knows none of the
units that it changes. When the most open questions that any world could answer is proven to be
less than one, all that are open are proven at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp  # type: ignore[import-untyped]
from scipy.sparse import block_array, coo_array, eye_array  # type: ignore[import-untyped]

from attack.program import Block, Flags, Numbers
from attack.repair import Repair
from attack.unit import Measure

SECONDS: Final = 20.0
"""How long one program may take."""
_TIRED: Final = (12, 80)
"""After so many repairs in a row that failed, the rest is looked at otherwise: first, and again."""
_PROGRAMS: Final = 15
"""So many times as long as one program may a view of a block take; then the rest is undecided."""
_SLACK: Final = 1e-4


def _of_each() -> dict[Measure, set[int]]:
    return {Measure.RESPONSE: set(), Measure.BENEFIT: set()}


@dataclass(slots=True)
class Certainty:
    """Tell of which units one value is left, by measure, and of which that is not known."""

    certain: dict[Measure, set[int]] = field(default_factory=_of_each)
    undecided: dict[Measure, set[int]] = field(default_factory=_of_each)

    @property
    def units(self) -> set[int]:
        """Give the units of which anything is certain."""
        return set().union(*self.certain.values())

    @property
    def open_units(self) -> set[int]:
        """Give the units that the limit of time left undecided, and that are not certain anyway."""
        return set().union(*self.undecided.values()) - self.units


@dataclass(slots=True)
class Verdict:
    """Hold what each can be certain of: the outsider first, then each who knows some units."""

    views: list[Certainty]
    programs: int = 0
    repairs: int = 0
    seconds: float = 0.0

    @property
    def outsider(self) -> Certainty:
        """Give what is certain to everybody."""
        return self.views[0]

    @property
    def insiders(self) -> list[Certainty]:
        """Give what is certain to each of the others."""
        return self.views[1:]


def settle(
    found: Iterable[Block],
    seconds: float = SECONDS,
    seed: int = 0,
    show: Callable[[int, int], None] = lambda _view, _open: None,
) -> Verdict:
    """Decide every question of independent blocks, for every view.

    `show` is told of each view how many questions are open as it begins.
    """
    blocks = list(found)
    views = len(blocks[0].frozen) if blocks else 1
    verdict = Verdict([Certainty() for _ in range(views)])
    started = time.perf_counter()
    for block in blocks:
        search = _Search(block, seconds, np.random.default_rng(seed))
        for view in range(views):
            show(view, int(search.open[view].sum()))
            search.run(view)
        verdict.programs += search.programs
        verdict.repairs += search.repairs
        for view, certainty in enumerate(verdict.views):
            for number in np.flatnonzero(search.certain[view]):
                question = block.questions[number]
                certainty.certain[question.measure].update(question.units)
            for number in np.flatnonzero(search.undecided[view]):
                question = block.questions[number]
                certainty.undecided[question.measure].update(question.units)
    verdict.seconds = time.perf_counter() - started
    return verdict


def first_world(block: Block, seconds: float = SECONDS) -> Numbers | None:
    """Find any world that agrees with all answers; None where none is found."""
    result: Any = milp(
        np.zeros(len(block.bounds)),
        constraints=LinearConstraint(block.rows, block.least, block.most),
        integrality=np.ones(len(block.bounds)),
        bounds=Bounds(0, block.bounds),
        options={"time_limit": seconds},
    )
    if result.x is None:
        return None
    world = np.rint(result.x).astype(np.int64)
    return world if block.holds(world) else None


class _Search:
    """Hold what one block has come to: views by questions."""

    def __init__(self, block: Block, seconds: float, random: np.random.Generator) -> None:
        self.block = block
        self.seconds = seconds
        self.programs = self.repairs = 0
        self.asked: Flags = ~block.frozen[:, block.asked]
        self.open: Flags = self.asked & ~block.answered(block.truth)
        self.certain: Flags = np.zeros_like(self.open)
        self.undecided: Flags = np.zeros_like(self.open)
        self._random = random
        self._repair = Repair(block, random)
        self._sizes = block.bounds_of_all

    def run(self, view: int) -> None:
        """Decide what is open in a view."""
        until = time.monotonic() + _PROGRAMS * self.seconds
        self._mend(view, _TIRED[0])
        self._relax(view)
        self._mend(view, _TIRED[1])
        groups = [np.flatnonzero(self.open[view])]
        while groups:
            group = groups.pop()
            group = group[self.open[view, group]]
            if not len(group):
                continue
            if time.monotonic() > until:
                self._settle(view, group, self.undecided)
                continue
            world, proven = self._ask(view, group, whole=True)
            if proven:
                self._settle(view, group, self.certain)
            elif world is not None and self._learn(view, world):
                groups.append(group)
            elif len(group) == 1:
                self._settle(view, group, self.undecided)
            else:
                groups += [group[: len(group) // 2], group[len(group) // 2 :]]

    def _settle(self, view: int, group: Numbers, kept: Flags) -> None:
        """Close questions; what an outsider is certain of, everybody is who did not know it."""
        views = slice(None) if view == 0 and kept is self.certain else slice(view, view + 1)
        kept[views, group] |= self.asked[views, group]
        self.open[views, group] = False

    def _learn(self, view: int, world: Numbers) -> bool:
        """Close what a world answers for everybody who it can convince."""
        block = self.block
        if not block.holds(world):
            return False
        convinced = ~(block.frozen & (world != block.truth)).any(axis=1)
        answered = block.answered(world)
        learnt = bool(convinced[view] and (self.open[view] & answered).any())
        self.open[np.ix_(convinced, answered)] = False
        return learnt

    def _mend(self, view: int, most: int) -> None:
        """Repair the truth for one question after the other, until too many in a row fail."""
        tired = 0
        for number in self._random.permutation(np.flatnonzero(self.open[view])):
            if self.open[view, number]:
                self.repairs += 1
                world = self._repair.world(int(number), self.block.frozen[view])
                tired = 0 if world is not None and self._learn(view, world) else tired + 1
                if tired == most:
                    return

    def _relax(self, view: int) -> None:
        """Prove what is certain even if units could be divided, which is soon computed."""
        left = np.flatnonzero(self.open[view])
        while len(left):
            world, proven = self._ask(view, left, whole=False)
            if proven:
                self._settle(view, left, self.certain)
                return
            if world is None:
                return
            left = left[~world]

    def _ask(self, view: int, group: Numbers, *, whole: bool) -> tuple[Any, bool]:
        """Find a world that answers many of a group; or prove that none answers any.

        Where units may be divided, give instead which of the group that answers in part.
        """
        self.programs += 1
        block = self.block
        size, asked = len(block.truth), len(group)
        downwards = block.downwards[group]
        # z <= count, or z <= size - count.
        signs = np.where(downwards, 1, -1)
        links = coo_array((signs, (np.arange(asked), block.asked[group])), shape=(asked, size))
        matrix = block_array([[block.rows, None], [links, eye_array(asked)]], format="csc")
        least = np.concatenate([block.least, np.full(asked, -np.inf)])
        most = np.concatenate([block.most, np.where(downwards, self._sizes[group], 0)])
        frozen = block.frozen[view]
        lower = np.concatenate([np.where(frozen, block.truth, 0), np.zeros(asked)])
        upper = np.concatenate([np.where(frozen, block.truth, block.bounds), np.ones(asked)])
        result: Any = milp(
            np.concatenate([np.zeros(size), -np.ones(asked)]),
            constraints=LinearConstraint(matrix, least, most),
            integrality=np.full(size + asked, int(whole)),
            bounds=Bounds(lower, upper),
            options={"time_limit": self.seconds, "mip_rel_gap": 1.0},
        )
        if not whole:
            if result.status or result.x is None:
                return None, False
            return result.x[size:] > _SLACK, -result.fun < 1 - _SLACK
        bound = result.get("mip_dual_bound")
        proven = bound is not None and -bound < 1 - _SLACK
        if result.x is None:
            return None, proven
        return np.rint(result.x[:size]).astype(np.int64), proven
