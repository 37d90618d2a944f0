"""Compression: answers and files go gzipped to who takes it, as `Accept-Encoding` says.

The size of a compressed answer can tell of a secret that stands beside what an attacker chose,
where a browser can be made to ask with the secret's credentials. Here it cannot: a token travels
in a header that only a program sets, never in a cookie.
"""

from __future__ import annotations

import re

from starlette.datastructures import Headers
from starlette.middleware.gzip import GZipResponder, IdentityResponder
from starlette.types import ASGIApp, Receive, Scope, Send

LEAST_BYTES = 1_000
_LEVEL = (
    5  # a tenth of an answer is left from level 1 on; 9 takes twice as long for one part in 100
)


class Compression:
    """Stand before a route: compress what is large enough, and say what the answer varied by."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and compress its answer where the caller takes that."""
        if takes_gzip(Headers(scope=scope).get("accept-encoding", "")):
            answering: ASGIApp = GZipResponder(self._app, LEAST_BYTES, _LEVEL)
        else:
            answering = IdentityResponder(self._app, LEAST_BYTES)
        await answering(scope, receive, send)


def takes_gzip(accepted: str) -> bool:
    """Tell whether an `Accept-Encoding` takes gzip, by its name or by `*`, and not with q=0."""
    weights = {}
    for part in accepted.lower().split(","):
        name, _, weight = part.partition(";")
        weights[name.strip()] = re.fullmatch(r"\s*q=0(\.0*)?\s*", weight) is None
    return weights.get("gzip", weights.get("*", False))
