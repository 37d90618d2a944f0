"""The tables of the race: what was measured, and ratios, beside what is asked for."""

from __future__ import annotations

from collections.abc import Mapping
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
"""What ours, compiled, has to reach of a side, at `JUDGED` connections; less is marked !."""
JUDGED: Final = "8"
_COLUMNS: Final = ("req/s", "p50 ms", "p95 ms", "CPU ms", "db CPU", "ours is")


def cells(name: str, query: Mapping[str, Any]) -> str:
    """Write what was measured of one operation."""
    size = f"{query['rows']:,} rows, {query['bytes']:,} bytes an answer"
    lines = ["", f"{name} {query['title']}: {size}"]
    for number, sides in query["connections"].items():
        of = f"{number} connection{'' if number == '1' else 's'}"
        lines.append(f"  {of:22}" + "".join(f"{title:>9}" for title in _COLUMNS))
        lines += [_line(sides, name) for name in sides]
    return "\n".join(lines)


def _line(sides: Mapping[str, Mapping[str, Any]], name: str) -> str:
    told = sides[name]
    ratio = None if name == OURS else _ratio(sides, name)
    rate = f"{'~' if len(told['rounds']) == 1 else ''}{told['requests_per_second']:,.1f}"
    return (
        f"  {TITLES[name]:22}{rate:>9}"
        f"{told['p50_milliseconds']:>9.2f}{told['p95_milliseconds']:>9.2f}"
        f"{_number(told['server_cpu_milliseconds']):>9}"
        f"{_number(told['database_cpu_milliseconds']):>9}"
        f"{'' if ratio is None else f'{ratio:.2f} x':>9}"
    ).rstrip()


def ratios(measured: Mapping[str, Any]) -> str:
    """Write what ours reaches of each other side, beside what is asked for, and the memory."""
    queries = {
        name: query["connections"][JUDGED]
        for name, query in measured["queries"].items()
        if JUDGED in query["connections"]
    }
    lines: list[str] = []
    if any(OURS in sides for sides in queries.values()):
        lines += _reached(queries)
    lines += ["", "memory at the end [MB]"]
    lines += [f"  {TITLES[name]:22}{held:>9.1f}" for name, held in measured["megabytes"].items()]
    return "\n".join(lines)


def _reached(queries: Mapping[str, Mapping[str, Any]]) -> list[str]:
    lines = ["", f"ours, compiled, as a multiple at {JUDGED} connections (asked for)"]
    lines.append(f"  {'':22}" + "".join(f"{name:>14}" for name in queries))
    for other in TITLES:
        if other == OURS or not any(other in sides for sides in queries.values()):
            continue
        reached = (_cell(sides, other, name) for name, sides in queries.items())
        lines.append(f"  {TITLES[other]:22}" + "".join(f"{each:>14}" for each in reached))
    return lines


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
