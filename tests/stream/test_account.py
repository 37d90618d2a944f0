"""Every page is in the audit before it leaves, and the process stays small."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.http.client import bearer
from tests.stream.conftest import CSV, JSONL, PATIENTS, Listener

SIZE = 25
LIST = f"query Patients {{ patients(first: {SIZE}) {{ nodes {{ id treatments {{ id }} }} }} }}"
FLAT = f"query Patients {{ patients(first: {SIZE}) {{ nodes {{ id sex }} }} }}"
MOST_MEGABYTES = 150
MOST_GROWTH = 15


@pytest.mark.parametrize("media", [JSONL, CSV])
async def test_each_page_has_its_entry(listener: Listener, media: str) -> None:
    query = LIST if media == JSONL else FLAT
    answer = await listener.ask("steward", query, media)
    entries = await listener.entries(answer.headers["x-request-id"])
    assert len(entries) == PATIENTS // SIZE + 1
    assert {(each["decision"], each["role"]) for each in entries} == {("ANSWERED", "STEWARD")}
    assert len({each["document"] for each in entries}) == 1
    rows = [json.loads(each["rows_by_type"]) for each in entries]
    assert [each.get("Patient", 0) for each in rows] == [SIZE] * (PATIENTS // SIZE) + [
        PATIENTS % SIZE
    ]
    if media == JSONL:
        lines = [json.loads(line) for line in answer.text.splitlines()]
        treated = sum(len(line["treatments"]) for line in lines)
        assert sum(each.get("Treatment", 0) for each in rows) == treated
    told = [patient for each in entries for patient in each["patients"]]
    known = await listener.owner.fetch("select id from connect.patient")
    assert sorted(told) == sorted(each["id"] for each in known)


async def test_an_entry_is_there_before_its_page(listener: Listener) -> None:
    """What came is never more than what stood written when it came."""
    headers = {**bearer(await listener.world.token("steward")), "accept": JSONL}
    request = listener.http.stream("POST", "/graphql", json={"query": LIST}, headers=headers)
    lines = 0
    async with request as answer:
        request_id = answer.headers["x-request-id"]
        async for piece in answer.aiter_bytes():
            lines += piece.count(b"\n")
            entries = await listener.entries(request_id)
            rows = sum(json.loads(each["rows_by_type"]).get("Patient", 0) for each in entries)
            assert rows >= lines
    assert lines == PATIENTS


async def test_memory_does_not_grow_with_the_list(listener: Listener) -> None:
    wide = "{{ patients(first: {0}) {{ nodes {{ {1} biomarkers {{ {1} }} }} }} }}"
    fields = " ".join(f"{'long' * 20}{number}: id" for number in range(90))
    query = wide.format(2, fields)
    await listener.ask("steward", query)
    before = most_megabytes(listener.process)
    sent = 0
    for _ in range(5):
        sent += len((await listener.ask("steward", query)).content)
    grown = most_megabytes(listener.process) - before
    assert sent > 2_000_000 * MOST_GROWTH
    assert grown < MOST_GROWTH
    assert most_megabytes(listener.process) < MOST_MEGABYTES


def most_megabytes(process: int) -> float:
    """Tell how much memory a process had at the most."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    (line,) = (each for each in status.splitlines() if each.startswith("VmHWM:"))
    return int(line.split()[1]) / 1000
