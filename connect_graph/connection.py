"""Connections of callers: how many there may be, and how long a request may take to arrive.

uvicorn waits for a head for ever, and what it refuses itself carries no headers of ours.
"""

from __future__ import annotations

import asyncio
import fcntl
import socket
import struct
import termios
from asyncio.events import TimerHandle
from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from connect_graph.bounds import USUAL, Bounds
from connect_graph.presence import PRESENCE, Presence
from connect_graph.protection import STRICT

DEAD_SECONDS = 60
"""After how long without a sign a caller counts as gone, also one who reads nothing."""
TAKEN = 65_536
"""[bytes] What a caller takes of an answer in the time that a request may take to arrive."""


class Connection(HttpToolsProtocol):
    """Close what neither asks nor reads in time, and make room where all places are taken."""

    bounds = USUAL
    _arriving: TimerHandle | None = None
    _reading: TimerHandle | None = None
    _begun = False
    _presence: Presence | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a caller in, in the place of one who does not ask where there is none left."""
        if len(self.connections) >= self.bounds.connections and not self._make_room():
            self.transport = transport
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, "Too many connections: try again later.")
            return
        super().connection_made(transport)
        self._presence = Presence(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget a caller."""
        self._arrived()
        if self._reading is not None:
            self._reading.cancel()
        if self._presence is not None:
            self._presence.left()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on; what belongs to no request that is being answered must become one in time."""
        if self._arriving is None and self._waits:
            self._await_head()
        super().data_received(data)

    def on_message_begin(self) -> None:
        """Begin to read a head."""
        self._begun = True
        if self._arriving is None:
            self._await_head()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Begin to answer; `exchange` waits for the body."""
        self._arrived()
        if self._presence is not None:
            self.scope["state"][PRESENCE] = self._presence
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """Go on to the next request, and see that what was answered is read."""
        super().on_response_complete()
        if self._reading is None:
            self._await_reader()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP."""
        self._refuse(HTTPStatus.BAD_REQUEST, msg)

    @property
    def _waits(self) -> bool:
        """Tell whether nothing of it is being answered."""
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is None or cycle.response_complete

    def _await_head(self) -> None:
        self._arriving = self.loop.call_later(self.bounds.request_seconds, self._late)

    def _arrived(self) -> None:
        if self._arriving is not None:
            self._arriving.cancel()
            self._arriving = None
        self._begun = False

    def _await_reader(self) -> None:
        self._reading = None
        if self.transport.get_write_buffer_size():
            seconds, most = self.bounds.request_seconds, self._unread() - TAKEN
            self._reading = self.loop.call_later(seconds, self._require_read, most)

    def _require_read(self, most: int) -> None:
        """End a caller of whose answer more is left than may be."""
        if self.transport.get_write_buffer_size() and self._unread() > most:
            self.transport.abort()
        else:
            self._await_reader()

    def _unread(self) -> int:
        """Count what the caller has not taken: the system takes it from us in large pieces."""
        held = self.transport.get_write_buffer_size()
        if (taken_over := getattr(termios, "TIOCOUTQ", None)) is None:
            return held
        descriptor = self.transport.get_extra_info("socket").fileno()
        (queued,) = struct.unpack("i", fcntl.ioctl(descriptor, taken_over, bytes(4)))
        return held + int(queued)

    def _late(self) -> None:
        if not self._waits:  # the head of the next came with the last request
            self._await_head()
        elif self._begun and not self.transport.is_closing():
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, "The request did not arrive in time.")
        else:
            self.transport.close()

    def _make_room(self) -> bool:
        for each in self.connections:
            if isinstance(each, Connection) and each._waits and not each.transport.is_closing():
                each.transport.close()
                return True
        return False

    def _refuse(self, status: HTTPStatus, said: str) -> None:
        headers = {
            **STRICT,
            "content-type": "text/plain; charset=utf-8",
            "content-length": str(len(said)),
            "connection": "close",
        }
        lines = [f"HTTP/1.1 {status.value} {status.phrase}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.transport.write("\r\n".join([*lines, "", said]).encode())
        self.transport.close()


def bound(bounds: Bounds) -> type[Connection]:
    """Make the protocol of a process's connections."""
    return type("Bound", (Connection,), {"bounds": bounds})


def listen(host: str, port: int) -> socket.socket:
    """Listen; connections notice a caller who is gone without a word.

    Raises: OSError, OverflowError.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in (
            ("TCP_KEEPIDLE", DEAD_SECONDS // 2),
            ("TCP_KEEPINTVL", DEAD_SECONDS // 6),
            ("TCP_KEEPCNT", 3),
            ("TCP_USER_TIMEOUT", DEAD_SECONDS * 1000),
        ):
            if (option := getattr(socket, name, None)) is not None:  # as the system has them
                listening.setsockopt(socket.IPPROTO_TCP, option, value)
        listening.bind((host, port))
    except BaseException:
        listening.close()
        raise
    return listening
