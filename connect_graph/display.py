"""An answer for people: tables within a width, what is withheld marked, and explained beneath."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from connect_graph.grid import GAP, Grid, breadth, plain, wrapped
from connect_graph.note import NO_VALUE, Notes, Path

NONE = "none"
_NUMBER = re.compile(rf"-?\d[\d.,{NO_VALUE}() ]*")
_NO_NUMBER = re.compile(rf"{NO_VALUE}|(\[\d+\])*|{NONE}")
_NUMBERS = ({"value"}, {"lower", "upper"}, {"value", "lower", "upper"})
"""What an object holds that is one number, and how surely it is known."""
_WAYS = {"nodes", "edges", "node"}
"""Names on the way to a record that say nothing of it."""


@dataclass(slots=True)
class Shape:
    """Hold what values of one place have in common: the fields of objects, listed or not."""

    fields: dict[str, Shape] = field(default_factory=dict)
    listed: bool = False

    @classmethod
    def of(cls, value: Any) -> Shape:
        """Find the shape of a value."""
        found = cls()
        found.take(value)
        return found

    def take(self, value: Any) -> None:
        """Take in another value."""
        if isinstance(value, list):
            self.listed = self.listed or any(isinstance(each, dict) for each in value)
            for each in value:
                self.take(each)
        elif isinstance(value, dict):
            for name, within in value.items():
                self.fields.setdefault(name, Shape()).take(within)

    @property
    def is_one(self) -> bool:
        """Tell whether it is shown as one text: a value, or a number with its bounds."""
        return not self.fields or (not self.listed and self.shown.keys() in _NUMBERS)

    @property
    def shown(self) -> Mapping[str, Shape]:
        """Give the fields that are shown: that something is withheld, its mark says."""
        others = {name: shape for name, shape in self.fields.items() if name != "suppressed"}
        return others or self.fields

    @property
    def single(self) -> Path | None:
        """Give the way to the only value of a list's objects, which then stand in one cell."""
        if self.is_one:
            return ()
        if len(self.shown) > 1:
            return None
        ((name, within),) = self.shown.items()
        below = within.single
        return None if below is None else (name, *below)

    @property
    def is_joined(self) -> bool:
        """Tell whether it is a list that stands in one cell."""
        return self.listed and self.single is not None


def shown(answer: Mapping[str, Any], width: int) -> str:
    """Write the data of an answer, and beneath it why something is withheld."""
    notes = Notes.of((answer.get("extensions") or {}).get("withheld") or [])
    data = _pivoted(answer.get("data") or {})
    parts = ["\n".join(_root(name, value, notes, width)) for name, value in data.items()]
    if explained := list(notes.lines(width)):
        parts.append("\n".join(explained))
    return "\n\n".join(parts)


def _root(name: str, value: Any, notes: Notes, width: int) -> Iterator[str]:
    path: Path = (name,)
    head = name + notes.marks(path, (), set())
    if isinstance(value, dict) and value.keys() & {"nodes", "edges", "totalCount"}:
        head += _counted(value)
        way = "nodes" if "nodes" in value else "edges"
        path, value = (*path, way), value.get(way)
        if not value:
            yield head
            return
    shape = Shape.of(value)
    if shape.listed:
        yield head
        yield from _table(shape, value, path, notes, width)
    elif shape.is_one:
        yield f"{head}: {_one(shape, value, path, notes)}"
    else:
        yield head
        yield from _record(shape, value, path, notes, width)


def _counted(connection: Mapping[str, Any]) -> str:
    """Say how many there are, how many of them stand here, and where the others begin."""
    here = connection.get("nodes", connection.get("edges"))
    total, place = connection.get("totalCount"), connection.get("pageInfo") or {}
    if total is None:
        told = f": {len(here or [])}"
    elif here is None or len(here) == total:
        told = f": {total:,} in all"
    else:
        told = f": {len(here):,} of {total:,}"
    if place.get("hasNextPage") and "endCursor" in place:
        return f"{told}; more after {_text(place['endCursor'])}"
    return f"{told}; more follow" if place.get("hasNextPage") else told


def _table(shape: Shape, rows: Any, path: Path, notes: Notes, width: int) -> list[str]:
    """Draw a list of objects; one object below the other where no terminal is wide enough."""
    columns = list(_columns(shape, path))
    records = []
    for row in rows:
        base, below = _spread(shape, row, path, notes, suppressed=False)
        found = [{**base, **(below[0] if below else {})}, *below[1:]]
        records.append([[cells.get(way, "") for way, _ in columns] for cells in found])
    seen: set[Path] = set()
    head = [_label(name, path) + notes.marks(way, path, seen) for way, name in columns]
    numeric = frozenset(
        place
        for place in range(len(columns))
        if _is_numeric({line[place] for record in records for line in record})
    )
    lines = Grid(head, records, numeric).lines(width)
    if lines is not None:
        return lines
    name = _label(path, path[:-2] if path[-1] in _WAYS else path[:-1])
    apart: list[str] = []
    for number, row in enumerate(rows, start=1):
        apart += [f"{name} {number}"] if len(rows) > 1 else []
        drawn = _record(shape, row, path, notes, width - len(GAP))
        apart += [f"{GAP}{line}" for each in drawn for line in each.split("\n")]
    return apart


def _record(shape: Shape, value: Any, path: Path, notes: Notes, width: int) -> Iterator[str]:
    """Write an object: its values, a line each, then each of its lists as a table."""
    pairs: list[tuple[str, str]] = []
    lists: list[tuple[str, Shape, Any, Path]] = []
    seen: set[Path] = set()
    for way, name, within, found, withheld in _parts(shape, value, path, suppressed=False):
        label = _label(name, path) + notes.marks(way, path, seen)
        if within.listed and not within.is_joined and found:
            lists.append((label, within, found, way))
        else:
            pairs.append((label, _one(within, found, way, notes, suppressed=withheld)))
    wide = max((breadth(label) for label, _ in pairs), default=0)
    for label, text in pairs:
        yield wrapped(label + " " * (wide - breadth(label)) + GAP, text, width)
    for label, within, found, way in lists:
        yield label
        for line in _table(within, found, way, notes, width - len(GAP)):
            yield f"{GAP}{line}"


def _parts(
    shape: Shape, value: Any, path: Path, *, suppressed: bool
) -> Iterator[tuple[Path, Path, Shape, Any, bool]]:
    """List what an object holds: where, its name, its shape and value, and whether withheld."""
    suppressed = suppressed or (isinstance(value, dict) and value.get("suppressed") is True)
    for name, within in shape.shown.items():
        way, found = (*path, name), value.get(name) if isinstance(value, dict) else None
        if within.is_one or within.listed or found is None:
            yield way, (*way, *(within.single or ())), within, found, suppressed
        else:
            yield from _parts(within, found, way, suppressed=suppressed)


def _columns(shape: Shape, path: Path) -> Iterator[tuple[Path, Path]]:
    """List the columns of a list's objects: where each stands, and its name."""
    for name, within in shape.shown.items():
        way = (*path, name)
        if within.is_one or within.is_joined:
            yield way, (*way, *(within.single or ()))
        else:
            yield from _columns(within, way)


def _spread(
    shape: Shape, value: Any, path: Path, notes: Notes, *, suppressed: bool
) -> tuple[dict[Path, str], list[dict[Path, str]]]:
    """Spread an object: the cells of its own line, and a line for each object of its lists.

    Lists side by side stand below one another: nothing says that their items belong together.
    """
    suppressed = suppressed or value.get("suppressed") is True
    base: dict[Path, str] = {}
    rows: list[dict[Path, str]] = []
    for name, within in shape.shown.items():
        way, found = (*path, name), value.get(name)
        if within.is_one or within.is_joined:
            base[way] = _one(within, found, way, notes, suppressed=suppressed)
        elif not found:
            first, _ = next(_columns(within, way))
            base[first] = NONE if found == [] else notes.null(way, suppressed=suppressed)
        elif within.listed:
            for each in found:
                own, below = _spread(within, each, way, notes, suppressed=suppressed)
                rows += [{**own, **(below[0] if below else {})}, *below[1:]]
        else:
            own, below = _spread(within, found, way, notes, suppressed=suppressed)
            base |= own
            rows += below
    return base, rows


def _one(shape: Shape, value: Any, path: Path, notes: Notes, *, suppressed: bool = False) -> str:
    """Write what stands in one cell."""
    if value is None:
        return notes.null(path, suppressed=suppressed)
    if isinstance(value, list):
        return ", ".join(_one(shape, each, path, notes) for each in value) or NONE
    if not isinstance(value, dict):
        return _text(value)
    if shape.shown.keys() in _NUMBERS:
        if all(value.get(name) is None for name in shape.shown):
            return notes.null(path, suppressed=suppressed or value.get("suppressed") is True)
        return _bounds(value) if "lower" in value else _text(value["value"])
    ((name, within),) = shape.shown.items()
    return _one(within, value.get(name), (*path, name), notes)


def _bounds(value: Mapping[str, Any]) -> str:
    """Write a number and its bounds: 4, 4-6, or 120 (90-160)."""
    lower, upper = (NO_VALUE if value[end] is None else _text(value[end]) for end in _ENDS)
    exact = value.get("value")
    if lower == upper and exact in {None, value["lower"]}:
        return lower
    band = f"{lower}{NO_VALUE}{upper}" if NO_VALUE not in {lower, upper} else f"{lower} to {upper}"
    return band if exact is None else f"{_text(exact)} ({band})"


_ENDS = ("lower", "upper")


def _text(value: Any) -> str:
    """Write a value as one line."""
    match value:
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.3g}" if abs(value) < 1 else f"{value:.2f}".rstrip("0").rstrip(".")
        case str():
            return plain(value)
    return str(value)


def _is_numeric(cells: Set[str]) -> bool:
    """Tell whether a column holds numbers and, for the rest, nothing but marks."""
    numbers = {cell for cell in cells if _NUMBER.fullmatch(cell)}
    return bool(numbers) and all(_NO_NUMBER.fullmatch(cell) for cell in cells - numbers)


def _label(path: Path, above: Path) -> str:
    return ".".join(each for each in path[len(above) :] if each not in _WAYS)


def _pivoted(value: Any) -> Any:
    """Let each dimension that rows are grouped by be a field of its own."""
    if isinstance(value, list):
        if value and all(isinstance(e, dict) and e.keys() == {"dimension", "value"} for e in value):
            return {each["dimension"]: each["value"] for each in value}
        return [_pivoted(each) for each in value]
    if isinstance(value, dict):
        return {name: _pivoted(within) for name, within in value.items()}
    return value
