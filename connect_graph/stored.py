"""Stored operations at a door: what a name stands for, and who may ask for nothing else."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace

from connect_graph.database import connected
from connect_graph.log import fields
from db.operation import Stored, find, read
from db.pool import Pool
from db.viewer import Role, Viewer
from resolvers.errors import Code, Refusal
from resolvers.execute import Graph, Request
from resolvers.selection import RequestRefused

_LOG = logging.getLogger("connect_graph.stored")


@dataclass(frozen=True, slots=True)
class StoredOperations:
    """Complete requests that name an operation; refuse others to the roles that run `only` them."""

    graph: Graph
    only: frozenset[Role] = frozenset()

    async def complete(self, asked: Request, viewer: Viewer, pool: Pool) -> Request:
        """Give a request its document, as its viewer may read it now.

        Raises: Refusal BAD_USER_INPUT, GRAPHQL_VALIDATION_FAILED; Unavailable, TimedOut.
        """
        if asked.stored is None:
            if viewer.role in self.only:
                raise Refusal(
                    Code.BAD_USER_INPUT,
                    "Here your role runs stored operations alone: name one in `operation`.",
                )
            return asked
        if self.graph.part is not None:
            raise Refusal(
                Code.BAD_USER_INPUT,
                "A subgraph has no stored operations: ask /graphql of the whole graph.",
            )
        document = await find(pool, viewer, asked.stored)
        if document is None:
            raise Refusal(
                Code.BAD_USER_INPUT,
                "No operation is stored for you by the name in `operation`: "
                "compare it with the one that you were given.",
            )
        if not fits(self.graph, document):
            raise Refusal(
                Code.GRAPHQL_VALIDATION_FAILED,
                "The stored operation does not fit the schema any more: tell the data office.",
            )
        return replace(asked, query=document)


def fits(graph: Graph, document: str) -> bool:
    """Tell whether a document fits the schema; it is parsed and validated once."""
    try:
        graph.document(document)
    except (Refusal, RequestRefused):
        return False
    return True


def unfit(graph: Graph, stored: Iterable[Stored]) -> list[str]:
    """Name those that do not fit the schema, and prepare the others."""
    return [each.name for each in stored if not fits(graph, each.document)]


async def prepare(graph: Graph, url: str) -> None:
    """Prepare what is stored before anybody asks, as the owner; say what cannot be run."""
    async with connected(url) as connection:
        stored = await read(connection)
    for name in unfit(graph, stored):
        _LOG.warning("stored operation does not fit the schema", extra=fields(operation=name))
