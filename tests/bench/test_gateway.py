"""The benchmark of the gateway: it tells what it measured, of answers that are the same."""

from __future__ import annotations

import os
import sys

import pytest

from bench.gateway import BLOCK, BLOCKS, SIZES, Side, compare, cpu_of, measure, table
from tests.world import World, serving

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="CPU is read from /proc")


async def test_two_sides_are_measured_and_compared(world: World) -> None:
    with serving(world.environment) as (first, one), serving(world.environment) as (second, other):
        sides = Side(first, [one]), Side(second, [other, os.getpid()])
        await measure(*sides, os.getppid(), await world.token("researcher"), 1)
    for side in sides:
        assert len(side.milliseconds) == BLOCKS * BLOCK
        assert side.cpu > 0
    measured = compare(*sides)
    assert measured["cpu_ratio"] > 1  # this process was counted with the second
    told = table({f"first_{size}": measured for size in SIZES})
    assert f"{measured['latency_ratio']:.2f}" in told


async def test_different_answers_are_no_measurement(world: World) -> None:
    with serving(world.environment) as (address, one):
        sides = Side(address, [one]), Side(f"{address}/subgraphs/resistance", [one])
        with pytest.raises(RuntimeError, match="do not answer the same"):
            await measure(*sides, os.getpid(), await world.token("researcher"), 1)


def test_cpu_is_of_the_processes_named() -> None:
    before = cpu_of([os.getpid()])
    sum(range(3_000_000))
    assert cpu_of([os.getpid()]) > before
