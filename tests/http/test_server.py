"""The process: what it does with its arguments, its port, its signals and a sudden death."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx
import pytest

from connect_graph import database as office
from connect_graph.cli import main
from connect_graph.issuer import DEMO_ISSUER, DemoIssuer
from connect_graph.settings import ROLES, Settings
from db.synthetic.demo import member
from tests.conftest import Clone
from tests.http.client import VIEWER, Client, bearer
from tests.world import ROOT, World, serving, until

PATIENTS = "{ patients(first: 1) { nodes { id } } }"
PROGRAM = [sys.executable, "-m", "connect_graph"]
COMMANDS = (
    *("serve", "demo", "gateway", "migrate", "import", "template", "export", "derive", "release"),
    *("synthesize", "token", "keys", "schema", "status", "fill", "rotate", "member", "audit"),
    *("operation", "query"),
)
MISUSE = [
    [],
    ["nothing"],
    ["--port", "1"],
    ["serve", "extra"],
    *(
        ["serve", "--port", port]
        for port in (
            "0",
            "-1",
            "65536",
            "70000",
            "abc",
            "",
            "1.5",
            "80 80",
            "+80",
            "8_0",
            " 80",
            "\uff18\uff10",
            "8\u0660",
        )
    ),
    ["synthesize", "--patients", "0", "--seed", "1"],
    ["synthesize", "--patients", "1"],
    ["token"],
    ["token", "owner"],
    ["import", "vcf", ".", "--study", "X"],
    ["import", "cbioportal", "."],
]


def run(*arguments: str, environment: dict[str, str] | None = None) -> tuple[int, str, str]:
    """Run a command to its end."""
    done = subprocess.run(
        [*PROGRAM, *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@contextmanager
def process(environment: dict[str, str], *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run a command that stays; it is ended with the block, whatever happens."""
    started = subprocess.Popen(
        [*PROGRAM, *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield started
    finally:
        if started.poll() is None:
            started.terminate()
            try:
                started.wait(30)
            except subprocess.TimeoutExpired:
                started.kill()
        started.communicate()


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def until_ready(started: subprocess.Popen[str]) -> tuple[str, dict[str, str]]:
    """Read what it says until it is ready: its address, and the tokens."""
    assert started.stdout is not None
    tokens = {}
    for line in started.stdout:
        if match := re.match(r"^(\w+): (ey\S+)$", line):
            tokens[match[1]] = match[2]
        if line.startswith("ready: "):
            return line.removeprefix("ready: ").strip(), tokens
    raise AssertionError(started.communicate()[1])


@pytest.mark.parametrize("arguments", MISUSE, ids=" ".join)
def test_misuse_is_told_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    said = capsys.readouterr()
    assert (ended.value.code, said.out) == (2, "")
    assert said.err.startswith("usage: connect-graph")


def test_misuse_is_the_same_for_a_process() -> None:
    code, output, trouble = run()
    assert (code, output) == (2, "")
    assert trouble.startswith("usage: connect-graph")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    said = capsys.readouterr()
    assert (ended.value.code, said.err) == (0, "")
    assert said.out.startswith(f"usage: connect-graph {command}")


def test_every_command_is_tested_here() -> None:
    code, output, _ = run("--help")
    assert code == 0
    assert set(re.findall(r"^    (\w+)", output, re.MULTILINE)) == set(COMMANDS)


def test_a_taken_port_is_told_in_one_sentence(world: World) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        code, output, trouble = run("serve", "--port", port, environment=world.environment)
    assert (code, output) == (1, "")
    assert trouble.count("\n") == 1
    assert f"127.0.0.1:{port}" in trouble
    assert "--port" in trouble


@pytest.mark.parametrize("host", ["192.0.2.1", "::g"])
def test_a_host_that_is_not_ours_is_told_in_one_sentence(world: World, host: str) -> None:
    code, _, trouble = run("serve", "--host", host, environment=world.environment)
    assert code == 1
    assert trouble.startswith("connect-graph: ")
    assert trouble.count("\n") == 1


def test_a_login_of_another_role_is_told_in_one_sentence(world: World) -> None:
    """A pool never runs as a role that is not its own."""
    swapped = {**world.environment, "DATABASE_URL_PARTNER": world.database.login("steward")}
    code, output, trouble = run("serve", "--port", str(free_port()), environment=swapped)
    assert (code, output) == (1, "")
    told = trouble.splitlines()[-1]
    assert told.startswith("connect-graph: DATABASE_URL_PARTNER logs in as connect_steward_login")
    assert "Traceback" not in trouble


@dataclass(frozen=True, slots=True)
class Office:
    """Hold a database without patients whose tables may be locked, and the steward's token."""

    environment: dict[str, str]
    connection: asyncpg.Connection[asyncpg.Record]
    token: str


@pytest.fixture
async def desk(clone: Clone, tmp_path: Path) -> AsyncIterator[Office]:
    async with clone() as copy:
        settings = Settings.load({"CONNECT_DEMO": "1", "CONNECT_DATA_DIR": str(tmp_path)})
        await office.prepare(settings, copy.url)
        async with office.connected(copy.url) as connection:
            token = DemoIssuer(tmp_path).token(*await member(connection, DEMO_ISSUER, "steward"))
            logins = {f"DATABASE_URL_{role.upper()}": copy.login(role) for role in ROLES}
            own = {"CONNECT_DEMO": "1", "CONNECT_DATA_DIR": str(tmp_path)}
            environment = {**os.environ, **logins, **own, "DATABASE_URL": copy.url}
            yield Office(environment, connection, token)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_what_was_begun_is_finished_before_it_stops(
    desk: Office, number: signal.Signals
) -> None:
    port = free_port()
    with process(desk.environment, "serve", "--port", str(port)) as served:
        address, _ = await asyncio.to_thread(until_ready, served)
        async with httpx.AsyncClient(base_url=address, timeout=30) as http:
            client = Client(http, bearer(desk.token))
            await desk.connection.execute("begin")
            await desk.connection.execute("lock connect.patient in access exclusive mode")
            waiting = asyncio.create_task(client.ask(PATIENTS))
            await until_waiting(desk.connection)
            served.send_signal(number)
            await asyncio.sleep(0.5)
            assert served.poll() is None
            async with httpx.AsyncClient(base_url=address) as other:
                with pytest.raises(httpx.ConnectError):
                    await other.get("/health")
            await desk.connection.execute("rollback")
            response = await waiting
            assert response.json() == {"data": {"patients": {"nodes": []}}}
        assert await asyncio.to_thread(served.wait, 10) == 0
        output, log = served.communicate()
        assert output == ""
        assert not re.search(r'Traceback|"level": "error"', log)


async def until_waiting(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    for _ in range(250):
        if await connection.fetchval(
            "select count(*) from pg_stat_activity "
            "where wait_event_type = 'Lock' and datname = current_database()"
        ):
            return
        await asyncio.sleep(0.02)
    raise AssertionError("nothing waits")


async def test_slow_and_silent_callers_hold_nobody_up(desk: Office) -> None:
    """Callers that send half of a head or of a body, or read nothing, leave room for others."""
    head = f"POST /graphql HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {desk.token}\r\n"
    body = f"{head}content-type: application/json\r\ncontent-length: 1000\r\n\r\n" + '{"query'
    with ExitStack() as stack:
        served = stack.enter_context(process(desk.environment, "serve", "--port", str(free_port())))
        address, _ = await asyncio.to_thread(until_ready, served)
        where = ("127.0.0.1", int(address.rpartition(":")[2]))
        for sent in ("", "POST /gra", head, body) * 50:
            slow = stack.enter_context(socket.create_connection(where))
            slow.sendall(sent.encode())
        for _ in range(50):  # and those who leave in the middle of it
            with socket.create_connection(where) as gone:
                gone.sendall(body.encode())
        async with httpx.AsyncClient(base_url=address, timeout=5) as http:
            client = Client(http, bearer(desk.token))
            answers = await asyncio.gather(*(client.ask(VIEWER) for _ in range(20)))
            assert {answer.status_code for answer in answers} == {200}
        stack.pop_all().close()
        assert served.returncode == 0


async def test_the_demo_starts_is_killed_and_starts_again(tmp_path: Path) -> None:
    environment = {**os.environ, "CONNECT_DEMO": "1", "CONNECT_DATA_DIR": str(tmp_path)}
    environment.pop("DATABASE_URL", None)
    lasted = []
    for last in (False, True):
        begun = time.monotonic()
        with process(environment, "demo", "--port", str(port := free_port())) as demo:
            address, tokens = await asyncio.to_thread(until_ready, demo)
            lasted.append(time.monotonic() - begun)
            assert address == f"http://127.0.0.1:{port}"
            assert set(tokens) == {"partner", "researcher", "authority", "clinician", "steward"}
            async with httpx.AsyncClient(base_url=address, timeout=30) as http:
                for role, token in tokens.items():
                    response = await Client(http, bearer(token)).ask(VIEWER)
                    assert response.json() == {"data": {"viewer": {"role": role.upper()}}}
            if last:
                with serving({**environment, "CONNECT_DEMO": "0"}) as (beside, _):
                    assert (await until(f"{beside}/ready")).json() == {"status": "ready"}
                assert (await until(f"{address}/ready")).json() == {"status": "ready"}
                demo.terminate()
            else:
                demo.kill()
            demo.wait(30)
    assert lasted[1] < lasted[0]
    assert demo.returncode == 0
    assert not (tmp_path / "postgres" / "postmaster.pid").exists()
