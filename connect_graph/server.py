"""The server: one process that answers until it is told to stop, then finishes what it began."""

from __future__ import annotations

import socket
from collections.abc import Callable

import uvicorn
from starlette.applications import Starlette

GRACE_SECONDS = 10


class PortTaken(Exception):
    """Say in one sentence that the port cannot be listened on."""


class Server(uvicorn.Server):
    """Tell when it answers, once."""

    def __init__(self, config: uvicorn.Config, told: Callable[[], None]) -> None:
        super().__init__(config)
        self._told = told

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to answer."""
        await super().startup(sockets)
        if self.started:
            self._told()


def serve(app: Starlette, host: str, port: int, told: Callable[[], None]) -> bool:
    """Serve until SIGINT or SIGTERM; requests under way are finished within the grace time.

    Returns False where it did not start. Raises: PortTaken.
    """
    listening = _listen(host, port)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=30,
        backlog=512,
    )
    server = Server(config, told)
    with listening:
        server.run([listening])
    return server.started


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
    except (OSError, OverflowError) as error:
        listening.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise PortTaken(
            f"{host}:{port} cannot be listened on ({reason}): give another one with --port or PORT="
        ) from error
    return listening
