"""The watch: observe each request, give it an id of ours, and tell in a line how it ended."""

from __future__ import annotations

import logging
from urllib.parse import quote

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connect_graph import sign_in
from connect_graph.log import REQUEST, fields
from connect_graph.place import PLAYGROUND, outcome
from connect_graph.telemetry import Observed, Telemetry
from resolvers.errors import Code
from schema.subgraph import SUBGRAPHS

HEADER = "X-Request-Id"
_OBSERVED = "connect_graph.observed"
_LOG = logging.getLogger("connect_graph.request")
_ASSETS = "/graphiql/assets"
_QUIET = {"/health", "/ready", _ASSETS}
_ROUTES = {"/graphql", PLAYGROUND, "/health", "/ready", *sign_in.ROUTES} | {
    f"/subgraphs/{name}/graphql" for name in SUBGRAPHS
}


class Watch:
    """Stand before the routes; an id that a request brings is not looked at."""

    def __init__(self, app: ASGIApp, telemetry: Telemetry) -> None:
        self._app = app
        self._telemetry = telemetry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Watch an HTTP request; everything else passes."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        watched = self._telemetry.observe(_route(scope["path"]))
        scope[_OBSERVED] = watched
        status = 0

        async def tell(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                name, value = HEADER.lower().encode(), watched.request_id.encode()
                message["headers"] = [*message.get("headers", ()), (name, value)]
            await send(message)

        token = REQUEST.set(watched.request_id)
        try:
            await self._app(scope, receive, tell)
        except Exception:
            status = 500
            watched.refused(Code.INTERNAL)
            raise
        finally:
            self._telemetry.finish(watched, status)
            _tell(watched, status)
            REQUEST.reset(token)


def observed(scope: Scope) -> Observed:
    """Give what watches a request."""
    found: Observed = scope[_OBSERVED]
    return found


def _route(path: str) -> str:
    """Name the route: the path itself is the caller's to choose."""
    if path.startswith(f"{_ASSETS}/"):
        return _ASSETS
    return path if path in _ROUTES else outcome(quote(path)) or "other"


def _tell(watched: Observed, status: int) -> None:
    quiet = watched.route in _QUIET and status < 400
    told = {
        **watched.attributes,
        "status": status or None,
        "codes": watched.codes,
        "durationMs": round(watched.seconds * 1000, 1),
        "statements": watched.statements,
        "rows": watched.rows,
    }
    _LOG.log(logging.DEBUG if quiet else logging.INFO, "request", extra=fields(**told))
