"""Protection: the headers that every answer carries, whatever it is and whoever made it.

An answer's own word stands: the page has a policy of its own.
"""

from __future__ import annotations

from types import MappingProxyType

from starlette.datastructures import MutableHeaders
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
        self._headers = {**STRICT, **told}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add what an answer lacks, and what its member has left."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def protect(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                if (charge := charged(scope)) is not None:
                    for name, value in charge.headers().items():
                        headers[name] = value
            await send(message)

        await self._app(scope, receive, protect)
