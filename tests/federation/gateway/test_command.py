"""`connect-graph gateway`: five processes that start, are watched and stop as one."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from connect_graph.gateway import GatewayError, start, start_subgraph, stop, watch
from db.viewer import Role
from schema.subgraph import SUBGRAPHS
from tests.conftest import Clone
from tests.http.client import bearer
from tests.http.test_server import free_port, until_ready
from tests.world import ROOT, environment

SECONDS = 60


@pytest.fixture(scope="module")
async def settings(
    clone: Clone, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[dict[str, str]]:
    """Give the environment of a command with a database of its own, which it will fill."""
    async with clone() as copy:
        yield environment(copy, tmp_path_factory.mktemp("gateway"))


@pytest.fixture
def bare(settings: dict[str, str]) -> dict[str, str]:
    """Give the same without the demonstration: nothing is filled, and nobody is believed."""
    return {**settings, "CONNECT_DEMO": "0"}


@contextmanager
def commanded(settings: dict[str, str], *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run the command; whatever happens, nothing of it is left."""
    command = [sys.executable, "-m", "connect_graph", "gateway", *arguments]
    process = subprocess.Popen(
        command, cwd=ROOT, env=settings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
        process.communicate()


def children(process: subprocess.Popen[str]) -> dict[str, int]:
    """Map the names of the processes that a command started to their numbers."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            status = (entry / "status").read_text()
            words = (entry / "cmdline").read_bytes().decode().split("\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if f"PPid:\t{process.pid}\n" in status:
            name = words[words.index("--subgraph") + 1] if "--subgraph" in words else "gateway"
            found[name] = int(entry.name)
    return found


def alive(number: int) -> bool:
    try:
        return "State:\tZ" not in (Path("/proc") / str(number) / "status").read_text()
    except FileNotFoundError:
        return False


async def gone(numbers: list[int]) -> bool:
    for _ in range(200):
        if not any(alive(number) for number in numbers):
            return True
        await asyncio.sleep(0.1)
    return False


async def test_it_answers_names_who_ends_and_stops_as_one(settings: dict[str, str]) -> None:
    """As `make gateway` starts it: with the demonstration."""
    port = str(free_port())
    query = {"query": "{ viewer { role } biomarkers { totalCount } }"}
    with commanded(settings, "--port", port) as process:
        address, tokens = await asyncio.to_thread(until_ready, process)
        assert address == f"http://127.0.0.1:{port}"
        assert set(tokens) == {role.value for role in Role}
        started = children(process)
        assert set(started) == {*SUBGRAPHS, "gateway"}
        headers = bearer(tokens["partner"])
        async with httpx.AsyncClient(base_url=address, timeout=30, headers=headers) as http:
            answer = (await http.post("/graphql", json=query)).json()
            assert answer["data"]["viewer"] == {"role": "PARTNER"}
            assert answer["data"]["biomarkers"]["totalCount"] > 0
            os.kill(started["biomarkers"], signal.SIGKILL)
            await asyncio.sleep(0.5)
            answer = (await http.post("/graphql", json=query)).json()
            assert answer["data"] == {"viewer": {"role": "PARTNER"}, "biomarkers": None}
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, SECONDS) == 0
        assert await gone(list(started.values()))
        assert process.stderr is not None
        said = [line for line in process.stderr if not line.startswith("{")]
    assert said == [
        "connect-graph: the subgraph biomarkers ended (SIGKILL): "
        "what it tells is null until you start again\n"
    ]


async def test_nothing_is_left_of_a_command_that_was_killed(bare: dict[str, str]) -> None:
    with commanded(bare, "--port", str(free_port())) as process:
        await asyncio.to_thread(until_ready, process)
        started = children(process)
        process.kill()
        await asyncio.to_thread(process.wait, SECONDS)
        assert await gone(list(started.values()))


async def test_a_port_that_is_taken_is_told_at_once(bare: dict[str, str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with commanded(bare, "--port", str(port)) as process:
            output, trouble = await asyncio.to_thread(process.communicate)
    assert (process.returncode, output) == (1, "")
    assert re.fullmatch(
        rf"connect-graph: 127\.0\.0\.1:{port} cannot be listened on \(Address already in use\): "
        r"give another one with --port or GATEWAY_PORT=\n",
        trouble,
    )


async def test_without_the_gateway_all_stops(capsys: pytest.CaptureFixture[str]) -> None:
    """Who ends is named as it happens; processes that only wait stand in for those that answer."""
    settings = dict(os.environ)
    waiting = [start(name, ["sleep", "60"], settings, ROOT) for name in ("responses", "gateway")]
    try:
        watched = asyncio.create_task(asyncio.to_thread(watch, waiting))
        waiting[0].process.terminate()
        await asyncio.sleep(0.5)
        assert not watched.done()
        waiting[1].process.kill()
        assert await watched == 1
    finally:
        stop(waiting)
    assert capsys.readouterr().err.splitlines() == [
        "connect-graph: the subgraph responses ended (SIGTERM): "
        "what it tells is null until you start again",
        "connect-graph: the gateway ended (SIGKILL): all stops",
    ]


async def test_a_subgraph_that_does_not_start_is_named(settings: dict[str, str]) -> None:
    wrong = {**settings, "DATABASE_URL_PARTNER": settings["DATABASE_URL"]}
    child = start_subgraph("patients", free_port(), wrong)
    try:
        with pytest.raises(GatewayError, match=r"^the subgraph patients ended before it was ready"):
            await asyncio.to_thread(child.until_ready)
    finally:
        stop([child])
