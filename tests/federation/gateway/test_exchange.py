"""The gateway's HTTP: GraphQL over HTTP to the letter, its other routes, and what it logs."""

from __future__ import annotations

import asyncio
import json
import re

import httpx
import pytest

from tests.federation.gateway.stack import NOWHERE, Gateway, before, graphql
from tests.http.client import GRAPHQL, JSON, Client, bearer, codes
from tests.http.test_audit import AUDITS, audit
from tests.world import World

VIEWER = "{ viewer { role } }"
LARGE = "{ patients(first: 100) { nodes { id sex ageBand } } }"


async def test_every_audit_passes(world: World, gateway: Gateway) -> None:
    environment = {**world.environment, "TOKEN": await world.token("steward")}
    result = await asyncio.to_thread(audit, f"{gateway.url}/graphql", environment)
    assert result.returncode == 0, result.stderr
    audits = json.loads(result.stdout)
    assert [each for each in audits if each["status"] != "ok"] == []
    assert len(audits) == AUDITS


@pytest.mark.parametrize("path", ["/health", "/ready"])
async def test_health_is_told_to_everybody(joined: Client, path: str) -> None:
    response = await joined.http.get(path)
    assert response.status_code == 200
    assert response.json() == {"status": path.removeprefix("/").replace("health", "alive")}
    assert (await joined.http.post(path)).status_code == 405


async def test_not_ready_while_a_subgraph_is_down(world: World, gateway: Gateway) -> None:
    live = graphql({"patients": "http://127.0.0.1:9", "responses": "http://127.0.0.1:9"})
    urls = {**live, "biomarkers": [NOWHERE], "resistance": [NOWHERE]}
    with before(world, urls) as other:
        async with httpx.AsyncClient(base_url=other.url) as http:
            assert (await http.get("/health")).json() == {"status": "alive"}
            response = await http.get("/ready")
            assert response.status_code == 503
            assert response.json()["status"] == "not ready"
            assert sorted(response.json()["subgraphs"]) == sorted(urls)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/graphiql", 404),
        ("POST", "/graphql/", 404),
        ("GET", "/readiness", 404),
        ("GET", "/healthcheck", 404),
        ("PUT", "/graphql", 405),
        ("DELETE", "/graphql", 405),
        ("OPTIONS", "/graphql", 405),
        ("PATCH", "/graphql", 405),
    ],
)
async def test_there_is_nothing_else(joined: Client, method: str, path: str, status: int) -> None:
    response = await joined.http.request(method, path, headers={"accept": "text/html"})
    assert response.status_code == status
    assert "html" not in response.text
    assert ("allow" in response.headers) == (status == 405)


async def test_a_route_is_no_way_around_the_token(joined: Client) -> None:
    for end in ("/health", "/ready", "/healthcheck", "/readiness"):
        response = await joined.http.get(f"/graphql?query={{__typename}}&x={end}")
        assert response.status_code == 401, end


async def test_queries_alone_by_get(joined: Client) -> None:
    response = await joined.get(
        query="query ($id: ID!) { patient(id: $id) { id } }", variables='{"id": "x"}'
    )
    assert response.json() == {"data": {"patient": None}}


async def test_head_is_get_without_a_body(joined: Client) -> None:
    asked = {"query": "{ __typename }"}
    head = await joined.http.head("/graphql", params=asked, headers=joined.headers)
    got = await joined.http.get("/graphql", params=asked, headers=joined.headers)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == got.headers["content-length"]


@pytest.mark.parametrize(
    ("accepted", "query", "compressed"),
    [
        ("gzip", LARGE, True),
        ("br, *;q=0.1", LARGE, True),
        ("identity", LARGE, False),
        ("gzip;q=0, *", LARGE, False),
        ("gzip", VIEWER, False),
    ],
)
async def test_large_answers_are_compressed_for_who_takes_it(
    joined: Client, alone: Client, accepted: str, query: str, compressed: bool
) -> None:
    response = await joined.ask(query, Accept_Encoding=accepted)
    assert (response.headers.get("content-encoding") == "gzip") == compressed
    assert response.headers["vary"] == "Accept-Encoding"
    assert response.json() == (await alone.ask(query)).json()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"\xff",
        b"{}",
        b'{"query": 1}',
        b'{"query": "{ __typename }", "variables": []}',
        b'{"query": "{ __typename }", "variables": "{}"}',
        b'{"query": "{ __typename }", "operationName": 1}',
        b'{"query": "{ __typename }", "extensions": []}',
        b'[{"query": "{ __typename }"}]',
    ],
)
@pytest.mark.parametrize("media", [JSON, GRAPHQL])
async def test_an_ill_formed_request_is_refused(joined: Client, body: bytes, media: str) -> None:
    response = await joined.post(body, Accept=media)
    assert (response.status_code, codes(response)) == (400, ["BAD_USER_INPUT"])
    assert response.headers["content-type"] == f"{media}; charset=utf-8"


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/graphql", "application/x-www-form-urlencoded", ""]
)
async def test_another_media_type_is_refused(joined: Client, kind: str) -> None:
    response = await joined.post(b'{"query": "{ __typename }"}', content_type=kind)
    assert response.status_code == 415


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("query ($n: Int!) { patients(first: $n) { nodes { id } } }", "BAD_USER_INPUT"),
        ("query A { __typename } query B { __typename }", "BAD_USER_INPUT"),
        ("mutation { x }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { x }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ patients(first: 0) { nodes { id } } }", "BAD_USER_INPUT"),
        ("{ patients(first: 1001) { nodes { id } } }", "LIMIT_EXCEEDED"),
    ],
)
async def test_a_document_that_is_refused_has_one_status_in_each_media_type(
    joined: Client, alone: Client, query: str, code: str
) -> None:
    for media, status in ((GRAPHQL, 400), (JSON, 200)):
        response = await joined.ask(query, Accept=media)
        assert (response.status_code, codes(response)) == (status, [code])
        assert set(response.json()) == {"errors"}
        single = await alone.ask(query, Accept=media)
        assert (single.status_code, codes(single)) == (status, [code])


async def test_no_name_is_suggested(joined: Client) -> None:
    for query in (
        "{ patiens { nodes { id } } }",
        "{ patients { nodes { sexx } } }",
        "{ patients(frist: 1) { nodes { id } } }",
        "{ patients(where: {sexx: {eq: MALE}}) { nodes { id } } }",
        "query ($w: PatientFilte) { patients(where: $w) { nodes { id } } }",
        "{ patients(where: {sex: {eq: MAL}}) { nodes { id } } }",
    ):
        response = await joined.ask(query)
        assert codes(response)[0] == "GRAPHQL_VALIDATION_FAILED"
        assert "Did you mean" not in response.text
    response = await joined.ask(
        "query ($w: PatientFilter) { patients(where: $w) { nodes { id } } }",
        {"w": {"sexx": {"eq": "MALE"}}},
    )
    assert codes(response) == ["BAD_USER_INPUT"]
    assert "Did you mean" not in response.text


async def test_the_log_tells_of_a_request_and_of_nothing_in_it(
    joined: Client, gateway: Gateway, world: World
) -> None:
    token = await world.token("steward")
    response = await Client(joined.http, bearer(token)).ask(
        "query Secretive($id: ID!) { patient(id: $id) { id sex } }", {"id": "very-secret"}
    )
    assert response.headers["x-request-id"]
    assert response.headers["cache-control"] == "no-store"
    for _ in range(50):
        lines = gateway.logged()
        found = [each for each in lines if each.get("request") == response.headers["x-request-id"]]
        if found:
            break
        await asyncio.sleep(0.05)
    (line,) = found
    assert {name: line[name] for name in ("level", "event", "route", "operation", "status")} == {
        "level": "info",
        "event": "request",
        "route": "/graphql",
        "operation": "query",
        "status": 200,
    }
    assert (line["codes"], line["requests"]) == ([], 1)
    assert line["durationMs"] > 0
    written = json.dumps(lines)
    assert not re.search(r"very-secret|Secretive|patient\(|eyJ|127\.0\.0\.1:\d", written)
