"""Problems: what is wrong with an input, where, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass, field

Place = tuple[str | int, ...]
"""The names and positions that lead to a value of the input."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Hold one thing that is wrong: its place, and a sentence with the remedy."""

    place: Place
    sentence: str


class Rejected(Exception):
    """Hold every problem for which a change is not made."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(
            "; ".join(f"{'.'.join(map(str, one.place))}: {one.sentence}" for one in problems)
        )
        self.problems = problems


@dataclass(slots=True)
class Problems:
    """Gather problems, so that all of an input's are told at once."""

    found: list[Problem] = field(default_factory=list)

    def add(self, sentence: str, *place: str | int) -> None:
        """Note a problem at a place."""
        self.found.append(Problem(place, sentence))

    def stop(self) -> None:
        """Go no further where there is a problem.

        Raises: Rejected.
        """
        if self.found:
            raise Rejected(*self.found)


def reject(sentence: str, *place: str | int) -> Rejected:
    """Make the rejection of one problem, to be raised."""
    return Rejected(Problem(place, sentence))
