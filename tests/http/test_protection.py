"""The headers of every answer, whatever it is; and no cookie, no form, no GET where it is off."""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import pytest

from connect_graph.bounds import USUAL, Bounds
from connect_graph.http import application, graphs_of
from connect_graph.protection import STRICT
from connect_graph.settings import ROLES, Settings
from db.pool import Pool, Unavailable
from resolvers.whole import Whole
from tests.http.client import JSON, VIEWER, Client, bearer, codes
from tests.world import AUDIT_KEY, World, serving

NAMES = {*STRICT, "x-request-id"}
OWN = {"/graphiql": {"cache-control": "no-cache", "content-security-policy": "script-src 'self'"}}
"""What the page says otherwise, and how its policy is known."""


def missing(response: httpx.Response, own: Mapping[str, str] | None = None) -> list[str]:
    """List the headers that an answer lacks or spells otherwise."""
    wanted = {**STRICT, **(own or {})}
    return [
        name
        for name, value in wanted.items()
        if len(response.headers.get_list(name)) != 1
        or not (response.headers[name] == value or (own and value in response.headers[name]))
    ]


async def _nothing() -> tuple[str, ...]:
    return ()


@asynccontextmanager
async def inside(world: World, bounds: Bounds = USUAL) -> AsyncIterator[Client]:
    app = application(
        graphs_of(None),
        {role: world.database.login(role) for role in ROLES},
        [world.issuer.issuer()],
        _nothing,
        pool_size=2,
        audit_key=AUDIT_KEY,
        bounds=bounds,
    )
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as http:
            yield Client(http, bearer(await world.token("steward")))


async def test_every_route_and_status_carries_them(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: dict[int, list[str]] = {}

    def note(response: httpx.Response) -> None:
        own = OWN.get(response.request.url.path) if response.status_code == 200 else None
        found.setdefault(response.status_code, []).extend(missing(response, own))
        assert "server" not in response.headers
        assert "set-cookie" not in response.headers
        assert "strict-transport-security" not in response.headers
        assert not any(name.startswith("access-control-") for name in response.headers)

    async with inside(world, replace(USUAL, requests_per_minute=9)) as client:
        http = client.http
        for path in ("/graphql", "/subgraphs/patients/graphql"):
            note(await http.post(path, json={"query": VIEWER}, headers=client.headers))
            note(await http.post(path, json={"query": VIEWER}))
            note(await http.put(path, json={"query": VIEWER}))
            note(await http.options(path, headers={"origin": "https://elsewhere.invalid"}))
        for path in ("/health", "/ready", "/graphiql", "/graphiql/assets/none.js", "/nowhere"):
            note(await http.get(path))
        note(await client.post(b"[]"))
        note(await client.ask("#" * 1_000_001))
        note(await client.ask(VIEWER, x_scope="none"))
        note(await client.ask(VIEWER, accept="text/html", content_type=JSON))
        note(await client.post(b"query=x", content_type="application/x-www-form-urlencoded"))
        with monkeypatch.context() as patch:
            patch.setattr(Whole, "run", _fail)
            note(await client.ask("{ patients { nodes { id } } }"))
        with monkeypatch.context() as patch:
            patch.setattr(Pool, "text", _unavailable)
            note(await client.ask(VIEWER))
            note(await http.get("/ready"))
        for _ in range(9):
            note(await client.ask(VIEWER))
    assert set(found) == {200, 400, 401, 403, 404, 405, 406, 413, 415, 429, 500, 503}
    assert {status: lacking for status, lacking in found.items() if lacking} == {}


async def _fail(*_: object) -> None:
    raise RuntimeError


async def _unavailable(*_: object) -> str:
    raise Unavailable


async def test_what_the_server_says_itself_carries_them(url: str) -> None:
    """Also what is no HTTP, and what no application ever sees."""
    port = int(url.rpartition(":")[2])
    for sent in (b"NONSENSE\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00"):
        with socket.create_connection(("127.0.0.1", port), timeout=5) as caller:
            caller.sendall(sent)
            said = b"".join(iter(lambda: caller.recv(65_536), b"")).decode()
        assert said.startswith("HTTP/1.1 400 Bad Request\r\n")
        assert all(f"{name}: {value}" in said for name, value in STRICT.items())
        assert "server:" not in said.lower()
    async with httpx.AsyncClient(base_url=url) as http:
        for path in ("/graphql", "/nowhere", "/health"):
            response = await http.get(path)
            assert missing(response) == []
            assert "server" not in response.headers


async def test_tls_is_told_of_where_it_is_known_alone(world: World) -> None:
    async with inside(world, replace(USUAL, hsts_seconds=31_536_000)) as client:
        for path in ("/health", "/nowhere", "/graphql"):
            response = await client.http.get(path)
            assert response.headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded", b"query=%7Bviewer%7Brole%7D%7D"),
        ("text/plain", json.dumps({"query": VIEWER}).encode()),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="operations"\r\n\r\n'
            b'{"query":"{viewer{role}}"}\r\n--x--\r\n',
        ),
        ("", json.dumps({"query": VIEWER}).encode()),
    ],
)
async def test_what_a_foreign_page_can_send_is_refused(
    client: Client, kind: str, body: bytes
) -> None:
    """These a browser sends without asking first; the token is in no cookie either."""
    token = client.headers["Authorization"]
    response = await client.post(body, content_type=kind)
    assert response.status_code == 415
    sent = {"content-type": JSON, "cookie": f"authorization={token}; token={token[7:]}"}
    content = json.dumps({"query": VIEWER})
    with_cookie = await client.http.post("/graphql", content=content, headers=sent)
    assert (with_cookie.status_code, codes(with_cookie)) == (401, ["UNAUTHENTICATED"])


async def test_get_may_be_switched_off(world: World) -> None:
    assert Settings.load({}).bounds.get
    assert not Settings.load({"CONNECT_GET": "0"}).bounds.get
    with serving({**world.environment, "CONNECT_GET": "0"}) as (address, _):
        async with httpx.AsyncClient(base_url=address) as http:
            client = Client(http, bearer(await world.token("steward")))
            for path in ("/graphql", "/subgraphs/patients/graphql"):
                for method in ("GET", "HEAD"):
                    parameters = {"query": VIEWER}
                    response = await http.request(
                        method, path, params=parameters, headers=client.headers
                    )
                    assert (response.status_code, response.headers["allow"]) == (405, "POST")
                    assert missing(response) == []
            assert (await client.ask(VIEWER)).json()["data"]
