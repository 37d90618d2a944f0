"""Two replicas of a subgraph, of which one dies while it is asked: nothing is answered wrong."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from connect_graph.gateway import start_subgraph, stop
from schema.subgraph import SUBGRAPHS
from tests.federation.gateway.stack import before, graphql
from tests.http.client import Client, bearer
from tests.http.test_server import free_port
from tests.world import World

CLIENTS = 8
SECONDS_BEFORE = 0.7
SECONDS_AFTER = 1.5
SECONDS_MORE = 20
QUERY = """query ($first: Int!) {
  patients(first: $first) { nodes { id sex biomarkers { id label gene { symbol } } } }
}"""


def outcome(response: httpx.Response | None, right: Any) -> str:
    """Tell what became of a request: wrong is what looks like an answer and is another one."""
    if response is None:
        return "failed"
    body = response.json()
    if body == right:
        return "answered"
    codes = {each["extensions"]["code"] for each in body.get("errors", ())}
    return "failed" if codes == {"SUBGRAPH_UNAVAILABLE"} else "wrong"


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM], ids=lambda end: end.name)
async def test_a_replica_that_dies_under_load(
    world: World,
    subgraphs: Mapping[str, str],
    record_property: Callable[[str, object], None],
    end: signal.Signals,
) -> None:
    counts: Counter[str] = Counter()
    after: Counter[str] = Counter()
    dead_since: list[float] = []
    with ExitStack() as stack:
        port = free_port()
        replica = start_subgraph("biomarkers", port, world.environment)
        stack.callback(stop, [replica])
        address = await asyncio.to_thread(replica.until_ready)
        urls = graphql(subgraphs)
        urls["biomarkers"].append(f"{address}/graphql")
        gateway = stack.enter_context(before(world, urls))
        headers = {**bearer(await world.token("steward")), "content-type": "application/json"}
        async with httpx.AsyncClient(base_url=gateway.url, timeout=30, headers=headers) as http:

            async def ask(first: int) -> httpx.Response | None:
                content = json.dumps({"query": QUERY, "variables": {"first": first}})
                try:
                    return await http.post("/graphql", content=content)
                except httpx.TransportError:
                    return None

            right = {}
            for first in range(1, CLIENTS + 1):
                answer = await ask(first)
                assert answer is not None
                assert "errors" not in answer.json()
                right[first] = answer.json()
            until = time.monotonic() + SECONDS_BEFORE + SECONDS_AFTER

            def going() -> bool:
                enough = after["answered"] > CLIENTS  # which takes longer on a busy machine
                return time.monotonic() < until + (0 if enough else SECONDS_MORE)

            async def client(first: int) -> None:
                while going():
                    counts["sent"] += 1
                    became = outcome(await ask(first), right[first])
                    counts[became] += 1
                    after[became] += bool(dead_since)

            async def kill() -> None:
                await asyncio.sleep(SECONDS_BEFORE)
                replica.process.send_signal(end)
                dead_since.append(time.monotonic())

            await asyncio.gather(kill(), *(client(first) for first in right))
            code = await asyncio.to_thread(replica.process.wait, 20)
        events = [each for each in gateway.logged() if each["event"] == "replica set aside"]
    told = {name: counts[name] for name in ("sent", "answered", "failed", "wrong")}
    print(f"\n{end.name}: {told}, after it {dict(after)}")
    record_property("requests", told)
    assert code == (-end if end is signal.SIGKILL else 0)
    assert counts["wrong"] == 0
    assert counts["failed"] == 0
    assert counts["answered"] == counts["sent"]
    assert after["answered"] > CLIENTS
    assert events
    assert {(each["subgraph"], each["replica"]) for each in events} == {("biomarkers", 2)}
    assert len(events) <= 2 * CLIENTS  # those under way; then it is left alone


async def test_requests_go_round_and_come_back_to_what_starts_again(
    world: World, subgraphs: Mapping[str, str]
) -> None:
    """A replica that is aside is asked again after a while, and at once where no other answers."""
    port = free_port()
    nowhere = f"http://127.0.0.1:{port}/graphql"
    urls = {name: [nowhere] for name in SUBGRAPHS} | {"patients": graphql(subgraphs)["patients"]}
    query = "{ viewer { role } biomarkers { totalCount } }"
    with ExitStack() as stack:
        gateway = stack.enter_context(before(world, urls))
        async with httpx.AsyncClient(base_url=gateway.url, timeout=30) as http:
            client = Client(http, bearer(await world.token("steward")))
            assert (await client.ask(query)).json()["data"]["biomarkers"] is None
            replica = start_subgraph("biomarkers", port, world.environment)
            stack.callback(stop, [replica])
            await asyncio.to_thread(replica.until_ready)
            answer = (await client.ask(query)).json()
            assert "errors" not in answer
            assert answer["data"]["biomarkers"]["totalCount"] > 0
