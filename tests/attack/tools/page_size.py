"""What schemathesis cannot know of an operation: which page sizes and dates there are.

A hook of its own: it draws any integer for `first`, and nearly all of them are refused. One in
four stays as it was drawn.
"""

from __future__ import annotations

from typing import Any

import schemathesis  # type: ignore[import-not-found]  # of the environment beside this file
from graphql import DocumentNode, IntValueNode, Visitor, visit
from graphql.language.ast import ArgumentNode
from hypothesis import strategies as st

DAYS = st.dates().map(lambda day: day.isoformat())


class _Paging(Visitor):
    def enter_argument(self, node: ArgumentNode, *_: Any) -> ArgumentNode | None:
        """Ask for a page that there may be."""
        if node.name.value != "first" or not isinstance(node.value, IntValueNode):
            return None
        drawn = int(node.value.value)
        if not -(2**31) <= drawn < 2**31:
            return None  # no Int: drawn to be refused
        size = drawn if drawn % 4 == 3 else 1 + abs(drawn) % 20
        return ArgumentNode(name=node.name, value=IntValueNode(value=str(size)))


@schemathesis.hook  # type: ignore[untyped-decorator]
def map_body(context: Any, body: DocumentNode) -> DocumentNode:
    """Change the operation before it is sent."""
    changed: DocumentNode = visit(body, _Paging())
    return changed


schemathesis.graphql.scalar("Date", DAYS.map(schemathesis.graphql.nodes.String))
