"""Ask the joined query of the gateway beside the one process: latency and CPU, as ratios.

Both answer from one embedded database with the same synthetic set, block by block in turn, to one
client that waits for each answer. CPU is that of the processes that answer; PostgreSQL's is told
apart.
"""

from __future__ import annotations

import asyncio
import os
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx

from bench.report import note
from connect_graph import database
from connect_graph.demonstration import demo_issuer, member_of
from connect_graph.gateway import Child, running, start, stop
from connect_graph.settings import Settings
from db.synthetic.load import synthesize

KEY: Final = "gateway"
PATIENTS: Final = 1_200
SIZES: Final = (1, 50)
BLOCKS: Final = 6
BLOCK: Final = 15
"""Requests in a block; the first block of each warms up and does not count."""
QUERY: Final = """query ($first: Int!) { patients(first: $first) { nodes {
  id sex healthRegion diagnoses { tumourType }
  biomarkers { __typename label gene { symbol } }
  treatments {
    line cohort { code stage } drugs { inn } outcome { bestOverallResponse }
    responses { week normalisedResponse }
    resistanceFindings { mechanism drug { inn } biomarkers { label } }
  }
} } }"""
_HOST: Final = "127.0.0.1"
_SEED: Final = 1
_TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Side:
    """Hold one of the two that are compared, and what was measured of it."""

    url: str
    processes: list[int]
    milliseconds: list[float] = field(default_factory=list)
    cpu: float = 0.0
    """[ms] of all requests that count, like the next."""
    database_cpu: float = 0.0

    def told(self) -> dict[str, float]:
        """Sum up, for one request."""
        return {
            "milliseconds": round(statistics.median(self.milliseconds), 1),
            "cpu_milliseconds": round(self.cpu / len(self.milliseconds), 1),
            "database_cpu_milliseconds": round(self.database_cpu / len(self.milliseconds), 1),
        }


def cpu_of(processes: list[int]) -> float:
    """Tell the CPU time [ms] that processes have used so far, in user and system."""
    ticks = 0
    for number in processes:
        fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks * 1000 / _TICKS


def children_of(parent: int) -> list[int]:
    """List the processes that a process has started and that still run."""
    path = Path(f"/proc/{parent}/task/{parent}/children")
    return [int(number) for number in path.read_text().split()]


async def measure(one: Side, gateway: Side, postmaster: int, token: str, size: int) -> None:
    """Ask both by turns, and see that they answer the same."""
    request = {"query": QUERY, "variables": {"first": size}}
    headers = {"Authorization": f"Bearer {token}"}
    answers: set[str] = set()
    async with httpx.AsyncClient(headers=headers, timeout=60) as http:
        for block in range(1 + BLOCKS):
            for side in (one, gateway):
                used = cpu_of(side.processes), cpu_of(children_of(postmaster))
                times = []
                for _ in range(BLOCK):
                    started = time.perf_counter()
                    response = await http.post(f"{side.url}/graphql", json=request)
                    times.append((time.perf_counter() - started) * 1000)
                    answers.add(response.text)
                if block:
                    side.milliseconds += times
                    side.cpu += cpu_of(side.processes) - used[0]
                    side.database_cpu += cpu_of(children_of(postmaster)) - used[1]
    if len(answers) > 1 or '"errors"' in next(iter(answers)):
        raise RuntimeError("the two do not answer the same, without errors: nothing to compare")


def compare(one: Side, gateway: Side) -> dict[str, Any]:
    """Set the gateway beside the one process."""
    alone, joined = one.told(), gateway.told()
    return {
        "one_process": alone,
        "gateway": joined,
        "latency_ratio": round(joined["milliseconds"] / alone["milliseconds"], 2),
        "cpu_ratio": round(joined["cpu_milliseconds"] / alone["cpu_milliseconds"], 2),
    }


async def fill(settings: Settings, url: str, patients: int) -> str:
    """Fill the database; give a token of a researcher."""
    await database.prepare(settings, url)
    async with database.connected(url) as connection:
        await synthesize(connection, patients, _SEED, database.pseudonyms(settings))
    return demo_issuer(settings).token(*await member_of(url, "researcher", None))


def run(patients: int = PATIENTS) -> dict[str, Any]:
    """Measure in an embedded database of its own."""
    for name in [each for each in os.environ if "DATABASE_URL" in each]:
        del os.environ[name]
    with tempfile.TemporaryDirectory(prefix="connect-bench-") as directory:
        os.environ.update({"CONNECT_DEMO": "1", "CONNECT_DATA_DIR": directory})
        settings = Settings.load(os.environ)
        with database.running(settings) as url:
            token = asyncio.run(fill(settings, url, patients))
            postmaster = int(next(Path(directory).rglob("postmaster.pid")).open().readline())
            issuers = [demo_issuer(settings).issuer()]
            port = free_port()
            with running(issuers, _HOST, port) as children:
                sizes = _sizes(f"http://{_HOST}:{port}", children, postmaster, token)
    return {"patients": patients, **sizes}


def _sizes(joined: str, children: list[Child], postmaster: int, token: str) -> dict[str, Any]:
    """Measure each size beside a process that answers alone."""
    command = [sys.executable, "-m", "connect_graph", "serve", "--port", str(free_port())]
    alone = start("one process", command, os.environ, Path.cwd())
    try:
        url = alone.until_ready()
        found = {}
        for size in SIZES:
            one = Side(url, [alone.process.pid])
            gateway = Side(joined, [child.process.pid for child in children])
            asyncio.run(measure(one, gateway, postmaster, token, size))
            found[f"first_{size}"] = compare(one, gateway)
        return found
    finally:
        stop([alone])


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as free:
        free.bind((_HOST, 0))
        return int(free.getsockname()[1])


def table(measured: Mapping[str, Any]) -> str:
    """Write a measurement as lines for people."""
    lines = [f"{'':24}{'ms':>8}{'CPU ms':>8}{'database':>10}"]
    for size in SIZES:
        found = measured[f"first_{size}"]
        for side in ("one_process", "gateway"):
            told = found[side]
            lines.append(
                f"{f'{size} of {side}':24}{told['milliseconds']:>8.1f}"
                f"{told['cpu_milliseconds']:>8.1f}{told['database_cpu_milliseconds']:>10.1f}"
            )
        lines.append(f"{'':24}{found['latency_ratio']:>8.2f}{found['cpu_ratio']:>8.2f}  times")
    return "\n".join(lines)


def main() -> None:
    """Measure, tell, and write the report."""
    measured = run()
    note(KEY, measured)
    print(table(measured))


if __name__ == "__main__":
    main()
