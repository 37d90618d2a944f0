"""Ways from a query's root to a field: names of fields, and `... on` the types of an interface."""

from __future__ import annotations

from collections import deque

from graphql import (
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
)

from tests.access.expectation import line

Way = tuple[str, ...]
_ARGUMENTS = {
    ("Query", "patient"): '(id: "x")',
    ("Query", "cohort"): '(code: "x")',
    ("Query", "outcomeStatistics"): "(by: [])",
    ("Patient", "geneStatus"): '(symbol: "TP53")',
}
_ON = "... on "


def below(schema: GraphQLSchema, name: str, field: str) -> GraphQLNamedType:
    """Give the type that a field leads to."""
    type_ = schema.type_map[name]
    assert isinstance(type_, GraphQLObjectType | GraphQLInterfaceType)
    found: GraphQLNamedType = get_named_type(type_.fields[field].type)
    return found


def ways(schema: GraphQLSchema, role: str) -> dict[tuple[str, str], Way]:
    """Find a shortest way to every field of every object, one that is open where there is one."""
    found: dict[tuple[str, str], Way] = {}
    for open_only in (True, False):
        reached: dict[str, Way] = {"Query": ()}
        turn = deque(["Query"])
        while turn:
            name = turn.popleft()
            type_ = schema.type_map[name]
            assert isinstance(type_, GraphQLObjectType)
            for field in type_.fields:
                way = (*reached[name], field)
                found.setdefault((name, field), way)
                lacking = open_only and not line(schema, name, field).has(role)
                if lacking or (name, field) == ("Query", "patient"):  # `patients` has rows
                    continue
                for target, spread in _targets(schema, below(schema, name, field)):
                    if target not in reached:
                        reached[target] = (*way, *spread)
                        turn.append(target)
    return found


def operation(schema: GraphQLSchema, way: Way) -> str:
    """Write an operation that asks for the field at the end of a way."""
    name = "Query"
    words = []
    for step in way:
        words.append(step + _ARGUMENTS.get((name, step), ""))
        name = _after(schema, name, step)
    inner = "" if is_leaf_type(schema.type_map[name]) else " { __typename }"
    return "{ " + " { ".join(words) + inner + " }" * len(words)


def stop(schema: GraphQLSchema, role: str, way: Way) -> list[str]:
    """Give the path of the answer to the first field on a way that a role lacks."""
    name = "Query"
    path = []
    for step in way:
        if not step.startswith(_ON):
            path.append(step)
            if not line(schema, name, step).has(role):
                return path
        name = _after(schema, name, step)
    raise AssertionError(f"{role} has all of {way}")


def _after(schema: GraphQLSchema, name: str, step: str) -> str:
    return step.removeprefix(_ON) if step.startswith(_ON) else below(schema, name, step).name


def _targets(schema: GraphQLSchema, type_: GraphQLNamedType) -> list[tuple[str, Way]]:
    if isinstance(type_, GraphQLInterfaceType):
        return [(kind.name, (_ON + kind.name,)) for kind in schema.get_possible_types(type_)]
    return [(type_.name, ())] if isinstance(type_, GraphQLObjectType) else []
