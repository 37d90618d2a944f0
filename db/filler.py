"""Keeping pseudonyms complete: whoever comes to belong to a scope gets an id there, soon after.

The database says on a channel that facts changed, never which; an interval catches what was missed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import asyncpg

from db.pool import UNREACHED
from db.pseudonym import Connection, complete, lacking

CHANNEL = "connect_scope"
INTERVAL_SECONDS = 30.0
_GATHER_SECONDS = 0.1
_SHARE = 4
"""How much longer than looking took it rests: with news all the time it takes a fifth of a core."""
_IDLE_SHARE = 40
"""Likewise without any news."""
_RETRY_SECONDS = (0.5, 1, 2, 5, 10)
_AGAIN = (*UNREACHED, asyncpg.TransactionRollbackError, asyncpg.LockNotAvailableError)


async def keep_filled(
    url: str,
    key_file: Path,
    stop: asyncio.Event,
    told: Callable[[int], None],
    troubled: Callable[[str], None],
    *,
    interval: float = INTERVAL_SECONDS,
) -> None:
    """Fill whenever facts change, until told to stop; then finish what was begun.

    `told` hears how many ids were made, first of all after looking once; `troubled` why the
    database cannot be asked. It is asked again, less and less often. Raises: KeyRefused.
    """
    failures = 0
    while not stop.is_set():
        try:
            connection = await _connect(url)
            try:
                async for made in _Watch(connection, key_file, stop, interval):
                    failures = 0
                    told(made)
            finally:
                await _close(connection)
        except _AGAIN as error:
            wait = _RETRY_SECONDS[min(failures, len(_RETRY_SECONDS) - 1)]
            failures += 1
            troubled(f"the database cannot be asked ({type(error).__name__}): again in {wait} s")
            await _until(stop, wait)


async def _connect(url: str) -> Connection:
    settings = {"application_name": "connect-graph fill"}
    try:
        return await asyncpg.connect(url, timeout=10, server_settings=settings)
    except asyncpg.PostgresError as error:  # whatever it says: it let this program in before
        raise asyncpg.InterfaceError(type(error).__name__) from error


class _Watch:
    """Fill at once, and then whenever there is reason to; gives how many ids were made."""

    def __init__(
        self, connection: Connection, key_file: Path, stop: asyncio.Event, interval: float
    ) -> None:
        self._connection = connection
        self._key_file = key_file
        self._stop = stop
        self._interval = interval
        self._woken = asyncio.Event()
        self._rest: float | None = None
        self._pause = interval

    def __aiter__(self) -> _Watch:
        return self

    async def __anext__(self) -> int:
        if self._rest is None:
            await self._connection.add_listener(CHANNEL, self._wake)
            self._connection.add_termination_listener(self._wake)
        else:
            await _until(self._stop, self._rest)  # several changes are answered together
            await self._news()
        if self._stop.is_set():
            raise StopAsyncIteration
        self._woken.clear()
        began = time.monotonic()
        made = 0
        if await lacking(self._connection):
            async with self._connection.transaction():
                made = await complete(self._connection, self._key_file)
        took = time.monotonic() - began
        self._rest = max(_GATHER_SECONDS, _SHARE * took)
        self._pause = max(self._interval, _IDLE_SHARE * took)
        return made

    def _wake(self, *_: object) -> None:
        self._woken.set()

    async def _news(self) -> None:
        """Wait for a change, the end of the connection, the interval, or to be told to stop."""
        waiting = [asyncio.ensure_future(event.wait()) for event in (self._woken, self._stop)]
        try:
            await asyncio.wait(waiting, timeout=self._pause, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waiting:
                each.cancel()


async def _until(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)


async def _close(connection: Connection) -> None:
    try:
        await connection.close(timeout=5)
    except (*UNREACHED, TimeoutError):
        connection.terminate()
