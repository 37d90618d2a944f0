from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from typing import TypeAlias

import asyncpg
import pytest

from db.ingest.report import Change
from db.intake.batch import hold_study, open_batch
from db.intake.store import Problem, Stored, refuse, store
from db.intake.table import TABLES, Record
from tests.conftest import Clone

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Intake = Callable[..., Awaitable[Stored]]
STORED = tuple(name for each in TABLES for name in (each.name, each.side) if name)


def changed(stored: Stored) -> list[Change]:
    return [each for each in stored.changes if each]


async def state(connection: Connection) -> dict[str, list[str]]:
    """Give every row of the tables that an intake fills."""
    return {
        name: [
            row[0]
            for row in await connection.fetch(
                f"select to_jsonb(t)::text from connect.{name} t order by 1"
            )
        ]
        for name in STORED
    }


@pytest.fixture
async def connection(stocked_clone: Clone) -> AsyncIterator[Connection]:
    async with stocked_clone() as copy:
        found = await asyncpg.connect(copy.url)
        yield found
        await found.close()


@pytest.fixture
def intake(connection: Connection) -> Intake:
    async def run(
        records: Iterable[Record],
        *,
        study: str = "S",
        told: Mapping[type[Record], Iterable[str]] | None = None,
        problem: Callable[[Problem], None] = refuse,
    ) -> Stored:
        async with connection.transaction():
            await connection.execute("set local role connect_loader")
            held = await hold_study(connection, study)
            batch = await open_batch(connection, held, "csv", "0" * 64)
            return await store(connection, held, batch, records, told=told, problem=problem)

    return run
