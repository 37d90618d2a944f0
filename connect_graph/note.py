"""Notes: the marks of what is withheld, and what is explained beneath."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connect_graph.grid import wrapped

NO_VALUE = "\N{EN DASH}"
WITHHELD = "withheld: few, none, or a number that would give another away; all look the same"
Path = tuple[str, ...]


@dataclass(slots=True)
class Notes:
    """Number what is explained beneath, by the paths where it applies."""

    sentences: list[str]
    at: dict[Path, list[int]]
    has_no_value: bool = False

    @classmethod
    def of(cls, withheld: Sequence[Mapping[str, Any]]) -> Notes:
        """Read the rules that an answer was made under."""
        at: dict[Path, list[int]] = {}
        for number, rule in enumerate(withheld, start=1):
            for path in rule["paths"]:
                at.setdefault(tuple(path.split(".")), []).append(number)
        return cls([f"{rule['rule']}: {rule['message']}" for rule in withheld], at)

    def null(self, path: Path, *, suppressed: bool = False) -> str:
        """Give what stands for a value that is not told."""
        if suppressed:
            if WITHHELD not in self.sentences:
                self.sentences.append(WITHHELD)
            return _marks([self.sentences.index(WITHHELD) + 1])
        if path in self.at:
            return _marks(self.at[path])
        self.has_no_value = True
        return NO_VALUE

    def marks(self, path: Path, above: Path, seen: set[Path]) -> str:
        """Give the marks of a path and of those between it and another, each path's once."""
        between = [path[:end] for end in range(len(above) + 1, len(path) + 1)]
        fresh = [each for each in between if each in self.at and each not in seen]
        seen.update(fresh)
        numbers = dict.fromkeys(number for each in fresh for number in self.at[each])
        return f" {_marks(list(numbers))}" if numbers else ""

    def lines(self, width: int) -> Iterator[str]:
        """Write what is explained."""
        marked = [(f"[{place}]", each) for place, each in enumerate(self.sentences, start=1)]
        if self.has_no_value:
            marked.append((NO_VALUE, "no value is told: not known, not reached, or withheld"))
        for mark, sentence in marked:
            yield wrapped(f"{mark:3} ", sentence, width)


def _marks(numbers: Sequence[int]) -> str:
    return "".join(f"[{number}]" for number in numbers)
