"""Worlds near the truth: one change, and the changes that it needs, found by repairing rows.

A change of a few units is a world for everybody who knows none of them, which is why these are
looked for before any program is solved.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from scipy.sparse import csc_array, csr_array  # type: ignore[import-untyped]

from attack.program import Block, Flags, Numbers

_STEPS: Final = 400
_TENURE: Final = (2, 9)
_HEAVIER: Final = 0.15
_SMALL_FIRST: Final = 0.6
_NOISE: Final = 0.3


class Repair:
    """Hold the moves of a block and what each does to every row."""

    def __init__(self, block: Block, random: np.random.Generator) -> None:
        self.block = block
        self.random = random
        self._moves: Any = csc_array(block.moves)
        self._effects: Any = csc_array(block.rows @ block.moves)
        self._by_row: Any = csr_array(self._effects)
        self._sizes: Numbers = np.diff(csr_array(block.rows).indptr)
        self._by_variable: Any = csr_array(block.moves)
        self._frozen: dict[bytes, Flags] = {}

    def world(self, question: int, frozen: Flags) -> Numbers | None:
        """Look for a world that answers a question and changes nothing that is frozen."""
        block, random = self.block, self.random
        fixed = self._fixed(frozen)
        world, told = block.truth.copy(), block.rows @ block.truth
        target = int(block.asked[question])
        sign = -1 if block.downwards[question] else 1
        first = self._first(target, sign)
        if first is None:
            return None
        self._apply(world, told, first, sign)
        weights = np.ones(len(told))
        still = np.zeros(self._moves.shape[1], dtype=np.int64)
        for turn in range(1, _STEPS):
            broken = np.flatnonzero((told < block.least) | (told > block.most))
            if not len(broken):
                return world
            if random.random() < _SMALL_FIRST:
                row = int(broken[np.argmin(self._sizes[broken])])
            else:
                row = int(random.choice(broken))
            start, end = self._by_row.indptr[row], self._by_row.indptr[row + 1]
            moves = self._by_row.indices[start:end]
            change = np.sign(self._by_row.data[start:end])
            change = change if told[row] < block.least[row] else -change
            left = ~fixed[moves] & (still[moves] <= turn)
            moves, change = moves[left], change[left]
            fits = self._fits(world, moves, change, target, sign)
            moves, change = moves[fits], change[fits]
            if not len(moves):
                weights[row] += _HEAVIER
                continue
            scores = self._scores(moves, change, told, weights)
            scores += random.random(len(scores)) * _NOISE
            best = int(np.argmin(scores))
            move = int(moves[best])
            self._apply(world, told, move, int(change[best]))
            still[move] = turn + int(random.integers(*_TENURE))
            if scores[best] > 0:
                weights[(told < block.least) | (told > block.most)] += _HEAVIER
        return None

    def _fixed(self, frozen: Flags) -> Flags:
        """Tell which moves change what is frozen."""
        key = frozen.tobytes()
        if key not in self._frozen:
            self._frozen = {key: (abs(self._moves).T @ frozen.astype(np.int64)) > 0}
        return self._frozen[key]

    def _first(self, target: int, sign: int) -> int | None:
        """Choose a move that answers, and breaks the fewest rows."""
        block = self.block
        start, end = self._by_variable.indptr[target], self._by_variable.indptr[target + 1]
        moves = self._by_variable.indices[start:end]
        change = np.sign(self._by_variable.data[start:end]) * sign
        fits = self._fits(block.truth, moves, change, -1, 0) & (change == sign)
        if not fits.any():
            return None
        told = block.rows @ block.truth
        scores = self._scores(moves[fits], change[fits], told, np.ones(len(told)))
        scores += self.random.random(len(scores)) * 2
        return int(moves[fits][np.argmin(scores)])

    def _fits(
        self, world: Numbers, moves: Numbers, change: Numbers, target: int, sign: int
    ) -> Flags:
        """Tell which changes keep counts within bounds, and the question answered."""
        where, counts, offsets = _ranges(self._moves.indptr, moves)
        variables = self._moves.indices[where]
        after = world[variables] + self._moves.data[where] * np.repeat(change, counts)
        good = (after >= 0) & (after <= self.block.bounds[variables])
        if sign:
            truth = self.block.truth[target]
            good &= (variables != target) | ((after - truth) * sign >= 1)
        fits: Flags = np.logical_and.reduceat(good, offsets) if len(moves) else good
        return fits

    def _scores(self, moves: Numbers, change: Numbers, told: Numbers, weights: Any) -> Any:
        """Weigh how much each change breaks or mends."""
        block = self.block
        where, counts, _ = _ranges(self._effects.indptr, moves)
        rows = self._effects.indices[where]
        before = told[rows]
        after = before + self._effects.data[where] * np.repeat(change, counts)
        least, most = block.least[rows], block.most[rows]
        worse = (
            np.maximum(least - after, 0)
            + np.maximum(after - most, 0)
            - np.maximum(least - before, 0)
            - np.maximum(before - most, 0)
        )
        of = np.repeat(np.arange(len(moves)), counts)
        return np.bincount(of, worse * weights[rows], len(moves)).astype(np.float64)

    def _apply(self, world: Numbers, told: Numbers, move: int, by: int) -> None:
        for matrix, counts in ((self._moves, world), (self._effects, told)):
            where = slice(matrix.indptr[move], matrix.indptr[move + 1])
            counts[matrix.indices[where]] += matrix.data[where] * by


def _ranges(starts: Numbers, columns: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Give the places of some columns' entries, how many each has, and where each begins."""
    counts = starts[columns + 1] - starts[columns]
    offsets = np.cumsum(counts) - counts
    places = np.arange(int(counts.sum())) - np.repeat(offsets - starts[columns], counts)
    return places, counts, offsets
