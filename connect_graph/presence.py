"""Presence: work goes on while somebody waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect
from starlette.types import Scope

_Made = TypeVar("_Made")
PRESENCE = "connect_graph.presence"
"""Where the state of a request has its connection's."""


class Presence:
    """Hold what a caller's leaving ends: a connection's requests are answered one at a time."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        self.end: Callable[[], None] | None = None
        self.over = asyncio.Event()

    def left(self) -> None:
        """End what is done for a caller who is gone."""
        self.over.set()
        if self.end is not None:
            self.end()


async def while_there(scope: Scope, work: Coroutine[Any, Any, _Made]) -> _Made:
    """Do work for a request whose body was read; end it where the caller leaves.

    Raises: ClientDisconnect.
    """
    presence = _presence(scope)
    task = asyncio.current_task()
    if presence is None or task is None:
        return await work
    if presence.over.is_set():
        work.close()
        raise ClientDisconnect
    has_left = False

    def end() -> None:
        nonlocal has_left
        if not has_left:
            has_left = True
            task.cancel()

    presence.end = end
    try:
        return await work
    except asyncio.CancelledError:
        if has_left and task.uncancel() == 0:
            raise ClientDisconnect from None
        raise
    finally:
        presence.end = None


async def break_off(scope: Scope, seconds: float) -> None:
    """Break a connection off in the midst of an answer, so that it is seen to be no whole one.

    What was sent already arrives, where it does within a time.
    """
    presence = _presence(scope)
    if presence is None:
        return
    presence.transport.close()
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await presence.over.wait()
    presence.transport.abort()
    await presence.over.wait()


def _presence(scope: Scope) -> Presence | None:
    found: Presence | None = scope.get("state", {}).get(PRESENCE)
    return found
