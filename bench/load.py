"""Load the synthetic consortium beside a bare COPY of the same rows.

The bare COPY is the floor: binary, into unlogged tables that have neither indexes nor constraints,
row security nor triggers. The load invents the rows, finds their parents and vocabularies, checks
every reference and makes the pseudonyms, all in one transaction.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeAlias

import asyncpg

from bench.report import note
from connect_graph import database
from connect_graph.progress import Bar
from connect_graph.settings import Settings
from db.synthetic.bare import copy_bare
from db.synthetic.load import synthesize

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
KEY: Final = "load"
PATIENTS: Final = 20_000
_SEED: Final = 1


async def measure(
    connection: Connection,
    patients: int,
    complete: Callable[[Connection], Awaitable[None]],
    progress: Callable[[int], None] = lambda _: None,
) -> dict[str, Any]:
    """Load so many screened patients into an empty database, then copy every row of theirs."""
    started = time.perf_counter()
    counts = await synthesize(connection, patients, _SEED, complete, progress)
    loading = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rows, copying = await copy_bare(connection, [*counts, "pseudonym"])
    return {
        "patients": patients,
        "rows": rows,
        "load_seconds": round(loading, 2),
        "load_rows_per_second": round(rows / loading),
        "load_peak_megabytes": round(peak),
        "copy_seconds": round(copying, 2),
        "copy_rows_per_second": round(rows / copying),
        "ratio": round(loading / copying, 1),
    }


def run(patients: int) -> dict[str, Any]:
    """Measure in an embedded database of its own, and write the report."""
    bar = Bar(patients, "patients")

    async def load(settings: Settings, url: str) -> dict[str, Any]:
        await database.prepare(settings, url)
        async with database.connected(url) as connection:
            return await measure(connection, patients, database.pseudonyms(settings), bar.show)

    with tempfile.TemporaryDirectory(prefix="connect-bench-") as directory:
        kept = {name: each for name, each in os.environ.items() if "DATABASE_URL" not in name}
        settings = Settings.load({**kept, "CONNECT_DEMO": "1", "CONNECT_DATA_DIR": directory})
        with database.running(settings) as url:
            measured = asyncio.run(load(settings, url))
    note(KEY, measured)
    return measured


def table(measured: Mapping[str, Any]) -> str:
    """Write a measurement as lines for people."""
    return "\n".join(
        (
            f"{'':24}{'rows/s':>12}{'seconds':>10}",
            f"{'bare COPY':24}{measured['copy_rows_per_second']:>12,}"
            f"{measured['copy_seconds']:>10.1f}",
            f"{'synthesize':24}{measured['load_rows_per_second']:>12,}"
            f"{measured['load_seconds']:>10.1f}",
            f"{measured['rows']:,} rows of {measured['patients']:,} screened: "
            f"{measured['ratio']} times as long, peak {measured['load_peak_megabytes']} MB",
        )
    )


def main() -> None:
    """Measure as many patients as were asked for."""
    parser = argparse.ArgumentParser(prog="bench", description="Load beside a bare COPY.")
    parser.add_argument("--patients", type=int, default=PATIENTS, help="how many to screen")
    print(table(run(parser.parse_args().patients)))


if __name__ == "__main__":
    main()
