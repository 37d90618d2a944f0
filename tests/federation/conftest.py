"""The four subgraphs, each a process of its own with its own port."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack

import pytest

from schema.subgraph import SUBGRAPHS
from tests.world import World, serving


@pytest.fixture(scope="session")
def subgraphs(world: World) -> Iterator[Mapping[str, str]]:
    """Give the address of each subgraph, by its name; no test may stop one."""
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(serving(world.environment, "--subgraph", name))[0]
            for name in SUBGRAPHS
        }
