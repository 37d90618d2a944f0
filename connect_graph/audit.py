"""The audit at a door: what is kept of one request, written before its answer leaves."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from connect_graph.log import fields
from connect_graph.telemetry import Observed
from db.audit.entry import Decision, Entry
from db.audit.seal import Seal
from db.audit.writer import Writer
from db.key import load_key
from db.office.change import Office, Record
from db.office.outcome import Outcome
from db.pool import Pool
from db.viewer import Caller, Viewer
from resolvers.answer import Answer
from resolvers.errors import Code
from resolvers.execute import Request
from resolvers.stream import Streaming

if TYPE_CHECKING:
    from db.catalog import Connection

_LOG = logging.getLogger("connect_graph.audit")
FEDERATED = "x-federated-request-id"
"""The header in which our gateway names the request that it divides."""
STORED = "?operation"
"""What follows a door where a stored operation was asked for, whose name is the entry's."""
_ID = re.compile(r"[0-9a-f]{32}")


def audit_key(path: Path) -> bytes:
    """Read the key of the audit, or make one where there is none.

    Raises: KeyRefused.
    """
    return load_key(path, otherwise="what was written with it could not be verified with a new one")


def tell(seal: Seal) -> None:
    """Tell the log of a seal: who keeps the log can hold the database against it."""
    told = {"number": seal.number, "chain": seal.chain.hex, "entries": seal.ordinal}
    _LOG.info("audit sealed", extra=fields(seal=seal.digest.hex(), **told))


class Account:
    """Gather what is known of a request, as it becomes known."""

    def __init__(self, watched: Observed, headers: Mapping[str, str], door: str) -> None:
        self._watched = watched
        self.headers = headers
        self._door = door
        self.caller: Caller | None = None
        """Who asks, once a token was verified."""
        self.viewer: Viewer | None = None
        self.asked: Request | None = None
        self.stream: Streaming | None = None
        """Which page of a stream is asked for."""
        self.answer: Answer | None = None
        self.code: str | None = None
        """Why it was refused whole."""

    def refused(self, code: Code) -> None:
        """Note that it was refused whole."""
        self.code = code.value
        self._watched.refused(code)

    def following(self, after: str) -> Account:
        """Begin the account of the page of a stream that follows."""
        found = Account(self._watched, self.headers, self._door)
        found.stream = self.stream and replace(self.stream, after=after)
        found.asked = self.asked and replace(self.asked, stream=found.stream)
        return found

    async def settle(self, writer: Writer | None) -> None:
        """Write the entry; of a caller who could not be identified there is none.

        Raises: Unavailable.
        """
        if writer is None or self.caller is None:
            return
        with self._watched.stage("audit"):
            await writer.write(self._entry(self.caller))

    def office(self, pool: Pool, writer: Writer | None) -> Office | None:
        """Give the way on which changes are made: each with an entry of its own, or not at all."""
        if writer is None or self.caller is None:
            return None
        caller = self.caller

        @asynccontextmanager
        async def begin(connection: Connection) -> AsyncIterator[Record]:
            async with writer.within(connection) as transaction:
                yield lambda *done: transaction.append(self._change(caller, *done))

        return Office(pool, begin)

    def _change(
        self, caller: Caller, name: str, given: Mapping[str, Any], outcome: Outcome
    ) -> Entry:
        """Describe a change: its input, and whether anything is otherwise now."""
        return replace(
            self._entry(caller),
            operation_name=name,
            variables={"input": given, "changed": outcome.changed},
            patients=() if outcome.patient is None else (outcome.patient,),
            decision=Decision.ANSWERED,
            codes=(),
        )

    def _entry(self, caller: Caller) -> Entry:
        watched, viewer, asked, answer = self._watched, self.viewer, self.asked, self.answer
        seconds = watched.seconds
        claimed = self.headers.get(FEDERATED)
        is_answered = answer is not None and answer.is_answered
        released = answer.released if answer is not None and is_answered else None
        return Entry(
            at=datetime.now(UTC) - timedelta(seconds=seconds),
            request_id=watched.request_id,
            federated_request_id=claimed if claimed and _ID.fullmatch(claimed) else None,
            caller=caller,
            role=None if viewer is None else viewer.role.name,
            scope=self.headers.get("x-scope") if viewer is None else viewer.scope,
            purpose=_purpose(self.headers, viewer),
            door=self._door if asked is None or asked.stored is None else self._door + STORED,
            operation_name=None if asked is None else asked.stored or asked.operation_name,
            document=None if asked is None else asked.query or None,
            variables=None if asked is None else asked.variables,
            rows={} if released is None else released.rows,
            patients=() if released is None else tuple(released.patients),
            cells=0 if released is None else released.cells,
            release=None if released is None else ", ".join(sorted(released.releases)) or None,
            decision=Decision.ANSWERED if is_answered else Decision.REFUSED,
            codes=watched.codes if self.code is None else (self.code,),
            microseconds=round(seconds * 1_000_000),
        )


class ExportAccount:
    """Account for an export of the command line, as for a request."""

    def __init__(
        self, writer: Writer, caller: Caller, headers: Mapping[str, str], what: str
    ) -> None:
        self._writer = writer
        self._caller = caller
        self._headers = headers
        self._what = what
        self._began = datetime.now(UTC)
        self.viewer: Viewer | None = None

    async def settle(self, rows: Mapping[str, int], patients: Sequence[int]) -> None:
        """Write the entry of an export that is about to leave, with the rows of each file.

        Raises: Unavailable.
        """
        await self._writer.write(replace(self._entry(), rows=rows, patients=patients))

    async def refused(self, code: str) -> None:
        """Write the entry of one that was refused.

        Raises: Unavailable.
        """
        refused = replace(self._entry(), decision=Decision.REFUSED, codes=(code,))
        await self._writer.write(refused)

    def _entry(self) -> Entry:
        viewer = self.viewer
        return Entry(
            at=self._began,
            request_id=token_hex(16),
            caller=self._caller,
            role=None if viewer is None else viewer.role.name,
            scope=self._headers.get("x-scope") if viewer is None else viewer.scope,
            purpose=_purpose(self._headers, viewer),
            door="connect-graph export",
            document=self._what,
            decision=Decision.ANSWERED,
            microseconds=round((datetime.now(UTC) - self._began).total_seconds() * 1_000_000),
        )


def _purpose(headers: Mapping[str, str], viewer: Viewer | None) -> str | None:
    """Give the purpose that was stated, or the scope's only one."""
    return headers.get("x-purpose") if viewer is None else viewer.purpose
