"""Workers: a process for each family, which ends with whoever started it."""

from __future__ import annotations

import asyncio
import json
import pickle
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import suppress
from typing import Final, TypeAlias

from db.disclosure.decision import Line, Problem
from db.disclosure.outcome import FAMILIES, Family
from db.disclosure.refusal import PublishingRefused

Told: TypeAlias = "tuple[str, Line | int]"
"""A family, and what was decided; at its end how much was lost."""
_PROGRAM: Final = (sys.executable, "-m", "db.disclosure.deciding")
_LONGEST: Final = 2**26
"""[bytes] of one line."""


async def decided(
    problems: Mapping[str, Problem], done: Mapping[str, Sequence[Line]]
) -> AsyncGenerator[Told, None]:
    """Decide what is left of each family, and give each line as it comes.

    Raises: PublishingRefused.
    """
    lines: asyncio.Queue[Told | PublishingRefused | None] = asyncio.Queue()
    workers = [
        await asyncio.create_subprocess_exec(
            *_PROGRAM,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=_LONGEST,
        )
        for _ in FAMILIES
    ]
    listeners = [
        asyncio.create_task(
            _listen(worker, family, (family, problems[family.name], [*done[family.name]]), lines)
        )
        for worker, family in zip(workers, FAMILIES, strict=True)
    ]
    try:
        left = len(workers)
        while left:
            told = await lines.get()
            if told is None:
                left -= 1
            elif isinstance(told, PublishingRefused):
                raise told
            else:
                yield told
    finally:
        for worker in workers:
            with suppress(ProcessLookupError):
                worker.kill()
        for listener in listeners:
            listener.cancel()
        await asyncio.gather(*listeners, return_exceptions=True)
        await asyncio.gather(*(worker.wait() for worker in workers))


async def _listen(
    worker: asyncio.subprocess.Process,
    family: Family,
    given: object,
    lines: asyncio.Queue[Told | PublishingRefused | None],
) -> None:
    """Hand a problem over, and pass on what is decided."""
    if worker.stdin is None or worker.stdout is None:
        raise TypeError("a worker is spoken to")
    with suppress(ConnectionError):
        worker.stdin.write(pickle.dumps(given))
        await worker.stdin.drain()
        worker.stdin.close()
    with suppress(ValueError):  # of a line that was not written to its end
        while line := await worker.stdout.readline():
            told = json.loads(line)
            if told is None:
                lines.put_nowait(
                    PublishingRefused(
                        "it was not found out within the limits whether earlier publications keep "
                        "their promise, so nothing is published beside them: report this"
                    )
                )
                return
            if isinstance(told, int):
                lines.put_nowait((family.name, told))
                lines.put_nowait(None)
                return
            lines.put_nowait((family.name, Line.from_json(told)))
    lines.put_nowait(
        PublishingRefused(
            f"what decides {family.name.lower()} ended before its time: run the command "
            "again, it goes on where it was"
        )
    )
