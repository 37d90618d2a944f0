"""The lattice: which groups of treatments are candidates, in which order, and who is in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from typing import Final, TypeAlias


class Dimension(StrEnum):
    """Name what treatments are grouped by."""

    COHORT = "COHORT"
    DRUG = "DRUG"
    TUMOUR_TYPE = "TUMOUR_TYPE"
    GENE = "GENE"
    REGION = "REGION"
    SEX = "SEX"
    AGE_BAND = "AGE_BAND"
    PAYER = "PAYER"
    ACCRUAL_MONTH = "ACCRUAL_MONTH"


_D = Dimension
Grouping: TypeAlias = tuple[Dimension, ...]
Lattice: TypeAlias = Sequence[Grouping]
Values: TypeAlias = Mapping[Dimension, tuple[str, ...]]
"""Of one treatment; of drugs and genes there may be several, or none."""

TOTAL: Final = "TOTAL"

# Cohorts come right after the total: behind small groups they would be lost to them. Months, of
# which there are many and few ask, come last.
DEFAULT: Final[Lattice] = (
    (),
    (_D.COHORT,),
    (_D.DRUG,),
    (_D.TUMOUR_TYPE,),
    (_D.GENE,),
    (_D.REGION,),
    (_D.SEX,),
    (_D.AGE_BAND,),
    (_D.PAYER,),
    (_D.TUMOUR_TYPE, _D.SEX),
    (_D.TUMOUR_TYPE, _D.REGION),
    (_D.DRUG, _D.SEX),
    (_D.DRUG, _D.REGION),
    (_D.COHORT, _D.SEX),
    (_D.COHORT, _D.AGE_BAND),
    (_D.GENE, _D.SEX),
    (_D.ACCRUAL_MONTH,),
)


# What is soon decided: for demonstrations.
QUICK: Final[Lattice] = DEFAULT[:9]


@dataclass(frozen=True, slots=True)
class Cell:
    """Hold a group of treatments of one release."""

    grouping: Grouping
    place: int
    values: tuple[str, ...]
    members: frozenset[int]

    @property
    def name(self) -> str:
        """Name its grouping."""
        return name(self.grouping)


class LatticeRefused(ValueError):
    """Say in one sentence why a text is no lattice, and what to do."""


def parse(text: str) -> Lattice:
    """Read groupings separated by blanks, dimensions by commas, such as `TOTAL COHORT COHORT,SEX`.

    Raises: LatticeRefused.
    """
    lattice: list[Grouping] = []
    for word in text.split():
        named = [] if word == TOTAL else word.split(",")
        if unknown := [each for each in named if each not in list(Dimension)]:
            raise LatticeRefused(
                f"{unknown[0]!r} is no dimension: name {TOTAL}, or of {', '.join(Dimension)}"
            )
        grouping = tuple(dimension for dimension in Dimension if dimension in named)
        if len(grouping) < len(named) or grouping in lattice:
            raise LatticeRefused(f"{word!r} says something twice: name everything once")
        lattice.append(grouping)
    if not lattice:
        raise LatticeRefused(f"there is no grouping: name {TOTAL} at the least")
    return tuple(lattice)


def name(grouping: Grouping) -> str:
    """Name a grouping as it is stored."""
    return ",".join(grouping)


def cells(
    lattice: Lattice, treatments: Mapping[int, Values], known: Mapping[Dimension, Iterable[str]]
) -> list[Cell]:
    """Make every cell, those too that hold nobody, in the order in which they are told.

    `known` holds the values that a dimension has, whoever has them.
    """
    values = {
        dimension: sorted({*known.get(dimension, ()), *_seen(treatments, dimension)})
        for dimension in Dimension
    }
    made: list[Cell] = []
    for grouping in lattice:
        held: dict[tuple[str, ...], set[int]] = {}
        for unit, has in treatments.items():
            for combination in product(*(has[dimension] for dimension in grouping)):
                held.setdefault(combination, set()).add(unit)
        made += [
            Cell(grouping, place, combination, frozenset(held.get(combination, ())))
            for place, combination in enumerate(product(*(values[d] for d in grouping)), start=1)
        ]
    return made


def order(lattice: Lattice, made: Iterable[Cell]) -> Iterator[Cell]:
    """Give the cells in the order in which they are decided: in a grouping the largest first."""
    at = {grouping: number for number, grouping in enumerate(lattice)}
    yield from sorted(made, key=lambda cell: (at[cell.grouping], -len(cell.members), cell.values))


def _seen(treatments: Mapping[int, Values], dimension: Dimension) -> set[str]:
    return {value for has in treatments.values() for value in has[dimension]}
