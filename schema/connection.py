"""Connections: pages of a list, by the Relay specification."""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

import strawberry

T = TypeVar("T")

MOST = 1_000
"""The largest page: more is an error, never a silent cut."""


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    """Part of a connection."""

    has_next_page: bool = strawberry.field(description="There is more after this page.")
    has_previous_page: bool = strawberry.field(description="The page began after a cursor.")
    start_cursor: str | None = strawberry.field(description="Cursor of the page's first record.")
    end_cursor: str | None = strawberry.field(description="Cursor of the page's last record.")


@strawberry.type(description="A record with its place in the list.")
class Edge(Generic[T]):
    """Part of a connection."""

    cursor: str = strawberry.field(description="Place in the list; give it as `after`.")
    node: T = strawberry.field(description="The record.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[T]):
    """A page, what stands around it, and how many there are in all."""

    nodes: list[T] = strawberry.field(description="The records of the page.")
    edges: list[Edge[T]] = strawberry.field(description="The records with their cursors.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")
    total_count: int = strawberry.field(
        description="How many records the viewer may see in all; counted only when asked for."
    )


First = Annotated[
    int, strawberry.argument(description=f"How many records at the most, 1 to {MOST:,}.")
]
After = Annotated[
    str | None, strawberry.argument(description="Cursor after which the page begins.")
]
