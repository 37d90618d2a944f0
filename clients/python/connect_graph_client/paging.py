"""Lists that come in pages, as one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

Node = TypeVar("Node", covariant=True)


class PageInfo(Protocol):
    """Say where a page stands."""

    has_next_page: bool
    end_cursor: str | None


class Page(Protocol[Node]):
    """Hold some of a list."""

    @property
    def nodes(self) -> Sequence[Node]:
        """Give the records."""
        ...

    @property
    def page_info(self) -> PageInfo:
        """Give the place in the list."""
        ...


async def every(ask: Callable[[str | None], Awaitable[Page[Node] | None]]) -> AsyncIterator[Node]:
    """Give the nodes of all pages; `ask` gives the page after a cursor, the first after None.

    A page is asked for when those before it are used up.
    """
    page = await ask(None)
    while page is not None:
        for node in page.nodes:
            yield node
        info = page.page_info
        page = await ask(info.end_cursor) if info.has_next_page else None
