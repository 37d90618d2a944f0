"""How the schema is divided among the four subgraphs."""

from __future__ import annotations

import pytest
from graphql import (
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    build_ast_schema,
    get_named_type,
    parse,
)

from resolvers.execute import Graph
from resolvers.key import keys_of, names_of, ways_of
from schema import mapping
from schema.subgraph import OWNED, SUBGRAPHS

WHOLE = Graph.make()
PARTS = {name: WHOLE.division.part(name) for name in SUBGRAPHS}
GRAPHS = {name: WHOLE.subgraph(name) for name in SUBGRAPHS}


def composites() -> list[GraphQLObjectType | GraphQLInterfaceType]:
    return [
        type_
        for name, type_ in WHOLE.binding.schema.type_map.items()
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType) and not name.startswith("__")
    ]


def test_what_is_owned_exists_and_has_one_owner() -> None:
    owned = [name for names in OWNED.values() for name in names]
    assert len(owned) == len(set(owned))
    assert set(owned) <= set(WHOLE.binding.types)


def test_every_field_is_served_by_one_subgraph_or_is_a_key_or_a_shared_value() -> None:
    shared = WHOLE.division.shared()
    assert shared == {"PageInfo"}
    for type_ in composites():
        keys = {name for key in keys_of(WHOLE.binding.types[type_.name]) for name in names_of(key)}
        for field in type_.fields:
            serving = [
                name for name in SUBGRAPHS if field in PARTS[name].fields.get(type_.name, ())
            ]
            assert serving, (type_.name, field)
            assert len(serving) == 1 or field in keys or type_.name in shared, (type_.name, field)


def test_what_leads_to_another_subgraph_may_be_null() -> None:
    """Else a subgraph that is down would take what the others answered with it."""
    root = WHOLE.binding.schema.query_type
    for type_ in composites():
        for name, field in type_.fields.items():
            place = WHOLE.division.place(type_, name)
            if type_ is root or place not in {None, WHOLE.division.owner(type_.name)}:
                assert not isinstance(field.type, GraphQLNonNull), (type_.name, name)
            source = WHOLE.binding.types[type_.name].sources.get(name)
            target = get_named_type(field.type).name
            if isinstance(source, mapping.One) and WHOLE.division.owner(target) != place:
                assert not isinstance(field.type, GraphQLNonNull), (type_.name, name)


def test_the_keys_of_the_design() -> None:
    keys = {
        "Patient": ("id",),
        "Treatment": ("id",),
        "Cohort": ("code",),
        "Drug": ("inn",),
        "Gene": ("symbol", "hgncId"),
        "SmallVariant": ("id",),
    }
    for name, expected in keys.items():
        owner = WHOLE.division.owner(name)
        assert PARTS[owner].keys[name] == expected
    for name, bound in WHOLE.binding.types.items():
        if bound.is_record:
            assert keys_of(bound) == ("id",), name


@pytest.mark.parametrize("name", SUBGRAPHS)
def test_the_printed_subgraph_is_what_it_serves(name: str) -> None:
    printed = build_ast_schema(parse(GRAPHS[name].sdl), assume_valid_sdl=True)
    served = GRAPHS[name].binding.schema
    for type_name, type_ in printed.type_map.items():
        if not isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            assert type_name in served.type_map
        elif not type_name.startswith("__"):
            other = served.type_map[type_name]
            assert isinstance(other, GraphQLObjectType | GraphQLInterfaceType)
            names = {field for field in other.fields if not field.startswith("_")}
            assert set(type_.fields) == names, type_name
            for field, declared in type_.fields.items():
                assert str(declared.type) == str(other.fields[field].type)
                assert declared.description == other.fields[field].description


def test_keys_are_selections() -> None:
    assert ways_of("id") == (("id",),)
    assert ways_of("sku variation { id }") == (("sku",), ("variation", "id"))
    assert names_of("sku variation { id }") == ("sku", "variation")
