"""The invented consortium in one database that tests read, or change until they roll back."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from db.pseudonym import fill
from db.synthetic.demo import seed
from db.synthetic.load import synthesize
from db.synthetic.release import publish
from db.vocabulary.load import load_vocabulary
from tests.conftest import Clone
from tests.world import Database

ISSUER = "https://issuer.test"
KEY = bytes(range(32))
PATIENTS = 480


async def complete(connection: asyncpg.Connection) -> None:
    await fill(connection, KEY)


async def furnish(url: str, patients: int, number: int = 1) -> dict[str, int]:
    connection = await asyncpg.connect(url)
    try:
        await load_vocabulary(connection)
        await seed(connection, ISSUER)
        counts = await synthesize(connection, patients, number, complete)
        await publish(connection)
        return counts
    finally:
        await connection.close()


@pytest.fixture(scope="package")
async def world(clone: Clone) -> AsyncIterator[Database]:
    async with clone() as database:
        await furnish(database.url, PATIENTS)
        yield database


@pytest.fixture
async def reader(world: Database) -> AsyncIterator[asyncpg.Connection]:
    """Read everything, as the superuser."""
    connection = await asyncpg.connect(world.url)
    yield connection
    await connection.close()


@pytest.fixture
async def loader(world: Database) -> AsyncIterator[asyncpg.Connection]:
    """Change anything as connect_loader, until the test ends."""
    connection = await asyncpg.connect(world.url)
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute("set local role connect_loader")
    yield connection
    await transaction.rollback()
    await connection.close()
