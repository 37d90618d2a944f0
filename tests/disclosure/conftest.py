"""A database of invented patients with releases that are frozen and not published."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import asyncpg
import pytest

from connect_graph.database import pseudonyms
from connect_graph.settings import Settings
from db.release.freeze import freeze
from db.release.key import ReleaseKey
from db.synthetic.demo import seed
from db.synthetic.load import synthesize
from db.vocabulary.load import load_vocabulary
from tests.conftest import Clone
from tests.world import ROOT, Database

CUT_OFFS = {"first": date(2025, 9, 30), "second": date(2026, 6, 30)}
PATIENTS = 480


@dataclass(frozen=True, slots=True)
class Place:
    """Hold a database and the key of its releases."""

    database: Database
    directory: Path
    key: ReleaseKey

    async def command(self, *arguments: str) -> asyncio.subprocess.Process:
        """Start `connect-graph release`."""
        environment = {
            **os.environ,
            "DATABASE_URL": self.database.url,
            "CONNECT_DATA_DIR": str(self.directory),
        }
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "connect_graph", "release", *arguments,
            cwd=ROOT, env=environment,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip

    async def run(self, *arguments: str) -> tuple[int, str, str]:
        """Run it to its end."""
        process = await self.command(*arguments)
        out, err = await process.communicate()
        return process.returncode or 0, out.decode(), err.decode()


@pytest.fixture(scope="package")
async def place(clone: Clone, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    directory = tmp_path_factory.mktemp("disclosure")
    async with clone() as database:
        settings = Settings.load({"CONNECT_DATA_DIR": str(directory)})
        key = ReleaseKey.load(settings.release_key_file)
        connection = await asyncpg.connect(database.url)
        await load_vocabulary(connection)
        await seed(connection, "https://issuer.test")
        await synthesize(connection, PATIENTS, 1, pseudonyms(settings))
        await freeze(connection, "unlinked", CUT_OFFS["first"])
        for version, cut_off in CUT_OFFS.items():
            await freeze(connection, version, cut_off, key)
        await connection.close()
        yield Place(database, directory, key)


@pytest.fixture
async def owner(place: Place) -> AsyncIterator[asyncpg.Connection]:
    """Connect as the owner; what it writes is rolled back."""
    connection = await asyncpg.connect(place.database.url)
    transaction = connection.transaction(isolation="repeatable_read")
    await transaction.start()
    yield connection
    await transaction.rollback()
    await connection.close()
