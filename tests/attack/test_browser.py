"""What another page could make a member's browser do: nothing, since no request carries them."""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx
import pytest

from tests.http.client import JSON, VIEWER, bearer
from tests.world import World

ELSEWHERE = "https://elsewhere.example"
SIMPLE = {
    "a form": ("application/x-www-form-urlencoded", f"query={VIEWER}"),
    "a form with files": (
        "multipart/form-data; boundary=x",
        f'--x\r\nContent-Disposition: form-data; name="operations"\r\n\r\n'
        f'{{"query": "{VIEWER}"}}\r\n--x--\r\n',
    ),
    "plain text": ("text/plain", f'{{"query": "{VIEWER}"}}'),
    "no type": ("", f'{{"query": "{VIEWER}"}}'),
}


@pytest.fixture
async def http(url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=url, timeout=30) as client:
        yield client


@pytest.mark.parametrize(("kind", "content"), SIMPLE.values(), ids=SIMPLE)
async def test_no_simple_request_is_answered(
    http: httpx.AsyncClient, world: World, kind: str, content: str
) -> None:
    """Those that a browser sends without asking first: without a token 401, with one 415."""
    headers = {"content-type": kind, "origin": ELSEWHERE, "cookie": "session=x"}
    stranger = await http.post("/graphql", content=content, headers=headers)
    assert stranger.status_code == 401
    member = await http.post(
        "/graphql", content=content, headers={**headers, **bearer(await world.token("steward"))}
    )
    assert member.status_code == 415


async def test_another_origin_is_never_allowed(http: httpx.AsyncClient, world: World) -> None:
    token = bearer(await world.token("steward"))
    asked = {"origin": ELSEWHERE, "access-control-request-method": "POST"}
    asked["access-control-request-headers"] = "authorization, content-type"
    preflight = await http.options("/graphql", headers=asked)
    assert preflight.status_code == 405
    answer = await http.post("/graphql", json={"query": VIEWER}, headers={**token, **asked})
    for response in (preflight, answer):
        assert not [name for name in response.headers if name.startswith("access-control-")]
        assert "set-cookie" not in response.headers


async def test_get_changes_nothing(http: httpx.AsyncClient, world: World) -> None:
    """A link or an image asks by GET: a mutation is refused there whatever it is."""
    token = bearer(await world.token("steward"))
    for query in ("mutation { __typename }", "mutation M { __typename } query Q { __typename }"):
        response = await http.get("/graphql", params={"query": query}, headers=token)
        assert "data" not in response.json()
        assert (await http.get("/graphql", params={"query": query})).status_code == 401


async def test_a_page_may_not_frame_or_sniff_an_answer(
    http: httpx.AsyncClient, world: World
) -> None:
    response = await http.post(
        "/graphql", json={"query": VIEWER}, headers=bearer(await world.token("steward"))
    )
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["content-type"].startswith(JSON)


@pytest.mark.parametrize(
    "path", ["/graphql", "/subgraphs/patients/graphql", "/graphiql/assets/none"]
)
@pytest.mark.parametrize("protocol", ["graphql-transport-ws", "graphql-ws"])
async def test_no_web_socket_opens(url: str, world: World, path: str, protocol: str) -> None:
    """Neither with a token nor without: there is none to which a member could connect."""
    where = urlsplit(url)
    for token in (None, await world.token("steward")):
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        lines = [
            f"GET {path} HTTP/1.1",
            f"Host: {where.netloc}",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
            f"Sec-WebSocket-Protocol: {protocol}",
            *([f"Authorization: Bearer {token}"] if token else []),
        ]
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        status = (await asyncio.wait_for(reader.readline(), 10)).decode()
        writer.close()
        await writer.wait_closed()
        assert " 101 " not in status
        assert status.split()[1] in {"400", "401", "403", "404", "405", "426"}, status


@pytest.mark.parametrize("asked", ["viewer { role }", "__typename"])
async def test_no_operation_subscribes(http: httpx.AsyncClient, world: World, asked: str) -> None:
    token = bearer(await world.token("steward"))
    query = f"subscription {{ {asked} }}"
    response = await http.post("/graphql", json={"query": query}, headers=token)
    assert "data" not in response.json()
    schema = "{ __schema { subscriptionType { name } } }"
    told = await http.post("/graphql", json={"query": schema}, headers=token)
    assert told.json() == {"data": {"__schema": {"subscriptionType": None}}}
    for media in ("text/event-stream", "multipart/mixed"):
        stream = await http.post(
            "/graphql", json={"query": VIEWER}, headers={**token, "accept": media}
        )
        assert stream.status_code == 406
