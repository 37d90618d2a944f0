"""The benchmark of the audit: it tells what it measured, beside a process that audits nothing."""

from __future__ import annotations

import os
import sys

import pytest

from bench import audit
from bench.audit import QUERIES, Side, measure, table
from tests.audit.stored import entries
from tests.world import World, serving

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="CPU is read from /proc")


async def test_one_audits_the_other_does_not(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "SECONDS", 0.2)
    before = len(await entries(world.database.url))
    token = await world.token("researcher")
    without = ("bench.audit", "--serve")
    with (
        serving(world.environment) as (first, one),
        serving(world.environment, program=without) as (second, other),
    ):
        sides = Side(first, one), Side(second, other)
        measured = await measure(sides, token, QUERIES["small"], os.getppid(), 4)
        written = len(await entries(world.database.url)) - before
    assert len(sides[0].rates) == len(sides[1].rates) == 2
    assert measured["throughput_ratio"] > 0
    least = sum(rate * 0.2 for rate in sides[0].rates)
    assert written >= least
    told = table(dict.fromkeys(QUERIES, measured))
    assert f"{measured['throughput_ratio']:.3f} of without" in told
    before = len(await entries(world.database.url))
    with serving(world.environment, program=without) as (address, one):
        assert await audit.ask(Side(address, one), token, QUERIES["small"], float("inf"), 1) == 1
    assert len(await entries(world.database.url)) == before


async def test_what_does_not_answer_is_no_measurement(world: World) -> None:
    with (
        serving(world.environment) as (address, one),
        pytest.raises(RuntimeError, match="did not answer"),
    ):
        await audit.ask(Side(address, one), "a.b.c", QUERIES["small"], float("inf"), 1)
