from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TypeAlias

import asyncpg
import pytest

from db.ingest.report import Report
from db.sdtm.load import import_sdtm
from tests.conftest import Clone
from tests.ingest.conftest import nothing

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Importer = Callable[..., Awaitable[Report]]
TABLES = (
    *("study", "import_batch", "quarantine", "patient", "patient_identity", "treatment"),
    *("treatment_identity", "treatment_drug", "response_assessment", "response_component"),
    *("lesion", "lesion_measurement", "adverse_event", "outcome", "outcome_assessment"),
)
"""What an import writes."""


async def state(connection: Connection) -> dict[str, str]:
    """Digest every row of every table, so that two states can be compared to the byte."""
    return {
        table: await connection.fetchval(
            f"select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) "
            f"from connect.{table} t"
        )
        for table in TABLES
    }


@pytest.fixture
async def connection(stocked_clone: Clone) -> AsyncIterator[Connection]:
    async with stocked_clone() as copy:
        found = await asyncpg.connect(copy.url)
        yield found
        await found.close()


@pytest.fixture
def importing(connection: Connection) -> Importer:
    async def run(path: Path, *, study: str = "S", dry_run: bool = False) -> Report:
        return await import_sdtm(connection, path, study=study, dry_run=dry_run, complete=nothing)

    return run


@pytest.fixture(scope="session")
def pharmaverse(shared: Path) -> Path:
    path = shared / "data" / "pharmaversesdtm"
    if not path.is_dir():
        pytest.skip("../shared/data/pharmaversesdtm is not there")
    return path
