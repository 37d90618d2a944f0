"""The generator: a process that asks one server over several connections, each waiting its turn.

It is a process of its own, so that what it takes falls on no side, and it does as little as can be
done: the requests are written once as bytes, and of an answer it looks at the status, the length,
which must be the one told, and nothing else. `cpu_milliseconds` of the measurement says what it
took itself.
"""

from __future__ import annotations

import asyncio
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import uvloop

_HOST: Final = "127.0.0.1"
_END: Final = b"\r\n\r\n"
_LENGTH: Final = b"\r\ncontent-length: "


@dataclass(frozen=True, slots=True)
class Load:
    """Hold what is asked, in this order and again from the start, and how long the answers are."""

    port: int
    requests: tuple[str, ...]
    """Each whole, head and body."""
    lengths: tuple[int, ...]
    """[bytes] of the body of the answer to each."""

    def write(self, path: Path) -> Path:
        """Write it where a generator will read it."""
        path.write_text(json.dumps(asdict(self)), "utf-8")
        return path


@dataclass(frozen=True, slots=True)
class Run:
    """Hold what one run of a generator measured."""

    answers: int
    seconds: float
    p50: float
    """[ms] from a request's first byte to its answer's last one, like the next."""
    p95: float
    cpu_milliseconds: float
    """The generator's own, for each request."""

    @property
    def rate(self) -> float:
        """Give the requests per second."""
        return self.answers / self.seconds


class _Failed(Exception):
    """Say what was no answer."""


class _Asker:
    """Hold what the connections share: which request comes next, and what was measured."""

    def __init__(self, load: Load, until: float) -> None:
        self.until = until
        self.times: list[float] = []
        self.problem: str | None = None
        self._requests = [each.encode() for each in load.requests]
        self._lengths = load.lengths
        self._place = 0

    def next(self) -> tuple[bytes, int]:
        place = self._place
        self._place = (place + 1) % len(self._requests)
        return self._requests[place], self._lengths[place]


class _Connection(asyncio.Protocol):
    """Ask, wait for the whole answer, ask again."""

    def __init__(self, asker: _Asker, done: asyncio.Future[None]) -> None:
        self._asker = asker
        self._done = done
        self._head = b""
        self._left = 0
        self._length = 0
        self._started = 0.0
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        self._ask()

    def data_received(self, data: bytes) -> None:
        if not self._left:
            data = self._head = self._head + data if self._head else data
            end = data.find(_END)
            if end < 0:
                return
            head, self._head = data[: end + 2].lower(), b""
            start = head.find(_LENGTH) + len(_LENGTH)
            length = int(head[start : head.find(b"\r\n", start)]) if start >= len(_LENGTH) else -1
            if not head.startswith(b"http/1.1 200 ") or length != self._length:
                self._end(f"{length} bytes, not {self._length}: {data[: end + 400]!r}")
                return
            self._left = length - (len(data) - end - len(_END))
        else:
            self._left -= len(data)
        if not self._left:
            now = time.perf_counter()
            self._asker.times.append(now - self._started)
            if now < self._asker.until and self._asker.problem is None:
                self._ask()
            else:
                self._end()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(None if self._done.done() else f"it closed the connection: {exc}")

    def _ask(self) -> None:
        request, self._length = self._asker.next()
        self._started = time.perf_counter()
        if self._transport is not None:
            self._transport.write(request)

    def _end(self, problem: str | None = None) -> None:
        self._asker.problem = self._asker.problem or problem
        if not self._done.done():
            self._done.set_result(None)
        if self._transport is not None:
            self._transport.close()


def ask(path: Path, connections: int, seconds: float) -> Run:
    """Run a generator as a process.

    Raises: RuntimeError where an answer was not the one told.
    """
    command = [sys.executable, "-m", "bench.generator", str(path), str(connections), str(seconds)]
    place = Path(__file__).resolve().parent.parent
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=place)
    if ended.returncode:
        raise RuntimeError(f"no measurement: {ended.stderr.strip()[-1_000:]}")
    return Run(**json.loads(ended.stdout))


async def _run(load: Load, connections: int, seconds: float) -> Run:
    loop = asyncio.get_running_loop()
    started = time.perf_counter()
    asker = _Asker(load, started + seconds)
    ends = [loop.create_future() for _ in range(connections)]
    for end in ends:
        await loop.create_connection(lambda end=end: _Connection(asker, end), _HOST, load.port)  # type: ignore[misc]
    await asyncio.gather(*ends)
    took = time.perf_counter() - started
    if asker.problem is not None:
        raise _Failed(asker.problem)
    used = resource.getrusage(resource.RUSAGE_SELF)
    return Run(
        answers=len(asker.times),
        seconds=took,
        p50=statistics.median(asker.times) * 1_000,
        p95=sorted(asker.times)[int(len(asker.times) * 0.95)] * 1_000,
        cpu_milliseconds=(used.ru_utime + used.ru_stime) * 1_000 / len(asker.times),
    )


def main(arguments: Sequence[str]) -> int:
    """Be a generator: a file with the load, connections, seconds."""
    path, connections, seconds = arguments
    load = Load(**json.loads(Path(path).read_text("utf-8")))
    try:
        measured = uvloop.run(_run(load, int(connections), float(seconds)))
    except (_Failed, OSError) as failure:
        print(failure, file=sys.stderr)
        return 1
    print(json.dumps(asdict(measured)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
