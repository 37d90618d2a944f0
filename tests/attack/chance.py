"""Whether two orders have anything to do with one another, and how surely that is said."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TypeVar

Name = TypeVar("Name", bound=object)
SURE = 1e-6
"""How often chance alone may fail a test: pseudonyms are drawn anew with every key."""


def rank_correlation(one: Sequence[Name], other: Sequence[Name]) -> float:
    """Give Spearman's coefficient of the names that are in both orders, each once."""
    common = set(one) & set(other)
    ranks = {name: rank for rank, name in enumerate(name for name in other if name in common)}
    of = [ranks[name] for name in one if name in common]
    number = len(of)
    squares = sum((here - there) ** 2 for here, there in enumerate(of))
    return 1.0 - 6 * squares / (number * (number * number - 1))


def chance_of_correlation(coefficient: float, number: int) -> float:
    """Give the two-sided probability of as much by chance, of so many common names.

    Of independent orders the coefficient has mean 0 and variance 1 / (n - 1), nearly normal.
    """
    return math.erfc(abs(coefficient) * math.sqrt((number - 1) / 2))


def agreement(one: Sequence[Name], other: Sequence[Name]) -> tuple[int, int]:
    """Count disjoint pairs of neighbours of one order, and those that stand alike in the other.

    No name is in two pairs: where one order is drawn without regard to the other, each pair is a
    coin of its own.
    """
    places = {name: place for place, name in enumerate(other)}
    common = [name for name in one if name in places]
    pairs = list(pairwise(common))[::2]
    return len(pairs), sum(places[first] < places[second] for first, second in pairs)


def chance_of_agreement(pairs: int, alike: int) -> float:
    """Give the two-sided probability that so many coins of so many, or more, fall alike."""
    most = max(alike, pairs - alike)
    tail: int = sum(math.comb(pairs, number) for number in range(most, pairs + 1))
    return min(1.0, 2 * tail / (1 << pairs))
