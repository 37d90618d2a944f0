"""A subgraph takes 5,000 representations at a time: the gateway sends more in pieces."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
from typing import Any

from connect_graph.gateway import FOLDER, node
from resolvers.representation import MOST_REPRESENTATIONS

SCRIPT = """
import { parse } from "graphql";
import { Replicas } from "./replicas.ts";
import { Subgraph } from "./subgraph.ts";
const { url, query, variables } = JSON.parse(process.env.ASKED);
const representations = (ids) => Array.from({ length: ids }, (_, id) => ({ __typename: "X", id }));
const lists = Object.entries(variables).map(([name, ids]) => [name, representations(ids)]);
const replicas = new Replicas("x", [new URL(url)]);
const answer = await new Subgraph(replicas).execute({
  document: parse(query),
  variables: Object.fromEntries(lists),
  context: { asked: { headers: {}, requests: 0 } },
});
console.log(JSON.stringify(answer));
replicas.close();
"""
BAD = 7_003
"""The id that the subgraph has an error for."""


async def asked(query: str, variables: dict[str, int]) -> tuple[Any, list[dict[str, int]]]:
    """Give what the gateway makes of the answers, and how many each request named."""
    requests: list[dict[str, int]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
        assert length is not None
        body = json.loads(await reader.readexactly(int(length[1])))
        given = body["variables"]
        requests.append({name: len(each) for name, each in given.items()})
        roots = re.findall(r"(\w+): _entities\(representations: \$(\w+)\)", body["query"])
        data = {
            root: [None if each["id"] == BAD else {"id": each["id"]} for each in given[name]]
            for root, name in roots
        }
        errors = [
            {
                "message": "Bad.",
                "path": [root, place, "x"],
                "extensions": {"code": "BAD_USER_INPUT"},
            }
            for root, found in data.items()
            for place, each in enumerate(found)
            if each is None
        ]
        answer = json.dumps({"data": data, **({"errors": errors} if errors else {})}).encode()
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(answer) + answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/graphql"
        done = await asyncio.to_thread(
            subprocess.run,
            [node(), "--input-type=module", "--eval", SCRIPT],
            cwd=FOLDER,
            env={"ASKED": json.dumps({"url": url, "query": query, "variables": variables})},
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        )
    return json.loads(done.stdout), requests


ONE = "query ($a: [_Any!]!) { e: _entities(representations: $a) { ... on X { x } } }"
TWO = """query ($a: [_Any!]!, $b: [_Any!]!) {
  e: _entities(representations: $a) { ... on X { x } }
  f: _entities(representations: $b) { ... on X { y } }
}"""


async def test_as_many_as_a_subgraph_takes_go_at_once() -> None:
    answer, requests = await asked(ONE, {"a": MOST_REPRESENTATIONS})
    assert requests == [{"a": MOST_REPRESENTATIONS}]
    assert [each["id"] for each in answer["data"]["e"]] == list(range(MOST_REPRESENTATIONS))


async def test_more_go_in_pieces_and_come_back_in_order() -> None:
    answer, requests = await asked(ONE, {"a": 12_001})
    assert requests == [{"a": 5_000}, {"a": 5_000}, {"a": 2_001}]
    found = [each and each["id"] for each in answer["data"]["e"]]
    assert found == [None if each == BAD else each for each in range(12_001)]
    (error,) = answer["errors"]
    assert error["path"] == ["e", BAD, "x"]


async def test_two_lists_share_what_a_request_may_name() -> None:
    answer, requests = await asked(TWO, {"a": 6_000, "b": 10})
    assert requests == [{"a": 2_500, "b": 10}, {"a": 2_500, "b": 0}, {"a": 1_000, "b": 0}]
    assert [each["id"] for each in answer["data"]["e"]] == list(range(6_000))
    assert [each["id"] for each in answer["data"]["f"]] == list(range(10))
