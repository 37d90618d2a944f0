"""Ask for a published answer as an authority: CPU of the server and of the database for each.

The question is the contract's, by cohort, of one process with its audit to 8 connections. What is
published is written by hand, since looking it up takes as long whoever decided it.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from bench.audit import LAVISH, Side, turn
from bench.gateway import fill, free_port
from bench.report import note
from connect_graph import database
from connect_graph.demonstration import demo_issuer, member_of
from connect_graph.gateway import start, stop
from connect_graph.settings import Settings
from db.synthetic import cell

KEY: Final = "published"
PATIENTS: Final = 1_200
CONNECTIONS: Final = 8
ROUNDS: Final = 8
"""The first two to warm up."""
MOST_MILLISECONDS: Final = 3.0
"""What an answer may take, of both together."""
QUERY: Final = """{ outcomeStatistics(by: [COHORT]) {
  release { version cutOff }
  rows {
    group { dimension value }
    patients { value suppressed }
    objectiveResponse { ...proportion }
    clinicalBenefit16w { ...proportion }
    clinicalBenefit16wAllTreated { ...proportion }
  }
} }
fragment proportion on Proportion {
  suppressed
  denominator
  numerator { value lower upper }
  estimate { value lower upper }
  confidenceInterval { level lower upper method }
}"""


async def publish(url: str) -> int:
    """Publish a cell of each cohort; tell how many there are."""
    async with database.connected(url) as connection:
        return await cell.publish(connection)


async def measure(side: Side, token: str, postmaster: int, rounds: int) -> dict[str, Any]:
    """Ask for some rounds."""
    for number in range(rounds):
        await turn(side, token, QUERY, postmaster, counts=number > 1, connections=CONNECTIONS)
    told = side.told()
    together = told["cpu_milliseconds"] + told["database_cpu_milliseconds"]
    return {**told, "together_milliseconds": round(together, 2)}


def run(patients: int = PATIENTS, rounds: int = ROUNDS) -> dict[str, Any]:
    """Measure in an embedded database of its own."""
    for name in [each for each in os.environ if "DATABASE_URL" in each]:
        del os.environ[name]
    with tempfile.TemporaryDirectory(prefix="connect-bench-") as directory:
        os.environ.update({"CONNECT_DEMO": "1", "CONNECT_DATA_DIR": directory, **LAVISH})
        settings = Settings.load(os.environ)
        with database.running(settings) as url:
            asyncio.run(fill(settings, url, patients))
            cells = asyncio.run(publish(url))
            postmaster = int(next(Path(directory).rglob("postmaster.pid")).open().readline())
            token = demo_issuer(settings).token(*asyncio.run(member_of(url, "authority", None)))
            command = [sys.executable, "-m", "connect_graph", "serve", "--port", str(free_port())]
            with (Path(directory) / "log").open("w") as log:
                child = start("server", command, os.environ, Path.cwd(), log)
                try:
                    side = Side(child.until_ready(), child.process.pid)
                    measured = asyncio.run(measure(side, token, postmaster, rounds))
                finally:
                    stop([child])
    return {"patients": patients, "cells": cells, **measured}


def table(measured: Mapping[str, Any]) -> str:
    """Write a measurement as a line for people."""
    return (
        f"published answer of {measured['cells']} cells, {CONNECTIONS} connections: "
        f"{measured['requests_per_second']:.1f} requests/s, CPU "
        f"{measured['cpu_milliseconds']:.2f} ms and {measured['database_cpu_milliseconds']:.2f} ms "
        f"of the database, together {measured['together_milliseconds']:.2f} of "
        f"{MOST_MILLISECONDS:.0f} ms allowed"
    )


def main() -> None:
    """Measure, tell, and write the report."""
    measured = run()
    note(KEY, measured)
    print(table(measured))


if __name__ == "__main__":
    main()
