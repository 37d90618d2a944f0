"""docs/administration.md: what stands there is what happens."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import asyncpg

from tests.administration.conftest import Bench, number
from tests.conftest import Clone
from tests.world import ROOT, environment

TEXT = (ROOT / "docs" / "administration.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def run(words: list[str], given: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "connect_graph", *words]
    return subprocess.run(command, env=given, cwd=ROOT, capture_output=True, text=True, check=False)


async def test_the_changes_of_the_document(bench: Bench) -> None:
    patient = await bench.owner.fetchval(
        "select y.public_id from connect.pseudonym y join connect.scope s on s.id = y.scope_id"
        " join connect.consent c on c.patient_id = y.patient_id and c.purpose = 'COMMERCIAL'"
        " where s.code = 'CONNECT' and c.withdrawn_at is null and c.given_at < now() limit 1"
    )
    own = number()  # of no other test's organisation
    for block in blocks("graphql"):
        text = block.replace("993467049", own).replace("ACME", "ACME-DOC")
        variables = {"patient": patient} if "$patient" in text else {}
        body = await bench.ask(text, variables)
        assert "errors" not in body, body
        assert all(value["changed"] for value in body["data"].values())
        again = await bench.ask(text, variables)
        assert not any(value["changed"] for value in again["data"].values()), again


async def test_the_first_steward_of_a_new_database(clone: Clone, tmp_path: Any) -> None:
    async with clone() as copy:
        owner = await asyncpg.connect(copy.url)
        for text in blocks("sql"):
            await owner.execute(text)
        await owner.close()
        given = {**environment(copy, tmp_path), "CONNECT_DEMO": "0"}
        lines = [line for text in blocks("console") for line in text.splitlines()]
        answers = []
        for line in lines:
            words = line.replace("999000186", "993467049").split()[2:]
            done = run([*words, "--json"], given)
            assert done.returncode == 0, done.stderr
            answers.append(done.stdout)
        assert '"changed": true' in answers[0]
        assert '"subject": "ola"' in answers[1]
        assert '"changed": true' in answers[2]
        done = run(lines[0].split()[2:], given)
        assert done.returncode == 1
        assert done.stderr.startswith("connect-graph: --organisation: no organisation has")
        owner = await asyncpg.connect(copy.url)
        entries = await owner.fetch("select door, subject from connect.audit_entry order by at")
        await owner.close()
        assert [row["door"] for row in entries] == [
            "connect-graph member add",
            "connect-graph member revoke",
        ]
        assert all(row["subject"] for row in entries)
