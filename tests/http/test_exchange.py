"""GraphQL over HTTP, against a served process: methods, media types, bodies, and their abuse."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.http.client import GRAPHQL, JSON, VIEWER, Client, codes, nothing_executed
from tests.world import World, serving

STEWARD = {"data": {"viewer": {"role": "STEWARD"}}}
BY_ID = "query ($id: ID!) { patient(id: $id) { id } }"
PAGE = "query ($first: Int!) { patients(first: $first) { nodes { id } } }"


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (JSON, JSON),
        (GRAPHQL, GRAPHQL),
        (f"{GRAPHQL}, {JSON};q=0.9", GRAPHQL),
        (f"{JSON};q=0.1, {GRAPHQL};q=0.2", GRAPHQL),
        (f"{GRAPHQL};q=0.1, */*", JSON),
        (f"{GRAPHQL};q=0, {JSON}", JSON),
        (f"text/html, {GRAPHQL}", GRAPHQL),
        (f"{GRAPHQL.upper()} ; Q=1; charset=UTF-8", GRAPHQL),
        (f'{GRAPHQL}; charset="utf-8"', GRAPHQL),
        (f"{GRAPHQL};q=x, {JSON}", JSON),
    ],
)
async def test_the_caller_chooses_the_media_type(client: Client, accept: str, media: str) -> None:
    response = await client.ask(VIEWER, Accept=accept)
    assert response.status_code == 200
    assert response.headers["content-type"] == f"{media}; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.json() == STEWARD


async def test_accept_in_two_lines_is_one_list(client: Client) -> None:
    lines = [("accept", "text/html"), ("accept", GRAPHQL), *client.headers.items()]
    response = await client.http.get("/graphql", params={"query": VIEWER}, headers=lines)
    assert response.headers["content-type"].startswith(GRAPHQL)


@pytest.mark.parametrize(
    "accept",
    ["text/html", f"{JSON};q=0", f"{JSON}; charset=iso-8859-1", "image/*", ",", "application", ";"],
)
async def test_other_media_types_are_not_acceptable(client: Client, accept: str) -> None:
    response = await client.ask(VIEWER, Accept=accept)
    assert response.status_code == 406
    lists = "whole lists as application/jsonl or text/csv"
    told = f"Answers come as {GRAPHQL} or {JSON}, {lists}."
    assert response.json() == {"errors": [{"message": told}]}


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/graphql", {"GET", "HEAD", "POST"}),
        ("/health", {"GET", "HEAD"}),
        ("/ready", {"GET", "HEAD"}),
        ("/graphiql", {"GET", "HEAD"}),
    ],
)
async def test_other_methods_are_refused(
    client: Client, method: str, path: str, allowed: set[str]
) -> None:
    response = await client.http.request(method, path, headers=client.headers)
    assert response.status_code == 405
    assert set(response.headers["allow"].split(", ")) == allowed
    for each in allowed - {"POST"}:  # what is said to be allowed is
        answer = await client.http.request(each, path, params={"query": VIEWER})
        assert answer.status_code in {200, 401, 503}


async def test_head_answers_as_get_without_the_content(client: Client) -> None:
    """{RFC 9110 9.3.2}"""
    for query in (VIEWER, "{ nothing }", "mutation { nothing }"):
        got, head = [
            await client.http.request(
                method, "/graphql", params={"query": query}, headers=client.headers
            )
            for method in ("GET", "HEAD")
        ]
        assert (head.status_code, head.content) == (got.status_code, b"")
        for name in ("content-type", "content-length"):
            assert head.headers[name] == got.headers[name]


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/graphql",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        f"{JSON}; charset=latin-1",
        f"{JSON}; Charset=UTF-16",
        f"{JSON}x",
        "",
    ],
)
async def test_other_content_types_are_refused(client: Client, kind: str) -> None:
    assert (await client.ask(VIEWER, content_type=kind)).status_code == 415


@pytest.mark.parametrize("kind", [JSON.upper(), f'{JSON} ; Charset="UTF-8"', f"{JSON};x=y"])
async def test_json_may_be_named_in_other_ways(client: Client, kind: str) -> None:
    assert (await client.ask(VIEWER, content_type=kind)).json() == STEWARD


async def test_get_answers_queries(client: Client) -> None:
    name = json.dumps({"id": "x"})
    response = await client.get(query=BY_ID, variables=name, operationName="", extensions="{}")
    assert response.json() == {"data": {"patient": None}}
    assert (await client.get(query="query A { viewer { role } }", operationName="A")).is_success


@pytest.mark.parametrize("parameters", [{}, {"variables": "{}"}, {"operationName": "A"}])
async def test_get_needs_a_query(client: Client, parameters: dict[str, str]) -> None:
    assert nothing_executed(response := await client.get(**parameters), "BAD_USER_INPUT")
    assert response.status_code == 400


@pytest.mark.parametrize("name", ["variables", "extensions"])
@pytest.mark.parametrize("text", ["{", "[]", '"x"', "1", "NaN", "[" * 1000 + "]" * 1000])
async def test_get_wants_objects_as_json(client: Client, name: str, text: str) -> None:
    response = await client.get(query=VIEWER, **{name: text})
    assert nothing_executed(response, "BAD_USER_INPUT")
    assert response.status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"{ viewer { role } }"',
        b'[{"query": "{ viewer { role } }"}]',
        b"query={viewer{role}}",
        b'{"query": "\xff"}',
        b'{"query": "{ viewer { role } }", "variables": {"a": NaN}}',
        b'{"query": "{ viewer { role } }", "variables": {"a": ' + b"9" * 5_000 + b"}}",
        b"[" * 400_000 + b"]" * 400_000,
        b'{"query": "{ viewer { role } }", "variables": '
        + b'{"a":' * 99_000
        + b"1"
        + b"}" * 99_001,
        '{"query": "{ viewer { role } }"}'.encode("utf-16"),
        '{"query": "{ viewer { role } }"}'.encode("utf-8-sig"),
        b"{}",
        b'{"query": null}',
        b'{"query": ["{ viewer { role } }"]}',
        b'{"query": 1}',
        b'{"query": "{ viewer { role } }", "operationName": 1}',
        b'{"query": "{ viewer { role } }", "operationName": ["A"]}',
        b'{"query": "{ viewer { role } }", "variables": []}',
        b'{"query": "{ viewer { role } }", "variables": "{}"}',
        b'{"query": "{ viewer { role } }", "variables": false}',
        b'{"query": "{ viewer { role } }", "extensions": []}',
        b'{"query": "{ viewer { role } }", "extensions": 0}',
    ],
    ids=lambda body: body[:60].decode(errors="replace"),
)
@pytest.mark.parametrize("media", [JSON, GRAPHQL])
async def test_a_body_that_is_no_request_is_refused(
    client: Client, body: bytes, media: str
) -> None:
    """In both media types with 400: the request is not well-formed."""
    response = await client.post(body, Accept=media)
    assert nothing_executed(response, "BAD_USER_INPUT")
    assert response.status_code == 400
    assert response.headers["content-type"].startswith(media)


async def test_absent_parts_may_be_null_or_unknown(client: Client) -> None:
    content = {"query": VIEWER, "operationName": None, "variables": None, "extensions": None}
    response = await client.post({**content, "else": [1]})
    assert response.json() == STEWARD


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("", "GRAPHQL_PARSE_FAILED"),
        ("{ }", "GRAPHQL_PARSE_FAILED"),
        ("\0", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("mutation { a }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { a }", "GRAPHQL_VALIDATION_FAILED"),
        ("type A { b: C }", "GRAPHQL_VALIDATION_FAILED"),
        ("query A { viewer { role } } query B { viewer { role } }", "BAD_USER_INPUT"),
    ],
)
async def test_a_refused_document_shows_in_the_status_of_graphql_alone(
    client: Client, query: str, code: str
) -> None:
    for media, status in ((JSON, 200), (GRAPHQL, 400)):
        response = await client.ask(query, Accept=media)
        assert nothing_executed(response, code)
        assert response.status_code == status


async def test_an_operation_is_chosen_by_name(client: Client) -> None:
    query = "query A { viewer { role } } query B { viewer { granularity } }"
    for name, field in (("A", "role"), ("B", "granularity")):
        response = await client.post({"query": query, "operationName": name})
        assert list(response.json()["data"]["viewer"]) == [field]
    for name in ("C", "\ud800", "\0"):
        response = await client.post({"query": query, "operationName": name})
        assert nothing_executed(response, "BAD_USER_INPUT")


@pytest.mark.parametrize("text", ["\0", "a\0b", "\ud800", "\udfff\ud800"])
async def test_text_that_cannot_be_stored_is_refused(client: Client, text: str) -> None:
    inline = f"{{ patient(id: {json.dumps(text)}) {{ id }} }}"
    for response in (
        await client.ask(BY_ID, {"id": text}),
        await client.ask(inline),
        await client.ask(inline.encode("utf-8", "surrogatepass").decode("utf-8", "replace")),
    ):
        assert response.status_code == 200
        assert codes(response)[0] in {"BAD_USER_INPUT", "GRAPHQL_PARSE_FAILED"}


@pytest.mark.parametrize("text", ["", " ", "ø", "\U0001f9ec", "\u202e", "'; --", "%", "x" * 100000])
async def test_strange_text_is_only_text(client: Client, text: str) -> None:
    assert (await client.ask(BY_ID, {"id": text})).json() == {"data": {"patient": None}}


@pytest.mark.parametrize(
    ("first", "code"),
    [
        (0, "BAD_USER_INPUT"),
        (-1, "BAD_USER_INPUT"),
        (1001, "LIMIT_EXCEEDED"),
        (2**31 - 1, "LIMIT_EXCEEDED"),
        (2**31, "BAD_USER_INPUT"),
        (10**40, "BAD_USER_INPUT"),
        (None, "BAD_USER_INPUT"),
        (1.5, "BAD_USER_INPUT"),
        (True, "BAD_USER_INPUT"),
        ("5", "BAD_USER_INPUT"),
        ([5], "BAD_USER_INPUT"),
    ],
)
async def test_the_size_of_a_page_is_checked(client: Client, first: object, code: str) -> None:
    assert nothing_executed(await client.ask(PAGE, {"first": first}), code)


@pytest.mark.parametrize("number", ["2147483648", "-0", "1e3", "9" * 5_000, "null", '"1"', "ONE"])
async def test_a_wrong_number_in_the_document_is_refused(client: Client, number: str) -> None:
    response = await client.ask(f"{{ patients(first: {number}) {{ nodes {{ id }} }} }}")
    assert codes(response)[0] in {"GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT"}


async def _pieces(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 50_000):
        yield b" " * 50_000
        await asyncio.sleep(0)


@pytest.mark.parametrize("length", [{}, {"content-length": "100000000"}])
async def test_a_large_body_is_refused_before_it_is_read(
    world: World, length: dict[str, str]
) -> None:
    """The memory of the process does not follow the size of the body."""
    with serving(world.environment) as (address, pid):
        sent = {"content-type": JSON, "authorization": f"Bearer {await world.token('steward')}"}
        async with httpx.AsyncClient(base_url=address, timeout=30) as http:
            await http.post("/graphql", json={"query": VIEWER}, headers=sent)
            before = _memory(pid)
            body = _pieces(100000_000)
            response = await http.post("/graphql", content=body, headers={**sent, **length})
            assert response.status_code == 413
            assert codes(response) == ["PAYLOAD_TOO_LARGE"]
            assert _memory(pid) - before < 20_000
            assert (await http.get("/health")).status_code == 200


def _memory(pid: int) -> int:
    """Give the most that a process ever held, in KiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
