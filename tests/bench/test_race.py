"""The race: servers that run, on a small set that is made for it."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from bench import floor, race
from bench.agreement import Different, agree
from bench.generator import Load, ask
from bench.operation import Operation, operations
from bench.race import FLOOR, QUERIES, Course, course, measure
from bench.side import OURS, RIVALS, SIDES, Side, running
from bench.statement import Statement
from bench.store import Store, digest, kept
from bench.table import TITLES, cells, ratios
from db.viewer import Viewer
from tests.audit.stored import entries

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="CPU is read from /proc")
PATIENTS = 400


@pytest.fixture(scope="module")
def store(place: Path) -> Iterator[Store]:
    with kept(PATIENTS, place) as store:
        asyncio.run(floor.prepare(store))
        yield store


@pytest.fixture(scope="module")
def viewer(store: Store) -> Viewer:
    return asyncio.run(store.viewer())


@pytest.fixture(scope="module")
def chosen(store: Store) -> dict[str, Operation]:
    ids = asyncio.run(store.eligible())
    assert len(ids) >= 5
    return {each.name: replace(each, variables=each.variables[:3]) for each in operations(ids)}


@pytest.fixture(scope="module")
def sides(store: Store, viewer: Viewer) -> Iterator[dict[str, Side]]:
    names = list(SIDES)
    with running(names, store, viewer) as sides:
        assert list(sides) == names
        yield sides


def patient(viewer: Viewer, id_: str) -> Statement:
    """Make a statement that ours could have sent, with a colon that pgbench must let be."""
    return Statement(
        "select case when set_config('app.issuer', $1, true) is not null"
        " and set_config('app.organisation', $2, true) is not null"
        " and set_config('app.subject', $3, true) is not null"
        " and set_config('app.scope', $4, true) is not null"
        " and set_config('app.purpose', $5, true) is not null then ("
        """select '{"known":true,"id":' || to_json(y.public_id) || '}' from connect.pseudonym y"""
        " where y.public_id = $6::text and $7::text is null and $8 = '') end",
        (*viewer.settings, id_, None, ""),
    )


@pytest.mark.parametrize("name", QUERIES)
def test_all_sides_give_the_same_data(
    name: str,
    chosen: dict[str, Operation],
    sides: dict[str, Side],
    store: Store,
    viewer: Viewer,
    tmp_path: Path,
) -> None:
    asked = agree(chosen[name], sides, store, viewer, tmp_path)
    assert asked.loads.keys() == sides.keys()
    assert asked.rows >= 5
    assert asked.bytes > 200
    load = Load(**json.loads(asked.loads["compiled"].read_text()))
    assert len(load.requests) == len(load.lengths)
    assert all(length > 200 for length in load.lengths)


def test_another_answer_is_no_measurement(
    chosen: dict[str, Operation],
    sides: dict[str, Side],
    store: Store,
    viewer: Viewer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = Operation.text

    def other(self: Operation, dialect: str | None) -> str:
        return text(self, dialect).replace("[TYPE_ASC, ", "[")

    monkeypatch.setattr(Operation, "text", other)
    with pytest.raises(Different, match=r"Q1, request \d+, postgraphile: data\.patient\.biomark"):
        agree(chosen["Q1"], sides, store, viewer, tmp_path)


def test_a_length_that_was_not_told_is_no_measurement(
    chosen: dict[str, Operation], sides: dict[str, Side], tmp_path: Path
) -> None:
    one = sides["mercurius"]
    request = one.request(chosen["Q1"], chosen["Q1"].variables[0])
    with httpx.Client() as http:
        length = one.answer(http, chosen["Q1"], chosen["Q1"].variables[0]).length
    told = Load(one.port, (request,), (length,)).write(tmp_path / "told")
    run = ask(told, 2, 0.1)
    assert run.answers >= 2
    assert run.p50 <= run.p95
    other = Load(one.port, (request,), (length + 1,)).write(tmp_path / "other")
    with pytest.raises(RuntimeError, match=f"{length} bytes, not {length + 1}"):
        ask(other, 2, 0.1)


def test_the_floor_sends_the_statement_and_an_entry(
    chosen: dict[str, Operation], store: Store, viewer: Viewer
) -> None:
    ids = [each["id"] for each in chosen["Q1"].variables]
    statements = [patient(viewer, each) for each in ids]
    found = asyncio.run(floor.answers(store, statements))
    assert found == [{"known": True, "id": each} for each in ids]
    before = len(asyncio.run(entries(store.url)))
    measured = floor.run(store, statements, {"jit": "off"}, 2, 0.5, warm_seconds=0.5)
    written = len(asyncio.run(entries(store.url))) - before
    assert 0 < measured.rate * 0.5 <= written
    assert measured.p50 <= measured.p95
    assert measured.database_cpu >= 0


def test_what_pgbench_cannot_run_is_no_measurement(store: Store, viewer: Viewer) -> None:
    wrong = Statement("select no_such_column, $1", ("",))
    with pytest.raises(RuntimeError, match="no_such_column"):
        floor.run(store, [wrong], {}, 1, 0.3, warm_seconds=0.3)


def test_sides_take_turns_and_the_table_tells_of_them(
    chosen: dict[str, Operation],
    sides: dict[str, Side],
    store: Store,
    viewer: Viewer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = agree(chosen["Q6"], sides, store, viewer, tmp_path)
    statement = patient(viewer, chosen["Q1"].variables[0]["id"])
    monkeypatch.setattr(race, "LONGEST", 60.0)
    asked.statements.clear()
    names = ("compiled", "mercurius")
    raced = Course(sides=(*names, FLOOR), rounds=2, seconds=0.2)
    measured = measure(asked, raced, sides, store, 8)
    assert tuple(measured) == names, "the floor has nothing to send"
    for told in measured.values():
        assert len(told["rounds"]) == 2
        assert told["requests_per_second"] > 0
        assert told["server_cpu_milliseconds"] > 0
    query = {"title": "a page", "rows": 3, "bytes": 1234, "connections": {"8": measured}}
    text = cells("Q6", query)
    assert "Q6 a page: 3 rows, 1,234 bytes an answer" in text
    assert text.count("8 connections") == 1
    ratio = (
        measured["compiled"]["requests_per_second"] / measured["mercurius"]["requests_per_second"]
    )
    assert f"{ratio:.2f} x" in text
    megabytes = {name: sides[name].megabytes for name in names}
    assert all(held > 20 for held in megabytes.values())
    told = ratios({"queries": {"Q6": query, "Q2": query}, "megabytes": megabytes})
    mark = " " if ratio >= 5 else "!"
    assert f"{ratio:.2f} (5){mark}".rstrip() in told
    assert TITLES["floor"] not in told
    asked.statements.append(statement)
    monkeypatch.setattr(race, "LONGEST", 0.0)
    slow = measure(asked, Course(sides=(FLOOR,), rounds=3, seconds=0.5), sides, store, 1)
    assert len(slow[FLOOR]["rounds"]) == 1, "who is too slow has one round"
    assert "~" in cells("Q6", {**query, "connections": {"1": slow}})


def test_a_store_is_kept_until_its_sources_change(store: Store, tmp_path: Path) -> None:
    stamp = store.directory / "made.from"
    assert stamp.read_text() == digest()
    made = stamp.stat().st_mtime_ns
    with kept(PATIENTS, store.directory.parent) as again:
        assert again.token
        assert stamp.stat().st_mtime_ns == made
    (tmp_path / "db" / "migrations").mkdir(parents=True)
    (tmp_path / "db" / "pseudonym.py").touch()
    nothing = digest(tmp_path)
    (tmp_path / "db" / "migrations" / "0001_do.sql").write_text("select 1;")
    assert len({nothing, digest(tmp_path), digest()}) == 3


def test_only_a_whole_race_is_reported() -> None:
    assert course([]).is_whole
    assert not course(["--queries", "Q1"]).is_whole
    assert not course(["--rounds", "1"]).is_whole
    assert set(course([]).sides) == {*OURS, *RIVALS, FLOOR} == set(TITLES)
    assert course(["--connections", "8", "--sides", *SIDES]).connections == (8,)
