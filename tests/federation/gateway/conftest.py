"""The gateway before the four subgraphs of the world."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping

import httpx
import pytest

from connect_graph.gateway import FOLDER
from tests.federation.gateway.stack import Gateway, before, graphql
from tests.http.client import Client, bearer
from tests.world import World


@pytest.fixture(scope="session", autouse=True)
def installed() -> None:
    """Skip where the gateway's packages are missing."""
    if not (FOLDER / "node_modules" / "@graphql-hive").is_dir():
        pytest.skip("the gateway's Node packages are not there: run make setup")


@pytest.fixture(scope="session")
def gateway(world: World, subgraphs: Mapping[str, str]) -> Iterator[Gateway]:
    """Give the gateway; no test may stop it."""
    with before(world, graphql(subgraphs)) as made:
        yield made


@pytest.fixture(scope="session")
async def joined(gateway: Gateway, world: World) -> AsyncIterator[Client]:
    """Give a client of the gateway, as the steward."""
    async with httpx.AsyncClient(base_url=gateway.url, timeout=30) as http:
        yield Client(http, bearer(await world.token("steward")))


@pytest.fixture(scope="session")
async def alone(url: str, world: World) -> AsyncIterator[Client]:
    """Give a client of the one process on the same database, as the steward."""
    async with httpx.AsyncClient(base_url=url, timeout=30) as http:
        yield Client(http, bearer(await world.token("steward")))
