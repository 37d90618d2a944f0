"""Paging: the order of a list, the size of a page, and the place after which it begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from db.plan import Beyond, Cursor, Order, Page
from resolvers.argument import Belongs, Place, Size
from resolvers.draft import Draft, Lacking
from resolvers.filter import Filtered
from schema import mapping


@dataclass(frozen=True, slots=True)
class Paging:
    """Hold how a list is turned into pages."""

    order: tuple[Order, ...]
    page: Page
    follows: bool
    """The page begins after a cursor."""


def paging(draft: Draft, name: str, arguments: Mapping[str, Any], asked: int) -> Paging:
    """Plan the page that a field's arguments ask for.

    Raises: Filtered where the role lacks a field to sort by.
    """
    wanted = arguments.get("orderBy") or arguments.get("order_by") or []
    order = (*(_order(draft, name, each) for each in wanted), *draft.default_order())
    ground = draft.ground
    after: Beyond | None = None
    if arguments.get("after") is not None:
        after = Beyond(
            tuple(
                (each, ground.value(Place(asked, number, len(order)), draft.type_of(each.by)))
                for number, each in enumerate(order)
            )
        )
    page = Page(ground.value(Size(asked), "integer"), after)
    return Paging(order, page, after is not None)


def place(draft: Draft, paging: Paging, asked: int) -> Cursor:
    """Plan the cursor of each row of a page."""
    belongs = draft.ground.value(Belongs(asked), "text")
    return Cursor(tuple(order.by for order in paging.order), belongs)


def _order(draft: Draft, name: str, asked: dict[str, Any]) -> Order:
    field = asked["by"].value
    source, _ = draft.ground.binding.sources(name)[field]
    try:
        match source:
            case mapping.Column():
                expression = draft.column(source)
                text = draft.type_of(expression) == "text"
                descending = asked["direction"].value == "DESC"
                return Order(expression, descending, text)
            case mapping.PublicId():
                return Order(draft.public_id(), asked["direction"].value == "DESC", text=True)
            case _:
                raise TypeError(f"{name}.{field} cannot be sorted by")
    except Lacking as lacking:
        raise Filtered(f"{name}.{field}") from lacking
