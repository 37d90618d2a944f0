"""HTTP: the application, its routes, and what becomes of every failure."""

from __future__ import annotations

import logging
import secrets
from asyncio import to_thread
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

from graphql import GraphQLError
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from connect_graph import page
from connect_graph.audit import Account, tell
from connect_graph.auth import Authenticator
from connect_graph.bounds import USUAL, Bounds
from connect_graph.budget import Budgets, Charge
from connect_graph.compression import compress
from connect_graph.etag import conditional
from connect_graph.exchange import (
    CSV,
    GRAPHQL,
    JSON,
    STREAMED,
    WrongExchange,
    fold,
    media_type,
    read,
    write,
)
from connect_graph.issuer import Issuer
from connect_graph.log import fields
from connect_graph.presence import while_there
from connect_graph.protection import Protection
from connect_graph.sign_in import SignIn
from connect_graph.stored import StoredOperations
from connect_graph.stream import Following, Stream, whole
from connect_graph.telemetry import SILENT, Telemetry
from connect_graph.watch import Watch, observed
from db.audit.writer import Writer
from db.migrate import MigrationError
from db.pool import Outdated, Pools, TimedOut, Unavailable
from db.viewer import Caller, Role, Viewer
from resolvers.answer import TOO_SLOW, UNREACHABLE, Answer
from resolvers.errors import Code, Refusal
from resolvers.execute import Graph
from resolvers.stream import Streaming
from schema.subgraph import SUBGRAPHS

_LOG = logging.getLogger("connect_graph.http")
Pending = Callable[[], Awaitable[tuple[str, ...]]]
"""Names the migrations that the database still lacks."""
_REFUSED = (Refusal, Unavailable, Outdated, TimedOut)
_CHANGED = Refusal(
    Code.SCOPE_REFUSED, "As what you ask changed while the list was on its way: begin it again."
)


class Door:
    """Answer at one route: authenticate and charge first, then read, then execute."""

    def __init__(
        self,
        graph: Graph,
        pools: Pools,
        authenticator: Authenticator,
        budgets: Budgets,
        bounds: Bounds,
        writer: Writer | None,
        stored_only: frozenset[Role] = frozenset(),
    ) -> None:
        self._graph = graph
        self._stored = StoredOperations(graph, stored_only)
        self._pools = pools
        self._authenticator = authenticator
        self._budgets = budgets
        self._bounds = bounds
        self._writer = writer
        self._name = "/graphql" if graph.part is None else f"/subgraphs/{graph.part}/graphql"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; what became of it is in the audit before the answer leaves."""
        request = HttpRequest(scope, receive)
        headers = fold(scope["headers"])
        account = Account(observed(scope), headers, self._name)
        response = await self._settled(request, account)
        if not isinstance(response, Stream):
            compress(response, headers.get("accept-encoding"))
        await response(scope, receive, send)

    async def _settled(self, request: HttpRequest, account: Account) -> Response:
        try:
            response = await self._answer(request, account)
        except Exception as error:  # noqa: BLE001  the last who could tell
            account.refused(Code.INTERNAL)
            response = _refused(_failed(request, error), JSON)
        try:
            await account.settle(self._writer)
        except Unavailable:
            account.refused(Code.UNAVAILABLE)
            media = GRAPHQL if isinstance(response, Stream) else response.media_type
            return _refused(UNREACHABLE, media or JSON)
        except Exception as error:  # noqa: BLE001  what cannot be audited does not leave
            account.refused(Code.INTERNAL)
            return _refused(_failed(request, error), JSON)
        return response

    async def _answer(self, request: HttpRequest, account: Account) -> Response:
        """Make the answer; nothing that the request brings is read before it is known who asks."""
        media = JSON
        try:
            media = media_type(account.headers.get("accept"), streams=self._graph.part is None)
            if (streamed := media) in STREAMED:
                account.stream = Streaming(flat=streamed == CSV)
                media = GRAPHQL  # of what is refused
            answer = await self._charged(request, account)
            if answer.page is not None and not answer.page.is_whole:
                return Stream(streamed, answer, self._bounds, self._following(request, account))
            response = write(answer, media) if answer.page is None else whole(streamed, answer)
            asked, viewer = account.asked, account.viewer
            is_kept = asked is not None and asked.stored is not None and request.method != "POST"
            if is_kept and viewer is not None and answer.is_answered:
                response = conditional(response, viewer, account.headers.get("if-none-match"))
            return response
        except WrongExchange as wrong:
            account.code = f"HTTP_{wrong.status}"
            body = {"errors": [{"message": wrong.message}]}
            return JSONResponse(body, wrong.status, dict(wrong.headers))
        except ClientDisconnect:
            account.code = "DISCONNECTED"
            return Response(status_code=400)  # nobody reads it
        except _REFUSED as error:
            refusal = _refusal(error)
            account.refused(refusal.code)
            return _refused(refusal, media)

    async def _charged(self, request: HttpRequest, account: Account) -> Answer:
        """Find out who asks, charge them, and answer."""
        watched = observed(request.scope)
        with watched.stage("authenticate"):
            caller = await self._authenticator.caller(account.headers.get("authorization"))
        charge = self._budgets.charge(caller, request.scope)
        account.caller = caller  # what is refused for its number is not worth an entry
        account.answer = answer = await self._as_caller(request, caller, account, charge)
        watched.answered(answer)
        return answer

    def _following(self, request: HttpRequest, first: Account) -> Following:
        """Give the way to the pages of a stream that follow: each is as a request of its own."""

        async def follow(after: str) -> Answer:
            account = first.following(after)
            refusal: Refusal | None = None
            try:
                answer = await self._charged(request, account)
                if _as_what(account.viewer) != _as_what(first.viewer):
                    account.answer = None
                    raise _CHANGED
            except ClientDisconnect:
                account.code = "DISCONNECTED"
                with suppress(Unavailable):
                    await account.settle(self._writer)
                raise
            except _REFUSED as error:
                refusal = _refusal(error)
            except Exception as error:  # noqa: BLE001  the last who could tell
                refusal = _failed(request, error)
            if refusal is not None:
                account.refused(refusal.code)
                answer = Answer.of_errors([refusal], refusal.code)
            try:
                await account.settle(self._writer)
            except Unavailable:
                account.refused(Code.UNAVAILABLE)
                return Answer.of_errors([UNREACHABLE], Code.UNAVAILABLE)
            return answer

        return follow

    async def _as_caller(
        self, request: HttpRequest, caller: Caller, account: Account, charge: Charge
    ) -> Answer:
        """Answer a caller as who they are known to be, where that still holds, or identify them."""
        refused: Refusal | WrongExchange | None = None
        if (known := self._authenticator.known(caller, account.headers)) is not None:
            try:
                answer = await self._as_viewer(request, known, account, charge)
                # What a statement read is proved; what was answered without one is to be.
                if answer.is_read or await self._authenticator.holds(known):
                    return answer
            except Outdated:
                pass
            except (Refusal, WrongExchange) as error:
                if await self._authenticator.holds(known):
                    raise
                refused = error
        account.viewer = None
        async with charge.turn():
            with observed(request.scope).stage("member"):
                account.viewer = viewer = await self._authenticator.admit(caller, account.headers)
        if refused is not None:
            raise refused
        return await self._as_viewer(request, viewer, account, charge)

    async def _as_viewer(
        self, request: HttpRequest, viewer: Viewer, account: Account, charge: Charge
    ) -> Answer:
        account.viewer = viewer
        observed(request.scope).role = viewer.role.value
        if account.asked is None:
            asked = await read(request, account.headers, self._bounds.request_seconds)
            account.asked = replace(asked, stream=account.stream)
        async with charge.turn():
            pool = charge.within(self._pools.roles[viewer.role])
            account.asked = await self._stored.complete(account.asked, viewer, pool)
            work = self._graph.answer(
                account.asked,
                viewer,
                pool,
                office=account.office(self._pools.office, self._writer),
                query_only=request.method != "POST",
                observer=observed(request.scope),
                charge=charge.cost,
            )
            return await while_there(request.scope, work)


def _refused(refusal: Refusal, media: str) -> Response:
    headers = {}
    if refusal.code is Code.UNAUTHENTICATED:
        headers["www-authenticate"] = 'Bearer realm="connect-graph"'
    if refusal.code is Code.UNAVAILABLE:
        headers["retry-after"] = "5"
    errors: list[GraphQLError] = [refusal]
    return write(Answer.of_errors(errors, refusal.code), media, well_formed=False, headers=headers)


def _refusal(error: Exception) -> Refusal:
    match error:
        case Refusal():
            return error
        case TimedOut():
            return TOO_SLOW
        case _:
            return UNREACHABLE


def _as_what(viewer: Viewer | None) -> tuple[object, ...]:
    return () if viewer is None else (viewer.role, viewer.scope, viewer.purpose)


def _failed(request: HttpRequest, error: Exception) -> Refusal:
    reference = secrets.token_hex(6)
    request_id = observed(request.scope).request_id
    _LOG.error("internal error %s", reference, exc_info=error, extra=fields(request=request_id))
    refusal = Refusal(Code.INTERNAL, f"Something went wrong here; reference {reference}.")
    refusal.extensions = {"code": Code.INTERNAL.value, "reference": reference}
    return refusal


async def _unexpected(request: HttpRequest, error: Exception) -> Response:
    return _refused(_failed(request, error), JSON)


async def _health(_request: HttpRequest) -> Response:
    return JSONResponse({"status": "alive"})


def graphs_of(subgraph: str | None) -> Mapping[str, Graph]:
    """Map paths to what is answered there: the whole and beside it each part, or one part alone."""
    whole = Graph.make()
    if subgraph is not None:
        return {"/graphql": whole.subgraph(subgraph)}
    parts = {f"/subgraphs/{name}/graphql": whole.subgraph(name) for name in SUBGRAPHS}
    return {"/graphql": whole, **parts}


def application(
    graphs: Mapping[str, Graph],
    logins: Mapping[str, str],
    issuers: Sequence[Issuer],
    pending: Pending,
    *,
    pool_size: int,
    audit_key: bytes | None,
    telemetry: Telemetry = SILENT,
    tokens: page.Tokens | None = None,
    sign_in: SignIn | None = None,
    with_page: bool = True,
    bounds: Bounds = USUAL,
    stored_only: frozenset[Role] = frozenset(),
) -> Starlette:
    """Make the application; it opens its pools when it starts and closes them when it stops.

    Where `tokens` are given the page offers them: for the demonstration alone. With `sign_in` it
    offers that. Without a key nothing is audited: that is for measuring what the audit costs.
    The roles of `stored_only` run stored operations alone, and none at a subgraph's door.
    """
    budgets = Budgets(bounds, pool_size)
    methods = ("GET", "HEAD", "POST") if bounds.get else ("POST",)
    doors: dict[str, Door] = {}

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        timeout_ms = bounds.statement_seconds * 1000
        pools = await Pools.open(logins, size=pool_size, timeout_ms=timeout_ms)
        writer: Writer | None = None
        try:
            if audit_key is not None:
                writer = await Writer.open(pools.audit, audit_key, tell)
            telemetry.watch(pools)
            app.state.pools = pools
            app.state.writer = writer
            authenticator = Authenticator(issuers, pools.identity)
            app.state.authenticator = authenticator
            for path, graph in graphs.items():
                doors[path] = Door(
                    graph, pools, authenticator, budgets, bounds, writer, stored_only
                )
            yield
        finally:
            doors.clear()
            if writer is not None:
                await writer.close()
            await pools.close()
            await to_thread(telemetry.close)

    async def ready(request: HttpRequest) -> Response:
        return await _ready(request.app.state.pools, request.app.state.writer, pending)

    return _Application(
        routes=[
            # What a door takes never comes here: these say which methods it does.
            *(Route(path, _misused, methods=methods) for path in graphs),
            Route("/health", _health, methods=["GET"]),
            Route("/ready", ready, methods=["GET"]),
            *(page.routes(tokens, sign_in=sign_in) if with_page else ()),
        ],
        lifespan=lifespan,
        exception_handlers={Exception: _unexpected},
        before=Before(doors, methods, telemetry, bounds.hsts_seconds),
    )


@dataclass(frozen=True, slots=True)
class Before:
    """Hold what stands before Starlette: doors are found without its routing."""

    doors: Mapping[str, Door]
    methods: Sequence[str]
    telemetry: Telemetry
    hsts_seconds: int

    def stand(self, app: ASGIApp) -> ASGIApp:
        """Stand before an application."""

        async def find(scope: Scope, receive: Receive, send: Send) -> None:
            is_http = scope["type"] == "http"
            door = self.doors.get(scope["path"]) if is_http else None
            if door is not None and scope["method"] in self.methods:
                await door(scope, receive, send)
            else:
                await app(scope, receive, send)

        return Protection(Watch(find, self.telemetry), self.hsts_seconds)


class _Application(Starlette):
    """Answer behind what stands before: also what fails outside of every route."""

    def __init__(self, *, before: Before, **given: Any) -> None:
        super().__init__(**given)
        self._before = before

    def build_middleware_stack(self) -> ASGIApp:
        """Put it before all."""
        return self._before.stand(super().build_middleware_stack())


async def _misused(_request: HttpRequest) -> Response:
    return Response(status_code=405)


async def _ready(pools: Pools, writer: Writer | None, pending: Pending) -> Response:
    unreachable = JSONResponse({"status": "not ready", "database": "cannot be reached"}, 503)
    if not await pools.alive():
        return unreachable
    if writer is not None and not await writer.alive():
        return JSONResponse({"status": "not ready", "audit": "cannot be written"}, 503)
    try:
        missing = await pending()
    except MigrationError:
        return unreachable
    if missing:
        return JSONResponse({"status": "not ready", "migrations": list(missing)}, 503)
    return JSONResponse({"status": "ready"})
