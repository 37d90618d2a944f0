"""Paging: the order of a list, the size of a page, and the place after which it begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from graphql import FieldNode

from db.plan import Beyond, Order, Page
from resolvers import cursor
from resolvers.draft import Draft, Lacking
from resolvers.errors import Code, Refusal
from resolvers.filter import Filtered
from schema import mapping
from schema.connection import MOST


@dataclass(frozen=True, slots=True)
class Paging:
    """Hold how a list is turned into pages."""

    order: tuple[Order, ...]
    page: Page
    size: int
    belongs: str
    """What the page's cursors belong to: scope, list, filter and order."""
    follows: bool


def paging(
    draft: Draft, name: str, arguments: dict[str, Any], node: FieldNode, scope: str
) -> Paging:
    """Plan the page that the arguments ask for.

    Raises: Filtered where the role lacks a field to sort by; Refusal BAD_USER_INPUT,
        LIMIT_EXCEEDED.
    """
    asked = arguments.get("orderBy") or arguments.get("order_by") or []
    order = (*(_order(draft, name, each) for each in asked), *draft.default_order())
    size = _size(arguments.get("first"), node)
    belongs = cursor.digest(scope, node.name.value, arguments.get("where"), asked)
    after: Beyond | None = None
    if (given := arguments.get("after")) is not None:
        places = cursor.decode(given, belongs, len(order))
        after = Beyond(
            tuple(
                (each, draft.ground.value(place, draft.type_of(each.by)))
                for each, place in zip(order, places, strict=True)
            )
        )
    page = Page(draft.ground.value(size, "integer"), after)
    return Paging(order, page, size, belongs, after is not None)


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


def _size(first: int | None, node: FieldNode) -> int:
    if first is None or first < 1:
        raise Refusal(Code.BAD_USER_INPUT, f"`first` is from 1 to {MOST}.", node)
    if first > MOST:
        raise Refusal(
            Code.LIMIT_EXCEEDED, f"`first` is at most {MOST}: ask for the rest with `after`.", node
        )
    return first
