"""The built client, and the graph that it asks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clients.program import NOT_BUILT, PYTHON, is_built


@pytest.fixture(scope="session")
def python() -> Path:
    """Find the Python of the client's environment."""
    if not is_built():
        pytest.skip(NOT_BUILT)
    return PYTHON


@pytest.fixture(scope="session")
def graph(url: str) -> str:
    """Give the address of the served world's graph."""
    return f"{url}/graphql"
