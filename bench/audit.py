"""Ask one process with the audit and one without, over HTTP, by turns: throughput, as a ratio.

Both serve one embedded database with the same synthetic set to 32 connections. Rounds are short and
alternate, so that what else the machine does falls on both; medians are told. The one without is
made here: no setting of the product leaves the audit out.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from bench.gateway import children_of, cpu_of, fill, free_port
from bench.report import note
from connect_graph import database, log
from connect_graph.gateway import start, stop
from connect_graph.http import application, graphs_of
from connect_graph.issuer import DemoIssuer
from connect_graph.server import serve
from connect_graph.settings import Settings
from resolvers.limits import MOST_COST

KEY: Final = "audit"
PATIENTS: Final = 1_200
CONNECTIONS: Final = 32
ROUNDS: Final = 24
"""Of each side, the first two to warm up."""
SECONDS = 1.5
MOST: Final = 1_000_000
LAVISH: Final = {
    "CONNECT_REQUESTS_PER_MINUTE": str(MOST),
    "CONNECT_COST_PER_MINUTE": str(MOST * MOST_COST),
}
"""One member asks for what many would."""
QUERIES: Final = {
    "small": "{ viewer { role } cohorts(first: 1) { nodes { code } } }",
    "page_of_50": """{ patients(first: 50) { nodes {
      id sex diagnoses { tumourType } treatments { line outcome { bestOverallResponse } }
    } } }""",
}
_HOST: Final = "127.0.0.1"


@dataclass(slots=True)
class Side:
    """Hold one of the two, and what was measured of it: for each round that counts."""

    url: str
    process: int
    rates: list[float] = field(default_factory=list)
    """[requests/s]"""
    cpu: list[float] = field(default_factory=list)
    """[ms] for each request, of the process that answers; PostgreSQL's is the next."""
    database_cpu: list[float] = field(default_factory=list)

    def told(self) -> dict[str, float]:
        """Sum up."""
        return {
            "requests_per_second": round(statistics.median(self.rates), 1),
            "cpu_milliseconds": round(statistics.median(self.cpu), 2),
            "database_cpu_milliseconds": round(statistics.median(self.database_cpu), 2),
        }


async def ask(side: Side, token: str, query: str, until: float, most: int = MOST) -> int:
    """Ask again and again on one connection, until then; count the answers.

    No client library: it would take more CPU than what is measured.
    """
    body = json.dumps({"query": query}).encode()
    head = (
        f"POST /graphql HTTP/1.1\r\nHost: {_HOST}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection(_HOST, urlsplit(side.url).port)
    done = 0
    try:
        while done < most and time.perf_counter() < until:
            writer.write(head.encode() + body)
            answered = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(answered.partition(b"content-length: ")[2].partition(b"\r\n")[0])
            content = await reader.readexactly(length)
            if not answered.startswith(b"http/1.1 200") or b'"errors"' in content:
                raise RuntimeError(f"it did not answer: {content[:200]!r}")
            done += 1
    finally:
        writer.close()
    return done


async def turn(
    side: Side,
    token: str,
    query: str,
    postmaster: int,
    *,
    counts: bool,
    connections: int = CONNECTIONS,
) -> None:
    """Ask one side for a round."""
    used = cpu_of([side.process]), cpu_of(children_of(postmaster))
    started = time.perf_counter()
    asking = (ask(side, token, query, started + SECONDS) for _ in range(connections))
    done = sum(await asyncio.gather(*asking))
    seconds = time.perf_counter() - started
    if counts:
        side.rates.append(done / seconds)
        side.cpu.append((cpu_of([side.process]) - used[0]) / done)
        side.database_cpu.append((cpu_of(children_of(postmaster)) - used[1]) / done)


async def measure(
    sides: tuple[Side, Side], token: str, query: str, postmaster: int, rounds: int
) -> dict[str, Any]:
    """Ask both by turns, each first in every other round."""
    for number in range(rounds):
        for side in sides if number % 2 else reversed(sides):
            await turn(side, token, query, postmaster, counts=number > 1)
    audited, plain = sides
    pairs = zip(audited.rates, plain.rates, strict=True)
    return {
        "with": audited.told(),
        "without": plain.told(),
        "throughput_ratio": round(
            statistics.median(audited.rates) / statistics.median(plain.rates), 3
        ),
        "median_of_ratios": round(statistics.median(mine / other for mine, other in pairs), 3),
        "cpu_ratio": round(statistics.median(plain.cpu) / statistics.median(audited.cpu), 3),
    }


def run(patients: int = PATIENTS, rounds: int = ROUNDS) -> dict[str, Any]:
    """Measure in an embedded database of its own."""
    for name in [each for each in os.environ if "DATABASE_URL" in each]:
        del os.environ[name]
    with tempfile.TemporaryDirectory(prefix="connect-bench-") as directory:
        os.environ.update({"CONNECT_DEMO": "1", "CONNECT_DATA_DIR": directory, **LAVISH})
        settings = Settings.load(os.environ)
        with database.running(settings) as url:
            token = asyncio.run(fill(settings, url, patients))
            postmaster = int(next(Path(directory).rglob("postmaster.pid")).open().readline())
            children = []
            logs = (Path(directory) / "log").open("w")
            try:
                for module in (["connect_graph", "serve"], ["bench.audit", "--serve"]):
                    command = [sys.executable, "-m", *module, "--port", str(free_port())]
                    children.append(start(module[0], command, os.environ, Path.cwd(), logs))
                urls = [child.until_ready() for child in children]
                measured = {}
                for name, query in QUERIES.items():
                    one, other = (
                        Side(url, child.process.pid)
                        for url, child in zip(urls, children, strict=True)
                    )
                    made = measure((one, other), token, query, postmaster, rounds)
                    measured[name] = asyncio.run(made)
            finally:
                stop(children)
                logs.close()
    return {"patients": patients, "connections": CONNECTIONS, **measured}


def serve_without(port: int) -> None:
    """Serve what `connect-graph serve` does, but for the audit."""
    settings = Settings.load(os.environ)

    async def pending() -> tuple[str, ...]:
        return ()

    log.set_up()
    with database.running(settings) as url:
        app = application(
            graphs_of(None),
            settings.logins(url),
            [DemoIssuer(settings.data_dir).issuer()],
            pending,
            pool_size=settings.pool_size,
            audit_key=None,
            bounds=settings.bounds,
        )
        told = f"ready: http://{_HOST}:{port}"
        serve(app, _HOST, port, lambda: print(told, flush=True), settings.bounds)


def table(measured: Mapping[str, Any]) -> str:
    """Write a measurement as lines for people."""
    lines = [f"{'':24}{'requests/s':>12}{'CPU ms':>8}{'database':>10}"]
    for name in QUERIES:
        found = measured[name]
        for side in ("with", "without"):
            told = found[side]
            lines.append(
                f"{f'{name} {side}':24}{told['requests_per_second']:>12.1f}"
                f"{told['cpu_milliseconds']:>8.2f}{told['database_cpu_milliseconds']:>10.2f}"
            )
        lines.append(
            f"{'':24}{found['throughput_ratio']:>12.3f} of without; by pairs of rounds "
            f"{found['median_of_ratios']:.3f}, by CPU {found['cpu_ratio']:.3f}"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure, tell, and write the report; or be the one without."""
    parser = argparse.ArgumentParser(prog="bench.audit", description="The audit's cost.")
    parser.add_argument("--serve", action="store_true", help="serve without the audit")
    parser.add_argument("--port", type=int, default=8000, help="where")
    parsed = parser.parse_args()
    if parsed.serve:
        serve_without(parsed.port)
        return
    measured = run()
    note(KEY, measured)
    print(table(measured))


if __name__ == "__main__":
    main()
