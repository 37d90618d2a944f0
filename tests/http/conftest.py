"""A client of the served world, and what it asks with."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.http.client import Client, bearer
from tests.world import World


@pytest.fixture(scope="session")
async def client(url: str, world: World) -> AsyncIterator[Client]:
    """Give a client of the served world, as the steward."""
    async with httpx.AsyncClient(base_url=url, timeout=30) as http:
        yield Client(http, bearer(await world.token("steward")))
