"""The commands on the audit: what they say, and how they end."""

from __future__ import annotations

import asyncio
import json
import tracemalloc
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from connect_graph import cli
from connect_graph import database as office
from db.audit.verify import verify
from db.audit.writer import MOST, Writer
from tests.audit.stored import entry
from tests.world import AUDIT_KEY, Database, environment

Run = Callable[..., Awaitable[tuple[int, str]]]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
async def audited(writer: Writer, database: Database) -> Database:
    """Write an entry for each of three days; the first tells of a patient."""
    owner = await asyncpg.connect(database.url)
    patient = await owner.fetchval(
        "with study as (insert into connect.study (code) values ('S') returning id)"
        " insert into connect.patient (study_id) select id from study returning id"
    )
    await owner.execute(
        "insert into connect.scope (kind, code, valid_from, purposes)"
        " values ('CONSORTIUM', 'CONNECT', now(), '{ADMINISTRATION}')"
    )
    await owner.execute(
        "insert into connect.pseudonym select s.id, $1, repeat('a', 16), '{}' from connect.scope s",
        patient,
    )
    await owner.close()
    viewer = {"role": "STEWARD", "scope": "CONNECT", "purpose": "ADMINISTRATION"}
    for day in range(3):
        told = {"rows": {"Patient": 1}, "patients": (patient,)} if day == 0 else {}
        await writer.write(
            entry(at=NOON + timedelta(days=day), document="{ é }", variables={}, **viewer, **told)
        )
    return database


@pytest.fixture
def run(
    audited: Database,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Run a command of the audit in another thread, where it has a loop of its own."""
    directory = tmp_path_factory.mktemp("auditor")
    (directory / "audit.key").touch(0o600)
    (directory / "audit.key").write_bytes(AUDIT_KEY)
    for name, value in environment(audited, directory).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("connect_graph.cli.signal.signal", lambda *_: None)

    async def command(*arguments: str) -> tuple[int, str]:
        ended = await asyncio.to_thread(cli.main, ["audit", *arguments])
        told = capsys.readouterr()
        return ended, told.out + told.err

    return command


async def test_verify_says_that_all_is_intact_and_what_is_not(run: Run, audited: Database) -> None:
    ended, told = await run("verify")
    assert (ended, told[:19]) == (0, "the audit is intact")
    ended, told = await run("verify", "--json")
    found = json.loads(told)
    assert (found["intact"], found["entries"], found["findings"]) == (True, 3, [])
    ended, told = await run("verify", "--seal", found["last_seal"])
    assert ended == 0
    ended, told = await run("verify", "--seal", "0" * 64)
    assert (ended, told.count("TRUNCATED")) == (1, 1)
    owner = await asyncpg.connect(audited.url)
    await owner.execute("set session_replication_role = replica")
    await owner.execute("delete from connect.audit_entry where ordinal = 2")
    await owner.close()
    ended, told = await run("verify", "--json")
    found = json.loads(told)
    assert (ended, found["intact"], found["wrong"]) == (1, False, 1)
    assert found["findings"][0]["wrong"] == "MISSING"
    assert found["findings"][0]["place"].endswith("entry 2")


async def test_export_is_lines_of_a_time(run: Run, audited: Database) -> None:
    ended, told = await run("export")
    lines = [json.loads(line) for line in told.splitlines()]
    assert (ended, len(lines)) == (0, 3)
    first = lines[0]
    assert (first["document"], first["variables"]) == ("{ é }", {})
    assert (first["patients"], first["patient_count"]) == (["a" * 16], 1)
    assert first["rows_by_type"] == {"Patient": 1}
    ended, told = await run("export", "--from", "2026-03-02", "--to", "2026-03-03T12:00Z")
    (line,) = told.splitlines()
    assert json.loads(line)["at"].startswith("2026-03-02")


async def test_a_patients_log_is_lines(run: Run, audited: Database) -> None:
    ended, told = await run("patient", "a" * 16)
    assert ended == 0
    assert told.count("\n") == 1
    assert "somebody of 999999999, STEWARD in CONNECT for ADMINISTRATION: Patient" in told
    ended, told = await run("patient", "a" * 16, "--scope", "CONNECT", "--json")
    assert json.loads(told)["types"] == ["Patient"]
    for arguments in (["b" * 16], ["a" * 16, "--scope", "NONE"]):
        ended, told = await run("patient", *arguments)
        assert ended == 1
        assert told.startswith("connect-graph: no patient has the id")


async def test_without_the_key_nothing_is_verified(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CONNECT_AUDIT_KEY_FILE", str(tmp_path / "none"))
    ended, told = await run("verify")
    assert ended == 1
    assert "CONNECT_AUDIT_KEY_FILE" in told
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("arguments", [["verify", "--seal", "xyz"], ["export", "--from", "noon"]])
def test_misuse_is_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["audit", *arguments])
    assert ended.value.code == 2
    assert "is not a" in capsys.readouterr().err


async def test_memory_does_not_grow_with_the_audit(writer: Writer, database: Database) -> None:
    async def peak() -> int:
        async with office.connected(database.url) as connection:
            tracemalloc.start()
            try:
                assert not (await verify(connection, [AUDIT_KEY])).wrong
                return tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()

    async def write(number: int) -> None:
        for _ in range(number // MOST):
            made = (entry(patients=range(100), variables={"a": "x" * 500}) for _ in range(MOST))
            await asyncio.gather(*map(writer.write, made))

    await write(256)
    few = await peak()
    await write(2_304)
    assert await peak() < few * 1.5
