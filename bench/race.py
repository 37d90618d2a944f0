"""Race ours beside PostGraphile, Mercurius and the floor: the same data, by turns, over HTTP.

First all sides are seen to give the same data. Then, for each operation and number of connections,
they take turns in short rounds, another one first in each, so that what else the machine does falls
on all; a side that is not asked waits. Medians are told. docs/performance.md says how to read them.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx

from bench import floor, generator, side
from bench.floor import spent, used_by
from bench.gateway import cpu_of
from bench.generator import Load
from bench.operation import Operation, Variables, data, eligible, operations, rows
from bench.report import note
from bench.side import POOL, Side
from bench.statement import Statement, statement_of
from bench.store import Store, kept
from bench.table import table
from connect_graph.settings import ROLES
from db.pool import Pools
from db.viewer import Viewer, viewers

KEY: Final = "race"
PATIENTS: Final = 100_000
CONNECTIONS: Final = (1, 8, 32)
ROUNDS: Final = 5
"""Of each side that count; one more warms it up before."""
SECONDS: Final = 2.5
FLOOR: Final = "floor"
QUERIES: Final = ("Q1", "Q2", "Q3", "Q5", "Q6", "Q7")
_DEEP: Final = 40
"""Pages that a walk goes at the most; its last ones are asked for."""
_ASKED_PAGES: Final = 5


class Different(Exception):
    """Say where two sides do not give the same data."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Hold what one round of one side measured."""

    rate: float
    """[requests/s]"""
    p50: float
    """[ms] like all that follow; CPU is that for one request."""
    p95: float
    server_cpu: float | None
    database_cpu: float
    generator_cpu: float | None


@dataclass(slots=True)
class Asked:
    """Hold an operation as every side is asked for it, and what the answers are."""

    operation: Operation
    loads: dict[str, Path] = field(default_factory=dict)
    statements: list[Statement] = field(default_factory=list)
    """What the floor sends; none where ours is not one statement."""
    rows: int = 0
    """Of one answer in the median, like the next."""
    bytes: int = 0


def prepare(operation: Operation, sides: Mapping[str, Side], viewer: Viewer, place: Path) -> Asked:
    """See that all sides give the same data, and write what each will be asked.

    Raises: Different.
    """
    found = Asked(operation)
    agreed: list[Any] = []
    sizes: list[int] = []
    with httpx.Client() as http:
        for name, one in sides.items():
            variables = _walk(one, http, operation) if operation.walked else operation.variables
            answers = [one.answer(http, operation, each) for each in variables]
            given = [data(each.data) for each in answers]
            agreed = agreed or given
            _compare(operation, name, agreed, given)
            sizes = sizes or [each.length for each in answers]
            load = Load(
                port=one.port,
                requests=tuple(one.request(operation, each) for each in variables),
                lengths=tuple(each.length for each in answers),
            )
            found.loads[name] = load.write(place / f"{operation.name}.{name}.json")
            if one.dialect is None and not found.statements:
                text = operation.text(None)
                made = [statement_of(text, each, viewer) for each in variables]
                found.statements = [each for each in made if each is not None]
    found.rows = round(statistics.median(rows(list(each.values())) for each in agreed))
    found.bytes = round(statistics.median(sizes))
    return found


def _walk(one: Side, http: httpx.Client, operation: Operation) -> list[Variables]:
    """Go from page to page; give the variables of the last ones."""
    (variables,) = operation.variables
    walked = [variables]
    while len(walked) < _DEEP:
        (page,) = one.answer(http, operation, walked[-1]).data.values()
        if not page["pageInfo"]["hasNextPage"]:
            break
        walked.append({**variables, "after": page["pageInfo"]["endCursor"]})
    return walked[-_ASKED_PAGES:]


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
        pairs = [
            (f"{path}[{place}]", *both) for place, both in enumerate(zip(one, other, strict=True))
        ]
    else:
        return None if one == other else f"{path} is {str(one)[:200]} and {str(other)[:200]}"
    found = (difference(mine, theirs, place) for place, mine, theirs in pairs)
    return next((each for each in found if each is not None), None)


def turn(
    asked: Asked, name: str, sides: Mapping[str, Side], store: Store, number: int, seconds: float
) -> Turn:
    """Ask one side for a round."""
    if name == FLOOR:
        measured = floor.run(store, asked.statements, FLOOR_SESSION, number, seconds)
        return Turn(measured.rate, measured.p50, measured.p95, None, measured.database_cpu, None)
    process = [sides[name].process]
    used = cpu_of(process), used_by(store)
    run = generator.ask(asked.loads[name], number, seconds)
    return Turn(
        run.rate,
        run.p50,
        run.p95,
        (cpu_of(process) - used[0]) / run.answers,
        spent(used[1], used_by(store)) / run.answers,
        run.cpu_milliseconds,
    )


def measure(
    asked: Asked,
    names: Sequence[str],
    sides: Mapping[str, Side],
    store: Store,
    number: int,
    rounds: int,
    seconds: float,
) -> dict[str, Any]:
    """Let the sides take turns at a number of connections; give the medians of each."""
    names = [name for name in names if name != FLOOR or asked.statements]
    turns: dict[str, list[Turn]] = {name: [] for name in names}
    for name in names:
        if name != FLOOR:  # which warms up by itself
            turn(asked, name, sides, store, number, seconds)
    for place in range(rounds):
        first = place % len(names)
        for name in (*names[first:], *names[:first]):
            turns[name].append(turn(asked, name, sides, store, number, seconds))
    return {name: _told(each) for name, each in turns.items()}


def _told(turns: Sequence[Turn]) -> dict[str, Any]:
    def median(values: Sequence[float | None], digits: int = 2) -> float | None:
        present = [each for each in values if each is not None]
        return round(statistics.median(present), digits) if present else None

    return {
        "requests_per_second": median([each.rate for each in turns], 1),
        "p50_milliseconds": median([each.p50 for each in turns]),
        "p95_milliseconds": median([each.p95 for each in turns]),
        "server_cpu_milliseconds": median([each.server_cpu for each in turns]),
        "database_cpu_milliseconds": median([each.database_cpu for each in turns]),
        "generator_cpu_milliseconds": median([each.generator_cpu for each in turns], 3),
        "rounds": [round(each.rate, 1) for each in turns],
    }


async def identify(store: Store) -> Viewer:
    """Find who asks as ours does."""
    urls = {role: store.login(f"connect_{role}_login") for role in ROLES}
    pools = await Pools.open(urls, size=1)
    try:
        (viewer,) = await viewers(pools.identity, store.caller)
        return viewer
    finally:
        await pools.close()


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
        return (
            self.rounds >= usual.rounds
            and self.seconds >= usual.seconds
            and (
                (self.patients, self.queries, self.sides, self.connections)
                == (usual.patients, usual.queries, usual.sides, usual.connections)
            )
        )


def run(course: Course, store: Store) -> dict[str, Any]:
    """Race the sides on a database."""
    viewer = asyncio.run(identify(store))
    ids = asyncio.run(eligible(store, viewer))
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
        ready = [prepare(each, sides, viewer, Path(place)) for each in chosen]
        for asked in ready:
            by_number = {}
            for number in course.connections:
                by_number[str(number)] = measure(
                    asked, course.sides, sides, store, number, course.rounds, course.seconds
                )
            found[asked.operation.name] = {
                "title": asked.operation.title,
                "rows": asked.rows,
                "bytes": asked.bytes,
                "connections": by_number,
            }
            print(table({"queries": {asked.operation.name: found[asked.operation.name]}}))
        memory = {name: round(one.megabytes, 1) for name, one in sides.items()}
    return {
        "patients": course.patients,
        "eligible": len(ids),
        "pool": POOL,
        "rounds": course.rounds,
        "seconds": course.seconds,
        "megabytes": memory,
        "queries": found,
    }


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


def main(arguments: Sequence[str] | None = None) -> None:
    """Race, tell, and write the report of a whole race."""
    chosen = course(arguments)
    with kept(chosen.patients) as store:
        measured = run(chosen, store)
    print(table(measured))
    if chosen.is_whole:
        note(KEY, measured)
    else:
        print("a part of the race: the report stays as it was")


if __name__ == "__main__":
    main()
