"""The agreement: before anything is measured, all sides are seen to give the same data."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx

from bench import floor
from bench.generator import Load
from bench.operation import Operation, Variables, data, rows
from bench.side import Side
from bench.statement import Statement, statements
from bench.store import Store
from db.viewer import Viewer

DEEP: Final = 40
"""Pages that a walk goes at the most; its last ones are asked for."""
_ASKED_PAGES: Final = 5


class Different(Exception):
    """Say where two sides do not give the same data."""


@dataclass(slots=True)
class Asked:
    """Hold an operation as every side is asked for it, and what the answers are."""

    operation: Operation
    loads: dict[str, Path] = field(default_factory=dict)
    statements: list[Statement] = field(default_factory=list)
    """What the floor sends; none where ours is not one statement."""
    rows: int = 0
    """Of one answer in the median, like the next, which the first side gives."""
    bytes: int = 0
    pages: int = 0
    """How many pages were walked."""


def agree(
    operation: Operation,
    sides: Mapping[str, Side],
    store: Store,
    viewer: Viewer,
    place: Path,
    *,
    deep: int = DEEP,
    with_floor: bool = True,
) -> Asked:
    """See that all sides give the same data, and write what each will be asked.

    Raises: Different.
    """
    found = Asked(operation)
    agreed: list[Any] = []
    sizes: list[int] = []
    with httpx.Client() as http:
        for name, one in sides.items():
            variables = operation.variables
            if operation.walked:
                variables, found.pages = _walk(one, http, operation, deep)
            answers = [one.answer(http, operation, each) for each in variables]
            given = [data(each.data) for each in answers]
            agreed = agreed or given
            _compare(operation, name, agreed, given)
            load = Load(
                port=one.port,
                requests=tuple(one.request(operation, each) for each in variables),
                lengths=tuple(each.length for each in answers),
            )
            found.loads[name] = load.write(place / f"{operation.name}.{name}.json")
            sizes = sizes or [each.length for each in answers]
            if with_floor and one.dialect is None and not found.statements:
                found.statements = statements(operation, variables, store, viewer)
    if found.statements:
        given = [data(each) for each in asyncio.run(floor.answers(store, found.statements))]
        _compare(operation, "floor", agreed, given)
    found.rows = round(statistics.median(rows(list(each.values())) for each in agreed))
    found.bytes = round(statistics.median(sizes))
    return found


def _walk(
    one: Side, http: httpx.Client, operation: Operation, deep: int
) -> tuple[tuple[Variables, ...], int]:
    """Go from page to page; give the variables of the last ones, and how many there were.

    The first is none of them where there are more: it is asked for by another statement.
    """
    (variables,) = operation.variables
    walked = [variables]
    while len(walked) < deep:
        (page,) = one.answer(http, operation, walked[-1]).data.values()
        if not page["pageInfo"]["hasNextPage"]:
            break
        walked.append({**variables, "after": page["pageInfo"]["endCursor"]})
    return tuple(walked[1:][-_ASKED_PAGES:] or walked), len(walked)


def _compare(operation: Operation, name: str, agreed: list[Any], given: list[Any]) -> None:
    if len(agreed) != len(given):
        raise Different(f"{operation.name}: {name} has {len(given)} pages, not {len(agreed)}")
    for number, (one, other) in enumerate(zip(agreed, given, strict=True)):
        if (place := difference(one, other)) is not None:
            raise Different(f"{operation.name}, request {number}, {name}: {place}")


def difference(one: Any, other: Any, path: str = "data") -> str | None:
    """Tell the first place where two answers differ."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        pairs = [(f"{path}.{name}", value, other[name]) for name, value in one.items()]
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        both = zip(one, other, strict=True)
        pairs = [(f"{path}[{place}]", *each) for place, each in enumerate(both)]
    else:
        same = one == other and isinstance(one, bool) == isinstance(other, bool)
        return None if same else f"{path} is {str(one)[:200]} and {str(other)[:200]}"
    found = (difference(mine, theirs, place) for place, mine, theirs in pairs)
    return next((each for each in found if each is not None), None)
