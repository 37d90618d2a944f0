"""Connections: pages of a list, by the Relay specification."""

from __future__ import annotations

from typing import Annotated, Any, ForwardRef, Generic, TypeVar

import strawberry
from strawberry import UNSET
from strawberry.types.lazy_type import LazyType

from schema.cost import Cost, ListSize
from schema.filter import many, maybe, reference
from schema.mapping import LISTED, SOURCE, Listing, unbound

T = TypeVar("T")

MOST = 1_000
"""The largest page: more is an error, never a silent cut."""

PAGE = 100
"""The page of who names no size."""


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
        description="How many records the viewer may see in all; counted only when asked for.",
        directives=[Cost(weight=100)],  # 2 to 27 ms, by what there is to count
    )


def listing(
    name: str,
    module: str,
    description: str,
    *,
    local: str | None = None,
    remote: str | None = None,
) -> Any:
    """Declare a connection of a type, with the filter and order derived of it."""
    node: Any = Annotated[ForwardRef(name), strawberry.lazy(module)]
    page: Any = Connection

    def declared(
        self: Any, first: Any = PAGE, after: Any = UNSET, where: Any = UNSET, order_by: Any = UNSET
    ) -> Any:
        return unbound()

    declared.__annotations__ = {
        "first": Annotated[
            int, strawberry.argument(description=f"How many at the most, 1 to {MOST:,}.")
        ],
        "after": Annotated[
            maybe(str), strawberry.argument(description="Cursor after which the page begins.")
        ],
        "where": Annotated[
            maybe(reference(f"{name}Filter")),
            strawberry.argument(description="Conditions that must hold."),
        ],
        "order_by": Annotated[
            maybe(many(reference(f"{name}Order"))),
            strawberry.argument(description="The order; ties follow the default one."),
        ],
        "return": maybe(page[node]),
    }
    return strawberry.field(
        resolver=declared,
        description=description,
        metadata={SOURCE: Listing(local, remote), LISTED: LazyType(name, module)},
        directives=[
            ListSize(
                assumed_size=PAGE,
                slicing_arguments=["first"],
                sized_fields=["nodes", "edges"],
                require_one_slicing_argument=False,
            )
        ],
    )
