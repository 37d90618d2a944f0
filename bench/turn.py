"""A turn: one round of one side, and what is told of several."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import floor, generator
from bench.floor import spent, used_by
from bench.gateway import cpu_of
from bench.side import PLANS, Side
from bench.statement import Statement
from bench.store import Store


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
    seconds: float
    """How long it took until the last answer."""


def of_server(one: Side, load: Path, store: Store, connections: int, seconds: float) -> Turn:
    """Ask a server for a round."""
    process = [one.process]
    used = cpu_of(process), used_by(store)
    run = generator.ask(load, connections, seconds)
    return Turn(
        run.rate,
        run.p50,
        run.p95,
        (cpu_of(process) - used[0]) / run.answers,
        spent(used[1], used_by(store)) / run.answers,
        run.cpu_milliseconds,
        run.seconds,
    )


def of_floor(
    statements: Sequence[Statement], store: Store, connections: int, seconds: float
) -> Turn:
    """Let pgbench run for a round."""
    ran = floor.run(store, statements, PLANS, connections, seconds)
    return Turn(ran.rate, ran.p50, ran.p95, None, ran.database_cpu, None, seconds)


def told(turns: Sequence[Turn]) -> dict[str, Any]:
    """Sum up by medians."""

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
