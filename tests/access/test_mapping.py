"""The mapping of fields to tables and columns, compared with PostgreSQL's catalog."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
    get_nullable_type,
)

from db.catalog import Grants
from resolvers.bind import Binding
from schema import mapping
from tests.access.structure import Catalog
from tests.access.way import below
from tests.world import World

SCALARS = {
    "text": "String",
    "integer": "Int",
    "double precision": "Float",
    "boolean": "Boolean",
    "date": "Date",
    "text[]": "[String!]",
    "timestamp with time zone": "DateTime",
}
IDS = {"Patient.id", "Membership.id"}
# Columns that may be null, of fields that may not: the constraint that says so of these rows.
HELD = {
    ("CopyNumber", "copyNumberType"): (
        "CHECK (((kind = 'COPY_NUMBER'::connect.biomarker_kind) = (copy_number_type IS NOT NULL)))"
    ),
    ("Signature", "kind"): (
        "CHECK (((kind = 'SIGNATURE'::connect.biomarker_kind) = (signature_kind IS NOT NULL)))"
    ),
}


@dataclass(frozen=True, slots=True)
class Field:
    """Hold one field with a source in a table."""

    type: str
    name: str
    entity: mapping.Entity
    source: mapping.Source
    declared: GraphQLOutputType
    target: mapping.Entity | None

    @property
    def table(self) -> str:
        side = self.source.of if isinstance(self.source, mapping.Column) else None
        return side or self.entity.table

    def __str__(self) -> str:
        return f"{self.type}.{self.name}"


@pytest.fixture(scope="module")
async def catalog(world: World) -> Catalog:
    return await Catalog.read(world.database.url)


@pytest.fixture(scope="module")
def fields(world: World) -> list[Field]:
    return list(_fields(world.graph.binding))


def _fields(binding: Binding) -> Iterator[Field]:
    for name, bound in binding.types.items():
        type_ = binding.schema.type_map[name]
        assert isinstance(type_, GraphQLObjectType | GraphQLInterfaceType)
        for field, source in bound.sources.items():
            if bound.entity is not None:
                target = binding.types.get(below(binding.schema, name, field).name)
                entity = target.entity if target else None
                declared = type_.fields[field].type
                yield Field(name, field, bound.entity, source, declared, entity)


def test_every_column_is_there_and_of_the_fields_type(
    fields: list[Field], catalog: Catalog
) -> None:
    compared = 0
    for field in fields:
        if not isinstance(field.source, mapping.Column):
            continue
        _agree(str(field), field.declared, catalog.types[field.table, field.source.name], catalog)
        compared += 1
    assert compared > 100


def _agree(name: str, declared: GraphQLOutputType, column: str, catalog: Catalog) -> None:
    inner = declared.of_type if isinstance(declared, GraphQLNonNull) else declared
    if column.endswith("[]") and column.removesuffix("[]") in catalog.enums:
        assert str(inner) == f"[{get_named_type(inner)}!]", name
        column = column.removesuffix("[]")
    if isinstance(named := get_named_type(inner), GraphQLEnumType):
        assert list(named.values) == catalog.enums[column], name
    else:
        assert str(inner) == ("ID" if name in IDS else SCALARS[column]), name


def test_every_side_has_one_row_at_most(fields: list[Field], catalog: Catalog) -> None:
    for entity in {field.entity for field in fields}:
        assert (entity.table, entity.key) in catalog.types
        for table, column, local in entity.sides:
            assert catalog.types[table, column] == catalog.types[entity.table, local]
            assert (table, column, entity.table, local) in catalog.foreign
            if table == "pseudonym":  # one in each scope, and a session sees one scope
                assert (table, frozenset({column, "scope_id"})) in catalog.unique
            elif table == "stage_of_cohort":  # one of either kind, and a session sees one kind
                assert (table, frozenset({column, "released"})) in catalog.unique
            else:
                assert (table, frozenset({column})) in catalog.unique


def test_a_field_is_null_where_its_column_may_be(fields: list[Field], catalog: Catalog) -> None:
    """And only there: a side table's row may be hidden, a pseudonym's never is."""
    for field in fields:
        if not isinstance(field.source, mapping.Column):
            continue
        column = (field.table, field.source.name)
        certain = column in catalog.not_null and field.source.of in {None, "pseudonym"}
        if (field.type, field.name) in HELD:
            assert not certain
            assert (f"connect.{field.table}", HELD[field.type, field.name]) in catalog.checks
            certain = True
        assert isinstance(field.declared, GraphQLNonNull) is certain, str(field)


def test_a_part_is_a_row_of_columns(world: World, fields: list[Field], catalog: Catalog) -> None:
    for field in fields:
        if not isinstance(field.source, mapping.Part):
            continue
        name = get_named_type(field.declared).name
        inner = world.graph.binding.schema.type_map[name]
        assert isinstance(inner, GraphQLObjectType)
        assert not isinstance(field.declared, GraphQLNonNull)
        for part, source in world.graph.binding.types[name].sources.items():
            assert isinstance(source, mapping.Column)
            declared = inner.fields[part].type
            column = catalog.types[field.table, field.source.prefix + source.name]
            _agree(f"{field}.{part}", declared, column, catalog)
            certain = source.name == field.source.present
            assert isinstance(declared, GraphQLNonNull) is certain


def test_every_relation_follows_a_foreign_key(fields: list[Field], catalog: Catalog) -> None:
    for field in fields:
        source = field.source
        if not isinstance(source, mapping.One | mapping.Many):
            continue
        assert field.target is not None
        side, _, column = source.local.rpartition(".")
        here = (side or field.table, column)
        there = (field.target.table, source.remote)
        if isinstance(source, mapping.Many) and source.through is not None:
            link, key = source.through
            there = (link, source.remote)
            assert (link, key, field.target.table, field.target.key) in catalog.foreign, str(field)
            assert (link, frozenset({key, source.remote})) in catalog.unique, str(field)
        assert catalog.types[here] == catalog.types[there], str(field)
        assert {(*here, *there), (*there, *here)} & catalog.foreign, str(field)


def test_one_is_one_and_many_are_in_order(fields: list[Field], catalog: Catalog) -> None:
    """One may be null, since its row may be hidden; many are a list, and empty then.

    A list that another subgraph serves may be null as well: `tests/federation/test_division.py`.
    """
    for field in fields:
        source = field.source
        if isinstance(source, mapping.One):
            assert field.target is not None
            table = field.target.table
            by = {source.remote} | ({source.latest} if source.latest else set())
            assert (table, frozenset(by)) in catalog.unique, str(field)
            assert source.latest is None or catalog.types[table, source.latest] == "date"
            assert isinstance(field.declared, GraphQLInterfaceType | GraphQLObjectType), str(field)
        elif isinstance(source, mapping.Many):
            assert field.target is not None
            assert all((field.target.table, name) in catalog.types for name in source.order)
            listed = get_nullable_type(field.declared)
            assert isinstance(listed, GraphQLList)
            assert isinstance(listed.of_type, GraphQLNonNull)


def test_every_record_has_a_key_and_a_patient(fields: list[Field], catalog: Catalog) -> None:
    for field in fields:
        if isinstance(field.source, mapping.PublicId):
            assert catalog.types[field.table, "key"] == "uuid"
            assert {(field.table, "key"), (field.table, "patient_id")} <= catalog.not_null


def test_every_measure_is_a_function(fields: list[Field], catalog: Catalog) -> None:
    measures = [field for field in fields if isinstance(field.source, mapping.Measure)]
    assert measures
    for field in measures:
        assert isinstance(field.source, mapping.Measure)
        arguments, returned, body = catalog.functions[field.source.function]
        given = [catalog.types[field.table, name] for name in field.source.columns]
        given += ["text"] * len(field.source.arguments)
        assert [argument.split(" ", 1)[1] for argument in arguments.split(", ")] == given
        enum = get_named_type(field.declared)
        assert isinstance(enum, GraphQLEnumType)
        assert returned == "text"
        assert re.findall(r"(?:then|else) '(\w+)'", body)
        assert set(re.findall(r"(?:then|else) '(\w+)'", body)) == set(enum.values)


@pytest.mark.parametrize(
    ("enum", "type_"), [("Role", "role"), ("ScopeKind", "scope_kind"), ("Purpose", "purpose")]
)
def test_the_viewers_words_are_the_databases(
    world: World, catalog: Catalog, enum: str, type_: str
) -> None:
    declared = world.graph.binding.schema.type_map[enum]
    assert isinstance(declared, GraphQLEnumType)
    assert list(declared.values) == catalog.enums[f"connect.{type_}"]


def test_every_kind_of_biomarker_is_a_type(world: World, catalog: Catalog) -> None:
    kinds = world.graph.binding.kinds("Biomarker")
    assert set(kinds) == set(catalog.enums["connect.biomarker_kind"])


def test_what_a_role_lacks_is_null_without_harm(world: World, fields: list[Field]) -> None:
    """A field that cannot be null would take its whole record with it."""
    lacked = 0
    for role, pool in world.pools.roles.items():
        for field in fields:
            sees_parent = (field.entity.table, field.entity.key) in pool.grants.columns
            if sees_parent and not _needs(field) <= _has(pool.grants):
                lacked += 1
                assert not isinstance(field.declared, GraphQLNonNull), f"{field} for {role.value}"
    assert lacked >= 18


def _needs(field: Field) -> set[tuple[str, str]]:
    match field.source:
        case mapping.Column(name=name):
            return {(field.table, name)}
        case mapping.PublicId():
            return {(field.table, "key"), (field.table, "patient_id"), ("pseudonym", "public_id")}
        case mapping.Part(prefix=prefix, present=present):
            return {(field.table, prefix + present)}
        case mapping.Measure(function=function):
            return {("", function)}
        case mapping.One(local=local, remote=remote) | mapping.Many(local=local, remote=remote):
            assert field.target is not None
            side, _, column = local.rpartition(".")
            through = field.source.through if isinstance(field.source, mapping.Many) else None
            there = {(through[0], remote), through} if through else {(field.target.table, remote)}
            return {(side or field.table, column), (field.target.table, field.target.key), *there}
    return set()


def _has(grants: Grants) -> set[tuple[str, str]]:
    return set(grants.columns) | {("", name) for name in grants.functions}
