"""Search for worlds of a few moves: those whose effects on all exact constraints cancel.

Each exact constraint has a random number, and the hash of a move is the sum of the numbers of what
it changes. Moves whose hashes add to nothing cancel; what completes a move is looked up in a sorted
table of single moves and exchanges. Hashes only propose: whoever is given a world verifies it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from db.disclosure.system import Flags, Places, Requirement, System

NEAREST: Final = 32
"""How many exchanges are kept of each move: with those who are most alike."""
_FEW, _MANY = 6, 64
_LOOKUPS: Final = 400_000
"""How many worlds of three parts are tried for one requirement."""
_BLOCK: Final = 2_000_000
_SELF: Final = 2**30
_HOSPITAL: Final = 10_000
"""What it costs that one more hospital is not convinced, in places where units differ."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Ask for a world: it meets a requirement and convinces some of these hospitals."""

    requirement: Requirement
    insiders: int
    outsider: bool


def number_of(row: int) -> np.int64:
    """Give the random number of a constraint, the same in every run."""
    generator = np.random.default_rng(row)
    return np.int64(generator.integers(-(2**62), 2**62) | 1)


@dataclass(frozen=True, slots=True)
class _Parts:
    """Hold single moves and exchanges, the cheapest first; a single one's second move is none."""

    moves: Places
    cost: Places
    knower: Places
    of_move: Places
    at: Places
    """Where in `of_move` the parts begin that hold a move."""


@dataclass(frozen=True, slots=True)
class _Table:
    """Hold the hashes of parts, and their order by hash."""

    hashes: Places
    order: Places
    keys: Places


class Search:
    """Keep the hashes of moves and exchanges, and find worlds by them."""

    def __init__(self, system: System, unlike: npt.NDArray[np.int32], alone: Places) -> None:
        """Begin with no constraint.

        `unlike` says in how many sets that may be published two units differ, `alone` in how many
        one of them is: worlds of similar units outlast later constraints.
        """
        self._system = system
        self._unlike = unlike
        self._alone = alone
        self._hash: Places = np.zeros(system.moves + 1, np.int64)
        self._base: Places = np.zeros(system.moves + 1, np.int64)
        self._stack: list[tuple[Places, Places, _Table | None, _Parts | None]] = []
        self._bands: list[int] = []
        self._parts: _Parts | None = None
        self._table: _Table | None = None

    # What is published, as hashes.

    def push(self, row: int, *, base: bool) -> None:
        """Take a constraint in; those of the base are kept by every exchange."""
        self._stack.append((self._hash, self._base, self._table, self._parts))
        if self._system.least[row] != self._system.most[row]:
            self._bands.append(row)
            return
        number = number_of(row) * self._system.effect[row].astype(np.int64)
        self._hash = self._hash + number
        self._table = None
        if base:
            self._base = self._base + number
            self._parts = None

    def pop(self, row: int) -> None:
        """Take the last constraint out again."""
        self._hash, self._base, self._table, self._parts = self._stack.pop()
        if self._bands and self._bands[-1] == row:
            self._bands.pop()

    def _sorted(self) -> _Table:
        """Give the parts in the order of their hashes, the cheapest first among equals."""
        if self._table is None:
            hashes = self._hash[self._held.moves].sum(axis=1)
            order = np.argsort(hashes, kind="stable")
            self._table = _Table(hashes, order, hashes[order])
        return self._table

    def _exchanges(self) -> _Parts:
        """Pair each move with those of the most similar units that undo its effect on the base."""
        system = self._system
        moves = np.arange(system.moves)
        order = np.argsort(self._base[:-1], kind="stable")
        keys = self._base[order]
        pairs: list[Places] = [np.zeros((0, 2), np.int64)]
        starts = np.flatnonzero(np.r_[len(keys) > 0, keys[1:] != keys[:-1]])
        for start, stop in pairwise([*starts, len(keys)]):
            left = np.searchsorted(keys, -keys[start])
            right = np.searchsorted(keys, -keys[start], "right")
            ones, others = order[start:stop], order[left:right]
            if not len(others):
                continue
            chunks = np.array_split(ones, len(ones) * len(others) // _BLOCK + 1)
            pairs += [self._nearest(chunk, others) for chunk in chunks]
        exchanges = np.unique(np.concatenate(pairs), axis=0)
        single = np.stack([moves, np.full_like(moves, system.moves)], axis=1)
        parts = np.concatenate([single, exchanges])
        one, other = system.owner[parts[:, 0]], system.owner[parts[:, 1]]
        cost = np.where(other < 0, self._alone[one], self._unlike[one, other]).astype(np.int64)
        cheap = np.argsort(cost, kind="stable")
        parts = parts[cheap]
        grouped = np.argsort(parts.reshape(-1), kind="stable")
        at = np.searchsorted(parts.reshape(-1)[grouped], np.arange(system.moves + 1))
        knower = system.knower[parts[:, 0]] | system.knower[parts[:, 1]]
        return _Parts(parts, cost[cheap], knower, grouped // 2, at)

    def _nearest(self, ones: Places, others: Places) -> Places:
        """Pair each of some moves with the nearest of others."""
        one, other = self._system.owner[ones][:, None], self._system.owner[others][None, :]
        far = np.where(one == other, _SELF, self._unlike[one, other])
        if len(others) > NEAREST:
            near = np.argpartition(far, NEAREST, axis=1)[:, :NEAREST]
        else:
            near = np.broadcast_to(np.arange(len(others)), far.shape)
        fine = np.take_along_axis(far, near, axis=1) < _SELF
        left = np.broadcast_to(ones[:, None], near.shape)[fine]
        right = others[near][fine]
        return np.stack([np.minimum(left, right), np.maximum(left, right)], axis=1)

    # Worlds.

    def find(self, wanted: Sequence[Wanted]) -> list[Places | None]:
        """Find the best world of two parts at the most for each."""
        found: list[Places | None] = [None] * len(wanted)
        for deep in (0, _FEW, _MANY):
            open_ = [place for place, one in enumerate(found) if one is None]
            if not open_:
                break
            for place, world in zip(
                open_, self._of_parts([wanted[p] for p in open_], deep), strict=True
            ):
                found[place] = world
        return found

    def _firsts(self, wanted: Wanted) -> Places:
        """Name the parts that meet a requirement."""
        of_move, at = self._held.of_move, self._held.at
        parts = [of_move[at[move] : at[move + 1]] for move in wanted.requirement.targets]
        return np.unique(np.concatenate([np.zeros(0, np.int64), *parts]))

    @property
    def _held(self) -> _Parts:
        """Give the parts as they are."""
        if self._parts is None:
            self._parts = self._exchanges()
        return self._parts

    def _of_parts(self, wanted: Sequence[Wanted], deep: int) -> list[Places | None]:
        table = self._sorted()
        hashes, order, keys = table.hashes, table.order, table.keys
        firsts = [self._firsts(one) for one in wanted]
        asked = np.repeat(np.arange(len(wanted)), [len(one) for one in firsts])
        first = np.concatenate(firsts)
        if not len(first):
            return [None] * len(wanted)
        if not deep:
            alone = hashes[first] == 0
            return self._best(wanted, asked[alone], first[alone], None)
        left = np.searchsorted(keys, -hashes[first])
        count = np.minimum(np.searchsorted(keys, -hashes[first], "right") - left, deep)
        total = np.cumsum(count)
        offset = np.arange(total[-1] if len(total) else 0) - np.repeat(total - count, count)
        second = order[np.repeat(left, count) + offset]
        return self._best(wanted, np.repeat(asked, count), np.repeat(first, count), second)

    def _best(
        self, wanted: Sequence[Wanted], asked: Places, first: Places, second: Places | None
    ) -> list[Places | None]:
        """Choose for each the world that convinces most, of the most similar units."""
        parts, cost = self._held.moves, self._held.cost
        moves = parts[first] if second is None else np.concatenate([parts[first], parts[second]], 1)
        price = cost[first] if second is None else cost[first] + cost[second]
        worlds, kept = self._possible(moves)
        asked, price = asked[kept], price[kept]
        ok, price = self._convinces(wanted, asked, worlds, price)
        asked, worlds, price = asked[ok], worlds[ok], price[ok]
        found: list[Places | None] = [None] * len(wanted)
        order = np.lexsort((price, asked))
        asked = asked[order]
        start = np.flatnonzero(np.r_[True, asked[1:] != asked[:-1]]) if len(asked) else asked
        for place in start:
            world = worlds[order[place]]
            found[int(asked[place])] = world[world < self._system.moves]
        return found

    def _possible(self, moves: Places) -> tuple[Places, Flags]:
        """Keep the worlds that move nobody twice and stay within the bands."""
        system = self._system
        owners = system.owner[moves]
        kept = np.ones(len(moves), np.bool_)
        for one in range(moves.shape[1]):
            for other in range(one):
                kept &= (owners[:, one] != owners[:, other]) | (owners[:, one] < 0)
        if self._bands and len(moves):
            rows = np.array(self._bands)
            told = np.zeros((len(rows), len(moves)), np.int16)
            effect = system.effect[rows]
            for column in range(moves.shape[1]):
                told += effect[:, moves[:, column]]
            kept &= (
                (told >= system.least[rows][:, None]) & (told <= system.most[rows][:, None])
            ).all(axis=0)
        return moves[kept], kept

    def _convinces(
        self, wanted: Sequence[Wanted], asked: Places, worlds: Places, price: Places
    ) -> tuple[Flags, Places]:
        """Tell which worlds meet what was asked and convince somebody new, and price them."""
        system = self._system
        owners = [-1 if one.requirement.unit is None else one.requirement.unit for one in wanted]
        mine = np.array(owners, np.int64)[asked]
        blind: Places = np.zeros(len(worlds), np.int64)
        for column in range(worlds.shape[1]):
            moves = worlds[:, column]
            blind |= np.where(system.owner[moves] == mine, 0, system.knower[moves])
        insiders = np.array([one.insiders for one in wanted], np.int64)[asked]
        outsider = np.array([one.outsider for one in wanted], np.bool_)[asked]
        ok = outsider | ((blind & insiders) != insiders)
        for place, one in enumerate(wanted):
            if one.requirement.row is not None:
                these = asked == place
                told = system.effect[one.requirement.row][worlds[these]].sum(axis=1)
                ok[these] &= told == one.requirement.count
        return ok, price + _HOSPITAL * np.bitwise_count(blind & insiders).astype(np.int64)

    def deeper(self, wanted: Wanted) -> Places | None:
        """Find a world of three parts, within a fixed number of trials."""
        table, parts, cost = self._sorted(), self._held.moves, self._held.cost
        hashes, order, keys = table.hashes, table.order, table.keys
        firsts = self._firsts(wanted)
        firsts = firsts[: max(1, _LOOKUPS // max(1, len(hashes)))]
        best: Places | None = None
        for first in firsts:
            # By the order of hashes: what completes them is then found near by.
            need = -(hashes[first] + keys)
            left = np.searchsorted(keys, need)
            fit = np.flatnonzero(keys[np.minimum(left, len(keys) - 1)] == need)
            if not len(fit):
                continue
            fit = fit[np.argsort(order[fit])[:2_000]]
            hit, last = order[fit], order[left[fit]]
            moves = np.concatenate(
                [np.broadcast_to(parts[first], (len(hit), 2)), parts[hit], parts[last]], axis=1
            )
            worlds, kept = self._possible(moves)
            price = (cost[hit] + cost[last])[kept]
            asked = np.zeros(len(worlds), np.int64)
            ok, price = self._convinces([wanted], asked, worlds, price)
            if ok.any():
                best = worlds[ok][np.argmin(price[ok])]
                break
        return None if best is None else best[best < self._system.moves]
