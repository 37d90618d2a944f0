"""The tables of the race: what was measured, and ratios, beside what is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

TITLES: Final = {
    "compiled": "ours, compiled",
    "graphql_core": "ours, graphql-core",
    "mercurius": "Mercurius, JIT",
    "postgraphile": "PostGraphile 5",
    "floor": "floor: pgbench",
}
OURS: Final = "compiled"
LEAST: Final[Mapping[tuple[str, str], float]] = {
    ("floor", "Q1"): 0.25,
    ("floor", "Q2"): 0.70,
    ("floor", "Q3"): 0.90,
    ("floor", "Q5"): 0.80,
    ("mercurius", "Q1"): 3,
    ("mercurius", "Q2"): 5,
    ("mercurius", "Q3"): 5,
    ("mercurius", "Q5"): 2.5,
    ("postgraphile", "Q1"): 3,
    ("postgraphile", "Q2"): 5,
    ("postgraphile", "Q3"): 5,
    ("postgraphile", "Q5"): 2.5,
    ("graphql_core", "Q2"): 15,
}
"""What ours, compiled, has to reach of a side, at `JUDGED` connections."""
JUDGED: Final = "8"


def table(measured: Mapping[str, Any]) -> str:
    """Write a measurement as lines for people; with ratios where it is of several operations."""
    lines: list[str] = []
    for name, query in measured["queries"].items():
        size = f"{query['rows']:,} rows, {query['bytes']:,} bytes an answer"
        lines += ["", f"{name} {query['title']}: {size}"]
        for number, sides in query["connections"].items():
            lines += _cells(number, sides)
    if "megabytes" in measured:
        lines += _ratios(measured)
        lines += ["", "memory at the end [MB]"]
        lines += [
            f"  {TITLES[name]:22}{held:>8.1f}" for name, held in measured["megabytes"].items()
        ]
    return "\n".join(lines)


def _cells(number: str, sides: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    of = f"{number} connection{'' if number == '1' else 's'}"
    yield f"  {of:22}{'req/s':>9}{'p50 ms':>9}{'p95 ms':>9}{'CPU ms':>9}{'db CPU':>9}{'ours is':>9}"
    for name, told in sides.items():
        ratio = _ratio(sides, name)
        yield (
            f"  {TITLES[name]:22}{told['requests_per_second']:>9,.1f}"
            f"{told['p50_milliseconds']:>9.2f}{told['p95_milliseconds']:>9.2f}"
            f"{_number(told['server_cpu_milliseconds']):>9}"
            f"{_number(told['database_cpu_milliseconds']):>9}"
            f"{'' if ratio is None or name == OURS else f'{ratio:.2f} x':>9}"
        )


def _ratios(measured: Mapping[str, Any]) -> Iterator[str]:
    """Write what ours reaches of each other side, and what is asked for."""
    queries = {
        name: query["connections"][JUDGED]
        for name, query in measured["queries"].items()
        if JUDGED in query["connections"]
    }
    yield ""
    yield f"ours, compiled, as a multiple at {JUDGED} connections (asked for)"
    yield f"  {'':22}" + "".join(f"{name:>16}" for name in queries)
    for other in TITLES:
        if other == OURS or not any(other in sides for sides in queries.values()):
            continue
        cells = (_cell(sides, other, name) for name, sides in queries.items())
        yield f"  {TITLES[other]:22}" + "".join(f"{cell:>16}" for cell in cells)


def _cell(sides: Mapping[str, Mapping[str, Any]], other: str, query: str) -> str:
    ratio, least = _ratio(sides, other), LEAST.get((other, query))
    if ratio is None:
        return "-"
    if least is None:
        return f"{ratio:.2f}"
    return f"{ratio:.2f} ({least:g}){' ' if ratio >= least else '!'}"


def _ratio(sides: Mapping[str, Mapping[str, Any]], other: str) -> float | None:
    if OURS not in sides or other not in sides:
        return None
    mine, theirs = (float(sides[name]["requests_per_second"]) for name in (OURS, other))
    return mine / theirs


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
