"""A gateway to test: a process of Node before subgraphs that the test chooses."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connect_graph.gateway import Child, environment, start_gateway, stop
from tests.world import LAVISH, World

NOWHERE = "http://127.0.0.1:9/graphql"
"""Where nothing listens."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """Hold a running gateway."""

    url: str
    child: Child
    log: Path

    def logged(self) -> list[dict[str, Any]]:
        """Read what it logged so far, each line an object."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]


def graphql(subgraphs: Mapping[str, str]) -> dict[str, list[str]]:
    """Give the URLs of subgraphs from their addresses, one replica each."""
    return {name: [f"{address}/graphql"] for name, address in subgraphs.items()}


@contextmanager
def before(world: World, urls: Mapping[str, Sequence[str]], **settings: Any) -> Iterator[Gateway]:
    """Run a gateway before subgraphs."""
    with tempfile.NamedTemporaryFile("a", suffix=".log") as log:
        made = environment(urls, [world.issuer.issuer()], **{"bounds": LAVISH, **settings})
        child = start_gateway(made, log)
        try:
            yield Gateway(child.until_ready(), child, Path(log.name))
        finally:
            stop([child])
