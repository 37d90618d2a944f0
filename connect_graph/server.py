"""The server: one process that answers until it is told to stop, then finishes what it began."""

from __future__ import annotations

import gc
import socket
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, nullcontext, suppress

import uvicorn
from starlette.applications import Starlette

from connect_graph.bounds import USUAL, Bounds
from connect_graph.connection import bound, listen

GRACE_SECONDS = 10


class PortTaken(Exception):
    """Say in one sentence that the port cannot be listened on."""


class Server(uvicorn.Server):
    """Tell when it answers, once.

    It opens and closes the application itself: uvicorn would make a stack trace of what is refused.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        app: Starlette,
        told: Callable[[], None],
        beside: AbstractAsyncContextManager[None],
    ) -> None:
        super().__init__(config)
        self._app = app
        self._open = AsyncExitStack()
        self._told = told
        self._beside = beside

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to answer."""
        await self._open.enter_async_context(self._app.router.lifespan_context(self._app))
        await self._open.enter_async_context(self._beside)
        await super().startup(sockets)
        if self.started:
            # What is there now stays: a collection need not look at it again.
            gc.collect()
            gc.freeze()
            self._told()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish what was begun."""
        await super().shutdown(sockets)
        await self._open.aclose()


def serve(
    app: Starlette,
    host: str,
    port: int,
    told: Callable[[], None],
    bounds: Bounds = USUAL,
    beside: AbstractAsyncContextManager[None] | None = None,
) -> bool:
    """Serve until SIGINT or SIGTERM; requests under way are finished within the grace time.

    `beside` is entered when the application is open, and left before it closes.

    Returns False where it did not start. Raises: PortTaken, and what the application refuses.
    """
    listening = _listen(host, port)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # nothing depends on what a proxy says of the caller
        date_header=True,
        loop="uvloop",
        http=bound(bounds),
        ws="none",
        lifespan="off",
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=30,
        backlog=512,
    )
    server = Server(config, app, told, beside or nullcontext())
    # When all is finished uvicorn raises the signal again that it obeyed.
    with listening, suppress(KeyboardInterrupt):
        server.run([listening])
    return server.started


def _listen(host: str, port: int) -> socket.socket:
    try:
        return listen(host, port)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise PortTaken(
            f"{host}:{port} cannot be listened on ({reason}): give another one with --port or PORT="
        ) from error
