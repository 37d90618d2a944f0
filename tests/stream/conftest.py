"""A world of this folder's own, whose members may change, served with little patience."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from connect_graph import database as office
from tests.conftest import Clone
from tests.http.client import bearer
from tests.world import World, make, serving

JSONL, CSV = "application/jsonl", "text/csv"
PATIENTS = 120
PATIENCE = 1
WIDE = "{{ patients(first: 20) {{ nodes {{ {0} biomarkers {{ {0} }} }} }} }}".format(
    " ".join(f"{'long' * 20}{number}: id" for number in range(90))
)
"""More than the buffers of a connection hold."""


@dataclass(frozen=True, slots=True)
class Listener:
    """Ask a served world for lists, as members of every role."""

    world: World
    http: httpx.AsyncClient
    owner: asyncpg.Connection[asyncpg.Record]
    process: int

    async def ask(
        self,
        role: str,
        query: str,
        media: str = JSONL,
        *,
        variables: Mapping[str, Any] | None = None,
        path: str = "/graphql",
        scope: str | None = None,
    ) -> httpx.Response:
        headers = {**bearer(await self.world.token(role, scope)), "accept": media}
        body = {"query": query, "variables": variables}
        return await self.http.post(path, json=body, headers=headers)

    async def lines(self, role: str, query: str, **given: Any) -> list[Any]:
        """Give what a stream held, read."""
        answer = await self.ask(role, query, **given)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == f"{JSONL}; charset=utf-8"
        return [json.loads(line) for line in answer.text.splitlines()]

    async def pages(self, role: str, query: str) -> tuple[list[Any], dict[str, Any]]:
        """Follow the pages as JSON of a query that takes `$after`; give what stood beside them."""
        found: list[Any] = []
        after = None
        while True:
            answer = await self.ask(role, query, "application/json", variables={"after": after})
            content = answer.json()
            (page,) = content.pop("data").values()
            found += page["nodes"]
            if not page["pageInfo"]["hasNextPage"]:
                return found, content
            after = page["pageInfo"]["endCursor"]

    async def open(
        self, role: str, query: str, media: str = JSONL, *, buffer: int = 4096
    ) -> socket.socket:
        """Ask, and read nothing; what the connection can hold is little."""
        body = json.dumps({"query": query}).encode()
        head = (
            f"POST /graphql HTTP/1.1\r\nhost: x\r\naccept: {media}\r\n"
            f"authorization: Bearer {await self.world.token(role)}\r\n"
            "connection: close\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\n\r\n"
        )
        caller = socket.socket()
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        caller.settimeout(20)
        caller.connect(("127.0.0.1", self.http.base_url.port or 0))
        caller.sendall(head.encode() + body)
        return caller

    async def entries(self, request_id: str) -> list[asyncpg.Record]:
        """Give what the audit has of a request."""
        return await self.owner.fetch(
            "select * from connect.audit_entry where request_id = $1 order by ordinal",
            request_id,
        )

    async def at_work(self) -> int:
        """Tell how many connections of roles do anything, or hold anything."""
        found = await self.owner.fetchval(
            "select count(*) from pg_stat_activity where datname = current_database()"
            " and application_name like 'connect-graph %' and state <> 'idle'"
        )
        return int(found)

    async def until_at_rest(self, seconds: float = 5) -> None:
        for _ in range(int(seconds / 0.05)):
            if await self.at_work() == 0:
                return
            await asyncio.sleep(0.05)
        raise AssertionError("something is at work still")


@asynccontextmanager
async def listening(world: World, **settings: str) -> AsyncIterator[Listener]:
    """Serve the world for as long as a block lasts."""
    environment = {**world.environment, "CONNECT_REQUEST_SECONDS": str(PATIENCE), **settings}
    with serving(environment) as (address, process):
        async with (
            office.connected(world.database.url) as owner,
            httpx.AsyncClient(base_url=address, timeout=60) as http,
        ):
            yield Listener(world, http, owner, process)


def rest_of(caller: socket.socket, begun: bytes = b"") -> tuple[bytes, bool]:
    """Read until the other end closes; give the content, and whether it was all."""
    with closing(caller):
        found = bytearray(begun)
        try:
            while piece := caller.recv(65_536):
                found += piece
        except ConnectionResetError:
            pass
    head, _, chunks = bytes(found).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 "), head
    content = bytearray()
    while chunks:
        size, _, chunks = chunks.partition(b"\r\n")
        if (length := int(size, 16)) == 0:
            return bytes(content), True
        content += chunks[:length]
        chunks = chunks[length + 2 :]
    return bytes(content), False


@pytest.fixture(scope="package")
async def world(clone: Clone, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with clone() as copy:
        filled = await make(copy, Path(tmp_path_factory.mktemp("stream")), PATIENTS)
        try:
            yield filled
        finally:
            await filled.pools.close()


@pytest.fixture(scope="package")
async def listener(world: World) -> AsyncIterator[Listener]:
    async with listening(world, CONNECT_POOL_SIZE="1") as served:
        yield served
