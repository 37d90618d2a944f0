"""`connect-graph release`: what it answers, and how it exits."""

from __future__ import annotations

import asyncio
import json
import sys

import asyncpg
import pytest

from tests.world import ROOT, World


async def release(world: World, *arguments: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "connect_graph", "release", *arguments,
        cwd=ROOT, env=world.environment,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def test_a_release_is_frozen_verified_and_found_altered(world: World) -> None:
    code, out, err = await release(
        world, "--release-version", "told", "--cut-off", "2025-01-31", "--json"
    )
    assert (code, err) == (0, "")
    manifest = json.loads(out)
    assert (manifest["version"], manifest["cut_off"]) == ("told", "2025-01-31")
    code, out, _ = await release(world, "--verify", "told")
    assert (code, out) == (0, f"release told is intact: {manifest['manifest_digest']}\n")
    code, out, err = await release(world, "--release-version", "told")
    assert (code, out) == (1, "")
    assert err.startswith("connect-graph: release told exists")
    connection = await asyncpg.connect(world.database.url)
    try:
        await connection.execute(
            "set session_replication_role = replica; delete from connect.analysis_row where ordinal"
            " = 1 and release_id = (select id from connect.data_release where version = 'told')"
        )
    finally:
        await connection.close()
    code, out, _ = await release(world, "--verify", "told", "--json")
    verdict = json.loads(out)
    rows = manifest["tables"]["analysis_row"]["rows"]
    assert code == 1
    assert not verdict["intact"]
    assert verdict["differences"] == [f"analysis_row has {rows - 1} rows, frozen were {rows}"]


async def test_a_steward_reads_of_a_release_and_others_once_it_is_published(world: World) -> None:
    code, out, _ = await release(world, "--release-version", "published", "--json")
    assert code == 0
    query = (
        '{ releases(where: {version: {eq: "published"}}) { nodes { manifestDigest ruleSets } } }'
    )
    told = {"manifestDigest": json.loads(out)["manifest_digest"], "ruleSets": ["outcome-1"]}
    for published in (False, True):
        for role in ("steward", "authority", "partner"):
            body = (await world.answer(role, query)).body
            nodes = body["data"]["releases"]["nodes"]
            assert nodes == ([told] if published or role == "steward" else [])
        connection = await asyncpg.connect(world.database.url)
        await connection.execute(
            "update connect.data_release set published = true where version = 'published'"
        )
        await connection.close()


@pytest.mark.parametrize(
    "arguments",
    [
        ("--cut-off", "30.6.2026"),
        ("--verify", "told", "--cut-off", "2026-06-30"),
        ("--verify", "told", "--release-version", "other"),
    ],
)
async def test_misuse_is_told(world: World, arguments: tuple[str, ...]) -> None:
    code, out, err = await release(world, *arguments)
    assert (code, out) == (2, "")
    assert "usage: connect-graph release" in err
