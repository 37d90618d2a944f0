"""`connect-graph operation`: what is stored, replaced and retired, and what is refused."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys

import asyncpg
import pytest

from connect_graph import database, status
from connect_graph.settings import Settings
from connect_graph.stored import prepare
from resolvers.execute import Graph
from tests.conftest import Clone
from tests.stored.conftest import Desk
from tests.world import ROOT, environment

ROLE = "query Role { viewer { role } }"
PURPOSE = "{ viewer { purpose } }"


def test_an_operation_is_stored_listed_shown_replaced_and_retired(desk: Desk) -> None:
    file = desk.file(ROLE)
    first = desk.run("add", file)
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout == "Role is stored; it may cost 1 with its defaults\n"
    assert (
        desk.run("add", file).stdout
        == "Role was stored so already; it may cost 1 with its defaults\n"
    )

    other = desk.file(PURPOSE)
    refused = desk.run("add", other, "--name", "Role")
    assert refused.returncode == 1
    assert refused.stderr == (
        "connect-graph: Role is stored with another document in version 1: "
        "give --replace for a new version, or another --name\n"
    )
    refused = desk.run("add", file, "--role", "partner")
    assert (refused.returncode, "other roles in version 1" in refused.stderr) == (1, True)
    assert desk.add(PURPOSE, "Role", "--replace", "--role", "partner", "--role", "steward")
    assert desk.run("show", "Role").stdout == PURPOSE + "\n"
    assert desk.run("show", "Role", "--version", "1").stdout == ROLE + "\n"

    (found,) = [one for one in listed(desk) if one["name"] == "Role"]
    assert (found["version"], found["endedAt"], found["fits"]) == (2, None, True)
    assert found["roles"] == ["partner", "steward"]
    every = [one for one in listed(desk, "--all") if one["name"] == "Role"]
    assert [(one["version"], one["endedAt"] is None) for one in every] == [(2, True), (1, False)]
    assert "Role version 2 for partner, steward, from " in desk.run("list").stdout

    assert desk.run("retire", "Role").stdout == "Role is retired\n"
    assert desk.run("retire", "Role").stdout == "Role was retired already\n"
    assert not [one for one in listed(desk) if one["name"] == "Role"]
    refused = desk.run("add", file)  # a name that meant something else stays taken
    assert "in version 2, although it was retired" in refused.stderr
    assert desk.add(PURPOSE, "Role", "--role", "partner", "--role", "steward")["changed"]


def listed(desk: Desk, *arguments: str) -> list[dict[str, object]]:
    ran = desk.run("list", "--json", *arguments)
    assert ran.returncode == 0, ran.stderr
    found: list[dict[str, object]] = json.loads(ran.stdout)
    return found


def test_a_name_is_given_or_the_query_s_own_or_the_file_s(desk: Desk) -> None:
    (desk.directory / "by-file.graphql").write_text("\ufeff" + PURPOSE)
    for arguments, name in (
        ((desk.file(ROLE.replace("Role", "OwnName")),), "OwnName"),
        ((str(desk.directory / "by-file.graphql"),), "by-file"),
    ):
        ran = desk.run("add", *arguments, "--json")
        assert json.loads(ran.stdout)["name"] == name, ran.stderr


def test_what_cannot_be_run_is_refused_with_its_place(desk: Desk) -> None:
    file = desk.file("{\n  viewer { nothing }\n}")
    ran = desk.run("add", file, "--name", "Refused")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith(f"connect-graph: {file}:2:12: Cannot query field 'nothing'")


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("add", "no-such-file"), 1, "no-such-file cannot be read (No such file or directory)"),
        (("add", "pyproject.toml", "--role", "nobody"), 2, "invalid choice: 'nobody'"),
        (("retire", "Never"), 1, "no operation is stored as Never"),
        (("show", "Never"), 1, "nothing is stored as Never: `operation list --all`"),
        (("add", "examples/01_viewer.graphql", "--name", "a b"), 1, "cannot name an operation"),
    ],
)
def test_misuse_and_failure_are_told(
    desk: Desk, arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    ran = desk.run(*arguments)
    assert ran.returncode == code
    assert sentence in ran.stderr


async def test_every_change_is_in_the_audit(desk: Desk) -> None:
    desk.add(ROLE, "Audited", "--role", "clinician")
    desk.run("retire", "Audited")
    owner = await asyncpg.connect(desk.world.database.url)
    try:
        rows = await owner.fetch(
            "select e.door, e.issuer, e.variables::jsonb ->> 'changed', d.content"
            " from connect.audit_entry e"
            " left join connect.audit_document d on d.digest = e.document"
            " where e.operation_name = 'Audited' order by e.at"
        )
    finally:
        await owner.close()
    assert [tuple(row) for row in rows] == [
        ("connect-graph operation add", "connect-graph", "true", ROLE.encode()),
        ("connect-graph operation retire", "connect-graph", "true", None),
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "update connect.stored_operation set document = '{ x }'",
        "update connect.stored_operation set roles = '{STEWARD}'",
        "update connect.stored_operation set ended_at = null where ended_at is not null",
        "update connect.stored_operation set ended_at = now() + interval '1 day'"
        " where ended_at is not null",
        "delete from connect.stored_operation",
        "truncate connect.stored_operation",
    ],
)
@pytest.mark.parametrize("role", ["loader", "owner"])
async def test_a_version_stays_as_it_is(desk: Desk, statement: str, role: str) -> None:
    owner = await asyncpg.connect(desk.world.database.url)
    try:
        await owner.execute(
            "insert into connect.stored_operation (name, version, document, roles, ended_at)"
            " values ('Kept', 1, '{ x }', '{PARTNER}', 'infinity') on conflict do nothing"
        )
        if role == "loader":
            await owner.execute("set role connect_loader")
        refused = (asyncpg.IntegrityConstraintViolationError, asyncpg.InsufficientPrivilegeError)
        with pytest.raises(refused):
            await owner.execute(statement)
    finally:
        await owner.close()


def test_subgraphs_and_a_gateway_are_not_for_roles_without_documents_of_their_own(
    desk: Desk,
) -> None:
    environ = {**desk.world.environment, "CONNECT_STORED_ONLY": "partner"}
    for arguments in (["serve", "--subgraph", "patients"], ["gateway"]):
        ran = subprocess.run(
            [sys.executable, "-m", "connect_graph", *arguments],
            cwd=ROOT,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (ran.returncode, ran.stdout) == (1, "")
        assert ran.stderr.startswith("connect-graph: CONNECT_STORED_ONLY is for the one process")


async def test_status_counts_them_and_names_those_that_do_not_fit(
    clone: Clone, tmp_path_factory: pytest.TempPathFactory, caplog: pytest.LogCaptureFixture
) -> None:
    async with clone() as copy:
        environ = environment(copy, tmp_path_factory.mktemp("status")) | {"CONNECT_DEMO": "0"}
        settings = Settings.load(environ)
        await database.prepare(settings, copy.url)
        found = await look(settings)
        assert found.todo == []
        assert found.parts["operations"] == {"stored": 0, "unfit": []}
        async with database.connected(copy.url) as connection:
            await connection.execute(
                "insert into connect.stored_operation (name, version, document, roles) values"
                " ('Good', 1, '{ viewer { role } }', '{PARTNER}'),"
                " ('Lost', 1, '{ viewer { gone } }', '{PARTNER}')"
            )
        graph = Graph.make()
        with caplog.at_level("WARNING", "connect_graph.stored"):
            await prepare(graph, copy.url)
        assert graph.documents.get("{ viewer { role } }") is not None
        assert len(graph.documents) == 1
        (line,) = caplog.records
        assert vars(line)["fields"] == {"operation": "Lost"}
        found = await look(settings)
        assert found.parts["operations"] == {"stored": 2, "unfit": ["Lost"]}
        (sentence,) = found.todo
        assert "(Lost): store others with `connect-graph operation add FILE --replace`" in sentence
        assert "stored operations: 2; 1 do not fit the schema" in found.text()


async def look(settings: Settings) -> status.Status:
    return await asyncio.to_thread(status.look, settings)
