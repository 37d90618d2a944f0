"""What a served graph audits: the entry of every answer, and no answer without one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from connect_graph import database as office
from db.audit.patient import Access, accesses
from db.audit.verify import verify
from schema.biomarker import IMPLEMENTATIONS
from tests.audit.stored import entries
from tests.conftest import Clone
from tests.http.client import Client, bearer, codes
from tests.world import AUDIT_KEY, ROOT, World, make, serving

IDS = """{ patients(first: 5) { totalCount nodes {
  __typename id treatments { __typename id responses { __typename id } }
  biomarkers { __typename id }
} } }"""
KINDS = {each.__name__ for each in IMPLEMENTATIONS}
FEDERATED = "0123456789abcdef" * 2


@pytest.fixture(scope="module")
async def world(clone: Clone, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with clone() as copy:
        directory = tmp_path_factory.mktemp("audited")
        (directory / "audit.key").touch(0o600)
        (directory / "audit.key").write_bytes(AUDIT_KEY)
        filled = await make(copy, directory, 120)
        yield filled
        await filled.pools.close()


@pytest.fixture(scope="module")
def url(world: World) -> Iterator[str]:
    with serving(world.environment) as (address, _):
        yield address


@pytest.fixture(scope="module")
async def http(url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=url, timeout=30) as made:
        yield made


async def client(world: World, http: httpx.AsyncClient, role: str) -> Client:
    return Client(http, bearer(await world.token(role)))


async def entry_of(world: World, response: httpx.Response) -> dict[str, Any]:
    """Find the one entry of an answer."""
    found = await entries(world.database.url)
    (entry,) = (row for row in found if row["request_id"] == response.headers["x-request-id"])
    return entry


def types(value: Any) -> Counter[str]:
    """Count the objects of an answer by type; of an interface by that."""
    found: Counter[str] = Counter()
    for each in value.values() if isinstance(value, dict) else value:
        if isinstance(each, dict | list):
            found += types(each)
    if isinstance(value, dict) and "__typename" in value:
        found["Biomarker" if value["__typename"] in KINDS else value["__typename"]] += 1
    return found


@pytest.mark.parametrize("role", ["partner", "researcher", "clinician", "steward"])
async def test_an_answer_is_counted_by_type_and_patient(
    world: World, http: httpx.AsyncClient, role: str
) -> None:
    asking = await client(world, http, role)
    response = await asking.ask(
        f"query Five {IDS}", {"unused": [1]}, x_federated_request_id=FEDERATED
    )
    data = response.json()["data"]
    entry = await entry_of(world, response)
    viewer = await world.viewer(role)
    assert json.loads(entry["rows_by_type"]) == types(data)
    assert entry["cells"] == 1
    assert (entry["role"], entry["scope"]) == (role.upper(), viewer.scope)
    assert entry["purpose"] in viewer.purposes
    assert entry["issuer"] == viewer.caller.issuer
    assert entry["organisation_number"] == viewer.caller.organisation
    assert entry["subject"] == viewer.caller.subject
    assert (entry["door"], entry["operation_name"]) == ("/graphql", None)
    assert (entry["decision"], entry["codes"]) == ("ANSWERED", [])
    assert (entry["variables"], entry["federated_request_id"]) == ('{"unused":[1]}', FEDERATED)
    assert entry["duration_microseconds"] > 0
    connection = await asyncpg.connect(world.database.url)
    ids = await connection.fetch(
        "select y.public_id from connect.pseudonym y join connect.scope s on s.id = y.scope_id"
        " where s.code = $1 and y.patient_id = any($2)",
        viewer.scope,
        entry["patients"],
    )
    assert {row["public_id"] for row in ids} == {node["id"] for node in data["patients"]["nodes"]}
    document = await connection.fetchval(
        "select content from connect.audit_document where digest = $1", entry["document"]
    )
    assert document.decode() == f"query Five {IDS}"
    await connection.close()


async def test_every_type_of_record_brings_its_patient(world: World) -> None:
    """Whatever has an id of the viewer's scope hangs on a patient, and the audit is told whom."""
    catalogue = world.pools.roles[(await world.viewer("steward")).role].grants.columns
    for name, bound in world.graph.binding.types.items():
        if bound.is_record and bound.entity is not None:
            assert (bound.entity.table, "patient_id") in catalogue, name


async def test_a_page_releases_its_rows_and_not_the_one_more(
    world: World, http: httpx.AsyncClient
) -> None:
    asking = await client(world, http, "steward")
    response = await asking.ask("{ patients(first: 3) { pageInfo { endCursor } } }")
    entry = await entry_of(world, response)
    assert json.loads(entry["rows_by_type"]) == {"Patient": 3}
    assert len(entry["patients"]) == 3
    response = await asking.ask("{ cohorts(first: 2) { nodes { treatments { totalCount } } } }")
    entry = await entry_of(world, response)
    assert (json.loads(entry["rows_by_type"]), entry["patients"]) == ({"Cohort": 2}, [])
    assert entry["cells"] == 2


async def test_refusals_of_identified_callers_are_entries(
    world: World, http: httpx.AsyncClient
) -> None:
    asking = await client(world, http, "partner")
    refused = {
        "SCOPE_REFUSED": await asking.ask("{ viewer { role } }", x_scope="NO-SUCH"),
        "GRAPHQL_PARSE_FAILED": await asking.ask("{ viewer {"),
        "GRAPHQL_VALIDATION_FAILED": await asking.ask("{ nothing }"),
        "COST_EXCEEDED": await asking.ask(
            "{ patients(first: 1000) { nodes { biomarkers { specimen { biomarkers { specimen {"
            " biomarkers { specimen { biomarkers { specimen { id } } } } } } } } } } }"
        ),
        "BAD_USER_INPUT": await asking.post(b"not json"),
        "PAYLOAD_TOO_LARGE": await asking.post(b" " * 1_000_001),
    }
    for code, response in refused.items():
        entry = await entry_of(world, response)
        assert codes(response) == [code]
        assert (entry["decision"], entry["codes"]) == ("REFUSED", [code])
        assert (entry["rows_by_type"], entry["patients"], entry["cells"]) == ("{}", [], 0)
    entry = await entry_of(world, refused["SCOPE_REFUSED"])
    assert (entry["role"], entry["scope"], entry["document"]) == (None, "NO-SUCH", None)
    response = await asking.ask("{ viewer { role } }", content_type="text/plain")
    assert (await entry_of(world, response))["codes"] == ["HTTP_415"]


async def test_a_field_that_the_role_lacks_is_told(world: World, http: httpx.AsyncClient) -> None:
    asking = await client(world, http, "authority")
    response = await asking.ask("{ patients { nodes { id } } }")
    entry = await entry_of(world, response)
    assert (entry["decision"], entry["codes"]) == ("ANSWERED", ["FIELD_NOT_AVAILABLE"])


async def test_a_caller_without_membership_is_an_entry(
    world: World, http: httpx.AsyncClient
) -> None:
    stranger = Client(http, bearer(world.issuer.token("999999999", "a stranger")))
    response = await stranger.ask("{ viewer { role } }")
    entry = await entry_of(world, response)
    assert (entry["subject"], entry["role"], entry["codes"]) == (
        "a stranger",
        None,
        ["SCOPE_REFUSED"],
    )


async def test_who_cannot_be_identified_is_none(world: World, http: httpx.AsyncClient) -> None:
    before = len(await entries(world.database.url))
    assert (await Client(http, bearer("a.b.c")).ask("{ viewer { role } }")).status_code == 401
    assert len(await entries(world.database.url)) == before


async def test_what_a_caller_sends_is_stored_whatever_it_is(
    world: World, http: httpx.AsyncClient
) -> None:
    asking = await client(world, http, "partner")
    odd = '{"query": "\\u0000 \\ud800", "operationName": "\\u0000", "variables": {"\\u0000": 1}}'
    response = await asking.post(odd.encode(), x_federated_request_id="' or 1=1")
    entry = await entry_of(world, response)
    assert entry["federated_request_id"] is None
    assert entry["operation_name"] == "\\x00"


async def test_entries_of_a_federated_request_are_joined(
    world: World, http: httpx.AsyncClient
) -> None:
    token = bearer(await world.token("steward"))
    joined = "fedcba9876543210" * 2
    for part in ("patients", "biomarkers"):
        response = await http.post(
            f"/subgraphs/{part}/graphql",
            json={"query": "{ __typename }"},
            headers={**token, "x-federated-request-id": joined},
        )
        assert response.json()["data"]
        assert (await entry_of(world, response))["door"] == f"/subgraphs/{part}/graphql"
    found = [e for e in await entries(world.database.url) if e["federated_request_id"] == joined]
    assert len(found) == len({entry["request_id"] for entry in found}) == 2


async def log_of(world: World, public_id: str, scope: str | None = None) -> list[Access]:
    async with office.connected(world.database.url) as connection:
        return [each async for each in accesses(connection, public_id, scope)]


async def test_a_patients_log_is_what_was_answered(world: World, http: httpx.AsyncClient) -> None:
    """Asked in every way: pages, lists of ids, a lookup, an entity, a child of a cohort."""
    steward = await client(world, http, "steward")
    partner = await client(world, http, "partner")
    theirs = (await partner.ask("{ patients(first: 1000) { nodes { id } } }")).json()
    mine = (await partner.ask("{ patients(first: 1) { nodes { id } } }")).json()
    (one,) = mine["data"]["patients"]["nodes"]
    before = await log_of(world, one["id"], "AGR-OLA-01")
    connection = await asyncpg.connect(world.database.url)
    consortium = await connection.fetchval(
        "select c.public_id from connect.pseudonym y join connect.pseudonym c using (patient_id)"
        " join connect.scope s on s.id = y.scope_id and s.code = 'AGR-OLA-01'"
        " join connect.scope w on w.id = c.scope_id and w.code = 'CONNECT'"
        " where y.public_id = $1",
        one["id"],
    )
    await connection.close()
    asked = [
        await partner.ask("query ($id: ID!) { patient(id: $id) { sex } }", one),
        await partner.ask("{ patients(first: 1) { edges { cursor } } }"),
        await steward.ask(
            "query ($id: ID!) { treatments: patient(id: $id) { treatments { line } } }",
            {"id": consortium},
        ),
        await http.post(
            "/subgraphs/patients/graphql",
            json={
                "query": "query ($r: [_Any!]!) { _entities(representations: $r)"
                " { ... on Patient { sex } } }",
                "variables": {"r": [{"__typename": "Patient", "id": one["id"]}]},
            },
            headers=partner.headers,
        ),
    ]
    unasked = [
        await steward.ask('{ patient(id: "0000000000000000") { sex } }'),
        await steward.ask("{ patients(first: 1) { totalCount } }"),
    ]
    assert all("errors" not in response.json() for response in asked + unasked)
    log = await log_of(world, consortium)
    assert log[: len(before)] == before
    assert log == await log_of(world, one["id"], "AGR-OLA-01")
    new = log[len(before) :]
    assert [each.request_id for each in new] == [r.headers["x-request-id"] for r in asked]
    assert [each.role for each in new] == ["PARTNER", "PARTNER", "STEWARD", "PARTNER"]
    assert new[2].types == ("Patient", "Treatment")
    assert {each.scope for each in new} == {"AGR-OLA-01", "CONNECT"}
    assert all(each.organisation and each.purpose for each in new)
    assert len(theirs["data"]["patients"]["nodes"]) > 1


async def test_all_of_it_is_intact(world: World, url: str) -> None:
    assert url
    async with office.connected(world.database.url) as connection:
        verdict = await verify(connection, [AUDIT_KEY])
    assert verdict.findings == []
    assert verdict.entries > 10


async def test_without_the_audit_no_answer_leaves(world: World, http: httpx.AsyncClient) -> None:
    asking = await client(world, http, "steward")
    owner = await asyncpg.connect(world.database.url)
    before = await owner.fetchval("select count(*) from connect.audit_entry")
    await owner.execute("revoke insert on connect.audit_entry from connect_audit")
    try:
        for response in (await asking.ask(IDS), await asking.ask("{ nothing }")):
            assert (response.status_code, codes(response)) == (503, ["UNAVAILABLE"])
            assert response.headers["retry-after"]
            assert "data" not in response.json()
        ready = await http.get("/ready")
        assert await owner.fetchval("select count(*) from connect.audit_entry") == before
        assert ready.status_code in {200, 503}
    finally:
        await owner.execute("grant insert on connect.audit_entry to connect_audit")
    response = await asking.ask(IDS)
    assert response.status_code == 200
    assert (await entry_of(world, response))["decision"] == "ANSWERED"
    await owner.execute("alter role connect_audit_login nologin")
    try:
        await owner.execute(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
            " where usename = 'connect_audit_login' and datname = current_database()"
        )
        response = await asking.ask(IDS)
        assert (response.status_code, codes(response)) == (503, ["UNAVAILABLE"])
        assert (await http.get("/ready")).json()["audit"] == "cannot be written"
    finally:
        await owner.execute("alter role connect_audit_login login")
        await owner.close()
    assert (await asking.ask(IDS)).status_code == 200


def command(world: World, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "connect_graph", "export", "csv", *arguments],
        cwd=ROOT,
        env=world.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


async def test_an_export_is_audited_before_it_is_there(world: World, tmp_path: Path) -> None:
    folder = str(tmp_path / "study")
    arguments = [folder, "--as", "partner"]
    assert command(world, *arguments, "--study", "SYNTHETIC-1", "--json").returncode == 1
    *_, refused = await entries(world.database.url)
    assert (refused["decision"], refused["codes"]) == ("REFUSED", ["EXPORT_REFUSED"])
    owner = await asyncpg.connect(world.database.url)
    study = await owner.fetchval("select code from connect.study limit 1")
    ended = command(world, *arguments, "--study", study, "--json")
    assert ended.returncode == 0, ended.stderr
    *_, entry = await entries(world.database.url)
    assert json.loads(entry["rows_by_type"]) == json.loads(ended.stdout)
    assert len(entry["patients"]) == json.loads(ended.stdout)["patient.csv"] > 0
    assert (entry["door"], entry["role"]) == ("connect-graph export", "PARTNER")
    await owner.execute("revoke insert on connect.audit_entry from connect_audit")
    try:
        folder = str(tmp_path / "another")
        ended = command(world, folder, "--as", "partner", "--study", study)
        assert ended.returncode == 1
        assert not (tmp_path / "another").exists()
    finally:
        await owner.execute("grant insert on connect.audit_entry to connect_audit")
        await owner.close()
