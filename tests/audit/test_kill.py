"""A server that is killed: every answer that reached a client has its entry."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import Callable

import httpx
import pytest

from connect_graph import database as office
from connect_graph.audit import audit_key
from db.audit.verify import verify
from tests.audit.stored import entries
from tests.conftest import Clone
from tests.extent import REPEATABLE, count
from tests.http.client import bearer
from tests.world import PATIENTS, World, environment, make, serving

CONNECTIONS = 32
ANSWERS = 200
"""Of each server, before it is killed."""
KILLS = count(ci=5, nightly=20)
QUERY = {"query": "{ patients(first: 2) { nodes { id } } }"}


async def ask_until_killed(url: str, process: int, token: str, chance: random.Random) -> set[str]:
    """Ask on many connections, kill the server while it answers; give the ids of what arrived."""
    arrived: set[str] = set()
    enough = asyncio.Event()

    async def ask(http: httpx.AsyncClient) -> None:
        while True:
            response = await http.post(f"{url}/graphql", json=QUERY)
            assert response.status_code == 200
            assert len(response.json()["data"]["patients"]["nodes"]) == 2
            arrived.add(response.headers["x-request-id"])
            if len(arrived) >= ANSWERS:
                enough.set()

    async def kill() -> None:
        await enough.wait()
        await asyncio.sleep(chance.uniform(0, 0.05))
        os.kill(process, signal.SIGKILL)

    killing = asyncio.create_task(kill())
    limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
    async with httpx.AsyncClient(headers=bearer(token), timeout=30, limits=limits) as http:
        asking = (ask(http) for _ in range(CONNECTIONS))
        ended = await asyncio.gather(*asking, return_exceptions=True)
    await killing
    assert all(isinstance(end, httpx.TransportError) for end in ended), ended
    return arrived


@pytest.mark.property
async def test_every_answer_that_arrived_has_its_entry(
    clone: Clone,
    tmp_path_factory: pytest.TempPathFactory,
    record_property: Callable[[str, object], None],
) -> None:
    chance = random.Random(1 if REPEATABLE else None)
    directory = tmp_path_factory.mktemp("killed")
    arrived: set[str] = set()
    async with clone() as copy:
        world: World = await make(copy, directory, PATIENTS // 4)
        await world.pools.close()
        token = await world.token("steward")
        for _ in range(KILLS):
            with serving(environment(copy, directory)) as (url, pid):
                arrived |= await ask_until_killed(url, pid, token, chance)
        stored = {entry["request_id"] for entry in await entries(copy.url)}
        async with office.connected(copy.url) as connection:
            verdict = await verify(connection, [audit_key(directory / "audit.key")])
    record_property("examples", KILLS)
    assert len(arrived) >= KILLS * ANSWERS
    assert arrived - stored == set()
    assert verdict.findings == []
    assert (verdict.chains, verdict.entries) == (KILLS, len(stored))
