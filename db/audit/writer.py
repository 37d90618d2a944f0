"""The writer: entries are durable before it returns, and those of the same moment share a write."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import asyncpg

from db.audit.chain import Chain
from db.audit.entry import Entry
from db.audit.seal import Seal, seal
from db.pool import ACQUIRE_SECONDS, UNREACHED, Pool, Unavailable

if TYPE_CHECKING:
    from db.catalog import Connection

SEAL_SECONDS = 2.0
"""How long entries may be without a seal while the database answers."""
GATHERING_SECONDS = 0.001
"""How long a write waits for more entries, where the last had several."""
MOST = 256
"""Entries of one write."""
_FAILED = (*UNREACHED, asyncpg.PostgresError)
_UNFIT = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)


def _untold(_seal: Seal) -> None:
    """Tell nobody."""


class Unaudited(Exception):
    """Say that a transaction ended without an entry, and was undone."""


class Transaction:
    """Hold the entries that a transaction of another login will end with."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def append(self, entry: Entry) -> None:
        """Add an entry; it is stored when the transaction commits, or not at all."""
        self.entries.append(entry)


class Writer:
    """Write one process's chain.

    Whenever it cannot be known whether entries were stored, the chain is left as it is and the next
    entry opens another: a chain never forks and never has a gap.
    """

    def __init__(self, pool: Pool, key: bytes, told: Callable[[Seal], None] = _untold) -> None:
        self._pool = pool
        self._key = key
        self._told = told
        self._chain: Chain | None = None
        self._left: Chain | None = None
        """The chain before, where it had to be left."""
        self._connection: Connection | None = None
        self._held = asyncio.Lock()
        """Held by who writes to the chain."""
        self._sealed = 0
        self._waiting: list[tuple[Entry, asyncio.Future[None]]] = []
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    @classmethod
    async def open(cls, pool: Pool, key: bytes, told: Callable[[Seal], None] = _untold) -> Writer:
        """Begin a chain: what cannot be audited does not start.

        Raises: Unavailable.
        """
        writer = cls(pool, key, told)
        async with writer._held:
            await writer._ready()
        tasks = (writer._run(), writer._seal_regularly())
        writer._tasks = [asyncio.create_task(task) for task in tasks]
        return writer

    async def close(self) -> None:
        """Write what waits, seal, and let go."""
        await asyncio.gather(*(each for _, each in self._waiting), return_exceptions=True)
        async with self._held:  # so that nothing is cut off
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            with suppress(Unavailable):
                await self._seal()
            await self._let_go()

    async def alive(self) -> bool:
        """Tell whether an entry could be written now."""
        if self._chain is None:
            async with self._held:
                with suppress(Unavailable):
                    await self._ready()
        return self._chain is not None

    async def write(self, entry: Entry) -> None:
        """Write an entry; when this returns, it is durable.

        Raises: Unavailable.
        """
        stored = asyncio.get_running_loop().create_future()
        self._waiting.append((entry, stored))
        self._wake.set()
        await stored

    @asynccontextmanager
    async def within(self, connection: Connection) -> AsyncIterator[Transaction]:
        """Begin a transaction of another login, which ends with the entries that it is given.

        They are stored with it, or it fails. The chain is held only while it ends.
        Raises: Unavailable where it cannot be known that both are stored.
        """
        transaction = Transaction()
        begun = connection.transaction()
        try:
            await begun.start()
        except BaseException:
            connection.terminate()  # whether it began is not known
            raise
        try:
            yield transaction
            if not transaction.entries:
                raise Unaudited
            async with self._held:
                await self._ready()

                async def end(chain: Chain) -> None:
                    appended = await chain.append(connection, transaction.entries)
                    await begun.commit()
                    chain.stored(appended)

                await self._writing(end, keeps=(asyncpg.PostgresError,))
        except BaseException:
            with suppress(*_FAILED):
                try:
                    await begun.rollback()
                except asyncio.CancelledError:
                    connection.terminate()  # and with it the transaction
                    raise
            raise

    async def _run(self) -> None:
        several = False
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                if several:  # more are about to come: one write for all takes less of each
                    await asyncio.sleep(GATHERING_SECONDS)
                async with self._held:
                    several = len(self._waiting) > 1
                    batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                    await self._flush(batch)

    async def _flush(self, batch: Sequence[tuple[Entry, asyncio.Future[None]]]) -> None:
        async def append(chain: Chain) -> None:
            connection = self._connection
            if connection is None:
                raise Unavailable
            chain.stored(await chain.append(connection, [entry for entry, _ in batch]))

        failure: BaseException | None = None
        try:
            await self._ready()
            await self._writing(append)
        except _UNFIT as error:
            if len(batch) > 1:  # the others are not to suffer from one
                for one in batch:
                    await self._flush([one])
                return
            failure = error
        except asyncpg.PostgresError as error:
            failure = Unavailable(type(error).__name__)
        except Exception as error:  # noqa: BLE001  told to who waits for it
            failure = error
        except BaseException:
            failure = Unavailable()
            raise
        finally:
            for _, stored in batch:
                if stored.done():
                    continue  # whoever asked has gone
                if failure is None:
                    stored.set_result(None)
                else:
                    stored.set_exception(failure)

    async def _writing(
        self,
        write: Callable[[Chain], Awaitable[None]],
        keeps: tuple[type[BaseException], ...] = (),
    ) -> None:
        """Write to the chain, or leave it: what was not told to be stored may be there.

        It is kept where the database itself said that nothing was.
        """
        chain = self._chain
        if chain is None:
            raise Unavailable
        try:
            await write(chain)
        except BaseException as error:
            is_unknown = isinstance(error, UNREACHED)
            if is_unknown or not isinstance(error, keeps):
                self._left, self._chain = chain, None
            if is_unknown:
                raise Unavailable(type(error).__name__) from error
            raise

    async def _ready(self) -> None:
        """Have a connection, and a chain that can be gone on with.

        Raises: Unavailable.
        """
        if self._chain is not None and self._connection is not None:
            return
        await self._let_go()
        try:
            connection = await self._pool.connections.acquire(timeout=ACQUIRE_SECONDS)
        except _FAILED as error:
            raise Unavailable(type(error).__name__) from error
        self._connection = connection
        chain = Chain(self._key, datetime.now(UTC), self._left)
        try:
            async with connection.transaction():
                await chain.open(connection)
                sealed = await self._sealing(connection, chain)
        except _FAILED as error:
            await self._let_go()
            raise Unavailable(type(error).__name__) from error
        except BaseException:
            await self._let_go()
            raise
        self._chain, self._left, self._sealed = chain, None, 0
        self._told(sealed)

    async def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        with suppress(*_FAILED):  # a connection that was lost is no longer ours
            if self._chain is None:
                connection.terminate()  # what it was doing is not known
            await self._pool.connections.release(connection)  # type: ignore[arg-type]

    async def _seal_regularly(self) -> None:
        while True:
            await asyncio.sleep(SEAL_SECONDS)
            with suppress(Unavailable):
                await self._seal()

    async def _seal(self) -> None:
        """Seal what was stored since the last seal, on a connection of its own.

        Raises: Unavailable.
        """
        chain = self._chain
        if chain is None or chain.ordinal == self._sealed:
            return
        ordinal, head = chain.ordinal, chain.head
        try:
            async with (
                self._pool.connections.acquire(timeout=ACQUIRE_SECONDS) as connection,
                connection.transaction(),
            ):
                sealed = await self._sealing(connection, chain, ordinal, head)
        except _FAILED as error:
            raise Unavailable(type(error).__name__) from error
        if chain is self._chain:
            self._sealed = ordinal
        self._told(sealed)

    async def _sealing(
        self,
        connection: Connection,
        chain: Chain,
        ordinal: int = 0,
        head: bytes | None = None,
    ) -> Seal:
        return await seal(
            connection, self._key, datetime.now(UTC), chain.id, ordinal, head or chain.head
        )
