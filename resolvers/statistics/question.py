"""Questions: what the arguments of a field ask of statistics, and what is refused of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import FieldNode

from db.aggregate.dimension import DIMENSIONS
from db.aggregate.live import Test
from resolvers.argument import UNFIT
from resolvers.errors import Code, Refusal


@dataclass(frozen=True, slots=True)
class Condition:
    """What must hold of a dimension."""

    dimension: str
    test: Test
    texts: tuple[str, ...] = ()
    """The values of which it must be one."""
    is_equality: bool = False
    """It was said as `eq`."""


@dataclass(frozen=True, slots=True)
class Question:
    """Hold what is asked: its groups, which treatments, and of which release."""

    by: tuple[str, ...]
    conditions: tuple[Condition, ...] = ()
    release: str | None = None

    @classmethod
    def of(cls, arguments: Mapping[str, Any], node: FieldNode) -> Question:
        """Read arguments.

        Raises: Refusal BAD_USER_INPUT.
        """
        named = [str(getattr(each, "value", each)) for each in arguments["by"]]
        twice = [name for name, number in Counter(named).items() if number > 1]
        if twice:
            raise Refusal(
                Code.BAD_USER_INPUT,
                f"`by` names {' and '.join(twice)} more than once: name each dimension once.",
                node,
            )
        by = tuple(name for name in DIMENSIONS if name in named)
        conditions = tuple(_conditions(arguments.get("where") or {}))
        release = arguments.get("release")
        for text in (release or "", *(text for each in conditions for text in each.texts)):
            if UNFIT.search(text):
                raise Refusal(
                    Code.BAD_USER_INPUT, "A text holds a character that no text may hold.", node
                )
        return cls(by, conditions, release)

    @property
    def used(self) -> tuple[str, ...]:
        """Name the dimensions that it is about, each once."""
        return tuple(dict.fromkeys((*self.by, *(each.dimension for each in self.conditions))))

    @property
    def name(self) -> str:
        """Name the grouping, as a publication does."""
        return ",".join(self.by)

    @property
    def equalities(self) -> Mapping[str, str] | None:
        """Give the value of each dimension, where nothing but such is asked for of its groups."""
        found = {}
        for each in self.conditions:
            if not each.is_equality or each.dimension not in self.by or each.dimension in found:
                return None
            found[each.dimension] = each.texts[0]
        return found

    def written(self, release: str) -> str:
        """Write the question as it is asked of a release."""
        given = [f"by: [{', '.join(self.by)}]"]
        equal = [
            f"{camel(name)}: {{eq: {_quoted(text)}}}"
            for name, text in (self.equalities or {}).items()
        ]
        if equal:
            given.append(f"where: {{{', '.join(equal)}}}")
        given.append(f"release: {_quoted(release)}")
        return f"outcomeStatistics({', '.join(given)})"


def outside(release: str, groupings: Iterable[str], node: FieldNode | None) -> Refusal:
    """Refuse what a release has not published: one sentence for everything, and what it has."""
    named = "; ".join(f"[{name.replace(',', ', ')}]" for name in groupings)
    return Refusal(
        Code.BAD_USER_INPUT,
        f"Release {release} does not tell this. Of it can be asked, as `by`: {named}; "
        "and in `where` nothing but `eq`, once for each of those dimensions.",
        node,
    )


def hidden(dimension: str, node: FieldNode) -> Refusal:
    """Refuse to count records by what the role may not read of any."""
    return Refusal(
        Code.BAD_USER_INPUT,
        f"Your role may not read {dimension} of records: leave it out of `by` and `where`, "
        "or name a `release` that is told by it.",
        node,
    )


def unknown(release: str | None, node: FieldNode | None) -> Refusal:
    """Refuse a release that is not published, and say what there is instead."""
    if release is None:
        return Refusal(
            Code.FIELD_NOT_AVAILABLE,
            "Nothing is published yet: ask again when `releases` lists a release, "
            "or ask the data office.",
            node,
        )
    return Refusal(
        Code.BAD_USER_INPUT,
        "No statistics are published of a release of the version in `release`: "
        "`releases` lists what is published; or leave it out.",
        node,
    )


def _conditions(where: Mapping[str, Any]) -> Iterable[Condition]:
    """Read the conditions; all that must be one of texts are one."""
    for key, given in where.items():
        if given is None:
            continue
        dimension = _dimension(key)
        texts: tuple[str, ...] | None = None
        if given.get("eq") is not None:
            texts = (given["eq"],)
        among = given.get("in", given.get("in_"))
        if among is not None:
            texts = tuple(among) if texts is None else tuple(x for x in texts if x in among)
        if texts is not None:
            yield Condition(dimension, Test.ANY, texts, is_equality=among is None)
        is_null = given.get("isNull", given.get("is_null"))
        if is_null is not None:
            yield Condition(dimension, Test.UNKNOWN if is_null else Test.KNOWN)


def _dimension(key: str) -> str:
    """Give the dimension of a filter's field, by its name in either spelling."""
    plain = key.replace("_", "").upper()
    return next(name for name in DIMENSIONS if name.replace("_", "") == plain)


def camel(name: str) -> str:
    """Spell a dimension as the field of a filter."""
    first, *rest = name.lower().split("_")
    return first + "".join(map(str.title, rest))


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
