from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import asyncpg
import pytest

from db.ingest.cbioportal import import_cbioportal
from db.ingest.report import Report
from db.vocabulary.load import load_vocabulary
from tests.world import Database

Importer = Callable[..., Awaitable[Report]]
# What an import writes; the vocabularies and the schema's own tables do not count.
TABLES = (
    *("study", "import_batch", "quarantine", "patient", "patient_identity", "diagnosis"),
    *("specimen", "specimen_identity", "molecular_profile", "gene_assessed", "biomarker"),
    *("treatment", "treatment_identity", "treatment_drug", "outcome"),
    *("prior_treatment", "prior_treatment_drug"),
)


class Records:
    """Look into the database as its owner."""

    def __init__(self, connection: asyncpg.Connection[asyncpg.Record]) -> None:
        self.connection = connection

    async def rows(self, query: str, *arguments: object) -> list[tuple[object, ...]]:
        return [tuple(row) for row in await self.connection.fetch(query, *arguments)]

    async def value(self, query: str, *arguments: object) -> object:
        return await self.connection.fetchval(query, *arguments)

    async def all(self) -> dict[str, list[dict[str, object]]]:
        """Give every row of every table, so that two states can be compared."""
        found = {}
        for table in TABLES:
            query = f"select to_jsonb(t)::text from connect.{table} t order by 1"
            found[table] = [json.loads(row[0]) for row in await self.connection.fetch(query)]
        return found

    async def empty(self) -> bool:
        return not any((await self.all()).values())


async def nothing(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """Stand for what the caller completes."""


@pytest.fixture
async def connection(database: Database) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    found = await asyncpg.connect(database.url)
    await load_vocabulary(found)
    yield found
    await found.close()


@pytest.fixture
def records(connection: asyncpg.Connection[asyncpg.Record]) -> Records:
    return Records(connection)


@pytest.fixture
def importing(connection: asyncpg.Connection[asyncpg.Record]) -> Importer:
    async def run(
        path: Path,
        *,
        study: str = "PUMA",
        drug: str | None = None,
        cohort: str | None = None,
        dry_run: bool = False,
    ) -> Report:
        return await import_cbioportal(
            connection,
            path,
            study=study,
            drug=drug,
            cohort=cohort,
            dry_run=dry_run,
            complete=nothing,
        )

    return run


@pytest.fixture(scope="session")
def puma(shared: Path) -> Path:
    path = shared / "data" / "puma_biliary"
    if not path.is_dir():
        pytest.skip("../shared/data/puma_biliary is not there")
    return path
