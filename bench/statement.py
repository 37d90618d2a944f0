"""The one statement that ours sends for an operation, for the floor to send as well."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.operation import Operation, Variables
from bench.store import ROLE, Store
from connect_graph.settings import ROLES
from db.pool import Pool, Pools
from db.viewer import Role, Viewer
from resolvers.execute import Graph, Request

Argument = str | int | list[str | None] | list[int] | None


@dataclass(frozen=True, slots=True)
class Statement:
    """Hold SQL whose text ends with the answer's data, on a line of its own, and its arguments."""

    sql: str
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class _Overheard(Pool):
    """Listen to what a pool is asked."""

    asked: list[Statement] = field(default_factory=list)

    async def text(self, sql: str, *arguments: object) -> str:
        self.asked.append(Statement(sql, arguments))  # type: ignore[arg-type]
        return await super(_Overheard, self).text(sql, *arguments)


async def statements_of(
    operation: Operation, variables: Sequence[Variables], store: Store, viewer: Viewer
) -> list[Statement]:
    """Answer an operation as the server does, and listen; none where one statement is not all.

    Raises: RuntimeError where there is no answer.
    """
    graph = Graph.make()
    if operation.subgraph is not None:
        graph = graph.subgraph(operation.subgraph)
    urls = {role: store.login(f"connect_{role}_login") for role in ROLES}
    pools = await Pools.open(urls, size=1)
    found: list[Statement] = []
    try:
        pool = pools.roles[Role(ROLE)]
        for each in variables:
            overheard = _Overheard(pool.role, pool.grants, pool.connections, pool.seconds)
            request = Request(operation.text(None), None, each)
            await graph.answer(request, viewer, overheard)
            if len(overheard.asked) != 1:
                return []
            found += overheard.asked
    finally:
        await pools.close()
    return found


def statements(
    operation: Operation, variables: Sequence[Variables], store: Store, viewer: Viewer
) -> list[Statement]:
    """Give the statement of each request, likewise."""
    return asyncio.run(statements_of(operation, variables, store, viewer))
