"""Recording: what commands change has its entry in the audit, or is not done."""

from __future__ import annotations

import getpass
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from connect_graph.audit import audit_key
from connect_graph.settings import Settings
from db.audit.entry import Decision, Entry
from db.audit.writer import Writer
from db.pool import Pools
from db.viewer import Caller

if TYPE_CHECKING:
    from db.catalog import Connection

Record = Callable[[str, Mapping[str, Any], str | None], None]
"""Takes what was done, with which input, and of which document."""


class Recorder:
    """Begin transactions that end with an entry of who runs a command on this machine."""

    def __init__(self, writer: Writer, door: str) -> None:
        self._writer = writer
        self._door = door

    @asynccontextmanager
    async def within(self, connection: Connection) -> AsyncIterator[Record]:
        """Begin one; it fails where nothing is recorded."""
        at, started = datetime.now(UTC), time.monotonic()

        def entry(name: str, given: Mapping[str, Any], document: str | None) -> Entry:
            return Entry(
                at=at,
                request_id=secrets.token_hex(16),
                caller=Caller("connect-graph", "", getpass.getuser()),
                door=self._door,
                operation_name=name,
                document=document,
                variables=given,
                decision=Decision.ANSWERED,
                microseconds=round((time.monotonic() - started) * 1_000_000),
            )

        async with self._writer.within(connection) as transaction:
            yield lambda *done: transaction.append(entry(*done))


@asynccontextmanager
async def recording(settings: Settings, url: str, door: str) -> AsyncIterator[Recorder]:
    """Open the audit for a command, over the audit's own login."""
    pools = await Pools.open(settings.logins(url), size=1)
    try:
        writer = await Writer.open(pools.audit, audit_key(settings.audit_key_file))
        try:
            yield Recorder(writer, door)
        finally:
            await writer.close()
    finally:
        await pools.close()
