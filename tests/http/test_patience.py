"""How long the process waits, for callers and the database, and what stops when nobody waits."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, replace

import asyncpg
import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from connect_graph import connection as callers
from connect_graph import database as office
from connect_graph.bounds import USUAL
from connect_graph.protection import STRICT
from tests.http.client import VIEWER, Client, bearer, codes
from tests.world import World, serving

STATEMENT, REQUEST, CONNECTIONS = 2, 1, 20
DRUGS = "{ drugs { nodes { inn } } }"
COHORTS = "{ cohorts { nodes { code drugs { inn } } } }"
"""The drugs are read by a loader, in a task of its own."""
RUNNING = """
select count(*) from pg_stat_activity where state = 'active' and datname = current_database()
and application_name = 'connect-graph steward'
"""
SLOW = """
create policy slow on connect.drug as restrictive for select to connect_steward
using ((select true from pg_sleep(60)))
"""


@dataclass(frozen=True, slots=True)
class Served:
    """Hold a process with little patience, and the database that it asks."""

    http: httpx.AsyncClient
    client: Client
    connection: asyncpg.Connection[asyncpg.Record]
    process: int

    @property
    def place(self) -> tuple[str, int]:
        return "127.0.0.1", self.http.base_url.port or 0

    def half_a_body(self) -> bytes:
        """Give a request whose body does not come."""
        head = "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n"
        token = self.client.headers["Authorization"]
        kind = "content-type: application/json\r\n\r\n"
        return f'{head}authorization: {token}\r\n{kind}{{"query'.encode()

    async def until_running(self, number: int, seconds: float = 5) -> float:
        """Wait until so many of its statements run; give how long that took."""
        begun = time.monotonic()
        while (lasted := time.monotonic() - begun) < seconds:
            if await self.connection.fetchval(RUNNING) == number:
                return lasted
            await asyncio.sleep(0.02)
        raise AssertionError(f"not {number} statements in {seconds} seconds")


@pytest.fixture(scope="module")
async def served(world: World) -> AsyncIterator[Served]:
    async with impatient(world) as made:
        yield made


@asynccontextmanager
async def impatient(world: World) -> AsyncIterator[Served]:
    settings = {
        "CONNECT_POOL_SIZE": "1",
        "CONNECT_STATEMENT_SECONDS": str(STATEMENT),
        "CONNECT_REQUEST_SECONDS": str(REQUEST),
        "CONNECT_CONNECTIONS": str(CONNECTIONS),
    }
    token = await world.token("steward")
    with serving({**world.environment, **settings}) as (address, process):
        async with (
            office.connected(world.database.url) as connection,
            httpx.AsyncClient(base_url=address, timeout=10) as http,
        ):
            yield Served(http, Client(http, bearer(token)), connection, process)


@pytest.fixture
async def slow(world: World) -> AsyncIterator[None]:
    """Make every statement on drugs one that does not end."""
    async with office.connected(world.database.url) as connection:
        await connection.execute(SLOW)
        yield
        await connection.execute("drop policy slow on connect.drug")


@pytest.fixture
async def locked(world: World) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """Lock the drugs; rolling back opens them."""
    async with office.connected(world.database.url) as connection:
        await connection.execute("begin")
        await connection.execute("lock connect.drug in access exclusive mode")
        yield connection


async def test_a_lock_is_waited_for_half_as_long_as_a_statement_may_take(
    served: Served, locked: asyncpg.Connection[asyncpg.Record]
) -> None:
    begun = time.monotonic()
    response = await served.client.ask(DRUGS)
    assert (response.status_code, codes(response)) == (504, ["TIMEOUT"])
    assert STATEMENT / 2 <= time.monotonic() - begun < STATEMENT
    await locked.execute("rollback")
    assert (await served.client.ask(DRUGS)).json()["data"]["drugs"]["nodes"]


@pytest.mark.usefixtures("slow")
async def test_a_statement_that_takes_too_long_is_ended(served: Served) -> None:
    for query in (DRUGS, COHORTS):
        begun = time.monotonic()
        response = await served.client.ask(query)
        assert (response.status_code, codes(response)) == (504, ["TIMEOUT"])
        assert STATEMENT <= time.monotonic() - begun < STATEMENT + 2
        assert await served.connection.fetchval(RUNNING) == 0


@pytest.mark.usefixtures("slow")
@pytest.mark.parametrize("query", [DRUGS, COHORTS], ids=["root", "loader"])
async def test_who_leaves_stops_the_statement(served: Served, query: str) -> None:
    asking = asyncio.create_task(served.client.ask(query))
    await served.until_running(1)
    asking.cancel()
    assert await served.until_running(0) < STATEMENT / 2
    # The one connection of the role is free again, and good.
    assert (await served.client.ask("{ cohorts { nodes { code } } }")).is_success


@pytest.mark.usefixtures("slow")
async def test_a_process_that_is_killed_leaves_no_statement(world: World) -> None:
    """PostgreSQL looks itself, every two seconds, and not only when it has something to send."""
    settings = {**world.environment, "CONNECT_STATEMENT_SECONDS": "60"}
    token = await world.token("steward")
    with serving(settings) as (address, process):
        async with (
            office.connected(world.database.url) as connection,
            httpx.AsyncClient(base_url=address, timeout=10) as http,
        ):
            doomed = Served(http, Client(http, bearer(token)), connection, process)
            asking = asyncio.create_task(doomed.client.ask(DRUGS))
            await doomed.until_running(1)
            os.kill(process, signal.SIGKILL)
            await doomed.until_running(0)
            with pytest.raises(httpx.HTTPError):
                await asking


async def test_what_does_not_arrive_in_time_is_ended(served: Served) -> None:
    body = served.half_a_body()
    head = body.partition(b"content-length")[0]
    whole = head + b"connection: keep-alive\r\n\r\n"
    ended = await asyncio.gather(
        *(asyncio.to_thread(_last_words, served, sent) for sent in (b"", b"\r\n", b"PO", head)),
        *(asyncio.to_thread(_last_words, served, sent) for sent in (whole + head, body)),
    )
    silent, blank, begun, headed, second, bodied = ended
    assert silent == blank == ""
    for said in (begun, headed, second):
        status = said.rpartition("HTTP/1.1 ")[2]
        assert status.startswith("408 Request Timeout\r\n")
        assert all(f"{name}: {value}" in said for name, value in STRICT.items())
    assert second.startswith("HTTP/1.1 401 ")
    assert bodied.startswith("HTTP/1.1 408 Request Timeout\r\n")
    assert json.loads(bodied.rpartition("\r\n\r\n")[2]) == {
        "errors": [{"message": "The request did not arrive in time."}]
    }
    assert "connection: close" in bodied


def _last_words(served: Served, sent: bytes) -> str:
    """Send a part of a request, byte after byte where it is long enough to drip."""
    begun = time.monotonic()
    with socket.create_connection(served.place, timeout=REQUEST + 3) as caller:
        caller.sendall(sent)
        said = b"".join(iter(lambda: caller.recv(65_536), b""))
    assert REQUEST * 0.9 <= time.monotonic() - begun < REQUEST + 2
    return said.decode()


async def test_a_head_that_drips_is_ended_all_the_same(served: Served) -> None:
    def drip() -> tuple[float, bytes]:
        begun = time.monotonic()
        with socket.create_connection(served.place, timeout=5) as caller:
            caller.sendall(b"GET /health HTTP/1.1\r\n")
            caller.settimeout(0.1)
            for number in range(100):
                try:
                    caller.sendall(f"x-{number}: y\r\n".encode())
                    if said := caller.recv(65_536):
                        return time.monotonic() - begun, said
                except TimeoutError:
                    continue
        raise AssertionError("it went on")

    lasted, said = await asyncio.to_thread(drip)
    assert said.startswith(b"HTTP/1.1 408 ")
    assert lasted < REQUEST + 1


async def test_who_says_nothing_more_holds_no_connection_to_the_database(served: Served) -> None:
    """Nor the place of who asks: those who do not ask make room."""
    with ExitStack() as stack:
        for number in range(3 * CONNECTIONS):
            caller = stack.enter_context(socket.create_connection(served.place))
            caller.sendall(served.half_a_body() if number % 5 == 0 else b"POST /gra")
        async with httpx.AsyncClient(base_url=served.http.base_url, timeout=5) as fresh:
            begun = time.monotonic()
            for _ in range(5):
                response = await Client(fresh, served.client.headers).ask(DRUGS)
                assert response.status_code == 200
            assert time.monotonic() - begun < REQUEST
        assert await served.connection.fetchval(RUNNING) == 0


@pytest.mark.usefixtures("locked")
async def test_where_all_places_are_taken_it_is_said(served: Served) -> None:
    body = json.dumps({"query": DRUGS}).encode()
    token = served.client.headers["Authorization"]
    head = f"POST /graphql HTTP/1.1\r\nhost: x\r\nauthorization: {token}\r\n"
    kind = f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    with ExitStack() as stack:
        for _ in range(CONNECTIONS):
            caller = stack.enter_context(socket.create_connection(served.place))
            caller.sendall(f"{head}{kind}".encode() + body)
        await served.until_running(1)
        await asyncio.sleep(0.2)
        with socket.create_connection(served.place, timeout=5) as late:
            said = b"".join(iter(lambda: late.recv(65_536), b"")).decode()
        assert said.startswith("HTTP/1.1 503 Service Unavailable\r\n")
        assert all(f"{name}: {value}" in said for name, value in STRICT.items())
    assert (await served.client.ask(VIEWER)).is_success


async def test_a_caller_who_is_gone_without_a_word_is_noticed() -> None:
    with callers.listen("127.0.0.1", 0) as listening:
        listening.listen()
        with socket.create_connection(listening.getsockname()):
            accepted, _ = listening.accept()
            with accepted:
                assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
                idle = accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE)
                silent = accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
                assert (idle, silent) == (30, 60_000)


@asynccontextmanager
async def answered(size: int) -> AsyncIterator[tuple[uvicorn.Server, socket.socket]]:
    """Let a caller ask for an answer of so many bytes, of which the system holds few."""
    app = Starlette(routes=[Route("/", lambda _: Response(b"x" * size))])
    protocol = callers.bound(replace(USUAL, request_seconds=REQUEST))
    server = uvicorn.Server(uvicorn.Config(app, http=protocol, lifespan="off", log_config=None))
    loop = asyncio.get_running_loop()
    with callers.listen("127.0.0.1", 0) as listening, socket.socket() as caller:
        listening.listen()
        task = asyncio.create_task(server.serve([listening]))
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8_192)
        caller.setblocking(False)
        await loop.sock_connect(caller, listening.getsockname())
        await loop.sock_sendall(caller, b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        yield server, caller
        caller.close()
        server.should_exit = True
        await task


async def test_who_drips_an_answer_is_ended() -> None:
    loop = asyncio.get_running_loop()
    async with answered(16_000_000) as (server, caller):
        begun = time.monotonic()
        assert await loop.sock_recv(caller, 1)
        while server.server_state.connections and time.monotonic() - begun < 10 * REQUEST:
            await loop.sock_recv(caller, 1)
            await asyncio.sleep(0.05)
        assert REQUEST <= time.monotonic() - begun < 3 * REQUEST


async def test_who_reads_an_answer_slowly_gets_it_all() -> None:
    loop = asyncio.get_running_loop()
    size = 16_000_000
    async with answered(size) as (_, caller):
        begun, taken = time.monotonic(), 0
        while taken < size and (data := await loop.sock_recv(caller, callers.TAKEN)):
            taken += len(data)
            if time.monotonic() - begun < 4 * REQUEST:
                await asyncio.sleep(0.02)
        assert taken >= size


async def test_every_pool_has_its_timeouts(world: World) -> None:
    pools = world.pools
    for pool in (pools.identity, *pools.roles.values()):
        told = await pool.text(
            "select string_agg(setting, ',' order by name) from pg_settings where name in "
            "('statement_timeout', 'lock_timeout', 'idle_session_timeout', "
            "'idle_in_transaction_session_timeout', 'client_connection_check_interval')"
        )
        assert told == "2000,10000,600000,5000,10000"
