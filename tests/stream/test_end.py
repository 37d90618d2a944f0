"""What ends a stream before its list does, and what it leaves: no connection, no statement."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from connect_graph import database as office
from connect_graph.issuer import DEMO_ISSUER
from tests.http.client import bearer
from tests.stream.conftest import (
    CSV,
    JSONL,
    PATIENCE,
    PATIENTS,
    WIDE,
    Listener,
    listening,
    rest_of,
)
from tests.world import World

ONE_BY_ONE = "{ patients(first: 1) { nodes { id } } }"
SLOW = """
create policy slow on connect.patient as restrictive for select to connect_steward
using ((select true from pg_sleep(0.1)))
"""


@pytest.fixture
async def slow(world: World) -> AsyncIterator[None]:
    """Make every statement on patients one that takes a while."""
    async with office.connected(world.database.url) as connection:
        await connection.execute(SLOW)
        yield
        await connection.execute("drop policy slow on connect.patient")


@pytest.fixture(scope="module")
async def strict(world: World) -> AsyncIterator[Listener]:
    settings = {"CONNECT_REQUESTS_PER_MINUTE": "6", "CONNECT_STREAM_SECONDS": "1"}
    async with listening(world, **settings) as served:
        yield served


def _told(content: bytes) -> tuple[int, list[str]]:
    """Give how many records came, and the codes of the last line."""
    *records, last = map(json.loads, content.decode().splitlines())
    assert all(set(each) == {"id"} for each in records)
    return len(records), [each["extensions"]["code"] for each in last["errors"]]


@pytest.mark.usefixtures("slow")
async def test_who_is_revoked_gets_no_further_page(listener: Listener) -> None:
    caller = await listener.world.caller("steward")
    subject = "revoked in the midst"
    await listener.owner.execute(
        "insert into connect.membership (role, issuer, organisation_number, subject, scope_id)"
        " select role, issuer, organisation_number, $1, scope_id from connect.membership"
        " where (issuer, organisation_number, subject) = ($2, $3, $4)",
        subject,
        DEMO_ISSUER,
        caller.organisation,
        caller.subject,
    )
    token = listener.world.issuer.token(caller.organisation, subject)
    headers = {**bearer(token), "accept": JSONL}
    content = bytearray()
    request = listener.http.stream("POST", "/graphql", json={"query": ONE_BY_ONE}, headers=headers)

    async def listen() -> None:
        async for piece in answer.aiter_bytes():
            if not content:
                await listener.owner.execute(
                    "update connect.membership set revoked_at = now() where subject = $1", subject
                )
            content.extend(piece)

    async with request as answer:
        with pytest.raises(httpx.RemoteProtocolError, match="incomplete chunked read"):
            await listen()
    number, codes = _told(bytes(content))
    assert codes == ["SCOPE_REFUSED"]
    assert 1 <= number <= 2  # the statement of the second may have begun before
    entries = await listener.entries(answer.headers["x-request-id"])
    assert [each["decision"] for each in entries] == ["ANSWERED"] * number + ["REFUSED"]
    assert entries[-1]["codes"] == ["SCOPE_REFUSED"]


@pytest.mark.parametrize(("role", "media"), [("steward", JSONL), ("clinician", CSV)])
async def test_each_page_is_charged(strict: Listener, role: str, media: str) -> None:
    content, is_whole = rest_of(await strict.open(role, ONE_BY_ONE, media))
    assert not is_whole
    if media == JSONL:
        assert _told(content) == (6, ["RATE_LIMITED"])
    else:
        assert content.count(b"\r\n") == 7  # and nothing that is no row


@pytest.mark.usefixtures("slow")
async def test_a_stream_lasts_no_longer_than_it_may(world: World) -> None:
    async with listening(world, CONNECT_STREAM_SECONDS="1") as served:
        begun = time.monotonic()
        content, is_whole = rest_of(await served.open("steward", ONE_BY_ONE))
        assert not is_whole
        assert time.monotonic() - begun < 4
        number, codes = _told(content)
        assert codes == ["TIMEOUT"]
        assert 1 <= number < PATIENTS


async def test_who_reads_nothing_holds_nothing_and_is_ended(listener: Listener) -> None:
    begun = time.monotonic()
    caller = await listener.open("steward", WIDE)
    assert caller.recv(12, socket.MSG_PEEK) == b"HTTP/1.1 200"
    await listener.until_at_rest()
    # The one connection of the role is free for others, who are answered at once.
    assert len(await listener.lines("steward", ONE_BY_ONE)) == PATIENTS
    assert await listener.at_work() == 0
    await asyncio.sleep(max(0.0, begun + 3 * PATIENCE - time.monotonic()))
    content, is_whole = await asyncio.to_thread(rest_of, caller)
    assert not is_whole
    whole = await listener.ask("steward", WIDE)
    assert len(content) < len(whole.content)
    assert whole.content.count(b"\n") == PATIENTS


async def test_who_reads_slowly_gets_it_all(listener: Listener) -> None:
    caller = await listener.open("steward", WIDE, buffer=32_768)
    taken = bytearray()
    begun = time.monotonic()
    while time.monotonic() - begun < 2 * PATIENCE:
        taken += await asyncio.to_thread(caller.recv, 65_536)
        await asyncio.sleep(0.004)
    content, is_whole = await asyncio.to_thread(rest_of, caller, bytes(taken))
    assert is_whole
    assert content.count(b"\n") == PATIENTS


async def test_who_leaves_ends_the_work(listener: Listener) -> None:
    number = "select count(*) from connect.audit_entry"
    left = f"{number} where codes = '{{DISCONNECTED}}'"
    before = await listener.owner.fetchval(left)
    caller = await listener.open("steward", WIDE)
    assert caller.recv(12)
    caller.close()
    for _ in range(100):
        if await listener.owner.fetchval(left) == before + 1:
            break
        await asyncio.sleep(0.05)
    assert await listener.owner.fetchval(left) == before + 1
    entries = await listener.owner.fetchval(number)
    await asyncio.sleep(0.5)
    assert await listener.owner.fetchval(number) == entries
    assert await listener.at_work() == 0


async def test_what_cannot_be_audited_does_not_leave(listener: Listener) -> None:
    headers = {**bearer(await listener.world.token("steward")), "accept": JSONL}
    await listener.owner.execute("revoke insert on connect.audit_entry from connect_audit")
    try:
        body: dict[str, Any] = {"query": ONE_BY_ONE}
        answer = await listener.http.post("/graphql", json=body, headers=headers)
        assert answer.status_code == 503
        assert list(answer.json()) == ["errors"]
    finally:
        await listener.owner.execute("grant insert on connect.audit_entry to connect_audit")
