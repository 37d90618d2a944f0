"""The benchmark of a published answer: it publishes, asks, and tells what it measured."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from bench import audit
from bench.audit import Side
from bench.published import measure, publish, table
from tests.conftest import Clone
from tests.world import make, serving

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="CPU is read from /proc")


async def test_what_is_measured_is_answered(
    clone: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "SECONDS", 0.2)
    async with clone() as copy:
        world = await make(copy, tmp_path, 40)
        try:
            cells = await publish(copy.url)
            with serving(world.environment) as (address, process):
                side = Side(address, process)
                token = await world.token("authority")
                measured = await measure(side, token, os.getppid(), 4)
        finally:
            await world.pools.close()
    assert cells > 20
    assert len(side.rates) == 2
    assert measured["together_milliseconds"] >= measured["cpu_milliseconds"] > 0
    assert f"answer of {cells} cells" in table({**measured, "cells": cells})
