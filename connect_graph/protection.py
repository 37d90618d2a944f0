"""Protection: the headers that every answer carries, whatever it is and whoever made it.

An answer's own word stands: the page has a policy of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connect_graph.budget import charged

STRICT = MappingProxyType(
    {
        "cache-control": "no-store",
        "content-security-policy": (
            "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ),
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": (
            "camera=(), clipboard-read=(self), display-capture=(), geolocation=(), microphone=(), "
            "payment=(), usb=()"
        ),
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
    }
)


class Protection:
    """Stand before everything; `hsts_seconds` is said only where it is known that TLS is before."""

    def __init__(self, app: ASGIApp, hsts_seconds: int = 0) -> None:
        self._app = app
        told = {} if hsts_seconds == 0 else {"strict-transport-security": f"max-age={hsts_seconds}"}
        self._headers = encoded({**STRICT, **told})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add what an answer lacks, and what its member has left."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def protect(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                said = {name for name, _ in headers}
                headers += [each for each in self._headers if each[0] not in said]
                if (charge := charged(scope)) is not None:
                    headers += encoded(charge.headers())
                message["headers"] = headers
            await send(message)

        await self._app(scope, receive, protect)


def encoded(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """Spell headers, whose names are lower-case, as they travel."""
    return [(name.encode("ascii"), value.encode("ascii")) for name, value in headers.items()]
