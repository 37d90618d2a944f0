"""A stream: a whole list that goes page after page, as fast as it is read."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Awaitable, Callable
from dataclasses import replace

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from connect_graph.bounds import Bounds
from connect_graph.exchange import CSV
from connect_graph.presence import break_off
from connect_graph.table import Table
from connect_graph.watch import observed
from resolvers.answer import Answer
from resolvers.errors import Code, Refusal

Following = Callable[[str], Awaitable[Answer]]
"""Answers the page after a cursor; it is in the audit then."""
PIECE = 65_536
"""[bytes] that are sent at once."""
_HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
_TOO_LONG = Refusal(
    Code.TIMEOUT, "The list took longer than a stream may: ask for the rest with `after`."
)


def whole(media: str, answer: Answer) -> Response:
    """Send lines that were made at once, as rows where that is asked for."""
    text, lines = answer.text or "", f"{answer.text}\n" if answer.text else ""
    if media == CSV:
        table = Table(() if answer.page is None else answer.page.columns)
        lines = table.head + table.rows(text)
    return Response(lines, 200, dict(_HEADERS), _spelled(media))


def _spelled(media: str) -> str:
    """Spell the media type of lines."""
    return f"{media}; charset=utf-8{'; header=present' if media == CSV else ''}"


class Stream(Response):
    """Send pages; the next is read once the last was taken, and nothing is held meanwhile."""

    def __init__(self, media: str, first: Answer, bounds: Bounds, following: Following) -> None:
        super().__init__(None, 200, dict(_HEADERS), _spelled(media))
        del self.headers["content-length"]
        self._answer = first
        self._bounds = bounds
        self._following = following
        columns = () if first.page is None else first.page.columns
        self._table = Table(columns) if media == CSV else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the list; where it cannot be sent whole the connection is broken off."""
        head = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(head)
        seconds: float = self._bounds.request_seconds
        try:
            if scope["method"] == "HEAD" or await self._send_pages(send):
                await send({"type": "http.response.body"})
                return
        except ClientDisconnect:
            return
        except TimeoutError:
            observed(scope).refused(Code.TIMEOUT)
            seconds = 0
        await break_off(scope, seconds)

    async def _send_pages(self, send: Send) -> bool:
        """Send page after page, and what the last line tells; say whether the list is whole."""
        clock = asyncio.get_running_loop().time
        end = clock() + self._bounds.stream_seconds
        await self._send("" if self._table is None else self._table.head, send, end)
        while (page := self._answer.page) is not None:
            text = self._answer.text or ""
            self._answer = replace(self._answer, text=None)
            await self._send(self._written(text), send, end)
            if page.after is None:
                break
            del text
            if clock() > end:
                self._answer = Answer.of_errors([_TOO_LONG], _TOO_LONG.code)
            else:
                self._answer = await self._following(page.after)
        if self._table is None and self._answer.members:
            told = json.dumps(self._answer.members, ensure_ascii=False, separators=(",", ":"))
            await self._send(f"{told}\n", send, math.inf)
        return self._answer.page is not None

    def _written(self, lines: str) -> str:
        if self._table is not None:
            return self._table.rows(lines)
        return f"{lines}\n" if lines else ""

    async def _send(self, text: str, send: Send, end: float) -> None:
        """Send a text in pieces.

        Raises: TimeoutError where one is not taken in its time, or before the end of all.
        """
        clock = asyncio.get_running_loop().time
        content = text.encode()
        for start in range(0, len(content), PIECE):
            piece = content[start : start + PIECE]
            async with asyncio.timeout_at(min(end, clock() + self._bounds.request_seconds)):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
