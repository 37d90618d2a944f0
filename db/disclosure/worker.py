"""Workers: a process for each family, which ends with whoever started it."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import TypeAlias

from db.disclosure.audit import Unproven
from db.disclosure.decision import Line, Problem, decide
from db.disclosure.outcome import FAMILIES, Family
from db.disclosure.refusal import PublishingRefused

Told: TypeAlias = "tuple[str, Line | int]"
"""A family, and what was decided; at its end how much was lost."""
_START = multiprocessing.get_context("spawn")


async def decided(
    problems: Mapping[str, Problem], done: Mapping[str, Sequence[Line]]
) -> AsyncGenerator[Told, None]:
    """Decide what is left of each family, and give each line as it comes.

    Raises: PublishingRefused.
    """
    lines: asyncio.Queue[Told | BaseException | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    workers = []
    for family in FAMILIES:
        ours, theirs = _START.Pipe(duplex=False)
        given = (theirs, family, problems[family.name], list(done[family.name]))
        worker = _START.Process(target=_work, args=given, daemon=True)
        worker.start()
        theirs.close()
        workers.append((worker, loop.run_in_executor(None, _listen, ours, family, loop, lines)))
    try:
        left = len(workers)
        while left:
            told = await lines.get()
            if told is None:
                left -= 1
            elif isinstance(told, BaseException):
                raise told
            else:
                yield told
    finally:
        for worker, _ in workers:
            worker.terminate()
        await asyncio.gather(*(listener for _, listener in workers))
        for worker, _ in workers:
            worker.join()


def _work(pipe: Connection, family: Family, problem: Problem, done: Sequence[Line]) -> None:
    """Decide in a process of its own; nobody listens any longer where the other end is gone."""
    with suppress(BrokenPipeError, KeyboardInterrupt), pipe:
        try:
            pipe.send(
                ("end", decide(problem, family, done, lambda line: pipe.send(("line", line))))
            )
        except Unproven:
            pipe.send(("unproven", None))


def _listen(
    pipe: Connection,
    family: Family,
    loop: asyncio.AbstractEventLoop,
    lines: asyncio.Queue[Told | BaseException | None],
) -> None:
    def put(told: Told | BaseException | None) -> None:
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(lines.put_nowait, told)

    with pipe:
        while True:
            try:
                kind, content = pipe.recv()
            except (EOFError, OSError):
                put(PublishingRefused(
                    f"what decides {family.name.lower()} ended before its time: run the command "
                    "again, it goes on where it was"
                ))  # fmt: skip
                return
            if kind == "line":
                put((family.name, content))
            elif kind == "end":
                put((family.name, content))
                put(None)
                return
            else:
                put(PublishingRefused(
                    "it was not found out within the limits whether earlier publications keep "
                    "their promise, so nothing is published beside them: report this"
                ))  # fmt: skip
                return
