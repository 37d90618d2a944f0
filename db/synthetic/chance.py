"""Chance that can be repeated: one generator per patient, and shares that hold in small numbers."""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Mapping
from functools import lru_cache
from typing import TypeVar
from uuid import UUID

T = TypeVar("T")

# What is spread evenly, each with the number whose root is its step.
_STEPS = {"region": 5, "cohort": 2, "course": 3, "referred": 7, "tumour": 13}


class Chance(random.Random):
    """Draw for one subject; the same seed and subject draw the same, whatever came before."""

    def __init__(self, seed: int, subject: str) -> None:
        super().__init__(f"{seed}:{subject}")

    def happens(self, probability: float) -> bool:
        """Tell whether something of this probability happens."""
        return self.random() < probability

    def among(self, weights: Mapping[T, float]) -> T:
        """Draw one by weight."""
        return share(weights, self.random())

    def within(self, bounds: tuple[int, int]) -> int:
        """Draw a whole number, both ends included."""
        return self.randint(*bounds)

    def key(self) -> UUID:
        """Draw a key as gen_random_uuid() would make it."""
        return UUID(int=self.getrandbits(128), version=4)


def share(weights: Mapping[T, float], position: float) -> T:
    """Find whose share of the whole a position from 0 to 1 lies in."""
    rest = position * sum(weights.values())
    found = None
    for candidate, weight in weights.items():
        found = candidate
        rest -= weight
        if rest < 0:
            return candidate
    if found is None:
        raise ValueError("there is nothing to draw from")
    return found


def spread(seed: int, what: str, index: int) -> float:
    """Give the index-th position from 0 to 1 of an even sequence: any few in a row cover it well.

    Each sequence steps by its own irrational, so that two of them do not move together.
    """
    offset, step = _sequence(seed, what)
    return (offset + index * step) % 1.0


def even(seed: int, what: str, index: int, weights: Mapping[T, float]) -> T:
    """Draw by weight so that the shares hold in small numbers too."""
    return share(weights, spread(seed, what, index))


@lru_cache(maxsize=256)
def _sequence(seed: int, what: str) -> tuple[float, float]:
    digest = hashlib.sha256(f"{seed}:{what}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64, math.sqrt(_STEPS[what]) % 1.0
