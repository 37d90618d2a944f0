"""What is soaked: a process of the server, its memory, and a database of its own that restarts."""

from __future__ import annotations

import asyncio
import os
import signal
import statistics
import time
from dataclasses import dataclass, field
from pathlib import Path

from connect_graph import embedded
from tests.world import until

FAST, AT_ONCE = signal.SIGINT, signal.SIGQUIT
"""How PostgreSQL is stopped: in order, or as where the power fails."""
DOWN_SECONDS = 2
"""How long the database stays away."""
BACK_SECONDS = 10
"""Within which the server answers again."""


@dataclass(frozen=True, slots=True)
class Restart:
    """Hold when the database was away, by the clock of the machine."""

    how: signal.Signals
    begun: float
    ended: float
    ready: float

    def excuses(self, begun: float, ended: float) -> bool:
        """Tell whether a request of that time may have met it."""
        return ended >= self.begun and begun <= self.ended + BACK_SECONDS


@dataclass(slots=True)
class Soaked:
    """Hold a served process, and what is measured of it."""

    address: str
    process: int
    home: Path
    """Where the embedded database has its files."""
    restarts: list[Restart] = field(default_factory=list)
    memory: list[tuple[float, int]] = field(default_factory=list)
    """[s] since the start, [kB]."""

    async def restart(self, how: signal.Signals) -> None:
        """Stop the database, start it again, and wait until the server is ready."""
        begun = time.time()
        await asyncio.to_thread(_stop, self.home / "postgres", how)
        await asyncio.sleep(DOWN_SECONDS)
        await asyncio.to_thread(_start, self.home)
        ended = time.time()
        answer = await until(f"{self.address}/ready", seconds=BACK_SECONDS)
        assert answer.status_code == 200, (how, answer.text)
        self.restarts.append(Restart(how, begun, ended, time.time()))

    async def watch(self) -> None:
        """Measure the memory each second."""
        started = time.monotonic()
        while True:
            self.memory.append((time.monotonic() - started, resident(self.process)))
            await asyncio.sleep(1)

    def held(self, since: float, until: float) -> float:
        """Give the median of the memory over a time [kB]."""
        return statistics.median(held for at, held in self.memory if since <= at <= until)


def resident(process: int) -> int:
    """Read the resident memory of a process [kB]."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise ValueError(f"{process} has no memory")


def _stop(data: Path, how: signal.Signals) -> None:
    postmaster = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
    os.kill(postmaster, how)
    while Path(f"/proc/{postmaster}").exists():
        time.sleep(0.02)


def _start(home: Path) -> None:
    with embedded.running(home):
        pass  # who runs it already stops it
