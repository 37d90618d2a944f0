"""Stored operations over HTTP: by name, as every role, with an ETag, and never another's."""

from __future__ import annotations

import json
from collections.abc import Sequence

import asyncpg
import httpx
import pytest

from connect_graph import database
from db.operation import add, retire
from db.viewer import Role
from tests.http.client import GRAPHQL, VIEWER, bearer, codes, nothing_executed
from tests.stored.conftest import RESTRICTED, Desk
from tests.world import serving

ROLES = [role.value for role in Role]
ONE = "query One { viewer { role scope { code } } }"
PAGE = (
    "query ($first: Int!, $where: PatientFilter) {"
    " patients(first: $first, where: $where)"
    " { totalCount nodes { id sex } pageInfo { endCursor } } }"
)
UNKNOWN = (
    "No operation is stored for you by the name in `operation`: "
    "compare it with the one that you were given."
)
VARY = "Authorization, X-Scope, X-Purpose, Accept, Accept-Encoding"
ENTRY = """
select e.door, e.operation_name, e.decision::text, e.codes, e.rows_by_type, e.variables,
  cardinality(e.patients) as patients, convert_from(d.content, 'UTF8') as document
from connect.audit_entry e left join connect.audit_document d on d.digest = e.document
where e.request_id = $1
"""


async def store(desk: Desk, name: str, document: str, roles: Sequence[Role] = tuple(Role)) -> None:
    """Store as the command does, once it has reviewed the document."""
    url = desk.world.database.url
    async with database.connected(url) as connection, connection.transaction():
        await add(connection, name, document, roles, replace=True)


async def end(desk: Desk, name: str) -> None:
    url = desk.world.database.url
    async with database.connected(url) as connection, connection.transaction():
        await retire(connection, name)


async def execute(desk: Desk, statement: str, *arguments: str) -> None:
    connection = await asyncpg.connect(desk.world.database.url)
    try:
        await connection.execute(statement, *arguments)
    finally:
        await connection.close()


async def entry(desk: Desk, response: httpx.Response) -> asyncpg.Record:
    connection = await asyncpg.connect(desk.world.database.url)
    try:
        found = await connection.fetchrow(ENTRY, response.headers["x-request-id"])
    finally:
        await connection.close()
    assert found is not None
    return found


@pytest.mark.parametrize("role", ROLES)
async def test_every_role_is_answered_as_itself(desk: Desk, role: str) -> None:
    await store(desk, "one", ONE)
    answer = await desk.ask("one", role)
    assert answer.status_code == 200
    assert answer.json()["data"]["viewer"]["role"] == role.upper()
    assert (await desk.post({"operation": "one"}, role)).json() == answer.json()
    assert (await desk.post({"operation": "one", "query": None}, role)).json() == answer.json()


async def test_variables_are_taken_as_ever(desk: Desk) -> None:
    await store(desk, "page", PAGE)
    given = {"first": 3, "where": {"sex": {"eq": "FEMALE"}}}
    got = await desk.ask("page", variables=json.dumps(given))
    nodes = got.json()["data"]["patients"]["nodes"]
    assert [node["sex"] for node in nodes] == ["FEMALE"] * 3
    assert (await desk.post({"operation": "page", "variables": given})).json() == got.json()
    for wrong in ("{", "[]", "1", "NaN", "{}", '{"first": "three"}', '{"first": 1, "where": 1}'):
        answer = await desk.ask("page", variables=wrong, headers={"accept": GRAPHQL})
        assert nothing_executed(answer, "BAD_USER_INPUT"), wrong
        assert (answer.status_code, "etag" in answer.headers) == (400, False)
        assert answer.headers["cache-control"] == "no-store"
    assert "etag" not in (await desk.ask("page", variables="{}")).headers  # 200 as JSON has it
    for first in (1001, -1):
        answer = await desk.ask("page", variables=json.dumps({"first": first}))
        assert "errors" in answer.json()
        assert "etag" not in answer.headers


async def test_a_request_brings_a_document_or_a_name(desk: Desk) -> None:
    await store(desk, "one", ONE)
    for answer in (
        await desk.ask("one", query=VIEWER),
        await desk.post({"operation": "one", "query": VIEWER}),
        await desk.post({"operation": "", "query": VIEWER}),
        await desk.post({"operation": 1}),
        await desk.post({"operation": ["one"]}),
        await desk.post({"operation": None}),
        await desk.ask("one", operationName="Two"),
    ):
        assert nothing_executed(answer, "BAD_USER_INPUT"), answer.text
    assert (await desk.ask("one", operationName="One")).is_success


async def test_an_answer_that_is_held_is_not_sent_again(desk: Desk) -> None:
    await store(desk, "page", PAGE)
    first = await desk.ask("page", variables='{"first": 50}')
    tag = first.headers["etag"]
    assert first.headers["content-encoding"] == "gzip"
    assert len(first.content) > 1_000
    assert tag.startswith('W/"')
    assert first.headers["cache-control"] == "private, no-cache"
    assert first.headers["vary"] == VARY
    strong = tag.removeprefix("W/")
    for held in (tag, strong, "*", f'"other", {tag}', f'W/"a,b",{strong}'):
        again = await desk.ask("page", variables='{"first": 50}', held=held)
        assert (again.status_code, again.content) == (304, b""), held
        assert again.headers["etag"] == tag
        assert again.headers["vary"] == VARY
        assert again.headers["cache-control"] == "private, no-cache"
        assert "ratelimit" in again.headers
        assert not {"content-type", "content-encoding", "content-length"} & set(again.headers)
    for held in ('"other"', strong.strip('"'), "", 'W/""'):
        again = await desk.ask("page", variables='{"first": 50}', held=held)
        assert (again.status_code, again.content) == (200, first.content), held
    told = await entry(desk, await desk.ask("page", variables='{"first": 50}', held=tag))
    assert (told["door"], told["operation_name"]) == ("/graphql?operation", "page")
    assert (told["decision"], told["document"]) == ("ANSWERED", PAGE)
    assert json.loads(told["variables"]) == {"first": 50}
    patients = len(first.json()["data"]["patients"]["nodes"])
    assert told["patients"] == patients > 0


async def test_the_same_answer_has_one_tag_compressed_or_not(desk: Desk) -> None:
    await store(desk, "page", PAGE)
    plain, zipped = [
        await desk.ask("page", variables='{"first": 50}', headers={"accept-encoding": coding})
        for coding in ("identity", "gzip")
    ]
    assert "content-encoding" not in plain.headers
    assert plain.content == zipped.content
    assert plain.headers["etag"] == zipped.headers["etag"]
    other = await desk.ask("page", variables='{"first": 50}', headers={"accept": GRAPHQL})
    assert other.headers["etag"] != plain.headers["etag"]
    assert other.headers["content-type"].startswith(GRAPHQL)


async def test_head_is_as_get(desk: Desk) -> None:
    await store(desk, "one", ONE)
    got, head = [await desk.ask("one", method=method) for method in ("GET", "HEAD")]
    assert (head.status_code, head.content) == (200, b"")
    for name in ("etag", "vary", "cache-control", "content-type", "content-length"):
        assert head.headers[name] == got.headers[name]
    assert got.headers["vary"] == VARY
    assert (await desk.ask("one", method="HEAD", held=got.headers["etag"])).status_code == 304


async def test_post_and_a_document_of_one_s_own_have_no_tag(desk: Desk) -> None:
    await store(desk, "one", ONE)
    posted = await desk.post({"operation": "one"})
    free = await desk.http.get(
        "/graphql", params={"query": ONE}, headers=await desk.headers("steward")
    )
    for answer in (posted, free):
        assert (answer.status_code, "etag" in answer.headers) == (200, False)
        assert answer.headers["cache-control"] == "no-store"


async def test_two_viewers_share_no_tag(desk: Desk) -> None:
    """Not even where they are told the same."""
    await store(desk, "drugs", "{ drugs { totalCount } }")
    answers = [
        await desk.ask("drugs", role, scope=scope)
        for role, scope in (
            ("steward", None), ("clinician", None), ("partner", None), ("partner", "AGR-DAB-01"),
        )
    ]  # fmt: skip
    assert len({answer.text for answer in answers}) == 1
    assert len({answer.headers["etag"] for answer in answers}) == len(answers)
    held = ", ".join(answer.headers["etag"] for answer in answers[1:])
    assert (await desk.ask("drugs", "steward", held=held)).status_code == 200


async def test_what_has_changed_is_sent(desk: Desk) -> None:
    """A fact, a withdrawn consent, a version: what is held is never said to be still so."""
    count = "{ patients { totalCount } }"
    await store(desk, "count", count)
    first = await desk.ask("count", "partner")
    tag = first.headers["etag"]
    assert (await desk.ask("count", "partner", held=tag)).status_code == 304
    seen = first.json()["data"]["patients"]["totalCount"]
    one = await desk.http.get(
        "/graphql",
        params={"query": "{ patients(first: 1) { nodes { id } } }"},
        headers=await desk.headers("partner"),
    )
    (patient,) = one.json()["data"]["patients"]["nodes"]
    await execute(
        desk,
        "update connect.consent set withdrawn_at = now() where purpose = 'COMMERCIAL' and"
        " patient_id = (select patient_id from connect.pseudonym where public_id = $1)",
        patient["id"],
    )
    fewer = await desk.ask("count", "partner", held=tag)
    assert fewer.status_code == 200
    assert fewer.json()["data"]["patients"]["totalCount"] == seen - 1
    assert fewer.headers["etag"] != tag
    await store(desk, "count", "{ patients { totalCount } viewer { role } }")
    replaced = await desk.ask("count", "partner", held=fewer.headers["etag"])
    assert replaced.json()["data"]["viewer"] == {"role": "PARTNER"}
    await end(desk, "count")
    assert unknown(await desk.ask("count", "partner", held=replaced.headers["etag"]))
    await store(desk, "count", count)
    assert (await desk.ask("count", "partner", held=fewer.headers["etag"])).status_code == 304


def unknown(answer: httpx.Response) -> bool:
    """Tell whether the answer is the one that every name gets that stands for nothing."""
    (error,) = answer.json()["errors"]
    assert answer.status_code == 400
    assert "etag" not in answer.headers
    assert answer.headers["vary"] == "Accept-Encoding"
    return bool(error == {"message": UNKNOWN, "extensions": {"code": "BAD_USER_INPUT"}})


async def test_unknown_retired_and_others_operations_are_answered_alike(desk: Desk) -> None:
    await store(desk, "theirs", ONE, [Role.RESEARCHER])
    await store(desk, "old", ONE)
    await end(desk, "old")
    for name in ("theirs", "old", "One", "theirs ", "thei", "", "x" * 101, "a b", "é", "\0", "%"):
        answer = await desk.ask(name, "partner")
        assert unknown(answer), name
        assert unknown(await desk.post({"operation": name}, "partner")), name
    told = await entry(desk, await desk.ask("theirs", "partner"))
    assert (told["decision"], told["codes"]) == ("REFUSED", ["BAD_USER_INPUT"])
    assert (told["operation_name"], told["document"]) == ("theirs", None)
    assert (await desk.ask("theirs", "researcher")).is_success
    assert (await desk.ask("theirs", "steward")).is_success  # who may review what others run


async def test_who_is_nobody_is_told_nothing(desk: Desk) -> None:
    await store(desk, "one", ONE)
    tag = (await desk.ask("one")).headers["etag"]
    token = (await desk.headers("steward"))["Authorization"].removeprefix("Bearer ")
    for headers in ({}, bearer(token[:-4] + "AAAA"), bearer("x.y.z")):
        answer = await desk.http.get(
            "/graphql", params={"operation": "one"}, headers={**headers, "if-none-match": tag}
        )
        assert (answer.status_code, codes(answer)) == (401, ["UNAUTHENTICATED"])
        assert "etag" not in answer.headers
    refused = await desk.ask("one", held=tag, headers={"x-scope": "AGR-OLA-01"})
    assert (refused.status_code, codes(refused)) == (403, ["SCOPE_REFUSED"])


async def test_what_fits_no_more_says_so(desk: Desk) -> None:
    await execute(
        desk,
        "insert into connect.stored_operation (name, version, document, roles)"
        " values ('lost', 1, '{ viewer { gone } }', enum_range(null::connect.role))",
    )
    answer = await desk.ask("lost", "researcher")
    assert nothing_executed(answer, "GRAPHQL_VALIDATION_FAILED")
    assert answer.json()["errors"][0]["message"] == (
        "The stored operation does not fit the schema any more: tell the data office."
    )
    with serving(desk.world.environment) as (address, _):  # and keeps no process from starting
        async with httpx.AsyncClient(base_url=address, timeout=30) as http:
            headers = await desk.headers("researcher")
            again = await http.get("/graphql", params={"operation": "lost"}, headers=headers)
            assert again.json() == answer.json()


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_role_may_be_left_with_stored_operations_alone(desk: Desk, method: str) -> None:
    await store(desk, "one", ONE)
    await store(desk, "schema", "{ __schema { queryType { name } } }")
    for document in (VIEWER, ONE, "{ __schema { queryType { name } } }", "{ __typename }", "{"):
        answer = await asked(desk, method, "/graphql", document, RESTRICTED)
        assert nothing_executed(answer, "BAD_USER_INPUT")
        assert answer.json()["errors"][0]["message"] == (
            "Here your role runs stored operations alone: name one in `operation`."
        )
    door = "/subgraphs/patients/graphql"
    assert codes(await asked(desk, method, door, VIEWER, RESTRICTED)) == ["BAD_USER_INPUT"]
    assert (await asked(desk, method, door, VIEWER, "researcher")).is_success
    assert (await desk.ask("one", RESTRICTED)).json()["data"]["viewer"]["role"] == "AUTHORITY"
    assert "data" in (await desk.ask("schema", RESTRICTED)).json()
    for role in ("researcher", RESTRICTED):
        headers = await desk.headers(role)
        refused = await desk.http.get(door, params={"operation": "one"}, headers=headers)
        assert "A subgraph has no stored operations" in refused.text


async def asked(desk: Desk, method: str, door: str, document: str, role: str) -> httpx.Response:
    sent = {"params" if method == "GET" else "json": {"query": document}}
    return await desk.http.request(method, door, headers=await desk.headers(role), **sent)  # type: ignore[arg-type]


async def test_a_stored_list_streams_page_after_page(desk: Desk) -> None:
    desk.add("query List { drugs(first: 3) { nodes { inn } } }", "Streamed", "--role", "partner")
    headers = {**await desk.headers("partner"), "accept": "text/csv"}
    answer = await desk.http.get(
        "/graphql", params={"operation": "Streamed"}, headers={**headers, "if-none-match": "*"}
    )
    assert answer.status_code == 200
    head, *rows = answer.text.splitlines()
    assert head == "inn"
    assert len(rows) == len(set(rows)) > 3
    assert "etag" not in answer.headers
    hidden = await desk.http.get(
        "/graphql",
        params={"operation": "Streamed"},
        headers={**await desk.headers("clinician"), "accept": "text/csv"},
    )
    assert (hidden.status_code, codes(hidden)) == (400, ["BAD_USER_INPUT"])
