"""Arguments: where an operation's values come from, so that a plan serves every request alike.

A plan holds no value. It says of each which argument it is read from, and what it must be; the
arguments are read anew with the variables of each request.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import Any

from graphql import FieldNode, GraphQLField

from resolvers import cursor
from resolvers.errors import Code, Refusal
from resolvers.limits import check_input
from resolvers.selection import Selection
from schema.connection import MOST

UNFIT = re.compile("[\0\ud800-\udfff]")
"""What no text of PostgreSQL may hold."""
Way = tuple[str | int, ...]
"""The names and places that lead to a value within an argument, the argument's name first."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """A value that does not depend on the request."""

    value: str


@dataclass(frozen=True, slots=True)
class Argument:
    """A value within the arguments of one of the operation's fields."""

    field: int
    way: Way
    type: str
    at: str
    """What it is compared with, for who has to mend it."""


@dataclass(frozen=True, slots=True)
class Size:
    """How many rows a page of a list has."""

    field: int


@dataclass(frozen=True, slots=True)
class Belongs:
    """What the cursors of a list belong to: scope, list, filter and order."""

    field: int


@dataclass(frozen=True, slots=True)
class Place:
    """One of the keys of the place after which a page begins."""

    field: int
    number: int
    length: int
    """How many keys the order has."""


@dataclass(frozen=True, slots=True)
class Told:
    """What identification found out about the caller, as JSON of one of the operation's fields."""

    name: str


Source = Fixed | Argument | Size | Belongs | Place | Told


@dataclass(frozen=True, slots=True)
class Asked:
    """Hold a field of the operation whose arguments are read."""

    declared: GraphQLField
    node: FieldNode


@dataclass(slots=True)
class Arguments:
    """Read the values of one request."""

    given: Sequence[tuple[Asked, Mapping[str, Any]]]
    scope: str
    told: Mapping[str, str] = field(default_factory=dict)
    belongings: dict[int, str] = field(default_factory=dict)

    @classmethod
    def read(cls, selection: Selection, fields: Sequence[Asked], scope: str) -> Arguments:
        """Coerce the arguments of fields.

        Raises: RequestRefused BAD_USER_INPUT; Refusal LIMIT_EXCEEDED.
        """
        given = []
        size = 0
        for asked in fields:
            arguments = selection.arguments(asked.declared, asked.node)
            size = check_input(arguments, size)
            given.append((asked, arguments))
        return cls(given, scope)

    def of(self, number: int) -> Mapping[str, Any]:
        """Give the arguments of a field."""
        return self.given[number][1]

    def size(self, number: int) -> int:
        """Tell how many rows a page has.

        Raises: Refusal BAD_USER_INPUT, LIMIT_EXCEEDED.
        """
        (asked, arguments) = self.given[number]
        first = arguments.get("first")
        if first is None or first < 1:
            raise Refusal(Code.BAD_USER_INPUT, f"`first` is from 1 to {MOST}.", asked.node)
        if first > MOST:
            raise Refusal(
                Code.LIMIT_EXCEEDED,
                f"`first` is at most {MOST}: ask for the rest with `after`.",
                asked.node,
            )
        return int(first)

    def belongs(self, number: int) -> str:
        """Tell one list from another."""
        if number not in self.belongings:
            (asked, arguments) = self.given[number]
            name = asked.node.name.value
            order = arguments.get("orderBy") or arguments.get("order_by") or []
            self.belongings[number] = cursor.digest(self.scope, name, arguments.get("where"), order)
        return self.belongings[number]

    def value(self, source: Source) -> str | list[str] | None:
        """Read a value, as text or a list of texts.

        Raises: Refusal BAD_USER_INPUT where it is not what its place asks for, or the database
            could not hold it; LIMIT_EXCEEDED.
        """
        match source:
            case Fixed(value=value):
                return value
            case Size(field=number):
                return str(self.size(number))
            case Belongs(field=number):
                return self.belongs(number)
            case Place(field=number, number=key, length=length):
                given = self.of(number)["after"]
                return _text(cursor.decode(given, self.belongs(number), length)[key])
            case Told(name=name):
                return self.told[name]
            case Argument(field=number, way=way):
                found: Any = self.of(number)
                for each in way:
                    found = found[each]
                return _fit(found, source)


def _fit(value: Any, source: Argument) -> str | list[str] | None:
    if isinstance(value, list):
        type_ = source.type.removesuffix("[]")
        texts = (_text(_checked(each, type_, source.at)) for each in value)
        return [text for text in texts if text is not None]
    return _text(_checked(value, source.type, source.at))


def _checked(value: Any, type_: str, at: str) -> Any:
    plain = value.value if isinstance(value, Enum) else value
    try:
        if type_ == "date":
            date.fromisoformat(plain)
        elif type_.startswith("timestamp"):
            datetime.fromisoformat(plain)
    except ValueError as error:
        raise Refusal(
            Code.BAD_USER_INPUT, f"{at} is compared with {plain!r}, which is no date {{ISO 8601}}."
        ) from error
    return plain


def _text(value: object) -> str | None:
    if value is None:
        return None
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if UNFIT.search(text):
        raise Refusal(Code.BAD_USER_INPUT, "A text holds a character that no text may hold.")
    return text
