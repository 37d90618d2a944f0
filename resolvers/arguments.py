"""Arguments: what the schema's types cannot say about a value."""

from __future__ import annotations

from graphql import FieldNode

from resolvers.errors import Code, Refusal
from schema.connection import MOST


def page_size(first: int | None, node: FieldNode) -> int:
    """Check the size of a page.

    Raises: Refusal BAD_USER_INPUT below 1 or null, LIMIT_EXCEEDED above the largest page.
    """
    if first is None or first < 1:
        raise Refusal(Code.BAD_USER_INPUT, f"`first` is from 1 to {MOST}.", node)
    if first > MOST:
        raise Refusal(
            Code.LIMIT_EXCEEDED, f"`first` is at most {MOST}: ask for the rest with `after`.", node
        )
    return first
