from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from connect_graph.embedded import EmbeddedError, Server, running
from db.address import Address

USE = """
import sys
from pathlib import Path
from connect_graph.embedded import running
with running(Path(sys.argv[1])) as server:
    print(server.url, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def place() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="connect-test-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


def use(place: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", USE, str(place)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("postgresql://")
    return process


def end(process: subprocess.Popen[str]) -> None:
    process.communicate(timeout=60)
    assert process.returncode == 0


def is_up(place: Path) -> bool:
    return (place / "postgres" / "postmaster.pid").exists()


async def ask(url: str, question: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


async def test_settings_keep_data_and_keep_values_out_of_logs(embedded: Server) -> None:
    for name, value in {
        "server_version_num": "1800",
        "server_encoding": "UTF8",
        "fsync": "on",
        "full_page_writes": "on",
        "data_checksums": "on",
        "max_connections": "400",
        "listen_addresses": "",
        "log_statement": "none",
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
        "log_min_error_statement": "panic",
    }.items():
        assert str(await ask(embedded.url, f"show {name}")).startswith(value), name
    collation = await ask(
        embedded.url, "select datcollate from pg_database where datname = current_database()"
    )
    assert collation == "C"


async def test_values_never_reach_the_log(embedded: Server) -> None:
    connection = await asyncpg.connect(embedded.url)
    try:
        await connection.execute(
            "create temporary table t (id int primary key, n int check (n > 0))"
        )
        for statement in (
            "select 'geheim-1'::int",
            "insert into t values (770077, -1)",
            "insert into t values (770077, 1), (770077, 1)",
        ):
            with pytest.raises(asyncpg.PostgresError):
                await connection.execute(statement)
        with pytest.raises(asyncpg.PostgresError):
            await connection.fetchval("select $1::text::int", "geheim-2")
        with pytest.raises(asyncpg.PostgresError):
            await connection.execute("do $$ begin raise exception 'geheim-3'; end $$")
    finally:
        await connection.close()
    log = (Path(Address.parse(embedded.url).host) / "server.log").read_text()
    assert "ready to accept connections" in log
    assert "geheim" not in log
    assert "770077" not in log


def test_nobody_else_reaches_the_socket(embedded: Server) -> None:
    directory = Path(Address.parse(embedded.url).host)
    assert directory.stat().st_mode & 0o077 == 0
    assert (directory / ".s.PGSQL.5432").stat().st_mode & 0o077 == 0


def test_a_second_process_shares_and_the_last_one_stops(place: Path) -> None:
    first, second = use(place), use(place)
    end(first)
    assert is_up(place)
    end(second)
    assert not is_up(place)


def test_what_a_killed_process_left_is_taken_over(place: Path) -> None:
    process = use(place)
    process.kill()
    process.communicate()
    assert is_up(place)
    with running(place):
        pass
    assert not is_up(place)


async def test_a_killed_server_recovers_though_its_number_was_taken(place: Path) -> None:
    process = use(place)
    process.kill()
    process.communicate()
    left = place / "postgres" / "postmaster.pid"
    lines = left.read_text().split("\n")
    url = Address("postgres", "connect", str(place / "postgres")).url
    await ask(url, "select 1")
    os.kill(int(lines[0]), signal.SIGKILL)
    left.write_text("\n".join([str(os.getppid()), *lines[1:]]))
    with running(place) as server:
        assert await ask(server.url, "select 1") == 1
    assert not is_up(place)


async def test_what_was_written_is_there_after_a_restart(place: Path) -> None:
    with running(place) as server:
        await ask(server.url, "create table kept ()")
    with running(place) as server:
        assert await ask(server.url, "select to_regclass('kept')::text") == "kept"


async def test_a_data_directory_deleted_under_a_server_is_begun_again(place: Path) -> None:
    process = use(place)
    process.kill()
    process.communicate()
    shutil.rmtree(place / "postgres")
    with running(place) as server:
        assert await ask(server.url, "select 1") == 1


async def test_a_long_path_gets_a_private_socket(place: Path) -> None:
    with running(place / ("long " * 30)) as server:
        directory = Path(Address.parse(server.url).host)
        assert len(str(directory)) < 60
        assert directory.stat().st_mode & 0o077 == 0
        assert await ask(server.url, "select 1") == 1
    assert not directory.exists()


def test_a_socket_directory_of_another_is_refused(place: Path) -> None:
    long = place / ("long " * 30)
    with running(long) as server:
        directory = Path(Address.parse(server.url).host)
    directory.mkdir(mode=0o777)
    directory.chmod(0o777)
    try:
        with pytest.raises(EmbeddedError, match="is not a private directory"), running(long):
            pass
    finally:
        directory.rmdir()


def test_an_initialization_that_was_cut_off_is_begun_again(place: Path) -> None:
    (place / "postgres.new.x").mkdir()
    (place / "postgres.new.x" / "PG_VERSION").write_text("18\n")
    with running(place):
        assert not (place / "postgres.new.x").exists()


@pytest.mark.parametrize("name", ['a"b', "a$b", "a`b", "a'b", "a\\b"])
def test_a_path_that_no_shell_can_carry_is_refused(place: Path, name: str) -> None:
    with pytest.raises(EmbeddedError, match="plainer path"), running(place / name):
        pass


def test_a_file_in_the_way_is_named(place: Path) -> None:
    (place / "file").touch()
    with pytest.raises(EmbeddedError, match="cannot be used"), running(place / "file"):
        pass
