"""Representations: how a gateway names a record, by its type and one of its keys."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from resolvers.draft import UNFIT
from resolvers.errors import Code, Refusal
from resolvers.key import Way, ways_of

MOST_REPRESENTATIONS = 5_000
"""Representations of one operation."""


@dataclass(frozen=True, slots=True)
class Representation:
    """Hold what a representation says: a type, one of its keys, and the key's value."""

    type: str
    key: str
    value: str
    """Of a key of several values, their JSON array."""


def check_number(given: list[Any]) -> None:
    """Refuse more representations than an operation may have.

    Raises: Refusal LIMIT_EXCEEDED.
    """
    if len(given) > MOST_REPRESENTATIONS:
        raise Refusal(
            Code.LIMIT_EXCEEDED,
            f"There are {len(given):,} representations, and {MOST_REPRESENTATIONS:,} are allowed: "
            "ask for fewer at a time.",
        )


def read(given: Any, keys: Mapping[str, tuple[str, ...]]) -> Representation:
    """Read a representation by the first of its type's keys that it has all of.

    Raises: Refusal BAD_USER_INPUT, of this one alone.
    """
    if not isinstance(given, Mapping) or not isinstance(given.get("__typename"), str):
        raise _refused("A representation is an object with a __typename.")
    name = given["__typename"]
    if name not in keys:
        raise _refused("The __typename of a representation is no type that this subgraph finds.")
    for key in keys[name]:
        values = [_value(given, way) for way in ways_of(key)]
        if all(value is not None for value in values):
            texts = [str(value) for value in values]
            if any(UNFIT.search(text) for text in texts):
                raise _refused("A key holds a character that no text may hold.")
            value = texts[0] if len(texts) == 1 else json.dumps(texts, ensure_ascii=False)
            return Representation(name, key, value)
    known = " or ".join(f"{{ {key} }}" for key in keys[name])
    raise _refused(f"A representation of {name} needs {known}, each a text.")


def _value(given: Any, way: Way) -> str | int | None:
    for name in way:
        given = given.get(name) if isinstance(given, Mapping) else None
    return given if isinstance(given, str | int) and not isinstance(given, bool) else None


def _refused(message: str) -> Refusal:
    refusal = Refusal(Code.BAD_USER_INPUT, message)
    refusal.alone = True
    return refusal
