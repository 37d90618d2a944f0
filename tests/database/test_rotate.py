"""Rotation: old and new ids share nothing, and an interruption at any point loses nothing."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from connect_graph import database, status
from connect_graph.settings import Settings
from db import pseudonym
from db.key import KeyRefused, next_to
from db.pseudonym import FillRefused, samples
from db.release.freeze import freeze
from db.release.verify import verify
from resolvers.execute import Request
from tests.conftest import Clone
from tests.extent import count
from tests.world import ROOT, World, make

PATIENTS = 60
SCOPES = {
    "partner": "AGR-OLA-01",
    "researcher": "PRJ-CRC-01",
    "clinician": "SITE-OUS",
    "steward": "CONNECT",
}
IDS = """{ patients(first: 1000) { nodes { id diagnoses { id }
  specimens { id biomarkers { id } }
  treatments { id responses { id } resistanceFindings { id } } } } }"""
PAGE = (
    "query ($a: String) { patients(first: 1, after: $a) { nodes { id } pageInfo { endCursor } } }"
)
ONE = "query ($id: ID!) { patient(id: $id) { id } }"
STORED = "select scope_id, patient_id, public_id from connect.pseudonym order by 1, 2"
FACTS = "select scope_id, patient_id, during from connect.pseudonym order by 1, 2"


@pytest.fixture(scope="module")
async def world(clone: Clone, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """Give a world whose ids the tests of this file make anew."""
    async with clone() as copy:
        filled = await make(copy, tmp_path_factory.mktemp("rotate"), PATIENTS)
        try:
            yield filled
        finally:
            await filled.pools.close()


@pytest.fixture
async def owner(world: World) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(world.database.url)
    yield connection
    await connection.close()


@pytest.fixture
def key(world: World) -> Path:
    return Settings.load(world.environment).key_file


def pieces(value: Any) -> set[str]:
    """List what ids are made of, patients' and children's parts apart."""
    if isinstance(value, list):
        return set().union(*(pieces(each) for each in value))
    if not isinstance(value, dict):
        return set()
    own = set(value["id"].split(".")) if "id" in value else set()
    return own.union(*(pieces(each) for each in value.values()))


async def extract(world: World, role: str) -> set[str]:
    answer = await world.answer(role, IDS)
    assert "errors" not in answer.body
    return pieces(answer.body["data"]["patients"]["nodes"])


async def told(world: World) -> dict[str, Any]:
    settings = Settings.load(world.environment | {"CONNECT_DEMO": "0"})
    return (await asyncio.to_thread(status.look, settings)).as_json()


async def rotate(world: World, scope: str | None = None, *, lost: bool = False) -> int | None:
    async with database.connected(world.database.url) as connection:
        key_file = Settings.load(world.environment).key_file
        return await pseudonym.rotate(connection, key_file, scope, lost=lost)


def run(world: World, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "connect_graph", *arguments],
        cwd=ROOT,
        env=world.environment | environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


async def test_all_ids_are_others_after(world: World, owner: asyncpg.Connection, key: Path) -> None:
    release = await freeze(owner)
    before = {role: await extract(world, role) for role in SCOPES}
    assert all(len(ids) > 20 for ids in before.values())
    viewer = await world.viewer("partner")
    page = (await world.answer("partner", PAGE)).body["data"]["patients"]
    facts = await owner.fetch(FACTS)
    made_by = key.read_bytes()

    process = await asyncio.to_thread(run, world, "rotate", "--json")
    assert json.loads(process.stdout) == {"made": len(facts), "completed": False}

    assert key.read_bytes() != made_by
    assert not next_to(key).exists()
    after = {role: await extract(world, role) for role in SCOPES}
    assert {role: len(ids) for role, ids in after.items()} == {
        role: len(ids) for role, ids in before.items()
    }
    assert not set().union(*before.values()) & set().union(*after.values())
    assert await owner.fetch(FACTS) == facts
    # What was given out before leads nowhere: an id to nothing, a cursor to an error.
    (node,) = page["nodes"]
    assert (await world.answer("partner", ONE, node)).body["data"] == {"patient": None}
    gone = await world.answer("partner", PAGE, {"a": page["pageInfo"]["endCursor"]})
    assert gone.body["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    # Who was identified before it sees nothing after, rather than a mixture.
    pool = world.pools.roles[viewer.role]
    late = await world.graph.answer(Request(IDS, None, {}), viewer, pool)
    assert late.body["data"]["patients"]["nodes"] == []
    assert not (await verify(owner, release.version)).differences
    assert (await told(world))["ok"]
    async with owner.transaction():
        await database.pseudonyms(Settings.load(world.environment))(owner)


async def test_ids_of_one_scope_are_others_after(world: World, key: Path) -> None:
    before = {role: await extract(world, role) for role in SCOPES}
    made_by = key.read_bytes()
    assert await rotate(world, "AGR-OLA-01")
    assert key.read_bytes() == made_by
    after = {role: await extract(world, role) for role in SCOPES}
    assert not before.pop("partner") & after.pop("partner")
    assert before == after
    assert (await told(world))["ok"]
    with pytest.raises(FillRefused, match="there is no scope NOWHERE: name one of AGR-"):
        await rotate(world, "NOWHERE")


async def test_killed_before_its_commit_nothing_is_lost(
    world: World, owner: asyncpg.Connection, key: Path
) -> None:
    """It has written the next key and waits for one row: it dies there."""
    before, made_by = await owner.fetch(STORED), key.read_bytes()
    async with owner.transaction():
        await owner.execute(
            "select from connect.pseudonym order by patient_id desc limit 1 for update"
        )
        process = start(world)
        for _ in range(3_000):
            if next_to(key).exists():
                break
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.2)
        await kill(process)
    assert next_to(key).exists()
    assert key.read_bytes() == made_by
    assert await owner.fetch(STORED) == before
    assert (await told(world))["ok"]
    assert await extract(world, "steward")
    assert await rotate(world) == len(before)
    assert not next_to(key).exists()
    assert (await told(world))["ok"]


@pytest.mark.parametrize("command", ["rotate", "fill"])
async def test_killed_after_its_commit_a_repeat_completes(
    world: World, owner: asyncpg.Connection, key: Path, command: str
) -> None:
    """The ids are new, and the key is not in its place yet: what a kill there leaves."""
    old = key.read_bytes()
    await rotate(world)
    key.rename(next_to(key))
    key.write_bytes(old)
    key.chmod(0o600)
    stored, new = await owner.fetch(STORED), next_to(key).read_bytes()
    found = await told(world)
    assert found["todo"] == [
        "a rotation of the key was interrupted: complete it with `connect-graph rotate`"
    ]
    await owner.execute("insert into connect.patient (study_id) select min(id) from connect.study")
    if command == "rotate":
        assert await rotate(world) is None
    else:
        async with owner.transaction():
            assert await pseudonym.complete(owner, key) == 1
    assert key.read_bytes() == new
    assert not next_to(key).exists()
    async with owner.transaction():
        await database.pseudonyms(Settings.load(world.environment))(owner)
    assert {tuple(row) for row in stored} <= {tuple(row) for row in await owner.fetch(STORED)}
    assert (await told(world))["ok"]


@pytest.mark.property
async def test_killed_at_random_a_repeat_completes(
    world: World, owner: asyncpg.Connection, key: Path
) -> None:
    for _ in range(count(ci=1, nightly=20)):
        process = start(world)
        await asyncio.sleep(0.5 + secrets.randbelow(1_500) / 1_000)
        await kill(process)
        await rotate(world)
        assert (await told(world))["ok"]
        assert all(sample.fits(key.read_bytes()) for sample in await samples(owner))


async def test_a_key_that_is_lost_for_good(world: World, key: Path) -> None:
    made_by = key.read_bytes()
    other = key.with_name("other.key")
    other.write_bytes(made_by[::-1])
    other.chmod(0o600)
    named = {"CONNECT_KEY_FILE": str(other)}
    refused = await asyncio.to_thread(run, world, "rotate", "--lost", **named)
    assert f"there is a key file {other}: move it away first" in refused.stderr
    assert other.read_bytes() == made_by[::-1]
    key.unlink()
    with pytest.raises(KeyRefused, match="is missing"):
        await rotate(world)
    assert not key.exists()
    assert await rotate(world, lost=True)
    assert (await told(world))["ok"]


def start(world: World) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "connect_graph", "rotate"],
        cwd=ROOT,
        env={**os.environ, **world.environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


async def kill(process: subprocess.Popen[bytes]) -> None:
    """End it as a power cut does, and wait until the server knows."""
    process.send_signal(signal.SIGKILL)
    await asyncio.to_thread(process.wait)
    await asyncio.sleep(0.1)
