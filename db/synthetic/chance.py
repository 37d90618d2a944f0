"""Chance that can be repeated: one generator per patient."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import TypeVar
from uuid import UUID

T = TypeVar("T")


class Chance(random.Random):
    """Draw for one subject; the same seed and subject draw the same, whatever came before."""

    def __init__(self, seed: int, subject: str) -> None:
        super().__init__(f"{seed}:{subject}")

    def happens(self, probability: float) -> bool:
        """Tell whether something of this probability happens."""
        return self.random() < probability

    def among(self, weights: Mapping[T, float]) -> T:
        """Draw one by weight."""
        rest = self.random() * sum(weights.values())
        found = None
        for candidate, weight in weights.items():
            found = candidate
            rest -= weight
            if rest < 0:
                return candidate
        if found is None:
            raise ValueError("there is nothing to draw from")
        return found

    def within(self, bounds: tuple[int, int]) -> int:
        """Draw a whole number, both ends included."""
        return self.randint(*bounds)

    def key(self) -> UUID:
        """Draw a key as gen_random_uuid() would make it."""
        return UUID(int=self.getrandbits(128), version=4)
