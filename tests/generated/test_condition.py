"""Conditions with values that fit nothing: answered or refused as bad input, never a failure."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import GraphQLInputObjectType, GraphQLSchema, get_named_type, is_leaf_type

from tests.world import World

ODD: dict[str, tuple[Any, ...]] = {
    "String": ("", "\x00", "%", "'", "\\", "\ud800", "x" * 5_000),
    "ID": ("", "\x00", "0" * 17, "\ud800"),
    "Date": ("", "2024-02-30", "2024-W01-1", "0000-00-00", "-infinity", "99999-01-01", "now"),
    "DateTime": ("", "2024-01-01T25:00:00Z", "0000-01-01T00:00:00Z", "infinity", "yesterday"),
    "Int": (-(2**31), 2**31 - 1),
    "Float": (1e308, -1e308, 5e-324),
    "Boolean": (True,),
}


def columns(schema: GraphQLSchema) -> list[tuple[str, str, str, str]]:
    """List each column of each list's filter: list, column, the filter's type, the value's."""
    root = schema.query_type
    assert root is not None
    found = []
    for name, listed in root.fields.items():
        is_list = "where" in listed.args and "first" in listed.args
        where = get_named_type(listed.args["where"].type) if is_list else None
        if not isinstance(where, GraphQLInputObjectType):
            continue
        for column, field in where.fields.items():
            condition = get_named_type(field.type)
            if isinstance(condition, GraphQLInputObjectType) and "eq" in condition.fields:
                value = get_named_type(condition.fields["eq"].type)
                if is_leaf_type(value) and value.name in ODD:
                    found.append((name, column, condition.name, value.name))
    return found


@pytest.mark.parametrize("operator", ["eq", "in", "lt"])
async def test_a_value_that_fits_nothing_is_no_failure(world: World, operator: str) -> None:
    asked = refused = 0
    for name, column, condition, kind in columns(world.graph.binding.schema):
        if operator == "lt" and kind == "Boolean":
            continue
        query = (
            f"query ($is: {condition}!) {{ {name}(first: 1, where: {{{column}: $is}}) "
            "{ nodes { __typename } } }"
        )
        for value in ODD[kind]:
            given = {operator: [value] if operator == "in" else value}
            answer = await world.answer("steward", query, {"is": given})
            codes = {each["extensions"]["code"] for each in answer.body.get("errors", ())}
            assert codes <= {"BAD_USER_INPUT"}, (name, column, value, answer.body)
            asked, refused = asked + 1, refused + bool(codes)
            if kind in {"Date", "DateTime"}:
                assert codes, (name, column, value)
    assert asked > 150
    assert refused > 20
