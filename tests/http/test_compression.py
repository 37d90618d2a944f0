"""Answers go compressed to who takes it, over HTTP, and say the same as uncompressed ones."""

from __future__ import annotations

import gzip
import json

import httpx
import pytest

from connect_graph.compression import LEAST_BYTES
from tests.http.client import GRAPHQL, VIEWER, bearer
from tests.world import World

LARGE = "{ patients(first: 200) { nodes { id diagnoses { tumourType } treatments { line } } } }"


async def sent(
    url: str, token: str, query: str, accepted: str, **headers: str
) -> tuple[httpx.Headers, bytes]:
    """Ask, and give the answer's headers and the bytes as they travelled."""
    asking = {**bearer(token), "accept-encoding": accepted, **headers}
    async with (
        httpx.AsyncClient(base_url=url, timeout=30) as http,
        http.stream("POST", "/graphql", json={"query": query}, headers=asking) as response,
    ):
        body = b"".join([part async for part in response.aiter_raw()])
        assert response.status_code == 200, body
        assert response.headers["content-length"] == str(len(body))
        return response.headers, body


@pytest.mark.parametrize(
    ("accepted", "compressed"),
    [
        ("gzip, deflate, br", True),
        ("br;q=1.0, GZIP;q=0.5", True),
        ("*", True),
        ("gzip;q=0", False),
        ("*, gzip;q=0", False),
        ("br", False),
        ("identity", False),
        ("", False),
    ],
)
async def test_an_answer_is_compressed_for_who_takes_it(
    world: World, url: str, accepted: str, compressed: bool
) -> None:
    token = await world.token("steward")
    _, plain = await sent(url, token, LARGE, "identity")
    assert len(plain) > 10 * LEAST_BYTES
    headers, body = await sent(url, token, LARGE, accepted, accept=GRAPHQL)
    assert headers.get("content-encoding") == ("gzip" if compressed else None)
    assert headers["vary"].lower() == "accept-encoding"
    assert headers["content-type"] == f"{GRAPHQL}; charset=utf-8"
    assert headers["cache-control"] == "no-store"
    assert (gzip.decompress(body) if compressed else body) == plain
    assert not compressed or len(body) < len(plain) / 3


async def test_a_small_answer_goes_as_it_is(world: World, url: str) -> None:
    headers, body = await sent(url, await world.token("steward"), VIEWER, "gzip")
    assert "content-encoding" not in headers
    assert len(body) < LEAST_BYTES
    assert json.loads(body) == {"data": {"viewer": {"role": "STEWARD"}}}
