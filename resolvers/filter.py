"""Filters: conditions of an operation become predicates over columns and relations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal

from graphql import GraphQLOutputType, get_named_type

from db.plan import All, Compare, Either, Exists, Expression, IsNull, Not, Past, Predicate
from resolvers.argument import Argument, Fixed, Way
from resolvers.draft import Draft, Lacking
from resolvers.errors import Code, Refusal
from schema import mapping

_OPERATORS: dict[str, Literal["=", "<>", "<", "<=", ">", ">=", "starts_with"]] = {
    "eq": "=",
    "neq": "<>",
    "lt": "<",
    "lte": "<=",
    "gt": ">",
    "gte": ">=",
    "startsWith": "starts_with",
}


class Filtered(Exception):
    """A condition needs what the role lacks; names the field of the filter."""


@dataclass(frozen=True, slots=True)
class At:
    """Hold where a condition stands: in which field's arguments, and how far within."""

    field: int
    way: Way

    def __truediv__(self, step: str | int) -> At:
        """Go one step further in."""
        return At(self.field, (*self.way, step))


def predicate(draft: Draft, name: str, where: Mapping[str, Any] | None, asked: int) -> Predicate:
    """Turn the conditions on a type, of a field's arguments, into one predicate over its draft.

    Raises: Filtered where the role lacks a field that a condition names; Refusal BAD_USER_INPUT for
    a condition that is null.
    """
    return All(tuple(_conditions(draft, name, where or {}, "", At(asked, ("where",)))))


def _conditions(
    draft: Draft, name: str, where: Mapping[str, Any], prefix: str, at: At
) -> list[Predicate]:
    found: list[Predicate] = []
    sources = draft.ground.binding.sources(name)
    for key, given in where.items():
        if given is None:
            raise _null(f"{name}Filter.{key}")
        match key:
            case "and":
                found.append(All(_each(draft, name, given, prefix, at / key)))
            case "or":
                found.append(Either(_each(draft, name, given, prefix, at / key)))
            case "not":
                found.append(Not(_all(draft, name, given, prefix, at / key)))
            case "type" if "type" not in sources:
                found += _type(draft, name, given, at / key)
            case _:
                source, type_ = sources[key]
                try:
                    found += _condition(draft, name, source, type_, given, prefix, at / key)
                except Lacking as lacking:
                    raise Filtered(f"{name}.{key}") from lacking
    return found


def _all(draft: Draft, name: str, where: Mapping[str, Any], prefix: str, at: At) -> Predicate:
    return All(tuple(_conditions(draft, name, where, prefix, at)))


def _each(
    draft: Draft, name: str, given: Sequence[Mapping[str, Any]], prefix: str, at: At
) -> tuple[Predicate, ...]:
    return tuple(_all(draft, name, each, prefix, at / place) for place, each in enumerate(given))


def _condition(
    draft: Draft,
    name: str,
    source: mapping.Source,
    type_: GraphQLOutputType,
    given: Mapping[str, Any],
    prefix: str,
    at: At,
) -> list[Predicate]:
    told = f"{name}.{at.way[-1]}"
    match source:
        case mapping.Column(name=column, of=of):
            expression: Expression = draft.column(mapping.Column(prefix + column, of))
            return _values(draft, expression, given, at, told)
        case mapping.PublicId():
            return _values(draft, draft.public_id(), given, at, told)
        case mapping.Measure(arguments=arguments):
            call = draft.call(source, at.field, at.way)
            rest = {each: value for each, value in given.items() if each not in arguments}
            return _values(draft, call, rest, at, told)
        case mapping.Part():
            inner = get_named_type(type_).name
            return _conditions(draft, inner, given, source.prefix, at)
        case mapping.One():
            return [_exists(draft, source, get_named_type(type_).name, given, at, negated=False)]
        case mapping.Many():
            return _many(draft, source, get_named_type(type_).name, given, at, told)
        case mapping.Listing(local=str(local), remote=str(remote)):
            listed = _listed(draft, type_)
            return _many(draft, mapping.Many(local, remote), listed, given, at, told)
        case _:
            raise TypeError(f"{told} cannot be filtered by")


def _listed(draft: Draft, type_: GraphQLOutputType) -> str:
    connection = draft.ground.binding.declared.type_map[get_named_type(type_).name]
    return get_named_type(connection.fields["nodes"].type).name  # type: ignore[attr-defined,no-any-return]


def _many(
    draft: Draft, source: mapping.Many, target: str, given: Mapping[str, Any], at: At, told: str
) -> list[Predicate]:
    found: list[Predicate] = []
    for word, where in given.items():
        if where is None:
            raise _null(f"{told}.{word}")
        exists = _exists(draft, source, target, where, at / word, negated=word == "every")
        found.append(exists if word == "some" else Not(exists))
    return found


def _exists(
    draft: Draft,
    source: mapping.One | mapping.Many,
    target: str,
    where: Mapping[str, Any],
    at: At,
    *,
    negated: bool,
) -> Predicate:
    """Write that a related row matches, or, negated, that one does not."""
    parent = draft.dotted(source.local)
    child = draft.ground.draft(target, nested=True)
    link = Compare(child.found_by(source), "=", parent)
    conditions: list[Predicate] = [link]
    if isinstance(source, mapping.One) and source.latest is not None:
        conditions += _latest(child, source.remote, source.latest)
    wanted = _all(child, target, where, "", at)
    conditions.append(Not(wanted) if negated else wanted)
    return Exists(child.table, child.alias, tuple(child.joins.values()), All(tuple(conditions)))


def _latest(draft: Draft, remote: str, latest: str) -> list[Predicate]:
    """Write that a row is the latest of its kind whose date has come."""
    later = draft.ground.draft(draft.bound.name, nested=True)
    follows: tuple[Predicate, ...] = (
        Compare(later.own(remote), "=", draft.own(remote)),
        Compare(later.own(latest), ">", draft.own(latest)),
        Past(later.own(latest)),
    )
    return [Past(draft.own(latest)), Not(Exists(later.table, later.alias, (), All(follows)))]


def _type(draft: Draft, name: str, given: Mapping[str, Any], at: At) -> list[Predicate]:
    """Turn conditions on which type an interface's row is into ones on its kind."""
    kinds = {type_: kind for kind, type_ in draft.ground.binding.kinds(name).items()}
    told = f"{name}.type"
    by = draft.own("kind")
    type_ = draft.type_of(by)
    found: list[Predicate] = []
    for word, value in given.items():
        if value is None:
            raise _null(f"{told}.{word}")
        if word == "isNull":
            found += _values(draft, by, {word: value}, at, told)
        elif word == "in":
            values = [draft.ground.value(Fixed(kinds[_plain(each)]), type_) for each in value]
            found.append(Either(tuple(Compare(by, "=", each) for each in values)))
        else:
            parameter = draft.ground.value(Fixed(kinds[_plain(value)]), type_)
            found.append(Compare(by, _OPERATORS[word], parameter, type_ == "text"))
    return found


def _values(
    draft: Draft, expression: Expression, given: Mapping[str, Any], at: At, told: str
) -> list[Predicate]:
    type_ = draft.type_of(expression)
    found: list[Predicate] = []
    for word, value in given.items():
        if value is None:
            raise _null(f"{told}.{word}")
        if word == "isNull":
            found.append(IsNull(expression) if value else Not(IsNull(expression)))
            continue
        wanted = f"{type_}[]" if word == "in" else type_
        source = Argument(at.field, (at / word).way, wanted, told)
        parameter = draft.ground.value(source, wanted)
        if word == "in":
            found.append(Compare(expression, "= any", parameter))
        else:
            found.append(Compare(expression, _OPERATORS[word], parameter, type_ == "text"))
    return found


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value


def _null(at: str) -> Refusal:
    return Refusal(
        Code.BAD_USER_INPUT, f"{at} is null: leave the condition out, or ask with isNull."
    )
