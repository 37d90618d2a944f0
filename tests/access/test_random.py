"""Random worlds: every door agrees with the oracle, before and after time passes."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
import pytest

from connect_graph.settings import ROLES
from db.pool import Pools
from db.viewer import Caller, Viewer, viewers
from resolvers.execute import Graph
from tests.access.expectation import Expectation
from tests.access.export_door import ExportDoor
from tests.access.graph_door import GraphDoor
from tests.access.oracle import Facts, Who, visible
from tests.access.random_world import RandomWorld, draw_world
from tests.access.sql_door import (
    LOGINS,
    Difference,
    Snapshot,
    compare,
    logged_in,
    members_of,
    refused,
)
from tests.conftest import Clone
from tests.extent import WHOLE, count
from tests.world import World

SOON = timedelta(milliseconds=700)
WORLDS = count(ci=30, nightly=300)
BLOCK = 30
"""So many worlds are one test."""


@pytest.fixture(scope="module")
async def empty_world(
    clone: Clone, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    """Give a migrated database without a row, and open pools to it."""
    async with clone() as copy:
        owner = await asyncpg.connect(copy.url)
        try:  # a plan of another viewer of the role, in tables as small as these, is as good
            name = await owner.fetchval("select current_database()")
            await owner.execute(f'alter database "{name}" set plan_cache_mode = force_generic_plan')
        finally:
            await owner.close()
        urls = {role: copy.login(role) for role in ROLES}
        pools = await Pools.open(urls, size=4, timeout_ms=60_000)  # a busy machine is no difference
        try:
            yield World(copy, tmp_path_factory.mktemp("random"), pools, Graph.make())
        finally:
            await pools.close()


@pytest.mark.property
@pytest.mark.parametrize("first", range(0, WORLDS, BLOCK), ids="from {}".format)
async def test_every_door_agrees_in_every_world(
    empty_world: World, record_property: Callable[[str, object], None], first: int
) -> None:
    owner = await asyncpg.connect(empty_world.database.url)
    seeds = range(first, min(first + BLOCK, WORLDS))
    compared = 0
    try:
        for seed in seeds:
            compared += await agree(empty_world, owner, seed)
    finally:
        await owner.close()
    record_property("examples", len(seeds))
    assert compared > 10 * len(seeds)


async def agree(world: World, owner: asyncpg.Connection, seed: int) -> int:
    """Compare in the world of a seed; count the viewers."""
    await clear(owner)
    async with owner.transaction():
        drawn = draw_world(seed, await owner.fetchval("select now()"), SOON)
        await drawn.write(owner)
        snapshot = await Snapshot.take(owner)
        await at_sql(owner, snapshot, drawn, asking(snapshot, seed))
    before = await identified(world, snapshot.facts)
    moment = snapshot.facts.now + SOON
    await asyncio.sleep(max(0.0, (moment - datetime.now(UTC)).total_seconds()) + 0.02)
    async with owner.transaction():
        await at_sql(owner, snapshot, drawn, members_of(snapshot.facts))
        now = await owner.fetchval("select now()")
    facts = snapshot.at(now)
    after = await identified(world, facts, check=True)
    everybody = {(each.role, each.scope, each.purpose): each for each in (*before, *after)}
    chosen = list(everybody.values())
    if not WHOLE:
        chosen = random.Random(seed).sample(chosen, min(len(chosen), 4))
    for viewer in chosen:
        try:
            await at_graph(world, facts, viewer, seed)
        except Difference as difference:
            raise told(drawn, difference) from difference
    return len(chosen) + len(snapshot.everybody)


def asking(snapshot: Snapshot, seed: int) -> list[Who]:
    """Choose every member, and of those who say what is not theirs all in the night, else some."""
    if WHOLE:
        return snapshot.everybody
    members = members_of(snapshot.facts)
    others = [who for who in snapshot.everybody if who not in set(members)]
    return members + random.Random(seed).sample(others, min(len(others), 10))


async def clear(owner: asyncpg.Connection) -> None:
    """Empty every table, whatever keeps rows from going."""
    names = await owner.fetch(
        "select oid::regclass::text as name from pg_class"
        " where relnamespace = 'connect'::regnamespace and relkind = 'r'"
    )
    async with owner.transaction():
        await owner.execute("set local session_replication_role = replica")
        await owner.execute("truncate " + ", ".join(row["name"] for row in names))


async def at_sql(
    owner: asyncpg.Connection, snapshot: Snapshot, drawn: RandomWorld, asking: list[Who]
) -> None:
    try:
        for role in LOGINS:
            async with logged_in(owner, role):
                await refused(owner, snapshot.facts, role)
                for who in asking:
                    if who.role == role:
                        await compare(owner, snapshot, who)
    except Difference as difference:
        raise told(drawn, difference) from difference


def told(drawn: RandomWorld, difference: Difference) -> AssertionError:
    return AssertionError(f"in the world of seed {drawn.seed}: {difference}")


async def identified(world: World, facts: Facts, *, check: bool = False) -> list[Viewer]:
    """Find who may act as what, as identification does; compare where no date is near."""
    found: list[Viewer] = []
    people = {
        (row["issuer"], row["organisation_number"], row["subject"])
        for row in facts.tables["membership"]
    }
    codes = {row["id"]: row["code"] for row in facts.tables["scope"]}
    for issuer, organisation, subject in sorted(people):
        here = await viewers(world.pools.identity, Caller(issuer, organisation, subject))
        seen = visible(facts, Who("identity", issuer, organisation, subject, ""))
        live = {row["id"] for row in seen["scope"]}
        wanted = sorted(
            (row["role"].lower(), codes[row["scope_id"]])
            for row in seen["membership"]
            if row["scope_id"] in live
        )
        if check:
            assert sorted((each.role.value, each.scope) for each in here) == wanted
        for each in here:
            stated = [each.purpose, *each.purposes] if each.purpose is None else [each.purpose]
            found += [replace(each, purpose=purpose) for purpose in stated]
    return found


async def at_graph(world: World, facts: Facts, viewer: Viewer, seed: int) -> None:
    caller = viewer.caller
    asks = (caller.issuer, caller.organisation, caller.subject, viewer.namespace)
    who = Who(viewer.role.value, *asks, viewer.purpose or "")
    schema = world.graph.binding.schema
    seen = visible(facts, who)
    scope = next(row["id"] for row in facts.tables["scope"] if row["namespace"] == viewer.namespace)
    all_of_it = {**facts.tables, "pseudonym": facts.of("pseudonym", scope_id=scope)}
    door = GraphDoor(
        world,
        viewer,
        facts,
        Expectation(schema, seen, viewer.namespace, facts.now.date()),
        Expectation(schema, all_of_it, viewer.namespace, facts.now.date()),
        random.Random(f"{seed} {viewer.scope} {viewer.purpose}"),
        whole=WHOLE,
    )
    await door.compare()
    if who.role != "authority" and (WHOLE or door.rng.random() < 0.3):
        study = facts.tables["study"][seed % 2]
        with TemporaryDirectory() as folder:
            exports = ExportDoor(world, viewer, facts, door.expectation)
            await exports.compare(study, Path(folder) / "forms")
