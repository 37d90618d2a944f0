"""Every record, by its key at its owner, against the whole graph: as every role."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from resolvers.key import names_of
from schema.subgraph import SUBGRAPHS
from tests.world import World

ROLES = ("partner", "researcher", "authority", "clinician", "steward")
MOST = 300
_Composite = GraphQLObjectType | GraphQLInterfaceType


def ways(world: World) -> dict[str, tuple[str, ...]]:
    """Give the shortest way of fields from a list of the root to each type."""
    schema = world.graph.binding.schema
    root = schema.query_type
    assert root is not None
    found: dict[str, tuple[str, ...]] = {}
    waiting: list[tuple[_Composite, tuple[str, ...]]] = [(root, ())]
    while waiting:
        type_, way = waiting.pop(0)
        for name, field in type_.fields.items():
            target = get_named_type(field.type)
            if name in {"edges", "viewer"} or any(map(is_required_argument, field.args.values())):
                continue
            if isinstance(target, _Composite) and target.name not in found:
                found[target.name] = (*way, name)
                waiting.append((target, (*way, name)))
                for kind in world.graph.binding.kinds(target.name).values():
                    found[kind] = (*way, name)
    return found


def nested(way: tuple[str, ...], inner: str) -> str:
    """Write a selection at the end of a way."""
    for name in reversed(way):
        inner = f"{{ {name} {inner} }}"
    return inner


def leaves(value: Any, way: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Find the objects at the end of a way."""
    if isinstance(value, list):
        for each in value:
            yield from leaves(each, way)
    elif value is not None and not way:
        yield value
    elif value is not None:
        yield from leaves(value.get(way[0]), way[1:])


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("subgraph", SUBGRAPHS)
async def test_a_record_by_its_key_is_the_record_of_the_whole_graph(
    world: World, subgraph: str, role: str
) -> None:
    """The same values, and in one statement; what the role may not have is missing at both."""
    part = world.part(subgraph)
    reached = ways(world)
    compared = 0
    for name, keys in part.binding.keys.items():
        if world.graph.division.owner(name) != subgraph:
            continue
        type_ = world.graph.binding.schema.type_map[name]
        assert isinstance(type_, GraphQLObjectType)
        assert name in reached, "a gateway may name rows that no query leads to"
        values = " ".join(
            field
            for field, declared in type_.fields.items()
            if is_leaf_type(get_named_type(declared.type)) and not declared.args
        )
        selection = f"{{ __typename ... on {name} {{ {values} }} }}"
        whole = await world.answer(role, nested(reached[name], selection))
        if "data" not in whole.body:
            pytest.fail(str(whole.body))
        known = {
            each[names_of(keys[0])[0]]: each
            for each in leaves(whole.body["data"], reached[name])
            if each["__typename"] == name
        }
        for key in keys:
            (field,) = names_of(key)
            expected = [each for each in known.values() if each[field] is not None][:MOST]
            if not expected:
                continue
            answer = await world.answer(
                role,
                "query ($representations: [_Any!]!) "
                f"{{ _entities(representations: $representations) {selection} }}",
                {"representations": [{"__typename": name, field: e[field]} for e in expected]},
                subgraph=subgraph,
            )
            assert answer.body["data"]["_entities"] == expected, name
            assert answer.statements == 1
            compared += len(expected)
            codes = {error["extensions"]["code"] for error in answer.body.get("errors", [])}
            assert codes <= {"FIELD_NOT_AVAILABLE"}
    if role != "authority":
        assert compared > 10
