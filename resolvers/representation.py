"""Representations: how a gateway names a record, by its type and one of its keys."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLOutputType, Undefined, coerce_input_value, is_input_type

from resolvers.argument import UNFIT
from resolvers.errors import Code, Refusal
from resolvers.key import Way, ways_of

MOST_REPRESENTATIONS = 5_000
"""Representations of one operation."""


@dataclass(frozen=True, slots=True)
class Representation:
    """Hold what a representation says: a type, one of its keys, and all that was given."""

    type: str
    key: str
    given: Mapping[str, Any]

    def texts(self, fields: Mapping[str, GraphQLOutputType]) -> tuple[str | None, ...]:
        """Give the values of the key, then those of other fields, as texts; None where null.

        Raises: Refusal BAD_USER_INPUT where another field's is not of its type, of this one alone.
        """
        for name, type_ in fields.items():
            given = self.given.get(name)
            if is_input_type(type_) and coerce_input_value(given, type_) is Undefined:
                raise _refused(f"A representation of {self.type} gives no {type_} as its {name}.")
        ways = (*ways_of(self.key), *((name,) for name in fields))
        return tuple(_text(_value(self.given, way)) for way in ways)


def named(
    given: list[Any], keys: Mapping[str, tuple[str, ...]]
) -> Iterator[Representation | Refusal]:
    """Read representations in their order; one that is none is refused alone.

    Raises: Refusal LIMIT_EXCEEDED where there are more than an operation may have.
    """
    if len(given) > MOST_REPRESENTATIONS:
        raise Refusal(
            Code.LIMIT_EXCEEDED,
            f"There are {len(given):,} representations, and {MOST_REPRESENTATIONS:,} are allowed: "
            "ask for fewer at a time.",
        )
    for each in given:
        try:
            yield read(each, keys)
        except Refusal as refusal:
            yield refusal


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
        if all(isinstance(value, str | int) and not isinstance(value, bool) for value in values):
            break
    else:
        known = " or ".join(f"{{ {key} }}" for key in keys[name])
        raise _refused(f"A representation of {name} needs {known}, each a text.")
    if any(UNFIT.search(str(value)) for value in _scalars(given)):
        raise _refused("A representation holds a character that no text may hold.")
    return Representation(name, key, given)


def _value(given: Any, way: Way) -> Any:
    for name in way:
        given = given.get(name) if isinstance(given, Mapping) else None
    return given


def _scalars(given: Any) -> list[Any]:
    match given:
        case Mapping():
            return [found for each in given.values() for found in _scalars(each)]
        case list():
            return [found for each in given for found in _scalars(each)]
        case _:
            return [given]


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value)


def _refused(message: str) -> Refusal:
    refusal = Refusal(Code.BAD_USER_INPUT, message)
    refusal.alone = True
    return refusal
