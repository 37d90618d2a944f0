"""Budgets, headers and patience at the gateway: those of the one process, once for all."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from typing import Any

import httpx
from graphql import parse

from connect_graph import budget
from connect_graph.bounds import FETCHES, USUAL
from connect_graph.gateway import FOLDER
from connect_graph.protection import STRICT
from resolvers.limits import MOST_COST, check_cost
from resolvers.selection import Selection
from tests.federation.gateway.stack import Gateway, before, graphql
from tests.http.client import GRAPHQL, VIEWER, Client, bearer, codes
from tests.world import World, serving

JOINED = """{ patients(first: 5) { nodes {
  id biomarkers { label } treatments { responses { week } resistanceFindings { mechanism } }
} } }"""
DEAR = """{ patients(first: 800, where: { sex: { isNull: true } }) { nodes { biomarkers {
  specimen { biomarkers { evidence { level } } }
} } } }"""
LEFT = re.compile(r'"requests";r=(\d+);t=(\d+), "cost";r=(\d+);t=(\d+)')


@contextmanager
def bounded(world: World, subgraphs: Mapping[str, str], **bounds: Any) -> Iterator[Gateway]:
    with before(world, graphql(subgraphs), bounds=replace(USUAL, **bounds)) as made:
        yield made


@asynccontextmanager
async def asking(world: World, gateway: Gateway, role: str = "steward") -> AsyncIterator[Client]:
    async with httpx.AsyncClient(base_url=gateway.url, timeout=30) as http:
        yield Client(http, bearer(await world.token(role)))


def left(response: httpx.Response) -> tuple[int, int]:
    found = LEFT.fullmatch(response.headers["ratelimit"])
    assert found is not None, response.headers
    return int(found[1]), int(found[3])


def test_the_numbers_are_those_of_the_process() -> None:
    text = (FOLDER / "budget.ts").read_text()
    found = {
        name: float(number.replace("_", ""))
        for name, number in re.findall(r"^const (\w+) = ([\d_e-]+);$", text, re.MULTILINE)
    }
    assert found == {
        "SECONDS": budget.SECONDS,
        "MEMBERS": budget.MEMBERS,
        "MOST_ACCOUNTS": budget.MOST_ACCOUNTS,
        "SLIGHT": 1e-6,
    }
    settings = (FOLDER / "settings.ts").read_text()
    usual = dict(re.findall(r'count\("GATEWAY_(\w+)", ([^,]+),', settings))
    assert usual == {
        "REQUESTS_PER_MINUTE": str(USUAL.requests_per_minute),
        "COST_PER_MINUTE": "10 * MOST_COST",
        "REQUEST_SECONDS": str(USUAL.request_seconds),
        "CONNECTIONS": str(USUAL.connections),
        "GET": str(int(USUAL.get)),
        "HSTS_SECONDS": str(USUAL.hsts_seconds),
    }


async def test_a_request_counts_once_whatever_it_asks_of_subgraphs(
    world: World, subgraphs: Mapping[str, str]
) -> None:
    with bounded(world, subgraphs, requests_per_minute=4) as gateway:
        async with asking(world, gateway) as client, asking(world, gateway, "partner") as other:
            for number in range(4):
                response = await client.ask(JOINED)
                assert response.json()["data"]["patients"]["nodes"]
                assert left(response)[0] == 3 - number
            logged = [line["requests"] for line in gateway.logged() if line["event"] == "request"]
            assert min(logged) > 1
            refused = await client.ask(VIEWER, Accept=GRAPHQL)
            assert (refused.status_code, codes(refused)) == (429, ["RATE_LIMITED"])
            after = int(refused.headers["retry-after"])
            assert 1 <= after <= 15
            assert refused.json()["errors"][0]["message"] == (
                f"You have sent too many requests: try again in {after} seconds."
            )
            assert left(refused)[0] == 0
            assert (await other.ask(VIEWER)).json()["data"]


async def test_the_cost_is_that_of_the_process_and_is_charged_before_anything_is_asked(
    world: World, subgraphs: Mapping[str, str]
) -> None:
    binding = world.graph.binding
    price = check_cost(Selection.of(binding.schema, parse(DEAR), None, {}), binding)
    assert price > MOST_COST / 2
    with bounded(world, subgraphs, cost_per_minute=MOST_COST) as gateway:
        async with asking(world, gateway) as client:
            answered = await client.ask(DEAR)
            assert answered.json() == {"data": {"patients": {"nodes": []}}}
            kept = left(answered)[1]
            assert MOST_COST - price <= kept < MOST_COST - price + 10 * MOST_COST / 60
            refused = await client.ask(DEAR, Accept=GRAPHQL)
            assert (refused.status_code, codes(refused)) == (429, ["RATE_LIMITED"])
            missing = price - left(refused)[1]
            assert abs(int(refused.headers["retry-after"]) - missing * 60 / MOST_COST) < 2
            assert (await client.ask(VIEWER)).json()["data"]
            (line,) = [
                each
                for each in gateway.logged()
                if each.get("request") == refused.headers["x-request-id"]
            ]
            assert (line["requests"], line["codes"]) == (0, ["RATE_LIMITED"])


async def test_what_a_subgraph_has_no_budget_for_is_refused_whole(
    world: World, subgraphs: Mapping[str, str]
) -> None:
    """With the seconds that it says: whoever asks it directly has no more of it."""
    few = {**world.environment, "CONNECT_REQUESTS_PER_MINUTE": "1"}
    with (
        serving(few, "--subgraph", "responses") as (address, _),
        before(world, graphql({**subgraphs, "responses": address})) as gateway,
    ):
        async with asking(world, gateway) as client:
            answers = [await client.ask(JOINED, Accept=GRAPHQL) for _ in range(FETCHES + 1)]
            refused = [each for each in answers if each.status_code == 429]
            assert refused
            assert refused == answers[-len(refused) :]
            for response in refused:
                assert codes(response) == ["RATE_LIMITED"]
                assert list(response.json()) == ["errors"]
                assert 1 <= int(response.headers["retry-after"]) <= 6
            assert not [line for line in gateway.logged() if line["event"] == "replica set aside"]
            assert (await client.ask(VIEWER)).json()["data"]


async def test_every_answer_carries_the_headers(world: World, gateway: Gateway) -> None:
    async with asking(world, gateway) as client:
        http, known = client.http, client.headers
        answers = [
            await http.get("/health"),
            await http.get("/ready"),
            await http.get("/nowhere"),
            await http.put("/graphql"),
            await http.post("/graphql", json={"query": VIEWER}),
            await http.post("/graphql", json={"query": VIEWER}, headers=known),
            await http.post("/graphql", json={"query": "{"}, headers={**known, "accept": GRAPHQL}),
            await http.post("/graphql", content=b"x", headers=known),
            await http.post(
                "/graphql",
                content=b'"' + b"#" * 1_000_001,
                headers={**known, "content-type": "application/json"},
            ),
        ]
        assert [each.status_code for each in answers] == [
            *(200, 200, 404, 405, 401, 200, 400, 415, 413)
        ]
        for response in answers:
            for name, value in STRICT.items():
                assert response.headers.get_list(name) == [value], (response.status_code, name)
            assert not {"server", "x-powered-by", "set-cookie"} & set(response.headers)
            assert ("ratelimit" in response.headers) is (
                "authorization" in response.request.headers
            )


async def test_what_does_not_arrive_in_time_is_ended_and_get_may_be_off(
    world: World, subgraphs: Mapping[str, str]
) -> None:
    with bounded(world, subgraphs, request_seconds=1, get=False, hsts_seconds=9) as gateway:
        port = int(gateway.url.rpartition(":")[2])
        async with asking(world, gateway) as client:
            head = "POST /graphql HTTP/1.1\r\nhost: x\r\n"
            token = f"authorization: {client.headers['Authorization']}\r\n"
            kind = "content-type: application/json\r\ncontent-length: 100\r\n\r\n{"
            said = await asyncio.gather(
                *(
                    asyncio.to_thread(_last_words, port, sent)
                    for sent in ("POST /gra", head, f"{head}{token}{kind}", "NONSENSE\r\n\r\n")
                )
            )
            statuses = [each.partition(" ")[2].partition("\r\n")[0] for each in said]
            assert statuses == [*["408 Request Timeout"] * 3, "400 Bad Request"]
            for each in said:
                assert all(f"{name}: {value}" in each for name, value in STRICT.items())
            assert not [line for line in gateway.logged() if line["level"] == "error"]
            for method in ("GET", "HEAD"):
                response = await client.http.request(
                    method, "/graphql", params={"query": VIEWER}, headers=client.headers
                )
                assert (response.status_code, response.headers["allow"]) == (405, "POST")
            response = await client.ask(VIEWER)
            assert response.json()["data"]
            assert response.headers["strict-transport-security"] == "max-age=9"


def _last_words(port: int, sent: str) -> str:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as caller:
        caller.sendall(sent.encode())
        return b"".join(iter(lambda: caller.recv(65_536), b"")).decode()
