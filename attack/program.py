"""The integer program of all worlds that agree with all answers.

Units of which everyone knows the same are interchangeable: a variable counts those of a class that
are in a state, rather than each unit having one. A unit of a class can be in a state if some world
has one there, and out of it if some world has fewer than all; nothing else is known of it.

States only go forwards, so over the releases of a class the counts of responses, of YES and of NO
rise, and at the last one YES and NO are no more than there are units: every such row of counts is
that of some units.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.sparse import block_array, coo_array, csr_array  # type: ignore[import-untyped]
from scipy.sparse.csgraph import connected_components  # type: ignore[import-untyped]

from attack.unit import Answer, Benefit, Measure, Unit

Numbers: TypeAlias = "npt.NDArray[np.int64]"
Flags: TypeAlias = "npt.NDArray[np.bool_]"
Matrix: TypeAlias = Any  # of scipy, which has no types

RESPONSE, YES, NO = 0, 1, 2
KINDS: Final = (RESPONSE, YES, NO)
_COUNTED: Final[Mapping[Measure, tuple[int, ...]]] = {
    Measure.RESPONSE: (RESPONSE,),
    Measure.BENEFIT: (YES,),
    Measure.EVALUABLE: (YES, NO),
}


class Contradiction(Exception):
    """Say that what is true is impossible by the answers: the attacker was told something else."""


@dataclass(frozen=True, slots=True)
class Question:
    """Ask for a world in which a variable is at least one, or in which it is less than all."""

    variable: int
    at_most: bool
    """Whether less than all are asked for."""
    units: tuple[int, ...]
    measure: Measure


@dataclass(frozen=True, slots=True)
class Block:
    """Hold a part of the program that shares no answer with the others."""

    rows: Matrix
    """Each row times a world lies between `least` and `most`."""
    least: Numbers
    most: Numbers
    bounds: Numbers
    """The most of each variable; the least is 0."""
    truth: Numbers
    moves: Matrix
    """Variables by moves: what may change of one unit, over some of its releases in a row."""
    frozen: Flags
    """For each view the variables that who has it knows: the outsider's first, who knows none."""
    questions: tuple[Question, ...]
    asked: Numbers
    """Of each question the variable."""
    downwards: Flags
    """Of each question whether less than all are asked for."""

    def holds(self, world: Numbers) -> bool:
        """Tell whether a world agrees with all answers."""
        told = self.rows @ world
        inside = (told >= self.least).all() and (told <= self.most).all()
        return bool(inside and (world >= 0).all() and (world <= self.bounds).all())

    def answered(self, world: Numbers) -> Flags:
        """Tell which questions a world answers."""
        counts = world[self.asked]
        found: Flags = np.where(self.downwards, counts < self.bounds_of_all, counts >= 1)
        return found

    @property
    def bounds_of_all(self) -> Numbers:
        """Of each question, count the units of its class."""
        return np.array([len(each.units) for each in self.questions], dtype=np.int64)


@dataclass(slots=True)
class _Row:
    columns: list[int]
    factors: list[int]
    least: int
    most: int


def blocks(
    units: Sequence[Unit],
    answers: Iterable[Answer],
    knowers: Sequence[Set[int]] = (),
    *,
    responders_benefit: bool = False,
    collapse: bool = True,
    loose: bool = False,
) -> list[Block]:
    """Write the program of an outsider, and of each who knows the states of some units.

    `responders_benefit`: the attacker also takes it that nobody who responded had no benefit.
    `loose`: answers may be other than what is true, and then the truth is nothing to begin with.
    Raises: Contradiction.
    """
    told = _told(answers)
    known = np.array([[n in each for n in range(len(units))] for each in (frozenset(), *knowers)])
    classes = _classes(units, told, known, collapse=collapse)
    rows: list[_Row] = []
    bounds: list[int] = []
    owners: list[int] = []
    truth: list[int] = []
    questions: list[Question] = []
    moves: list[_Row] = []
    column: dict[tuple[int, int, int], int] = {}
    for number, members in enumerate(classes):
        one = units[members[0]]
        releases = sorted(one.states)
        for release in releases:
            for kind in KINDS:
                column[number, release, kind] = len(bounds)
                owners.append(members[0])
                bounds.append(0 if kind == YES and release in one.early else len(members))
                truth.append(sum(_is(units[each], release, kind) for each in members))
        for before, after in itertools.pairwise(releases):
            for kind in KINDS:
                pair = [column[number, after, kind], column[number, before, kind]]
                rows.append(_Row(pair, [1, -1], 0, len(members)))
        ends = [(YES, NO), (RESPONSE, NO)] if responders_benefit else [(YES, NO)]
        for pair_of in ends:
            last = [column[number, releases[-1], kind] for kind in pair_of]
            rows.append(_Row(last, [1, 1], 0, len(members)))
        moves += _moves(number, releases, column)
        questions += _questions(one, tuple(members), releases, number, column)
    class_of = {unit: number for number, members in enumerate(classes) for unit in members}
    for (release, those, measure), (lower, upper) in told.items():
        columns = [
            column[number, release, kind]
            for number in sorted({class_of[unit] for unit in those})
            for kind in _COUNTED[measure]
        ]
        rows.append(_Row(columns, [1] * len(columns), lower, upper))
    program = rows, np.array(bounds), np.array(truth), known[:, owners]
    return _divided(*program, moves, questions, loose=loose)


def _moves(
    number: int, releases: Sequence[int], column: Mapping[tuple[int, int, int], int]
) -> list[_Row]:
    found: list[_Row] = []
    for start, end in itertools.combinations(range(len(releases) + 1), 2):
        over = releases[start:end]
        counts = {kind: [column[number, each, kind] for each in over] for kind in KINDS}
        found += [_Row(columns, [1] * len(over), 0, 0) for columns in counts.values()]
        found.append(_Row(counts[YES] + counts[NO], [1] * len(over) + [-1] * len(over), 0, 0))
    return found


def _told(
    answers: Iterable[Answer],
) -> dict[tuple[int, frozenset[int], Measure], tuple[int, int]]:
    """Join the answers about the same units."""
    told: dict[tuple[int, frozenset[int], Measure], tuple[int, int]] = {}
    for answer in answers:
        key = (answer.release, answer.members, answer.measure)
        lower, upper = told.get(key, (0, len(answer.members)))
        told[key] = (max(lower, answer.lower), min(upper, answer.upper))
        if told[key][0] > told[key][1]:
            raise Contradiction(f"{answer.measure} of {len(answer.members)} units: {told[key]}")
    return {key: bounds for key, bounds in told.items() if key[1]}


def _classes(
    units: Sequence[Unit],
    told: Iterable[tuple[int, frozenset[int], Measure]],
    known: Flags,
    *,
    collapse: bool,
) -> list[list[int]]:
    """Put together the units that no answer tells apart, and that the same know."""
    cells: dict[int, list[int]] = defaultdict(list)
    for number, (_, members, _) in enumerate(told):
        for each in members:
            cells[each].append(number)
    classes: dict[Hashable, list[int]] = defaultdict(list)
    for number, unit in enumerate(units):
        knows = known[:, number].tobytes()
        alike = (tuple(sorted(unit.states)), unit.early, knows, tuple(cells[number]))
        classes[alike if collapse else number].append(number)
    return list(classes.values())


def _is(unit: Unit, release: int, kind: int) -> bool:
    state = unit.states[release]
    if kind == RESPONSE:
        return state.response
    return state.benefit is (Benefit.YES if kind == YES else Benefit.NO)


def _questions(
    one: Unit,
    members: tuple[int, ...],
    releases: Sequence[int],
    number: int,
    column: Mapping[tuple[int, int, int], int],
) -> list[Question]:
    """Ask for both values of what is protected.

    Counts rise: who can be in a state at the first release can be so at all, and who can be out of
    it at the last. Where the calendar alone excludes a YES, no answer tells anything.
    """
    found: list[Question] = []
    for measure, kind in ((Measure.RESPONSE, RESPONSE), (Measure.BENEFIT, YES)):
        open_ = [each for each in releases if kind != YES or each not in one.early]
        if open_:
            first, last = column[number, open_[0], kind], column[number, open_[-1], kind]
            found.append(Question(first, at_most=False, units=members, measure=measure))
            found.append(Question(last, at_most=True, units=members, measure=measure))
    return found


def _divided(
    rows: Sequence[_Row],
    bounds: Numbers,
    truth: Numbers,
    frozen: Flags,
    moves: Sequence[_Row],
    questions: Sequence[Question],
    *,
    loose: bool,
) -> list[Block]:
    """Divide the program where no row joins its parts; leave out what no question is about."""
    matrix = _matrix(rows, len(bounds))
    moving = _matrix(moves, len(bounds))
    least = np.array([row.least for row in rows], dtype=np.int64)
    most = np.array([row.most for row in rows], dtype=np.int64)
    told = matrix @ truth
    if not loose and (truth > bounds).any():
        raise Contradiction("a YES came sooner than the calendar allows")
    outside = (told < least) | (told > most)
    if not loose and outside.any():
        wrong = int(np.argmax(outside))
        raise Contradiction(f"row {wrong}: {told[wrong]} is not in {least[wrong]}..{most[wrong]}")
    ones = abs(matrix)
    number, labels = connected_components(
        block_array([[None, ones.T], [ones, None]], format="csr"), directed=False
    )
    labels = labels[: len(bounds)]
    first = np.array([row.columns[0] for row in rows], dtype=np.int64)
    moved = np.array([row.columns[0] for row in moves], dtype=np.int64)
    asked: dict[int, list[Question]] = defaultdict(list)
    for question in questions:
        asked[int(labels[question.variable])].append(question)
    columns, lines, ways = (
        _parts(those, number) for those in (labels, labels[first], labels[moved])
    )
    found: list[Block] = []
    place = np.empty(len(bounds), dtype=np.int64)
    for label, those in asked.items():
        mine, own = columns[label], lines[label]
        place[mine] = np.arange(len(mine))
        own_questions = tuple(
            Question(int(place[each.variable]), each.at_most, each.units, each.measure)
            for each in those
        )
        found.append(
            Block(
                rows=matrix[own][:, mine],
                least=least[own],
                most=most[own],
                bounds=bounds[mine],
                truth=truth[mine],
                moves=moving[ways[label]][:, mine].T,
                frozen=frozen[:, mine],
                questions=own_questions,
                asked=np.array([each.variable for each in own_questions]),
                downwards=np.array([each.at_most for each in own_questions]),
            )
        )
    return found


def _matrix(rows: Sequence[_Row], width: int) -> Matrix:
    which = np.repeat(np.arange(len(rows)), [len(row.columns) for row in rows])
    columns = np.array([each for row in rows for each in row.columns], dtype=np.int64)
    factors = np.array([each for row in rows for each in row.factors], dtype=np.int64)
    return csr_array(coo_array((factors, (which, columns)), shape=(len(rows), width)))


def _parts(labels: Numbers, number: int) -> list[Numbers]:
    """Give the places of each label, in order."""
    order = np.argsort(labels, kind="stable")
    return np.split(order, np.searchsorted(labels[order], np.arange(1, number)))
