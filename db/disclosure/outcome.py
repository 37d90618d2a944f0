"""Outcomes of a treatment as the audit sees them, and how they go on between releases.

Response and benefit say nothing of each other by the rules (a response may come before a
progression by week 16), so that what is possible of both is what is possible of each: the response
is one family of measures, evaluability and benefit are another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple, TypeAlias


class Measure(StrEnum):
    """Name what is counted of a cell, beside its treatments."""

    RESPONSE = "RESPONSE"
    EVALUABLE = "EVALUABLE"
    BENEFIT = "BENEFIT"


class Benefit(StrEnum):
    """Name what came of week 16; NEITHER: not evaluable, or too early."""

    NEITHER = "NEITHER"
    NO = "NO"
    YES = "YES"


class State(NamedTuple):
    """Hold the outcome of a treatment as of a release."""

    response: bool
    benefit: Benefit


@dataclass(frozen=True, slots=True)
class Unit:
    """Hold a treatment over the releases, by place; None where it is not in one."""

    hospital: str
    states: tuple[State | None, ...]
    early: tuple[bool, ...]
    """Where everyone knows that it is too early for benefit."""

    @property
    def present(self) -> tuple[int, ...]:
        """Give the releases that it is in."""
        return tuple(place for place, state in enumerate(self.states) if state is not None)


Counted: TypeAlias = tuple[int, ...]
"""Of each measure of a family whether a state counts, 1 or 0."""
Path: TypeAlias = tuple[Counted, ...]
"""That of each release that a unit is in."""


@dataclass(frozen=True, slots=True)
class Family:
    """Hold measures that tell of each other, in the order in which a cell's are decided."""

    name: str
    measures: tuple[Measure, ...]
    protected: Measure
    counted: Mapping[State, Counted]

    def path(self, unit: Unit) -> Path:
        """Say what counts of a unit in truth."""
        return tuple(self.counted[state] for state in unit.states if state is not None)

    def paths(self, unit: Unit) -> list[Path]:
        """Give every course that everyone must think possible of a unit, the true one among them.

        Follow-up goes forwards: a response stays, NEITHER may become YES or NO, which stay.
        """
        truth = self.path(unit)
        return [truth, *(path for path in self._courses(unit) if path != truth)]

    def _courses(self, unit: Unit) -> list[Path]:
        every = sorted(set(self.counted.values()))
        courses: list[Path] = [()]
        for place in unit.present:
            state = unit.states[place]
            known = unit.early[place] and not (state and state.benefit is Benefit.YES)
            courses = [
                (*path, counted)
                for path in courses
                for counted in every
                if (not path or self._leads(path[-1], counted))
                and not (known and self._yes(counted))
            ]
        return courses

    def _leads(self, before: Counted, after: Counted) -> bool:
        """Tell whether follow-up leads from one to the other: what counts goes on counting."""
        if self.protected is Measure.RESPONSE:
            return before <= after
        evaluable = self.measures.index(Measure.EVALUABLE)
        return before == after or not before[evaluable]

    def _yes(self, counted: Counted) -> bool:
        return self.protected is Measure.BENEFIT and bool(
            counted[self.measures.index(Measure.BENEFIT)]
        )


_STATES: Final = [State(response, benefit) for response in (False, True) for benefit in Benefit]
RESPONSE: Final = Family(
    "RESPONSE",
    (Measure.RESPONSE,),
    Measure.RESPONSE,
    {state: (int(state.response),) for state in _STATES},
)
BENEFIT: Final = Family(
    "BENEFIT",
    (Measure.BENEFIT, Measure.EVALUABLE),
    Measure.BENEFIT,
    {
        state: (int(state.benefit is Benefit.YES), int(state.benefit is not Benefit.NEITHER))
        for state in _STATES
    },
)
FAMILIES: Final[Sequence[Family]] = (RESPONSE, BENEFIT)
