from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import asyncpg
import pytest

from db.form.load import import_csv
from db.ingest.report import Report
from tests.conftest import Clone
from tests.intake.conftest import Connection, state

Importer = Callable[..., Awaitable[Report]]
__all__ = ["Connection", "Importer", "state"]


async def nothing(connection: Connection) -> None:
    """Stand for what the caller completes."""


@pytest.fixture
async def connection(stocked_clone: Clone) -> AsyncIterator[Connection]:
    async with stocked_clone() as copy:
        found = await asyncpg.connect(copy.url)
        yield found
        await found.close()


@pytest.fixture
def importing(connection: Connection) -> Importer:
    async def run(path: Path, *, study: str = "S", dry_run: bool = False) -> Report:
        return await import_csv(connection, path, study=study, dry_run=dry_run, complete=nothing)

    return run
