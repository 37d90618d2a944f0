"""Presence: work goes on while somebody waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect
from starlette.types import Scope

_Made = TypeVar("_Made")
PRESENCE = "connect_graph.presence"
"""Where the state of a request has its connection's."""


class Presence:
    """Hold what a caller's leaving ends: a connection's requests are answered one at a time."""

    def __init__(self) -> None:
        self.end: Callable[[], None] | None = None
        self.is_over = False

    def left(self) -> None:
        """End what is done for a caller who is gone."""
        self.is_over = True
        if self.end is not None:
            self.end()


async def while_there(scope: Scope, work: Coroutine[Any, Any, _Made]) -> _Made:
    """Do work for a request whose body was read; end it where the caller leaves.

    Raises: ClientDisconnect.
    """
    presence: Presence | None = scope.get("state", {}).get(PRESENCE)
    task = asyncio.current_task()
    if presence is None or task is None:
        return await work
    if presence.is_over:
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
