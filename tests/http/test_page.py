"""Paging over HTTP: whole, without doubles, and with no cursor but those that the list gave."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from connect_graph.database import connected
from resolvers import cursor
from tests.conftest import Clone
from tests.forged_cursor import encode
from tests.http.client import Client, bearer, codes
from tests.world import World, make, serving

PAGE = """query ($first: Int!, $after: String) { patients(first: $first, after: $after) {
  totalCount nodes { id } edges { cursor node { id } }
  pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""
IDS = """query ($first: Int!, $after: String) { patients(first: $first, after: $after) {
  nodes { id } pageInfo { hasNextPage endCursor } } }"""


async def ids(client: Client, first: int) -> list[str]:
    """Walk through the whole list."""
    found: list[str] = []
    after, more = None, True
    while more:
        response = await client.ask(IDS, {"first": first, "after": after})
        page = response.json()["data"]["patients"]
        found += (node["id"] for node in page["nodes"])
        more, after = page["pageInfo"]["hasNextPage"], page["pageInfo"]["endCursor"]
    return found


async def test_pages_join_to_the_whole_list(client: Client) -> None:
    whole = await ids(client, 1000)
    assert whole == sorted(set(whole))
    for first in (7, len(whole) - 1, len(whole)):
        assert await ids(client, first) == whole


async def test_a_page_says_where_it_is(client: Client) -> None:
    first = (await client.ask(PAGE, {"first": 3})).json()["data"]["patients"]
    cursors = [edge["cursor"] for edge in first["edges"]]
    assert first["nodes"] == [edge["node"] for edge in first["edges"]]
    assert first["pageInfo"] == {
        "hasNextPage": True,
        "hasPreviousPage": False,
        "startCursor": cursors[0],
        "endCursor": cursors[-1],
    }
    second = await client.ask(PAGE, {"first": 1000, "after": cursors[-1]})
    rest = second.json()["data"]["patients"]
    assert rest["totalCount"] == first["totalCount"] == 3 + len(rest["nodes"])
    assert rest["pageInfo"]["hasPreviousPage"]
    assert not rest["pageInfo"]["hasNextPage"]
    end = {"first": 5, "after": rest["pageInfo"]["endCursor"]}
    assert (await client.ask(PAGE, end)).json()["data"]["patients"] == {
        "totalCount": first["totalCount"],
        "nodes": [],
        "edges": [],
        "pageInfo": {
            "hasNextPage": False,
            "hasPreviousPage": True,
            "startCursor": None,
            "endCursor": None,
        },
    }


def forgeries(given: str) -> Iterator[str]:
    """Make cursors that no list gave."""
    (place,), belongs = json.loads(base64.urlsafe_b64decode(given + "=="))
    yield from ("", " ", "=", "x", "ø", "null", given[:-2], given[1:], f"{given}.{given}")
    yield encode([place], "0" * 16)
    yield encode([place], cursor.digest("CONNECT", "cohorts"))
    yield encode([place], cursor.digest("AGR-OLA-01", "patients"))
    contents: list[object] = [[place], [place, belongs, 1], [1, belongs], [None, belongs], {}, [[]]]
    for content in contents:
        yield base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")
    yield base64.urlsafe_b64encode(b"[" * 40_000).decode()
    yield base64.urlsafe_b64encode(b"\xff\xfe").decode()
    yield encode(["\0"], belongs)
    yield encode(["\ud800"], belongs)


async def test_a_forged_cursor_is_refused(client: Client) -> None:
    page = (await client.ask(PAGE, {"first": 2})).json()["data"]["patients"]
    forged = list(forgeries(page["pageInfo"]["endCursor"]))
    for after in forged:
        response = await client.ask(PAGE, {"first": 2, "after": after})
        assert codes(response) == ["BAD_USER_INPUT"], after[:80]
        assert "data" not in response.json()


async def test_a_cursor_with_another_place_gives_what_the_list_gives(client: Client) -> None:
    """A place is no secret and no key: it only says where to go on, in what one may see."""
    whole = await ids(client, 1000)
    digest = cursor.digest("CONNECT", "patients", None, [])
    for place in ("", whole[9], "' or true --", "~"):
        response = await client.ask(IDS, {"first": 5, "after": encode([place], digest)})
        found = [node["id"] for node in response.json()["data"]["patients"]["nodes"]]
        assert found == [one for one in whole if one > place][:5]


async def test_a_cursor_is_good_in_its_own_scope_alone(client: Client, world: World) -> None:
    page = (await client.ask(PAGE, {"first": 2})).json()["data"]["patients"]
    after = page["pageInfo"]["endCursor"]
    for role, scope in (("clinician", None), ("partner", None), ("researcher", None)):
        headers = bearer(await world.token(role, scope))
        response = await Client(client.http, headers).ask(PAGE, {"first": 2, "after": after})
        assert codes(response) == ["BAD_USER_INPUT"]
        own = (await Client(client.http, headers).ask(PAGE, {"first": 2})).json()
        theirs = own["data"]["patients"]["pageInfo"]["endCursor"]
        assert codes(await client.ask(PAGE, {"first": 2, "after": theirs})) == ["BAD_USER_INPUT"]


async def test_a_cursor_holds_no_internal_id(client: Client) -> None:
    page = (await client.ask(PAGE, {"first": 2})).json()["data"]["patients"]
    for edge in page["edges"]:
        content = base64.urlsafe_b64decode(edge["cursor"] + "==")
        assert json.loads(content) == [
            [edge["node"]["id"]],
            cursor.digest("CONNECT", "patients", None, []),
        ]


@pytest.mark.parametrize("by", ["birthYear", "enrolledOn", "sex", "synthetic"])
async def test_a_place_that_does_not_fit_its_column_is_refused(client: Client, by: str) -> None:
    query = f"""query ($after: String) {{ patients(
        first: 2, after: $after, orderBy: [{{ by: {by} }}]) {{ nodes {{ id }}
        pageInfo {{ endCursor }} }} }}"""
    good = (await client.ask(query)).json()["data"]["patients"]["pageInfo"]["endCursor"]
    _, belongs = json.loads(base64.urlsafe_b64decode(good + "=="))
    forged = encode(["no such thing", "x"], belongs)
    assert codes(await client.ask(query, {"after": forged})) == ["BAD_USER_INPUT"]


@pytest.fixture
async def growing(clone: Clone, tmp_path: Path) -> AsyncIterator[tuple[World, str]]:
    """Serve a world that may change."""
    async with clone() as copy:
        world = await make(copy, tmp_path)
        with serving(world.environment) as (address, _):
            yield world, address
        await world.pools.close()


async def test_pages_under_inserts_lose_and_double_nothing(growing: tuple[World, str]) -> None:
    """Half of the patients get their public ids back one by one while others page."""
    world, address = growing
    async with (
        httpx.AsyncClient(base_url=address, timeout=30) as http,
        connected(world.database.url) as connection,
    ):
        client = Client(http, bearer(await world.token("steward")))
        whole = await ids(client, 1000)
        await connection.execute("set session_replication_role = replica")
        taken = await connection.fetch(
            "delete from connect.pseudonym where public_id = any($1) returning *", whole[::2]
        )
        before = await ids(client, 1000)

        async def insert() -> None:
            for row in taken:
                values = ", ".join(f"${place}" for place in range(1, len(row) + 1))
                await connection.execute(
                    f"insert into connect.pseudonym ({', '.join(row.keys())}) values ({values})",
                    *row.values(),
                )

        inserting = asyncio.create_task(insert())
        walks = [await ids(client, 3)]
        while not inserting.done():
            walks.append(await ids(client, 3))
        await inserting
        assert await ids(client, 1000) == whole
    assert before == whole[1::2]
    for walk in walks:
        assert walk == sorted(set(walk))
        assert set(before) <= set(walk) <= set(whole)
