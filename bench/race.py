"""Race ours beside PostGraphile, Mercurius and the floor: the same data, by turns, over HTTP.

First all sides are seen to give the same data. Then, for each operation and number of connections,
they take turns in short rounds, another one first in each, so that what else the machine does falls
on all; a side that is not asked waits. Medians are told. docs/performance.md says how to read them.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench import floor, side
from bench.agreement import Asked, agree
from bench.operation import operations
from bench.report import note
from bench.side import POOL, Side
from bench.store import Store, kept
from bench.table import cells, ratios
from bench.turn import Turn, of_floor, of_server, told

KEY: Final = "race"
PATIENTS: Final = 100_000
CONNECTIONS: Final = (1, 8, 32)
ROUNDS: Final = 5
"""Of each side that count; one more warms it up before."""
SECONDS: Final = 2.5
FLOOR: Final = "floor"
QUERIES: Final = ("Q1", "Q2", "Q3", "Q5", "Q6", "Q7")
LONGEST: Final = 20.0
"""[s] A side whose answers in one round take longer has that one round, and no more."""


@dataclass(frozen=True, slots=True)
class Course:
    """Hold what is raced, and how long."""

    patients: int = PATIENTS
    queries: tuple[str, ...] = QUERIES
    sides: tuple[str, ...] = (*side.SIDES, FLOOR)
    connections: tuple[int, ...] = CONNECTIONS
    rounds: int = ROUNDS
    seconds: float = SECONDS

    @property
    def is_whole(self) -> bool:
        """Tell whether it is what the report holds."""
        usual = Course()
        chosen = (self.patients, self.queries, self.sides, self.connections)
        all_of_it = (usual.patients, usual.queries, usual.sides, usual.connections)
        return chosen == all_of_it and self.rounds >= ROUNDS and self.seconds >= SECONDS


def run(course: Course, store: Store) -> dict[str, Any]:
    """Race the sides on a database."""
    viewer = asyncio.run(store.viewer())
    ids = asyncio.run(store.eligible())
    asyncio.run(floor.prepare(store))
    servers = [name for name in course.sides if name != FLOOR]
    if set(servers) & set(side.RIVALS):
        side.require_rivals()
    found: dict[str, Any] = {}
    with (
        tempfile.TemporaryDirectory(prefix="connect-race-") as place,
        (Path(place) / "log").open("w") as log,
        side.running(servers, store, viewer, log) as sides,
    ):
        chosen = [each for each in operations(ids) if each.name in course.queries]
        has_floor = FLOOR in course.sides
        ready = [
            agree(each, sides, store, viewer, Path(place), with_floor=has_floor) for each in chosen
        ]
        for asked in ready:
            found[asked.operation.name] = {
                "title": asked.operation.title,
                "rows": asked.rows,
                "bytes": asked.bytes,
                "connections": {
                    str(number): measure(asked, course, sides, store, number)
                    for number in course.connections
                },
            }
            print(cells(asked.operation.name, found[asked.operation.name]), flush=True)
        memory = {name: round(one.megabytes, 1) for name, one in sides.items()}
    return {
        "patients": course.patients,
        "eligible": len(ids),
        "pool": POOL,
        "seconds": course.seconds,
        "megabytes": memory,
        "queries": found,
    }


def measure(
    asked: Asked, course: Course, sides: Mapping[str, Side], store: Store, number: int
) -> dict[str, Any]:
    """Let the sides take turns at a number of connections; give the medians of each."""

    def turn(name: str) -> Turn:
        if name == FLOOR:
            return of_floor(asked.statements, store, number, course.seconds)
        return of_server(sides[name], asked.loads[name], store, number, course.seconds)

    names = [name for name in course.sides if name != FLOOR or asked.statements]
    turns: dict[str, list[Turn]] = {name: [] for name in names}
    for name in names:
        if (first := turn(name)).seconds > LONGEST:
            turns[name].append(first)
    taking = [name for name in names if not turns[name]]
    for place in range(course.rounds if taking else 0):
        start = place % len(taking)
        for name in (*taking[start:], *taking[:start]):
            turns[name].append(turn(name))
    return {name: told(each) for name, each in turns.items()}


def course(arguments: Sequence[str] | None = None) -> Course:
    """Read from the command line what is raced."""
    usual = Course()
    parser = argparse.ArgumentParser(prog="bench.race", description="Ours beside others.")
    parser.add_argument("--patients", type=int, default=usual.patients, help="how many screened")
    parser.add_argument("--queries", nargs="+", choices=QUERIES, default=usual.queries)
    parser.add_argument("--sides", nargs="+", choices=usual.sides, default=usual.sides)
    parser.add_argument("--connections", nargs="+", type=int, default=usual.connections)
    parser.add_argument("--rounds", type=int, default=usual.rounds, help="of each side")
    parser.add_argument("--seconds", type=float, default=usual.seconds, help="of each round")
    parsed = parser.parse_args(arguments)
    return Course(
        parsed.patients,
        tuple(parsed.queries),
        tuple(parsed.sides),
        tuple(parsed.connections),
        parsed.rounds,
        parsed.seconds,
    )


def main(chosen: Course | None = None) -> None:
    """Race, tell, and write the report of a whole race."""
    chosen = chosen or Course()
    with kept(chosen.patients) as store:
        measured = run(chosen, store)
    print(ratios(measured))
    if chosen.is_whole:
        note(KEY, measured)
    else:
        print("a part of the race: the report stays as it was", file=sys.stderr)


if __name__ == "__main__":
    main(course())
