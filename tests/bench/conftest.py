from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def place() -> Iterator[Path]:
    """Give where the benchmarks of these tests keep their databases."""
    with tempfile.TemporaryDirectory(prefix="connect-test-") as directory:
        yield Path(directory)
