"""Pools and a writer on a database of the test's own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from connect_graph.settings import ROLES
from db.audit.writer import Writer
from db.pool import Pools
from tests.world import AUDIT_KEY, Database


@pytest.fixture
async def pools(database: Database) -> AsyncIterator[Pools]:
    opened = await Pools.open({role: database.login(role) for role in ROLES}, size=1)
    yield opened
    await opened.close()


@pytest.fixture
async def writer(pools: Pools) -> AsyncIterator[Writer]:
    opened = await Writer.open(pools.audit, AUDIT_KEY)
    yield opened
    await opened.close()
