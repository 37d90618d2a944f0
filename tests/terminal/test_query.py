"""`connect-graph query`: the same answer as over HTTP, as tables; and what is refused, clearly."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.clients.program import over_http
from tests.world import ROOT, World

VIEWER = "{ viewer { role scope { code } } }"


@dataclass(frozen=True, slots=True)
class Ran:
    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Command:
    world: World
    place: Path

    def file(self, text: str, name: str = "asked.graphql") -> str:
        (self.place / name).write_text(text)
        return str(self.place / name)

    async def run(self, *arguments: str, stdin: str = "", **environment: str) -> Ran:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "connect_graph", "query", *arguments),
            cwd=ROOT,
            env={**self.world.environment, **environment},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate(stdin.encode())
        return Ran(process.returncode or 0, out.decode(), err.decode())


@pytest.fixture
def command(world: World, tmp_path: Path) -> Command:
    return Command(world, tmp_path)


@pytest.mark.parametrize("role", ["partner", "steward"])
async def test_the_answer_is_that_of_the_graph(command: Command, url: str, role: str) -> None:
    """Over the database as over HTTP: row security decides in both."""
    file = str(ROOT / "examples" / "08_resistance_evidence.graphql")
    variables: dict[str, Any] = {"first": 100}
    token = await command.world.token(role)
    served = await over_http(f"{url}/graphql", token, Path(file).read_text(), variables)
    for arguments, given in (
        (("--as", role), {}),
        (("--as", role, "--url", url), {}),
        (("--url", f"{url}/graphql"), {"CONNECT_TOKEN": token}),
        ((), {"CONNECT_TOKEN": token}),
    ):
        ran = await command.run(file, "--json", *arguments, **given)
        assert (ran.code, ran.err) == (0, ""), arguments
        assert json.loads(ran.out) == served, arguments


async def test_what_was_asked_is_in_the_audit(command: Command) -> None:
    asked = f"{VIEWER} # {os.urandom(8).hex()}"
    assert (await command.run(command.file(asked), "--as", "authority")).code == 0
    connection = await asyncpg.connect(command.world.database.url)
    try:
        found = await connection.fetch(
            "select e.role::text, e.decision::text, e.door from connect.audit_entry e "
            "join connect.audit_document d on d.digest = e.document where d.content = $1",
            asked.encode(),
        )
    finally:
        await connection.close()
    assert [tuple(row) for row in found] == [("AUTHORITY", "ANSWERED", "/graphql")]


async def test_a_person_reads_tables_and_why_something_is_withheld(command: Command) -> None:
    asked = "{ patients(first: 2) { totalCount nodes { id sex } } }"
    ran = await command.run("-", "--as", "partner", stdin=asked)
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[0].startswith("patients [1]: 2 of ")
    assert lines[1].split() == ["id", "sex"]
    assert [len(line.split()[0]) for line in lines[3:5]] == [16, 16]
    assert "[1] CONSENT: Only patients who consent to commercial sharing now" in ran.out


async def test_what_a_role_lacks_is_told_and_is_a_failure(command: Command) -> None:
    file = command.file("{\n  patients(first: 1) { nodes { id birthYear } }\n}\n")
    ran = await command.run(file, "--as", "partner")
    assert ran.code == 1
    assert "[2] IDENTITY: What identifies is for the data office" in ran.out
    assert ran.err == (
        f"connect-graph: {file}:2:35: Patient.birthYear is not available to your role. "
        "(FIELD_NOT_AVAILABLE)\n"
    )
    ran = await command.run(file, "--as", "partner", "--json")
    assert (ran.code, ran.err) == (1, "")
    assert json.loads(ran.out)["errors"][0]["extensions"]["code"] == "FIELD_NOT_AVAILABLE"


async def test_variables_stand_beside_the_file_or_are_given(command: Command) -> None:
    file = command.file("query A($code: String!) { cohort(code: $code) { code } }")
    (command.place / "asked.json").write_text('{"code": "OLA-BRCA-BTC"}')
    other = command.place / "other.json"
    other.write_text('{"code": "OLA-BRCA-GYN"}')
    for arguments, code in (
        ((), "OLA-BRCA-BTC"),
        (("--variables", str(other)), "OLA-BRCA-GYN"),
        (("--variables", ' {"code": "TRA-BRAF-CRC"}'), "TRA-BRAF-CRC"),
    ):
        ran = await command.run(file, "--as", "authority", *arguments)
        assert (ran.code, ran.out) == (0, f"cohort\ncode  {code}\n"), ran.err


async def test_one_of_several_operations_is_named(command: Command) -> None:
    file = command.file("query A { viewer { role } } query B { viewer { granularity } }")
    ran = await command.run(file, "--as", "partner", "--operation", "B")
    assert (ran.code, ran.out) == (0, "viewer\ngranularity  PSEUDONYMISED_RECORD\n")
    ran = await command.run(file, "--as", "partner")
    assert (ran.code, "(BAD_USER_INPUT)" in ran.err) == (1, True)


async def test_a_patient_who_may_be_seen_stands_where_one_is_left_open(command: Command) -> None:
    file = str(ROOT / "examples" / "06_patient_story.graphql")
    ran = await command.run(file, "--as", "researcher", "--json")
    assert ran.code == 0
    assert len(json.loads(ran.out)["data"]["patient"]["id"]) == 16
    ran = await command.run(file, "--as", "authority")
    assert (ran.code, ran.out.splitlines()[0]) == (1, "patients [1]: [1]")


async def test_scope_and_purpose_are_chosen(command: Command) -> None:
    file = command.file(VIEWER)
    ran = await command.run(file, "--as", "partner", "--scope", "AGR-ALP-01", "--json")
    assert json.loads(ran.out)["data"]["viewer"]["scope"] == {"code": "AGR-ALP-01"}
    ran = await command.run(file, "--as", "partner", "--scope", "NOT-THERE")
    assert (ran.code, "there is no scope NOT-THERE: partner may use" in ran.err) == (1, True)
    ran = await command.run(file, "--as", "partner", "--purpose", "RESEARCH")
    assert ran.code == 1
    assert ran.err.startswith("connect-graph: ")


@pytest.mark.parametrize(
    ("arguments", "given", "code", "said"),
    [
        (("nowhere.graphql", "--as", "partner"), {}, 1, "nowhere.graphql cannot be read (No such"),
        ((".", "--as", "partner"), {}, 1, ". cannot be read (Is a directory)"),
        (("-",), {}, 1, "nobody says who asks: give a token by --token-file or CONNECT_TOKEN"),
        (("-", "--as", "partner"), {"CONNECT_DEMO": "0"}, 1, "set CONNECT_DEMO=1, or use those of"),
        (("-",), {"CONNECT_TOKEN": "a.b.c"}, 1, "(UNAUTHENTICATED)"),
        (("-", "--as", "partner", "--variables", "{"), {}, 1, "--variables holds no JSON ("),
        (("-", "--as", "partner", "--variables", "{}}"), {}, 1, "--variables holds no JSON ("),
        (
            ("-", "--as", "partner", "--url", "graph"),
            {},
            1,
            "graph is no address: give one such as",
        ),
        (
            ("-", "--as", "partner", "--url", "http://graph.example"),
            {},
            1,
            "http://graph.example would have the token in the clear on its way: use https",
        ),
        (
            ("-", "--as", "partner", "--url", "http://127.0.0.1:9"),
            {},
            1,
            "http://127.0.0.1:9/graphql did not answer (ConnectError): is the graph served there?",
        ),
        (("-", "--as", "nobody"), {}, 2, "invalid choice: 'nobody'"),
        (("-", "--as", "partner", "--token-file", "t"), {}, 2, "not allowed with argument"),
        ((), {}, 2, "the following arguments are required: FILE"),
    ],
)
async def test_what_cannot_be_asked_is_refused_with_a_remedy(
    command: Command, arguments: tuple[str, ...], given: dict[str, str], code: int, said: str
) -> None:
    ran = await command.run(*arguments, stdin=VIEWER, **given)
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err
    assert "a.b.c" not in ran.err


async def test_another_address_is_told_apart(command: Command, url: str) -> None:
    ran = await command.run("-", "--as", "partner", "--url", f"{url}/health", stdin=VIEWER)
    assert (ran.code, ran.out) == (1, "")
    assert f"{url}/health answered 405, and not as a graph does: is it the address" in ran.err


async def test_an_operation_with_a_mistake_is_told_with_its_place(command: Command) -> None:
    file = command.file("{ viewer { roll } }")
    ran = await command.run(file, "--as", "partner")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith(f"connect-graph: {file}:1:12: Cannot query field 'roll'")


def test_a_terminal_is_filled_and_no_more(world: World, tmp_path: Path) -> None:
    file = str(ROOT / "examples" / "04_responders_brca.graphql")
    for columns in ("60", "160"):
        leader, follower = pty.openpty()
        ran = subprocess.run(
            [sys.executable, "-m", "connect_graph", "query", file, "--as", "steward"],
            cwd=ROOT,
            env={**world.environment, "COLUMNS": columns},
            stdout=subprocess.PIPE,
            stderr=follower,
            text=True,
        )
        os.close(leader)
        os.close(follower)
        assert ran.returncode == 0
        assert max(map(len, ran.stdout.splitlines())) <= int(columns)
