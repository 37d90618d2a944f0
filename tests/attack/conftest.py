"""A world where scopes overlap: two agreements and two projects that cover all."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.attack.overlap import overlapping
from tests.conftest import Clone
from tests.world import World


@pytest.fixture(scope="package")
async def overlap(clone: Clone, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """Give the world of overlapping scopes, filled once; no test may change it."""
    async with clone() as copy:
        filled = await overlapping(copy, tmp_path_factory.mktemp("overlap"))
        yield filled
        await filled.pools.close()
