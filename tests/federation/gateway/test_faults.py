"""Subgraphs that are down, or answer what they should not: the rest is answered, nothing leaks."""

from __future__ import annotations

import asyncio
import json
import re
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from tests.federation.gateway.stack import NOWHERE, Gateway, before, graphql
from tests.http.client import GRAPHQL, Client, bearer, codes
from tests.world import World

EVERYTHING = """{
  viewer { role }
  patients(first: 20, where: {treatments: {some: {resistanceFindings: {some: {}}}}}) {
    nodes { id sex biomarkers { label } molecularProfiles { id } treatments { id outcome { ruleSet }
      cohort { code } resistanceFindings { kind evidence { biomarker { label } } } } }
  }
}"""
BIOMARKERS = [
    ["patients", "nodes", "biomarkers"],
    ["patients", "nodes", "molecularProfiles"],
    ["patients", "nodes", "treatments", "resistanceFindings", "evidence", "biomarker"],
]
"""What of it the subgraph `biomarkers` tells."""
BOTH = "{ viewer { role } biomarkers { totalCount } }"
INSIDE = re.compile(
    r"127\.0\.0\.1|localhost|https?:|ECONN|    at |\.ts\b|\.js\b|node_modules|stack"
)


def without(found: Any, path: list[str]) -> None:
    """Put null where a path of fields leads, in lists at every place."""
    if isinstance(found, list):
        for each in found:
            without(each, path)
    elif found is not None:
        field, *rest = path
        if rest:
            without(found[field], rest)
        else:
            found[field] = None


def http_answer(body: bytes, status: int = 200, kind: str = "application/json") -> bytes:
    head = f"HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


@dataclass
class Impostor:
    """Listen in the place of a subgraph, and answer bytes; close the connection where none are."""

    answer: bytes | None = None
    seconds: float = 0
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    """Who asked has closed the connection before it was answered."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
        await reader.readexactly(int(length[1]) if length else 0)
        self.asked.set()
        try:
            await asyncio.wait_for(reader.read(), self.seconds)
            self.left.set()
        except TimeoutError:
            pass
        if self.answer is not None:
            writer.write(self.answer)
            await writer.drain()
        writer.close()


@dataclass(frozen=True)
class Deceived:
    """Hold a gateway for which an impostor stands in the place of `biomarkers`."""

    impostor: Impostor
    gateway: Gateway
    client: Client


@asynccontextmanager
async def deceiving(world: World, subgraphs: Mapping[str, str]) -> AsyncIterator[Deceived]:
    impostor = Impostor()
    server = await asyncio.start_server(impostor.serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        urls = graphql(subgraphs) | {"biomarkers": [f"http://127.0.0.1:{port}/graphql"]}
        with before(world, urls) as gateway:
            async with httpx.AsyncClient(base_url=gateway.url, timeout=30) as http:
                client = Client(http, bearer(await world.token("steward")))
                yield Deceived(impostor, gateway, client)


@pytest.fixture(scope="module")
async def deceived(world: World, subgraphs: Mapping[str, str]) -> AsyncIterator[Deceived]:
    async with deceiving(world, subgraphs) as made:
        yield made


@pytest.fixture(scope="module")
async def bereft(world: World, subgraphs: Mapping[str, str]) -> AsyncIterator[Client]:
    """Give a client of a gateway for which `biomarkers` is down."""
    with before(world, graphql(subgraphs) | {"biomarkers": [NOWHERE]}) as gateway:
        async with httpx.AsyncClient(base_url=gateway.url, timeout=30) as http:
            yield Client(http, bearer(await world.token("steward")))


async def test_what_a_subgraph_that_is_down_tells_is_null(joined: Client, bereft: Client) -> None:
    whole = (await joined.ask(EVERYTHING)).json()
    assert "errors" not in whole
    expected = json.loads(json.dumps(whole["data"]))
    for path in BIOMARKERS:
        without(expected, path)
    assert expected != whole["data"]
    response = await bereft.ask(EVERYTHING, Accept=GRAPHQL)
    assert response.status_code == 200
    assert response.json()["data"] == expected
    errors = response.json()["errors"]
    assert all(each["extensions"] == {"code": "SUBGRAPH_UNAVAILABLE"} for each in errors)
    assert sorted(each["path"] for each in errors) == sorted(BIOMARKERS)
    assert {each["message"] for each in errors} == {
        "The subgraph biomarkers does not answer, and what it tells is null: try again later."
    }
    assert INSIDE.search(response.text) is None


async def test_roots_of_a_subgraph_that_is_down(joined: Client, bereft: Client) -> None:
    query = "{ drugs { totalCount } one: biomarkers { totalCount } two: biomarkers { totalCount } }"
    response = await bereft.ask(query)
    body = response.json()
    assert body["data"]["drugs"] == (await joined.ask(query)).json()["data"]["drugs"]
    assert (body["data"]["one"], body["data"]["two"]) == (None, None)
    assert sorted(each["path"] for each in body["errors"]) == [["one"], ["two"]]


NONSENSE: dict[str, bytes | None] = {
    "nothing": None,
    "no HTTP": b"\x00\xffgarbage",
    "half an answer": b"HTTP/1.1 200 X\r\ncontent-length: 100\r\n\r\n{",
    "no JSON": http_answer(b"<html>Bad gateway at http://10.0.0.1</html>", 502, "text/html"),
    "JSON that is cut off": http_answer(b'{"data": {'),
    "a number": http_answer(b"1"),
    "null": http_answer(b"null"),
    "a list": http_answer(b"[]"),
    "neither data nor errors": http_answer(b"{}"),
    "data that is text": http_answer(b'{"data": "x"}'),
    "errors that are text": http_answer(b'{"errors": "x"}'),
    "no errors": http_answer(b'{"errors": []}'),
    "errors without a message": http_answer(b'{"errors": [{}]}'),
}


@pytest.mark.parametrize("name", NONSENSE)
async def test_what_is_no_graphql_is_no_answer(deceived: Deceived, name: str) -> None:
    deceived.impostor.answer = NONSENSE[name]
    response = await deceived.client.ask(BOTH)
    assert response.status_code == 200
    assert response.json()["data"] == {"viewer": {"role": "STEWARD"}, "biomarkers": None}
    assert codes(response) == ["SUBGRAPH_UNAVAILABLE"]
    assert INSIDE.search(response.text) is None


WHOLE = [
    ("UNAUTHENTICATED", 401),
    ("SCOPE_REQUIRED", 403),
    ("SCOPE_REFUSED", 403),
    ("PURPOSE_REQUIRED", 403),
    ("BAD_USER_INPUT", 400),
    ("LIMIT_EXCEEDED", 400),
    ("COST_EXCEEDED", 400),
    ("TIMEOUT", 504),
    ("UNAVAILABLE", 503),
    ("INTERNAL", 500),
]


@pytest.mark.parametrize(("code", "status"), WHOLE)
async def test_a_subgraph_that_refuses_is_a_refusal(
    deceived: Deceived, code: str, status: int
) -> None:
    """What the one process answers whole, the gateway does, with its status."""
    extensions = {"code": code} | ({"reference": "0123456789ab"} if code == "INTERNAL" else {})
    error = {"message": "Refused.", "extensions": {**extensions, "stack": ["at x.js"]}}
    deceived.impostor.answer = http_answer(json.dumps({"errors": [error]}).encode(), status)
    response = await deceived.client.ask(BOTH, Accept=GRAPHQL)
    assert response.status_code == status
    assert response.json() == {"errors": [{"message": "Refused.", "extensions": extensions}]}
    assert ("www-authenticate" in response.headers) == (status == 401)
    assert ("retry-after" in response.headers) == (status == 503)


@pytest.mark.parametrize(
    "answer",
    [
        {"errors": [{"message": "relation secret does not exist"}]},
        {"errors": [{"message": "secret", "extensions": {"code": "OTHER"}}], "data": None},
        {"data": {"biomarkers": {"totalCount": "secret"}}},
        {"data": {"biomarkers": {"totalCount": None}}},
    ],
    ids=json.dumps,
)
async def test_what_nobody_foresaw_has_a_reference_that_the_log_has(
    deceived: Deceived, answer: dict[str, Any]
) -> None:
    """Errors without a code of ours, and data that the schema does not allow."""
    deceived.impostor.answer = http_answer(json.dumps(answer).encode())
    response = await deceived.client.ask(BOTH, Accept=GRAPHQL)
    assert response.status_code == 500
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == "INTERNAL"
    reference = error["extensions"]["reference"]
    assert error["message"] == f"Something went wrong here; reference {reference}."
    assert "secret" not in response.text
    logged = deceived.gateway.logged()
    assert f"internal error {reference}" in [each["event"] for each in logged]
    assert "secret" not in json.dumps(logged)


async def test_what_nobody_waits_for_is_not_waited_for(deceived: Deceived) -> None:
    """A caller who leaves takes back what was asked for it, and is no fault."""
    deceived.impostor.seconds = 20
    before = len(deceived.gateway.logged())
    try:
        with pytest.raises(httpx.ReadTimeout):
            await deceived.client.http.post(
                "/graphql", json={"query": BOTH}, headers=deceived.client.headers, timeout=0.5
            )
        await asyncio.wait_for(deceived.impostor.left.wait(), 5)
    finally:
        deceived.impostor.seconds = 0
    await asyncio.sleep(0.2)
    events = [each["event"] for each in deceived.gateway.logged()[before:]]
    assert events == ["request"]


async def test_a_gateway_that_is_told_to_stop_finishes_what_it_began(
    world: World, subgraphs: Mapping[str, str]
) -> None:
    async with deceiving(world, subgraphs) as deceived:
        deceived.impostor.answer = http_answer(b'{"data": {"biomarkers": {"totalCount": 5}}}')
        deceived.impostor.seconds = 1
        waiting = asyncio.create_task(deceived.client.ask(BOTH))
        await deceived.impostor.asked.wait()
        process = deceived.gateway.child.process
        process.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.3)
        async with httpx.AsyncClient() as http:
            with pytest.raises(httpx.ConnectError):
                await http.get(f"{deceived.gateway.url}/health")
        assert (await waiting).json() == {
            "data": {"viewer": {"role": "STEWARD"}, "biomarkers": {"totalCount": 5}}
        }
        assert await asyncio.to_thread(process.wait, 10) == 0
