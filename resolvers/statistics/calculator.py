"""The calculator: asks the process that calculates, and keeps the intervals that it gave."""

from __future__ import annotations

import json
import subprocess
import sys
import weakref
from asyncio import to_thread
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from threading import Lock
from typing import Any

from db.pool import Unavailable
from resolvers.recent import Recent

Share = tuple[int, int]
"""A numerator and its denominator."""
Interval = tuple[float, float]
Counts = tuple[tuple[int, int, int], ...]
"""Days, each with how many had the event and how many were last seen on it."""
_PROGRAM = [sys.executable, "-m", "resolvers.statistics.calculation"]
_MOST_KEPT = 50_000


class Calculator:
    """Hold the process, which starts when it is first needed and ends with this one."""

    def __init__(self) -> None:
        self._turn = Lock()
        self._process: subprocess.Popen[str] | None = None
        self._kept: Recent[Interval] = Recent(_MOST_KEPT)

    @property
    def process(self) -> int | None:
        """Give the number of the process, if there is one."""
        return None if self._process is None else self._process.pid

    async def intervals(self, shares: Collection[Share]) -> Mapping[Share, Interval]:
        """Give the exact interval of each share whose denominator is at least 1.

        Raises: Unavailable.
        """
        wanted = [share for share in dict.fromkeys(shares) if share[1] > 0]
        kept = {share: self._kept.get(share) for share in wanted}
        missing = [share for share, found in kept.items() if found is None]
        if missing:
            answer = await self._ask({"intervals": missing, "curves": []})
            for share, (lower, upper) in zip(missing, answer["intervals"], strict=True):
                kept[share] = lower, upper
                self._kept.keep(share, (lower, upper))
        return {share: found for share, found in kept.items() if found is not None}

    async def curves(self, wanted: Sequence[Counts]) -> Sequence[Mapping[str, Any]]:
        """Estimate survival of each, of at least one patient.

        Raises: Unavailable.
        """
        if not wanted:
            return ()
        found: Sequence[Mapping[str, Any]] = (await self._ask({"intervals": [], "curves": wanted}))[
            "curves"
        ]
        return found

    async def _ask(self, asked: Mapping[str, object]) -> Any:
        return json.loads(await to_thread(self._exchange, json.dumps(asked)))

    def _exchange(self, line: str) -> str:
        """Send a line and read one, in turn; a process that has died is started anew, once."""
        with self._turn:
            for _ in range(2):
                process = self._process or self._start()
                with suppress(OSError):
                    if process.stdin is not None and process.stdout is not None:
                        process.stdin.write(f"{line}\n")
                        process.stdin.flush()
                        if answer := process.stdout.readline():
                            return answer
                self._process = None
        raise Unavailable("nothing calculates")

    def _start(self) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            _PROGRAM, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        weakref.finalize(self, _end, process)
        self._process = process
        return process


def _end(process: subprocess.Popen[str]) -> None:
    """Let a process end: it reads until there is nothing more."""
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
    process.wait()
