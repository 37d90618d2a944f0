"""A world of this folder's own, in which two releases are published by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from connect_graph.database import connected
from tests.browser.conftest import chromium as chromium
from tests.conftest import Clone
from tests.statistics.publication import CELLS, Cell, publish
from tests.world import World, make, serving

FIRST, LATEST = "2026.1", "2026.2"


@pytest.fixture(scope="package")
async def world(clone: Clone, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with clone() as copy:
        filled = await make(copy, tmp_path_factory.mktemp("statistics"))
        async with connected(copy.url) as connection:
            before = {**CELLS, "": (Cell((), 30, (25, 25), (5, 5), (10, 10)),)}
            await publish(connection, FIRST, before, {"TRA-BRAF-CRC": "STAGE_1"}, "cd" * 32)
            await publish(connection, LATEST)
        try:
            yield filled
        finally:
            await filled.pools.close()


@pytest.fixture(scope="package")
def served(world: World) -> Iterator[str]:
    with serving(world.environment) as (address, _):
        yield address


@pytest.fixture(scope="package")
async def http(served: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=served, timeout=30) as client:
        yield client
