"""What logs, spans and metrics say of requests, and what they never do."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import asyncpg
import httpx
import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from connect_graph import log
from connect_graph.http import application, graphs_of
from connect_graph.settings import ROLES
from connect_graph.telemetry import Telemetry
from db.pool import Pool
from tests.world import AUDIT_KEY, World

PLANT = "PLANTED7391"
QUERY = (
    f"query {PLANT}Name($id: ID!) {{ # {PLANT} comment\n"
    f"  {PLANT}alias: patient(id: $id) {{ id sex }} patients(first: 3) {{ nodes {{ id sex }} }} }}"
)


@dataclass(frozen=True, slots=True)
class Watched:
    """Hold an application and everything that is told of it."""

    client: httpx.AsyncClient
    token: str
    written: io.StringIO
    spans: InMemorySpanExporter
    metrics: InMemoryMetricReader

    async def ask(self, query: str = "{ viewer { role } }", **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        body = {"query": query, **more}
        return await self.client.post("/graphql", json=body, headers=headers)

    @property
    def lines(self) -> list[dict[str, Any]]:
        """List what was told, seals of the audit aside: they come with the clock."""
        told = [json.loads(line) for line in self.written.getvalue().splitlines()]
        return [line for line in told if line["event"] != "audit sealed"]

    @property
    def measured(self) -> dict[str, list[dict[str, Any]]]:
        data = json.loads(self.metrics.get_metrics_data().to_json())  # type: ignore[union-attr]
        scopes = [scope for one in data["resource_metrics"] for scope in one["scope_metrics"]]
        return {m["name"]: m["data"]["data_points"] for scope in scopes for m in scope["metrics"]}

    @property
    def everything(self) -> str:
        spans = "".join(span.to_json() for span in self.spans.get_finished_spans())
        return self.written.getvalue() + spans + json.dumps(self.measured)

    def span(self, name: str) -> ReadableSpan:
        return next(span for span in self.spans.get_finished_spans() if span.name == name)


@contextmanager
def logged() -> Iterator[io.StringIO]:
    root, ours = logging.getLogger(), logging.getLogger("connect_graph")
    kept = root.handlers[:], root.level, ours.level
    written = io.StringIO()
    log.set_up(written)
    try:
        yield written
    finally:
        root.handlers[:] = kept[0]
        root.setLevel(kept[1])
        ours.setLevel(kept[2])


@pytest.fixture
async def watched(world: World) -> AsyncIterator[Watched]:
    async def nothing() -> tuple[str, ...]:
        return ()

    spans, metrics = InMemorySpanExporter(), InMemoryMetricReader()
    traces = TracerProvider()
    traces.add_span_processor(SimpleSpanProcessor(spans))
    app = application(
        graphs_of(None),
        {role: world.database.login(role) for role in ROLES},
        [world.issuer.issuer()],
        nothing,
        pool_size=2,
        audit_key=AUDIT_KEY,
        telemetry=Telemetry(traces, MeterProvider([metrics])),
    )
    token = await world.token("partner")
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    with logged() as written:
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://graph") as client,
        ):
            yield Watched(client, token, written, spans, metrics)


async def test_a_request_is_one_line(watched: Watched) -> None:
    response = await watched.ask(QUERY, variables={"id": "x"})
    assert response.json()["data"]["patients"]["nodes"]
    (line,) = watched.lines
    assert line.pop("time").endswith("+00:00")
    assert line.pop("durationMs") > 0
    assert line == {
        "level": "info",
        "logger": "connect_graph.request",
        "event": "request",
        "request": response.headers["x-request-id"],
        "route": "/graphql",
        "role": "partner",
        "operation": "query",
        "status": 200,
        "codes": [],
        "statements": 1,
        "rows": 3,
    }


async def test_a_request_is_spans_of_one_trace(watched: Watched) -> None:
    foreign = {"traceparent": f"00-{'1' * 32}-{'2' * 16}-01"}
    await watched.ask(QUERY, variables={"id": "x"}, headers=foreign)
    finished = watched.spans.get_finished_spans()
    names = sorted(span.name for span in finished)
    assert names == [*("audit", "authenticate", "member", "plan", "request", "statement")]
    request = watched.span("request")
    assert request.parent is None
    assert request.context.trace_id != int("1" * 32, 16)
    for span in finished:
        assert span is request or span.parent == request.context
    assert dict(request.attributes or {}) == {
        "route": "/graphql",
        "role": "partner",
        "operation": "query",
        "code": "OK",
        "status": 200,
    }


async def test_what_is_measured(watched: Watched) -> None:
    await watched.ask(QUERY, variables={"id": "x"})
    await watched.ask("{ nonsense }")
    await watched.client.get("/graphql")
    found = watched.measured
    durations = found["connect_graph.request.duration"]
    assert sorted(point["attributes"]["code"] for point in durations) == [
        "GRAPHQL_VALIDATION_FAILED",
        "OK",
        "UNAUTHENTICATED",
    ]
    (statements,) = found["connect_graph.operation.statements"]
    assert (statements["sum"], statements["count"]) == (1, 1)
    refusals = {p["attributes"]["code"]: p["value"] for p in found["connect_graph.refusals"]}
    assert refusals == {"GRAPHQL_VALIDATION_FAILED": 1, "UNAUTHENTICATED": 1}
    pools = found["connect_graph.pool.connections"]
    assert {(p["attributes"]["role"], p["attributes"]["state"]) for p in pools} == {
        (role, state) for role in ROLES for state in ("used", "idle")
    }


async def test_nothing_that_a_request_brings_or_gets_is_told(watched: Watched) -> None:
    planted = {"X-Request-Id": PLANT, "X-Scope": PLANT, "Cookie": PLANT, "User-Agent": PLANT}
    answered = await watched.ask(QUERY, variables={"id": PLANT}, operationName=f"{PLANT}Name")
    ids = [node["id"] for node in answered.json()["data"]["patients"]["nodes"]]
    assert ids
    await watched.ask(QUERY, variables={"id": ids[0]})
    await watched.ask(QUERY, variables={"id": ids[0]}, headers=planted)
    await watched.ask(f"{{ {PLANT} }}")
    await watched.ask(f"{PLANT} {{")
    await watched.ask(QUERY, variables={PLANT: PLANT})
    await watched.client.get(f"/{PLANT}?query={PLANT}")
    await watched.client.get("/graphql", params={"query": PLANT})
    await watched.client.request(PLANT, "/graphql")
    await watched.client.post("/graphql", content=PLANT, headers={"Authorization": PLANT})
    told = watched.everything
    assert len(watched.lines) == 10
    for secret in (PLANT, watched.token, *ids, "demo-partner"):
        assert secret not in told
    assert not re.search(r"\b[0-9a-z]{16}\.[0-9a-f]{12}\b", told)


async def test_an_exception_is_its_type_and_places(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> str:
        try:
            raise KeyError(PLANT)
        except KeyError as error:
            raise asyncpg.UniqueViolationError(f"({PLANT}) exists already") from error

    monkeypatch.setattr(Pool, "text", fail)
    response = await watched.ask()
    assert response.status_code == 500
    assert response.headers["x-request-id"]
    internal, request = watched.lines[-1], watched.lines[0]
    if internal["event"] == "request":
        internal, request = request, internal
    assert internal["event"].startswith("internal error ")
    assert internal["request"] == request["request"] == response.headers["x-request-id"]
    assert request["codes"] == ["INTERNAL"]
    first, second = internal["exceptions"]
    assert first["type"] == "asyncpg.exceptions.UniqueViolationError"
    assert first["sqlstate"] == "23505"
    assert second["type"] == "builtins.KeyError"
    assert any(re.search(r"test_telemetry\.py:\d+ fail$", place) for place in first["at"])
    assert PLANT not in watched.everything
    assert watched.span("member").status.description is None
    assert not watched.span("member").events


async def test_an_id_is_never_taken_over_and_stands_on_every_answer(watched: Watched) -> None:
    found = set()
    for path in ("/graphql", "/health", "/ready", "/nowhere"):
        response = await watched.client.get(path, headers={"X-Request-Id": PLANT})
        assert re.fullmatch("[0-9a-f]{32}", response.headers["x-request-id"])
        found.add(response.headers["x-request-id"])
    assert len(found) == 4
    assert {line["route"] for line in watched.lines} == {"/graphql", "other"}


def test_what_libraries_say_is_left_out() -> None:
    with logged() as written:
        logging.getLogger("asyncio").error("it held %s", PLANT)
        logging.getLogger("uvicorn.error").error(f"{PLANT} in a sentence")
        logging.getLogger("connect_graph.x").warning("a path %s", "p", extra=log.fields(n=object()))
    first, second, third = [json.loads(line) for line in written.getvalue().splitlines()]
    assert PLANT not in written.getvalue()
    assert first["event"] == second["event"] == "told by a library"
    assert first["at"].startswith("test_telemetry.py:")
    assert (third["event"], third["n"]) == ("a path p", "<object>")


def test_nothing_leaves_unless_an_endpoint_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Collector)
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    try:
        for export in (False, True):
            telemetry = Telemetry.make(export=export)
            observed = telemetry.observe("/graphql")
            observed.operation("query")
            telemetry.finish(observed, 200)
            telemetry.close()
            assert sorted(asked) == (["/v1/metrics", "/v1/traces"] if export else [])
    finally:
        server.shutdown()
        server.server_close()


def test_what_a_library_says_without_an_exception_is_one_line() -> None:
    """An event loop says that there is none by False."""
    with logged() as written:
        logging.getLogger("asyncio").error("of %s", "somebody", exc_info=False)
    (line,) = map(json.loads, written.getvalue().splitlines())
    assert (line["level"], line["event"]) == ("error", "told by a library")
    assert "somebody" not in written.getvalue()
