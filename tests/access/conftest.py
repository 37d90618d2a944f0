"""A world of this folder's own, with rows at the edges of the rules, and all that is in it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from connect_graph import database
from connect_graph.settings import Settings
from db.release.freeze import freeze
from resolvers.answer import Answer
from resolvers.execute import Request
from tests.access.edge import sharpen
from tests.access.oracle import Facts, Who
from tests.conftest import Clone
from tests.world import World, make

DEMO = {
    "partner": "AGR-OLA-01",
    "researcher": "PRJ-CRC-01",
    "authority": "CONNECT",
    "clinician": "SITE-OUS",
    "steward": "CONNECT",
}
OTHERS = (
    ("partner", "AGR-DAB-01"),  # without resistance
    ("partner", "AGR-CLIN-01"),  # without molecular data
    ("partner", "AGR-HUSH-01"),  # under embargo
    ("partner", "AGR-OVER-01"),  # has ended
    ("partner", "AGR-EARLY-01"),  # has not begun
    ("researcher", "PRJ-BRAF-01"),  # listed cohorts, any tumour type
    ("researcher", "PRJ-LIST-01"),  # listed cohorts and tumour types
    ("researcher", "PRJ-ALL-01"),  # everything, without molecular data and resistance
    ("clinician", "SITE-NLSH"),
)
CASES = (*DEMO.items(), *OTHERS)


@pytest.fixture(scope="package")
async def world(clone: Clone, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with clone() as copy:
        directory = tmp_path_factory.mktemp("edges")
        filled = await make(copy, directory)
        try:
            settings = Settings.load({"CONNECT_DATA_DIR": str(directory)})
            async with database.connected(copy.url) as connection, connection.transaction():
                await sharpen(connection)
                await database.pseudonyms(settings)(connection)
            async with database.connected(copy.url) as connection:
                await freeze(connection)
            for role, scope in CASES:  # all that tests ask for: `facts` is read once
                await filled.caller(role, scope)
            yield filled
        finally:
            await filled.pools.close()


@pytest.fixture(scope="package")
async def facts(world: World) -> Facts:
    return await Facts.read(world.database.url)


Asking = Callable[..., Awaitable[Answer]]


async def asking(world: World, role: str, scope: str) -> Asking:
    """Give what answers the member of a case, identified once."""
    viewer = await world.viewer(role, None if DEMO[role] == scope else scope)
    pool = world.pools.roles[viewer.role]

    async def ask(query: str, **variables: object) -> Answer:
        return await world.graph.answer(Request(query, None, variables), viewer, pool)

    return ask


async def who(world: World, role: str, scope: str) -> Who:
    """Give what the member of a case says of itself."""
    caller = await world.caller(role, None if DEMO[role] == scope else scope)
    return Who(role, caller.issuer, caller.organisation, caller.subject, scope)
