"""A grid: records in columns of text, within a width."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

GAP = "  "
_RULE = "─"
_BREAK = re.compile(r"(?<=\.)|(?<=[a-z0-9])(?=[A-Z])|(?= \[)")


@dataclass(frozen=True, slots=True)
class Grid:
    """Hold the names of columns, dotted, and records, each of one line of cells or more."""

    head: Sequence[str]
    records: Sequence[Sequence[Sequence[str]]]
    numeric: frozenset[int] = frozenset()
    """The columns that are set to the right."""

    def lines(self, width: int) -> list[str] | None:
        """Draw it; None where no column can be made narrow enough.

        A name is broken at its dots and humps, a cell between its words, and nothing elsewhere.
        """
        widths = self._widths(width)
        if widths is None:
            return None
        heads = [
            _broken(_name(name), "", wide) for name, wide in zip(self.head, widths, strict=True)
        ]
        tallest = max(map(len, heads))
        above = [[""] * (tallest - len(head)) + head for head in heads]
        drawn = [self._line(cells, widths) for cells in zip(*above, strict=True)]
        rule = _RULE * (sum(widths) + len(GAP) * (len(widths) - 1))
        drawn.append(rule)
        tall = False
        for place, record in enumerate(self.records):
            if place and (tall or len(record) > 1):
                drawn.append("")
            tall = len(record) > 1
            for cells in record:
                broken = [
                    _broken(c.split(" "), " ", wide) for c, wide in zip(cells, widths, strict=True)
                ]
                tallest = max(map(len, broken))
                below = [each + [""] * (tallest - len(each)) for each in broken]
                drawn += [self._line(line, widths) for line in zip(*below, strict=True)]
        return drawn

    def _line(self, cells: Sequence[str], widths: Sequence[int]) -> str:
        placed = [
            " " * (wide - breadth(cell)) + cell
            if place in self.numeric
            else cell + " " * (wide - breadth(cell))
            for place, (cell, wide) in enumerate(zip(cells, widths, strict=True))
        ]
        return GAP.join(placed).rstrip()

    def _widths(self, width: int) -> list[int] | None:
        """Choose the widths: whole names and cells where they fit, else narrower ones."""
        columns = list(zip(*(line for record in self.records for line in record), strict=True))
        cells = [max(map(breadth, column)) for column in columns] or [0] * len(self.head)
        room = width - len(GAP) * (len(self.head) - 1)
        widths = [max(breadth(name), cell) for name, cell in zip(self.head, cells, strict=True)]
        if sum(widths) <= room:
            return widths
        least = [_longest(_name(name)) for name in self.head]
        widths = [max(name, cell) for name, cell in zip(least, cells, strict=True)]
        for place, column in enumerate(columns):
            least[place] = max(least[place], *(_longest(cell.split(" ")) for cell in column))
        if sum(least) > room:
            return None
        while sum(widths) > room:
            place = max(range(len(widths)), key=lambda at: (widths[at] > least[at], widths[at]))
            widths[place] -= 1
        return widths


def breadth(text: str) -> int:
    """Tell how many places of a terminal a text takes."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(each) else 2 if unicodedata.east_asian_width(each) in "WF" else 1
        for each in text
    )


def plain(text: str) -> str:
    """Write a text as one line that steers no terminal."""
    return "".join(
        each if each.isprintable() else " " if each.isspace() else f"\\x{ord(each):02x}"
        for each in text
    )


def wrapped(start: str, text: str, width: int) -> str:
    """Break a text between its words, so that it stands beside its start."""
    indent = " " * breadth(start)
    return start + f"\n{indent}".join(_broken(text.split(" "), " ", width - len(indent)))


def _name(text: str) -> list[str]:
    """Cut a name where it may be broken: after its dots and before its capitals."""
    return _BREAK.split(text)


def _longest(pieces: Sequence[str]) -> int:
    return max(map(breadth, pieces))


def _broken(pieces: Sequence[str], between: str, width: int) -> list[str]:
    lines = [pieces[0]]
    for piece in pieces[1:]:
        joined = f"{lines[-1]}{between}{piece}"
        if breadth(joined) <= width:
            lines[-1] = joined
        else:
            lines.append(piece)
    return lines
