"""What is fetched from a provider and kept: refreshed when old, and asked for again at a limit."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from connect_graph.log import fields

FRESH_SECONDS = 300.0
"""How long it is used without asking again."""
LIMIT_SECONDS = 30.0
"""How long after it was asked for again it is not, whatever it lacks."""
RETRY_SECONDS = 5.0
"""How long after a failure it is not asked for again, where there never was any."""
LONGEST_SECONDS = 24 * 3600.0
"""How long it is used while it cannot be had anew."""
_LOG = logging.getLogger("connect_graph.provider")
_Value = TypeVar("_Value")


class Unfetched(Exception):
    """Say in one sentence why it cannot be had."""


class Kept(Generic[_Value]):
    """Keep what a function fetches; whoever asks meanwhile waits for the one fetch under way."""

    def __init__(
        self,
        fetch: Callable[[], Awaitable[_Value]],
        what: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetch = fetch
        self._what = what
        self._clock = clock
        self._held: tuple[_Value, float] | None = None
        self._tried = self._missed = float("-inf")
        self._failed = False
        self._under_way: asyncio.Task[None] | None = None

    async def value(self) -> _Value:
        """Give what is kept, as fresh as it can be had.

        Raises: Unfetched where there is none.
        """
        if self._held is None or self._age > LONGEST_SECONDS:
            if self._under_way is not None or self._clock() - self._tried >= RETRY_SECONDS:
                await self._anew()
        elif self._age > FRESH_SECONDS and self._clock() - self._tried >= LIMIT_SECONDS:
            # Who has waited once for a provider that does not answer shall not wait again.
            if self._failed:
                self._begin()
            else:
                await self._anew()
        if self._held is None or self._age > LONGEST_SECONDS:
            raise Unfetched(self._what)
        return self._held[0]

    async def again(self) -> _Value:
        """Give it fetched anew, for something it lacks; within the limit what is kept.

        Raises: Unfetched where there is none.
        """
        if self._under_way is not None:
            await self._anew()
        elif self._clock() - self._missed >= LIMIT_SECONDS:
            self._missed = self._clock()
            await self._anew()
        return await self.value()

    @property
    def _age(self) -> float:
        return float("inf") if self._held is None else self._clock() - self._held[1]

    def _begin(self) -> asyncio.Task[None]:
        if self._under_way is None:
            self._under_way = asyncio.create_task(self._renew())
        return self._under_way

    async def _anew(self) -> None:
        # Shielded: who no longer waits must not end it for the others.
        await asyncio.shield(self._begin())

    async def _renew(self) -> None:
        self._tried = self._clock()
        try:
            self._held = (await self._fetch(), self._clock())
            self._failed = False
        except Unfetched as error:
            self._failed = True
            _LOG.error("%s cannot be had: %s", self._what, error, extra=fields())
        finally:
            self._under_way = None
