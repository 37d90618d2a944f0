"""Filters: conditions of an operation become predicates over columns and relations."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any, Literal

from graphql import GraphQLOutputType, get_named_type

from db.plan import All, Compare, Either, Exists, Expression, IsNull, Not, Past, Predicate
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


def predicate(draft: Draft, name: str, where: Mapping[str, Any] | None) -> Predicate:
    """Turn the conditions on a type into one predicate over its draft.

    Raises: Filtered where the role lacks a field that a condition names; Refusal BAD_USER_INPUT for
    a condition that is null.
    """
    return All(tuple(_conditions(draft, name, where or {}, "")))


def _conditions(draft: Draft, name: str, where: Mapping[str, Any], prefix: str) -> list[Predicate]:
    found: list[Predicate] = []
    sources = draft.ground.binding.sources(name)
    for key, given in where.items():
        if given is None:
            raise _null(f"{name}Filter.{key}")
        match key:
            case "and":
                found.append(All(tuple(_all(draft, name, each, prefix) for each in given)))
            case "or":
                found.append(Either(tuple(_all(draft, name, each, prefix) for each in given)))
            case "not":
                found.append(Not(_all(draft, name, given, prefix)))
            case "type" if "type" not in sources:
                found += _type(draft, name, given)
            case _:
                source, type_ = sources[key]
                try:
                    found += _condition(draft, name, key, source, type_, given, prefix)
                except Lacking as lacking:
                    raise Filtered(f"{name}.{key}") from lacking
    return found


def _all(draft: Draft, name: str, where: Mapping[str, Any], prefix: str) -> Predicate:
    return All(tuple(_conditions(draft, name, where, prefix)))


def _condition(
    draft: Draft,
    name: str,
    key: str,
    source: mapping.Source,
    type_: GraphQLOutputType,
    given: Mapping[str, Any],
    prefix: str,
) -> list[Predicate]:
    at = f"{name}.{key}"
    match source:
        case mapping.Column(name=column, of=of):
            expression: Expression = draft.column(mapping.Column(prefix + column, of))
            return _values(draft, expression, given, at)
        case mapping.PublicId():
            return _values(draft, draft.public_id(), given, at)
        case mapping.Measure(arguments=arguments):
            call = draft.call(source, {each: given[each] for each in arguments})
            rest = {each: value for each, value in given.items() if each not in arguments}
            return _values(draft, call, rest, at)
        case mapping.Part():
            inner = get_named_type(type_).name
            return _conditions(draft, inner, given, source.prefix)
        case mapping.One():
            return [_exists(draft, source, get_named_type(type_).name, given, negated=False)]
        case mapping.Many():
            return _many(draft, source, get_named_type(type_).name, given, at)
        case mapping.Listing(local=str(local), remote=str(remote)):
            listed = _listed(draft, type_)
            return _many(draft, mapping.Many(local, remote), listed, given, at)
        case _:
            raise TypeError(f"{at} cannot be filtered by")


def _listed(draft: Draft, type_: GraphQLOutputType) -> str:
    connection = draft.ground.binding.declared.type_map[get_named_type(type_).name]
    return get_named_type(connection.fields["nodes"].type).name  # type: ignore[attr-defined,no-any-return]


def _many(
    draft: Draft, source: mapping.Many, target: str, given: Mapping[str, Any], at: str
) -> list[Predicate]:
    found: list[Predicate] = []
    for word, where in given.items():
        if where is None:
            raise _null(f"{at}.{word}")
        exists = _exists(draft, source, target, where, negated=word == "every")
        found.append(exists if word == "some" else Not(exists))
    return found


def _exists(
    draft: Draft,
    source: mapping.One | mapping.Many,
    target: str,
    where: Mapping[str, Any],
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
    wanted = _all(child, target, where, "")
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


def _type(draft: Draft, name: str, given: Mapping[str, Any]) -> list[Predicate]:
    """Turn conditions on which type an interface's row is into ones on its kind."""
    kinds = {type_: kind for kind, type_ in draft.ground.binding.kinds(name).items()}

    def kind(value: Any) -> Any:
        return [kind(each) for each in value] if isinstance(value, list) else kinds[_plain(value)]

    named = {
        word: value if value is None or word == "isNull" else kind(value)
        for word, value in given.items()
    }
    return _values(draft, draft.own("kind"), named, f"{name}.type")


def _values(
    draft: Draft, expression: Expression, given: Mapping[str, Any], at: str
) -> list[Predicate]:
    type_ = draft.type_of(expression)
    found: list[Predicate] = []
    for word, value in given.items():
        if value is None:
            raise _null(f"{at}.{word}")
        if word == "isNull":
            found.append(IsNull(expression) if value else Not(IsNull(expression)))
        elif word == "in":
            listed = draft.ground.value([_checked(each, type_, at) for each in value], f"{type_}[]")
            found.append(Compare(expression, "= any", listed))
        else:
            parameter = draft.ground.value(_checked(value, type_, at), type_)
            found.append(Compare(expression, _OPERATORS[word], parameter, type_ == "text"))
    return found


def _checked(value: Any, type_: str, at: str) -> Any:
    plain = _plain(value)
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


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value


def _null(at: str) -> Refusal:
    return Refusal(
        Code.BAD_USER_INPUT, f"{at} is null: leave the condition out, or ask with isNull."
    )
