"""Ask one process over databases of different sizes: what an answer costs as the consortium grows.

All sizes are served at once and take turns, one connection to each, so that what else the machine
does falls on all. Each size is a store of its own, kept once it is made: a run that ended half-way
goes on with the sizes that are there. Pages are taken as deep in each list as the smallest goes.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench import side
from bench.agreement import DEEP, Asked, agree
from bench.operation import operations
from bench.report import note
from bench.side import Side
from bench.store import PLACE, Store, kept
from bench.turn import Turn, of_server, told

KEY: Final = "growth"
SIZES: Final = (10_000, 100_000, 1_000_000)
QUERIES: Final = ("Q1", "Q2", "Q6")
ROUNDS: Final = 7
SECONDS: Final = 2.0
MOST: Final = 1.5
"""How many times the smallest's latency the largest may take."""
BYTES: Final = 36_000
"""A screened patient on the disk, with what the load writes beside: measured at 100,000."""
_SIDE: Final = "compiled"


class NoSpace(Exception):
    """Say in one sentence that the disk is too small."""


@dataclass(slots=True)
class Served:
    """Hold one size while it is served."""

    store: Store
    side: Side
    asked: dict[str, Asked]


def require_space(sizes: Sequence[int], place: Path = PLACE) -> None:
    """Refuse before the first patient where the disk is too small for those still to be made.

    Raises: NoSpace.
    """
    missing = [size for size in sizes if not (place / str(size) / "made.from").exists()]
    place.mkdir(parents=True, exist_ok=True)
    needed, free = BYTES * sum(missing), shutil.disk_usage(place).free
    if needed > free:
        raise NoSpace(
            f"{sum(missing):,} patients take about {needed / 1e9:.0f} GB, and {free / 1e9:.0f} GB "
            f"are free under {place}: name smaller sizes with --sizes"
        )


def run(sizes: Sequence[int], rounds: int, seconds: float, place: Path = PLACE) -> dict[str, Any]:
    """Measure over the sizes, in ascending order."""
    require_space(sizes, place)
    with ExitStack() as stack:
        written = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="connect-growth-")))
        log = stack.enter_context((written / "log").open("w"))
        served: list[Served] = []
        for size in sizes:
            store = stack.enter_context(kept(size, place))
            viewer = asyncio.run(store.viewer())
            sides = stack.enter_context(side.running([_SIDE], store, viewer, log))
            ids = asyncio.run(store.eligible())
            folder = written / str(size)
            folder.mkdir()
            deep = served[0].asked["Q6"].pages if served else DEEP
            asked = {
                each.name: agree(each, sides, store, viewer, folder, deep=deep, with_floor=False)
                for each in operations(ids)
                if each.name in QUERIES
            }
            served.append(Served(store, sides[_SIDE], asked))
        found = {name: measure(served, name, rounds, seconds) for name in QUERIES}
    return {"seconds": seconds, "sizes": list(sizes), "queries": found}


def measure(served: Sequence[Served], query: str, rounds: int, seconds: float) -> dict[str, Any]:
    """Let the sizes take turns; give the medians of each, and how the largest compares."""

    def turn(one: Served) -> Turn:
        return of_server(one.side, one.asked[query].loads[_SIDE], one.store, 1, seconds)

    turns: list[list[Turn]] = [[] for _ in served]
    for number in range(rounds + 1):
        first = number % len(served)
        for place in (*range(first, len(served)), *range(first)):
            measured = turn(served[place])
            if number:  # the first warms up
                turns[place].append(measured)
    by_size = {
        str(one.store.patients): {
            **told(each),
            "rows": one.asked[query].rows,
            "bytes": one.asked[query].bytes,
        }
        for one, each in zip(served, turns, strict=True)
    }
    smallest, *_, largest = by_size.values()
    return {
        "title": served[0].asked[query].operation.title,
        "patients": by_size,
        "latency_ratio": round(largest["p50_milliseconds"] / smallest["p50_milliseconds"], 2),
        "database_cpu_ratio": round(
            largest["database_cpu_milliseconds"] / smallest["database_cpu_milliseconds"], 2
        ),
    }


def table(measured: Mapping[str, Any]) -> str:
    """Write a measurement as lines for people."""
    columns = ("p50 ms", "p95 ms", "CPU ms", "db CPU", "rows", "bytes")
    lines = []
    for name, query in measured["queries"].items():
        lines += ["", f"{name} {query['title']}", f"  {'screened':>12}"]
        lines[-1] += "".join(f"{title:>10}" for title in columns)
        for size, told_ in query["patients"].items():
            lines.append(
                f"  {int(size):>12,}{told_['p50_milliseconds']:>10.2f}"
                f"{told_['p95_milliseconds']:>10.2f}{told_['server_cpu_milliseconds']:>10.2f}"
                f"{told_['database_cpu_milliseconds']:>10.2f}{told_['rows']:>10,}"
                f"{told_['bytes']:>10,}"
            )
        over = "!" if query["latency_ratio"] > MOST else ""
        lines.append(
            f"  {'largest':>12}{query['latency_ratio']:>10.2f}{over} times the smallest "
            f"(at most {MOST:g}); by the database's CPU {query['database_cpu_ratio']:.2f}"
        )
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, tell, and write the report."""
    parser = argparse.ArgumentParser(prog="bench.growth", description="Answers as data grow.")
    parser.add_argument("--sizes", nargs="+", type=int, default=SIZES, help="how many screened")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of each size")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each round")
    parsed = parser.parse_args(arguments)
    sizes = sorted(set(parsed.sizes))
    if len(sizes) < 2:
        parser.error("growth is between sizes: name two or more")
    measured = run(sizes, parsed.rounds, parsed.seconds)
    print(table(measured))
    note(KEY, measured)


if __name__ == "__main__":
    main()
