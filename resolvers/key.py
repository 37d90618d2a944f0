"""Keys: the fields by which one subgraph names a record to another."""

from __future__ import annotations

from functools import lru_cache

from graphql import FieldNode, SelectionSetNode, parse

from resolvers.bind import Bound
from schema import mapping

Way = tuple[str, ...]
"""The fields that lead to one value of a key."""


def keys_of(bound: Bound) -> tuple[str, ...]:
    """List the keys of a type, each a selection of fields; the first is the one to prefer."""
    entity = bound.entity
    if entity is None or entity.keys:
        return () if entity is None else entity.keys
    for field, source in bound.sources.items():
        if isinstance(source, mapping.PublicId):
            return (field,)
    if entity.unique is not None:
        of, _, name = entity.unique.rpartition(".")
        unique = mapping.Column(name, of or None)
        return tuple(field for field, source in bound.sources.items() if source == unique)[:1]
    return ()


@lru_cache(maxsize=256)
def ways_of(key: str) -> tuple[Way, ...]:
    """List the ways to the values of a key, in order."""
    (operation,) = parse(f"{{ {key} }}").definitions
    return tuple(_ways(operation.selection_set))  # type: ignore[attr-defined]


def names_of(key: str) -> tuple[str, ...]:
    """List the fields that a key selects of its type."""
    return tuple(dict.fromkeys(way[0] for way in ways_of(key)))


def _ways(selections: SelectionSetNode) -> list[Way]:
    found: list[Way] = []
    for node in selections.selections:
        if isinstance(node, FieldNode):
            inner = [()] if node.selection_set is None else _ways(node.selection_set)
            found += [(node.name.value, *way) for way in inner]
    return found
