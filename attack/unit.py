"""Units: treatments that releases hold, with what the attacker knows of them and what is true."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Benefit(StrEnum):
    """Say what came of benefit at week 16; NEITHER is not evaluable, or too early."""

    YES = "YES"
    NO = "NO"
    NEITHER = "NEITHER"


class Measure(StrEnum):
    """Name what is counted in a cell."""

    EVALUABLE = "EVALUABLE"
    RESPONSE = "RESPONSE"
    BENEFIT = "BENEFIT"


@dataclass(frozen=True, slots=True)
class State:
    """Hold what came of a unit, as one release tells it."""

    response: bool
    benefit: Benefit

    def counts(self, measure: Measure) -> bool:
        """Tell whether the unit is counted by a measure."""
        if measure is Measure.RESPONSE:
            return self.response
        if measure is Measure.BENEFIT:
            return self.benefit is Benefit.YES
        return self.benefit is not Benefit.NEITHER

    def leads_to(self, later: State) -> bool:
        """Tell whether follow-up can turn it into a later one: only forwards."""
        forwards = self.benefit in (Benefit.NEITHER, later.benefit)
        return forwards and (later.response or not self.response)


@dataclass(frozen=True, slots=True)
class Unit:
    """Hold one treatment over the releases that it is in, by their number."""

    hospital: str
    states: Mapping[int, State]
    """What is true, which an attack is scored by."""
    values: Mapping[int, Mapping[str, tuple[str, ...]]]
    """Of each dimension the values that it has, which everyone is taken to know."""
    early: frozenset[int] = frozenset()
    """Releases whose cut-off is too soon after its month of accrual for a YES."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Hold what was told of a set of units: so many, at the least and at the most."""

    release: int
    members: frozenset[int]
    measure: Measure
    lower: int
    upper: int

    @property
    def exact(self) -> bool:
        """Tell whether it is one number."""
        return self.lower == self.upper
