from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from connect_graph.embedded import PROGRAMS, Server
from db import migrate
from db.address import Address
from db.migrate import MigrationError
from tests.world import Database

Empty = Callable[[], Awaitable[str]]
DOWN = "\n-- migrate:down\n"


def write(directory: Path, **bodies: str) -> Path:
    for name, body in bodies.items():
        (directory / f"{name.removeprefix('m')}.sql").write_text(f"-- migrate:up\n{body}{DOWN}")
    return directory


async def test_applies_all_and_then_nothing(empty: Empty, tmp_path: Path) -> None:
    url = await empty()
    first = write(
        tmp_path, m0001_create_a="create table a ();", m0002_create_b="create table b ();"
    )
    assert await migrate.applied(url) == ()
    assert await migrate.pending(url, first) == ("0001_create_a.sql", "0002_create_b.sql")
    assert await migrate.migrate(url, first) == ("0001_create_a.sql", "0002_create_b.sql")
    assert await migrate.applied(url) == ("0001", "0002")
    assert await migrate.pending(url, first) == ()
    assert await migrate.migrate(url, first) == ()


async def test_two_processes_may_migrate_at_once(empty: Empty, tmp_path: Path) -> None:
    url = await empty()
    slow = write(tmp_path, m0001_wait="select pg_sleep(0.5); create table a ();")
    results = await asyncio.gather(migrate.migrate(url, slow), migrate.migrate(url, slow))
    assert sorted(results) == [(), ("0001_wait.sql",)]


async def test_a_failure_is_one_sentence_with_the_file(empty: Empty, tmp_path: Path) -> None:
    url = await empty()
    broken = write(
        tmp_path,
        m0001_create_a="create table a ();",
        m0002_break_it="create table b ();\ncreate tabel c ();",
    )
    with pytest.raises(MigrationError) as caught:
        await migrate.migrate(url, broken)
    message = str(caught.value)
    assert message.startswith("0002_break_it.sql failed")
    assert "syntax error" in message
    assert "\n" not in message
    assert await migrate.applied(url) == ("0001",)


async def test_an_older_program_refuses_a_newer_database(empty: Empty, tmp_path: Path) -> None:
    url = await empty()
    write(tmp_path, m0001_create_a="create table a ();", m0002_create_b="create table b ();")
    await migrate.migrate(url, tmp_path)
    (tmp_path / "0002_create_b.sql").unlink()
    with pytest.raises(MigrationError, match="migration 0002, which this version does not know"):
        await migrate.migrate(url, tmp_path)


async def test_an_unreachable_database_says_so_without_the_password() -> None:
    with pytest.raises(MigrationError, match="cannot be reached") as caught:
        await migrate.pending("postgresql://u:hunter2@127.0.0.1:1/connect")
    assert "hunter2" not in str(caught.value)


async def test_a_missing_database_says_so(server: str) -> None:
    with pytest.raises(MigrationError, match="does not exist"):
        await migrate.migrate(Address.parse(server).at("connect_test_absent").url)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "holds no migration"),
        (["create_a.sql"], "create_a.sql does not begin with a number"),
        (["0001_a.sql", "0001_b.sql"], "0001_b.sql has the number of 0001_a.sql"),
    ],
)
def test_files_are_numbered_once(tmp_path: Path, names: list[str], message: str) -> None:
    for name in names:
        (tmp_path / name).touch()
    with pytest.raises(MigrationError, match=message):
        migrate.files(tmp_path)


async def test_a_dump_holds_what_was_made_and_nothing_of_the_machine(
    empty: Empty, embedded: Server, tmp_path: Path
) -> None:
    del embedded
    url = await empty()
    body = (
        "create table a (id integer primary key); comment on table a is 'kept';\n"
        "create function f() returns text language sql as $$\n-- kept too\nselect 'x'\n$$;"
    )
    await migrate.migrate(url, write(tmp_path, m0001_create_a=body))
    text = await migrate.dump(url, PROGRAMS / "pg_dump")
    assert text.startswith("CREATE FUNCTION public.f()")
    assert "-- kept too" in text
    assert "COMMENT ON TABLE public.a IS 'kept'" in text
    for noise in ("\\restrict", "SET ", "Dumped", "Owner", "OWNER", "schema_migrations"):
        assert noise not in text


async def test_every_migration_of_the_house_applies(database: Database) -> None:
    assert await migrate.pending(database.url) == ()
    assert await migrate.applied(database.url) == tuple(migrate.files())
