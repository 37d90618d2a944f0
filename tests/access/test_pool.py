"""Two partners over two connections: no request ever sees what the one before it saw."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import asyncpg
import pytest

from connect_graph.settings import ROLES
from db.pool import LoginRefused, Pools, TimedOut, Unfit
from db.statement import SETTINGS
from db.viewer import Role
from resolvers.execute import Request
from tests.access.conftest import who
from tests.access.oracle import Facts, visible
from tests.extent import count
from tests.world import World

SCOPES = ("AGR-OLA-01", "AGR-DAB-01")
REQUESTS = max(1_000, count(ci=10_000, nightly=10_000))
AT_ONCE = 16
CONNECTIONS = 2
IDS = Request("{ patients(first: 1000) { nodes { id } } }")


@pytest.fixture
async def pools(world: World) -> AsyncIterator[Pools]:
    urls = {role: world.database.login(role) for role in ROLES}
    opened = await Pools.open(urls, size=CONNECTIONS)
    yield opened
    await opened.close()


async def test_alternating_partners_see_their_own(world: World, facts: Facts, pools: Pools) -> None:
    pool = pools.roles[Role.PARTNER]
    viewers = [await world.viewer("partner", scope) for scope in SCOPES]
    expected = []
    for scope in SCOPES:
        rows = visible(facts, await who(world, "partner", scope))["pseudonym"]
        expected.append(sorted(row["public_id"] for row in rows))
    assert all(expected)
    assert not set(expected[0]) & set(expected[1])
    bodies = [json.dumps({"patients": {"nodes": [{"id": one} for one in ids]}}) for ids in expected]
    turns = iter(range(REQUESTS))
    wrong: list[int] = []

    async def work() -> int:
        done = 0
        for turn in turns:
            answer = await world.graph.answer(IDS, viewers[turn % 2], pool)
            if json.dumps(answer.body["data"]) != bodies[turn % 2] or "errors" in answer.body:
                wrong.append(turn)
            done += 1
        return done

    counts = await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    assert sum(counts) == REQUESTS
    assert min(counts) > REQUESTS // AT_ONCE // 2, "the workers took turns"
    assert not wrong
    await nothing_is_left(pool.connections)


async def test_a_failed_statement_leaves_nothing(world: World, pools: Pools) -> None:
    pool = pools.roles[Role.PARTNER]
    settings = (await world.viewer("partner", SCOPES[0])).settings
    setting = " and ".join(
        f"set_config('{name}', ${place}, true) is not null"
        for place, name in enumerate(SETTINGS, start=1)
    )
    for tail in ("1 / (select count(*) - count(*) from connect.scope)", "pg_sleep(60) is null"):
        text = f"select case when {setting} then ({tail})::text end"
        with pytest.raises((asyncpg.PostgresError, asyncio.TimeoutError, Unfit)):
            await asyncio.wait_for(pool.text(text, *settings), 0.2)
    await nothing_is_left(pool.connections)


LEFT = """select
  (select count(*) from pg_settings where source = 'session') as settings,
  (select count(*) from pg_locks where pid = pg_backend_pid() and locktype = 'advisory') as locks,
  (select count(*) from pg_cursors where statement not like '%pg_cursors%') as cursors,
  (select count(*) from pg_listening_channels()) as channels,
  pg_my_temp_schema()::bigint as temporary"""


async def nothing_is_left(connections: asyncpg.Pool[asyncpg.Record]) -> None:
    """Look into every connection of a pool at once."""
    held = [await connections.acquire() for _ in range(CONNECTIONS)]
    assert connections.get_size() == CONNECTIONS
    try:
        for connection in held:
            for name in SETTINGS:
                left = await connection.fetchval("select current_setting($1, true)", name)
                assert not left, name
            left = await connection.fetchrow(LEFT)
            assert left is not None
            assert not any(left.values()), dict(left)
            assert not connection.is_in_transaction()
            assert await connection.fetchval("select current_user") == "connect_partner_login"
            assert await connection.fetchval("select count(*) from connect.membership") == 0
            assert await connection.fetchval("select count(*) from connect.patient") == 0
    finally:
        for connection in held:
            await connections.release(connection)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("given", [*ROLES, "the owner"])
async def test_a_pool_takes_its_own_login_alone(world: World, role: str, given: str) -> None:
    if role == given:
        return
    urls = {role: world.database.login(role) for role in ROLES}
    urls[role] = world.database.url if given == "the owner" else world.database.login(given)
    with pytest.raises(LoginRefused):
        await Pools.open(urls, size=1)


@pytest.mark.parametrize(
    ("more", "less"),
    [
        ("grant connect_steward to {}", "revoke connect_steward from {}"),
        ("grant pg_read_all_data to {}", "revoke pg_read_all_data from {}"),
        ("grant connect_loader to {}", "revoke connect_loader from {}"),
        ("alter role {} bypassrls", "alter role {} nobypassrls"),
        ("alter role {} superuser", "alter role {} nosuperuser"),
        ("alter role {} replication", "alter role {} noreplication"),
        ("alter role {} createrole", "alter role {} nocreaterole"),
    ],
)
async def test_a_login_that_may_more_is_refused(world: World, more: str, less: str) -> None:
    login = "connect_clinician_login"
    owner = await asyncpg.connect(world.database.url)
    try:
        await owner.execute(more.format(login))
        with pytest.raises(LoginRefused):
            await Pools.open({role: world.database.login(role) for role in ROLES}, size=1)
    finally:
        await owner.execute(less.format(login))
        await owner.close()


async def test_what_was_meant_for_who_left_before_ends_nobody_else(
    world: World, pools: Pools
) -> None:
    """A statement that is ended long before its time is run again; ended twice it is told."""
    pool = pools.roles[Role.PARTNER]
    ended = """select pg_cancel_backend(pid) from pg_stat_activity
      where query like $1 and pid <> pg_backend_pid() and state = 'active'"""
    owner = await asyncpg.connect(world.database.url)

    async def asked(mark: str, most: int) -> tuple[str, int]:
        """Ask for something slow, and end it so often at the most; tell how often."""
        asking = asyncio.create_task(pool.text(f"select '{mark}' from pg_sleep(0.5)"))
        times = 0
        while not asking.done() and times < most:
            await asyncio.sleep(0.1)  # until it is asleep
            times += len(await owner.fetch(ended, f"%{mark}%"))
        return await asking, times

    assert await asked("never", 0) == ("never", 0)
    assert await asked("once", 1) == ("once", 1)
    with pytest.raises(TimedOut):
        await asked("always", 9)
    await owner.close()
