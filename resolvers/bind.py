"""Bind the declared schema: read where each field lives, and attach the one resolver.

All that is known of strawberry's private names stands in this file; its version is pinned.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import strawberry
from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    specified_scalar_types,
)

from schema.connection import Connection, Edge, PageInfo
from schema.cost import Cost, ListSize
from schema.mapping import SOURCE, Entity, PublicId, Source

Resolver = Callable[..., Any]
_PAGING = (Connection, Edge, PageInfo)


class Unbound(Exception):
    """Name a field that has no source."""


@dataclass(frozen=True, slots=True)
class Bound:
    """Hold what is declared of one GraphQL type."""

    name: str
    entity: Entity | None
    sources: Mapping[str, Source]
    """By the field's name in GraphQL, like what follows."""
    weights: Mapping[str, int]
    """What one value of a field costs, where the schema says so."""
    sizes: Mapping[str, ListSize]

    @property
    def is_record(self) -> bool:
        """Tell whether the type's rows have an id of the viewer's scope."""
        return any(isinstance(source, PublicId) for source in self.sources.values())


@dataclass(frozen=True, slots=True)
class Binding:
    """Hold a schema that answers, and what is declared of its types."""

    schema: GraphQLSchema
    """What may be asked for: of a subgraph, its part."""
    types: Mapping[str, Bound]
    declared: GraphQLSchema
    """The whole of which the schema is a part, if not all: filters reach across."""
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By which a gateway may name the rows of a type: of a subgraph alone."""

    def sources(self, name: str) -> Mapping[str, tuple[Source, GraphQLOutputType]]:
        """Map the fields of a type, and of the types that implement it, to where they live."""
        found: dict[str, tuple[Source, GraphQLOutputType]] = {}
        for each in (name, *self.kinds(name).values()):
            type_ = self.declared.type_map[each]
            if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
                for name_, source in self.types[each].sources.items():
                    found.setdefault(name_, (source, type_.fields[name_].type))
        return MappingProxyType(found)

    def kinds(self, name: str) -> Mapping[str, str]:
        """Map the kinds of an interface's rows to the types that they are; empty for others."""
        type_ = self.declared.type_map.get(name)
        if not isinstance(type_, GraphQLInterfaceType):
            return MappingProxyType({})
        found = {}
        for possible in self.declared.get_possible_types(type_):
            entity = self.types[possible.name].entity
            if entity is None or entity.kind is None:
                raise Unbound(f"{possible.name} implements {name} without a kind")
            found[entity.kind] = possible.name
        return MappingProxyType(found)


def bind(declared: strawberry.Schema, resolve: Resolver, resolve_type: Resolver) -> Binding:
    """Attach the resolver to every field, and say which fields live where.

    Raises: Unbound where a field has no source.
    """
    schema: GraphQLSchema = declared._schema
    types = {}
    for name, type_ in schema.type_map.items():
        if name.startswith("__") or name in specified_scalar_types:
            continue
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            types[name] = _bind_type(name, type_, resolve)
        if isinstance(type_, GraphQLInterfaceType):
            type_.resolve_type = resolve_type
    return Binding(schema, MappingProxyType(types), schema)


def _bind_type(
    name: str, type_: GraphQLObjectType | GraphQLInterfaceType, resolve: Resolver
) -> Bound:
    definition = type_.extensions["strawberry-definition"]
    origin = definition.origin
    generic = definition.concrete_of.origin if definition.concrete_of else origin
    sources: dict[str, Source] = {}
    weights: dict[str, int] = {}
    sizes: dict[str, ListSize] = {}
    for field_name, made in type_.fields.items():
        made.resolve = resolve
        declared = made.extensions["strawberry-definition"]
        for directive in declared.directives:
            match directive:
                case Cost(weight=weight):
                    weights[field_name] = weight
                case ListSize():
                    sizes[field_name] = directive
        source = declared.metadata.get(SOURCE)
        if source is not None:
            sources[field_name] = source
        elif generic not in _PAGING:
            raise Unbound(f"{name}.{field_name} does not say where its value lives")
    if isinstance(type_, GraphQLObjectType):
        type_.is_type_of = None
    return Bound(
        name,
        getattr(origin, "entity", None),
        MappingProxyType(sources),
        MappingProxyType(weights),
        MappingProxyType(sizes),
    )
