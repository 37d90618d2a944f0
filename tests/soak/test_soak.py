"""The soak: minutes of mixed load, while callers leave and the database comes and goes."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from connect_graph import embedded
from resolvers.errors import Code
from tests.extent import REPEATABLE, count
from tests.soak.load import Load, Other, Result, ask
from tests.soak.question import EVERYBODY, Asking, questions
from tests.soak.soaked import AT_ONCE, FAST, Soaked
from tests.world import ROOT, Database, environment, make, serving

SECONDS = count(ci=180, nightly=1_200)
CONNECTIONS = 32
PAUSE = 0.1
"""[s] What is thought between an answer and the next request: others test beside."""
WARM_SECONDS = 15
MINUTE_2 = min(120, SECONDS // 2)
SPAN = 20
"""[s] Over which memory is taken together."""
MOST_GROWTH = 1.10
BUSY = """
select count(*) from pg_stat_activity
where usename like 'connect\\_%\\_login' and state <> 'idle'
"""
AWAY = {503: Code.UNAVAILABLE, 504: Code.TIMEOUT}
"""What is told while the database is away."""


@dataclass(frozen=True, slots=True)
class Told:
    """Hold what the soak left behind."""

    soaked: Soaked
    result: Result
    names: frozenset[str]
    log: tuple[dict[str, object], ...]
    verified: subprocess.CompletedProcess[str]
    """What `connect-graph audit verify` said."""


@pytest.mark.property
async def test_minutes_of_mixed_load(
    tmp_path: Path, shared: Path, record_property: Callable[[str, object], None]
) -> None:
    told = await _soak(tmp_path, shared)
    soaked, result = told.soaked, told.result
    second = soaked.held(MINUTE_2 - SPAN / 2, MINUTE_2 + SPAN / 2)
    growth = soaked.held(SECONDS - SPAN, SECONDS) / second
    record_property("examples", sum(result.equal.values()))
    record_property("memory", round(growth, 3))
    wrong = [each for each in result.others if not _is_excused(each, soaked)]
    assert wrong == []
    for restart in soaked.restarts:
        met = [each for each in result.others if restart.excuses(each.begun, each.ended)]
        assert met, "the database was away and nobody noticed"
    assert told.names == set(result.equal), "each question was answered as before"
    assert set(result.deeds) == {"whole", "half", "gone", "midst", "slow"}
    assert [line for line in told.log if line["level"] == "error"] == []
    assert told.verified.returncode == 0, told.verified.stdout + told.verified.stderr
    assert growth <= MOST_GROWTH, soaked.memory


async def _soak(home: Path, shared: Path) -> Told:
    with embedded.running(home) as server, (home / "serve.log").open("w+") as log:
        database = Database(server.url)
        world = await make(database, home, published=True)
        tokens = {role: await world.token(role) for role in EVERYBODY}
        await world.pools.close()
        given = environment(database, home)
        with serving(given, log=log) as (address, process):
            asking = Asking(int(address.rpartition(":")[2]), tokens)
            asked = await questions(asking, shared)
            chance = 1 if REPEATABLE else time.time_ns()
            warming = tuple(each for each in asked if each.name.startswith("new"))
            warm = Load(asking.port, CONNECTIONS, WARM_SECONDS, 0.001, chance, 1, warming)
            warmed = await ask(warm, home / "warm.json")
            assert warmed.others == ()
            soaked = Soaked(address, process, home)
            load = Load(asking.port, CONNECTIONS, SECONDS, PAUSE, chance, 500_000, tuple(asked))
            watching = asyncio.create_task(soaked.watch())
            restarting = asyncio.create_task(_restart(soaked))
            result = await ask(load, home / "load.json")
            await restarting
            watching.cancel()
            await _until_idle(server.url)
        verified = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "connect_graph", "audit", "verify"],
            cwd=ROOT,
            env=given,
            capture_output=True,
            text=True,
            check=False,
        )
        log.seek(0)
        lines = tuple(json.loads(line) for line in log)
    return Told(soaked, result, frozenset(each.name for each in asked), lines, verified)


def _moments() -> Iterator[tuple[int, signal.Signals]]:
    """Say when the database is stopped, and how: twice before memory is compared, then on."""
    yield MINUTE_2 // 4, FAST
    yield MINUTE_2 * 7 // 12, AT_ONCE
    for at in range(140, SECONDS - 30, 100):
        yield at, FAST if at % 200 else AT_ONCE


async def _restart(soaked: Soaked) -> None:
    started = time.monotonic()
    for at, how in _moments():
        await asyncio.sleep(started + at - time.monotonic())
        await soaked.restart(how)


def _is_excused(other: Other, soaked: Soaked) -> bool:
    """Tell whether it is told, as it is documented, that the database was away just then."""
    code = AWAY.get(other.status)
    if code is None or not any(r.excuses(other.begun, other.ended) for r in soaked.restarts):
        return False
    body = json.loads(other.body)
    told = {each["extensions"]["code"] for each in body["errors"]}
    return list(body) == ["errors"] and told == {code.value}


async def _until_idle(url: str) -> None:
    """Wait until no login of the API does anything: all callers are gone."""
    connection = await asyncpg.connect(url)
    try:
        for _ in range(50):
            if not await connection.fetchval(BUSY):
                return
            await asyncio.sleep(0.1)
    finally:
        await connection.close()
    raise AssertionError("a connection of a login is still busy")
