"""The bounds of a process: what a member may ask of it, and how long it waits for anybody."""

from __future__ import annotations

from dataclasses import dataclass, replace

from resolvers.limits import MOST_COST

FETCHES = 10
"""Requests that a gateway may make of one subgraph for one request of a member."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Hold what the environment may set."""

    requests_per_minute: int = 600
    cost_per_minute: int = 10 * MOST_COST
    statement_seconds: int = 10
    request_seconds: int = 20
    """How long a request may take to arrive, its head and its body each."""
    stream_seconds: int = 600
    """How long a stream may last, whoever is slow."""
    connections: int = 500
    """Of callers, whether they ask or not."""
    get: bool = True
    hsts_seconds: int = 0

    def of_subgraph(self) -> Bounds:
        """Give those of a subgraph that answers alone: a gateway asks it several times for one."""
        return replace(self, requests_per_minute=FETCHES * self.requests_per_minute)


USUAL = Bounds()
