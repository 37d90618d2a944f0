"""What is kept of operations that were asked before: a hit parses, validates and plans nothing.

A plan depends on the document, the operation, the role, and of the variables on what shapes it:
which conditions they hold, which words, whether something is null; not on texts and numbers.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from resolvers.argument import Arguments
from resolvers.planner import Planned
from resolvers.recent import Recent
from resolvers.whole import Whole

_ANY = "value"
_LIST = "values"


@dataclass(frozen=True, slots=True)
class Prepared:
    """Hold what is known of an operation whatever its values are."""

    key: Hashable
    """What it is kept by: document, operation, role, and what shapes it."""
    planned: Planned
    whole: Whole | None
    costs: Recent[int] = field(default_factory=lambda: Recent(64))
    """What it may cost, by the sizes of its lists."""
    withheld: Recent[list[dict[str, Any]]] = field(default_factory=lambda: Recent(64))
    """The rules that apply to it, by the terms of scopes."""


def sizes(arguments: Arguments) -> Hashable:
    """Give what the cost of an operation depends on beside what shapes its plan."""
    return tuple(
        (given.get("first"), len(given.get("representations") or ()))
        for _, given in arguments.given
    )


def outline(variables: Mapping[str, Any]) -> Hashable:
    """Give what of the variables shapes a plan."""
    return tuple((name, _outline(value)) for name, value in variables.items())


def _outline(value: Any) -> Hashable:
    match value:
        case None | bool() | Enum():
            return value
        case Mapping():
            named = (("__typename", value["__typename"]),) if "__typename" in value else ()
            return (*named, *((name, _outline(each)) for name, each in value.items()))
        case list():
            if not value or not isinstance(value[0], Mapping | list | Enum):
                return _LIST
            found = map(_outline, value)
            if isinstance(value[0], Mapping) and "__typename" in value[0]:
                return frozenset(found)
            return tuple(found)
        case _:
            return _ANY
