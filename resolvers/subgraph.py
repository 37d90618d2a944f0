"""Subgraphs: carve the part of the schema that one of several owners serves.

Which types an owner has is declared in `schema.subgraph`; where a field is served follows. A value
of a row, and what leads to one record, is served with the row: of a record of another owner only
the key is told. What leads to many records is served where those are, as an extension of the type
that it starts from, and so is what leads to an interface: its kinds are known to one owner alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
    GraphQLUnionType,
    get_named_type,
)

from resolvers.bind import Binding, Bound, Resolver
from resolvers.key import keys_of, names_of
from schema import mapping

ENTITIES = "_entities"
SERVICE = "_service"
_Composite = GraphQLObjectType | GraphQLInterfaceType


class Undivided(Exception):
    """Say in one sentence why a schema cannot be served in parts."""


@dataclass(frozen=True, slots=True)
class Part:
    """Hold what one owner serves: the fields of each type, and how gateways find its rows."""

    name: str
    fields: Mapping[str, tuple[str, ...]]
    keys: Mapping[str, tuple[str, ...]]
    """Of the types whose rows a gateway may name; each key is a selection of fields."""
    stubs: frozenset[str]
    """The types of which nothing but the key is told."""


@dataclass(frozen=True, slots=True)
class Division:
    """Divide a schema among owners."""

    binding: Binding
    owners: Mapping[str, tuple[str, ...]]
    """The first owns what none of the others names."""

    @property
    def _composites(self) -> Iterator[_Composite]:
        for name, type_ in self.binding.declared.type_map.items():
            if isinstance(type_, _Composite) and not name.startswith("__"):
                yield type_

    def owner(self, name: str) -> str:
        """Tell who owns a type; the kinds of an interface go with it."""
        type_ = self.binding.declared.type_map[name]
        names = {name}
        if isinstance(type_, GraphQLObjectType):
            names |= {interface.name for interface in type_.interfaces}
        for owner, owned in self.owners.items():
            if names & set(owned):
                return owner
        return next(iter(self.owners))

    def place(self, type_: _Composite, field: str) -> str | None:
        """Tell where a field is served; None for values without a row, which are served by all."""
        bound = self.binding.types[type_.name]
        source = bound.sources.get(field)
        if type_ is self.binding.declared.query_type:
            return self.owner(self._target(type_, field))
        if type_ is self.binding.declared.mutation_type:
            return next(iter(self.owners))
        if bound.entity is None:
            return None
        own = self.owner(type_.name)
        if isinstance(type_, GraphQLInterfaceType) or type_.interfaces:
            return own
        if isinstance(source, mapping.One | mapping.Many | mapping.Listing):
            target = self._target(type_, field)
            if not isinstance(source, mapping.One) or self.binding.kinds(target):
                return self.owner(target)
        return own

    def part(self, owner: str) -> Part:
        """Gather what an owner serves.

        Raises: Undivided where another owner's type has no key to be named by.
        """
        fields: dict[str, tuple[str, ...]] = {}
        stubs = set()
        waiting = [
            type_.name
            for type_ in self._composites
            if any(self.place(type_, field) == owner for field in type_.fields)
        ]
        while waiting:
            name = waiting.pop()
            type_ = self.binding.declared.type_map[name]
            if name in fields or not isinstance(type_, _Composite):
                continue
            served = [field for field in type_.fields if self.place(type_, field) in {owner, None}]
            if self._is_foreign(type_, owner):
                key = names_of(self._keys(name)[0])
                if not set(served) - set(key):
                    stubs.add(name)
                served = [field for field in type_.fields if field in {*key, *served}]
            fields[name] = tuple(served)
            waiting += [get_named_type(type_.fields[field].type).name for field in served]
            if isinstance(type_, GraphQLInterfaceType):
                waiting += [each.name for each in self.binding.declared.get_possible_types(type_)]
        reached = self._reached()
        keys = {}
        for name in fields:
            bound = self.binding.types[name]
            if bound.entity is not None and name in reached and not self.binding.kinds(name):
                found = keys_of(bound)
                foreign = self.owner(name) != owner
                keys[name] = found[:1] if foreign else found
        return Part(
            owner,
            MappingProxyType(fields),
            MappingProxyType({name: found for name, found in keys.items() if found}),
            frozenset(stubs),
        )

    def shared(self) -> frozenset[str]:
        """Name the types without rows that several owners serve."""
        parts = [self.part(owner) for owner in self.owners]
        return frozenset(
            type_.name
            for type_ in self._composites
            if self.binding.types[type_.name].entity is None
            and type_ is not self.binding.declared.query_type
            and sum(type_.name in part.fields for part in parts) > 1
        )

    def _reached(self) -> set[str]:
        """Name the types that a query leads to: a gateway names rows of no other.

        Of a schema with one owner other subgraphs, which are not known here, may lead to all.
        """
        schema = self.binding.declared
        if len(self.owners) == 1:
            return set(schema.type_map)
        found: set[str] = set()
        waiting = [] if schema.query_type is None else [schema.query_type.name]
        while waiting:
            type_ = schema.type_map[waiting.pop()]
            if type_.name in found or not isinstance(type_, _Composite):
                continue
            found.add(type_.name)
            waiting += [get_named_type(field.type).name for field in type_.fields.values()]
            if isinstance(type_, GraphQLInterfaceType):
                waiting += [each.name for each in schema.get_possible_types(type_)]
        return found

    def _is_foreign(self, type_: _Composite, owner: str) -> bool:
        return self.binding.types[type_.name].entity is not None and self.owner(type_.name) != owner

    def _keys(self, name: str) -> tuple[str, ...]:
        keys = keys_of(self.binding.types[name])
        if not keys:
            raise Undivided(
                f"{name} is told of by owners other than its own and has no key: "
                "give it an id, or keys, or move it with what leads to it"
            )
        return keys

    def _target(self, type_: _Composite, field: str) -> str:
        """Name the type of the records that a field leads to, through its connection."""
        target: Any = get_named_type(type_.fields[field].type)
        if isinstance(self.binding.types[type_.name].sources[field], mapping.Listing):
            target = get_named_type(target.fields["nodes"].type)
        name: str = target.name
        return name


def carve(binding: Binding, part: Part, resolve: Resolver, resolve_type: Resolver) -> Binding:
    """Make the schema of a part, with the roots that Apollo Federation asks of a subgraph."""
    made: dict[str, GraphQLNamedType] = {}

    def own(type_: GraphQLOutputType) -> Any:
        match type_:
            case GraphQLNonNull(of_type=of_type):
                return GraphQLNonNull(own(of_type))
            case GraphQLList(of_type=of_type):
                return GraphQLList(own(of_type))
        named: Any = type_
        return made.get(named.name, named)

    def fields(type_: _Composite) -> dict[str, GraphQLField]:
        found = {}
        for name in part.fields.get(type_.name, ()):
            arguments = type_.fields[name].to_kwargs()
            found[name] = GraphQLField(**{**arguments, "type_": own(type_.fields[name].type)})
        if type_ is binding.declared.query_type:
            found |= roots()
        return found

    def roots() -> dict[str, GraphQLField]:
        service = GraphQLObjectType(
            "_Service",
            {"sdl": GraphQLField(GraphQLNonNull(GraphQLString), resolve=resolve)},
            description="The subgraph itself.",
        )
        found = {
            SERVICE: GraphQLField(
                GraphQLNonNull(service),
                resolve=resolve,
                description="What the subgraph serves, as far as your role may know.",
            )
        }
        entities = [made[name] for name in part.keys if name not in part.stubs]
        if entities:
            representations = GraphQLArgument(
                GraphQLNonNull(GraphQLList(GraphQLNonNull(_ANY))),
                description="Each with its `__typename` and the fields of one of its keys.",
            )
            union = GraphQLUnionType(
                "_Entity",
                entities,  # type: ignore[arg-type]
                resolve_type=resolve_type,
                description="What gateways find by key.",
            )
            found[ENTITIES] = GraphQLField(
                GraphQLNonNull(GraphQLList(union)),
                {"representations": representations},
                resolve=resolve,
                description="The records that representations name, in their order; null for none.",
            )
        return found

    query = binding.declared.query_type
    if query is None:
        raise Undivided("a schema without queries has no parts")
    for type_ in binding.declared.type_map.values():
        if isinstance(type_, _Composite) and (type_.name in part.fields or type_ is query):
            kwargs: dict[str, Any] = {**type_.to_kwargs()}
            kwargs["fields"] = lambda type_=type_: fields(type_)
            kwargs["interfaces"] = lambda type_=type_: [
                made[each.name] for each in type_.interfaces
            ]
            made[type_.name] = type(type_)(**kwargs)
    mutation = binding.declared.mutation_type
    schema = GraphQLSchema(
        query=made[query.name],  # type: ignore[arg-type]
        mutation=None if mutation is None else made.get(mutation.name),  # type: ignore[arg-type]
        types=[made[name] for name in part.fields],
        directives=binding.declared.directives,
    )
    bound = binding.types[query.name]
    sources = {**bound.sources, ENTITIES: mapping.Represented(), SERVICE: mapping.OwnSchema()}
    types = {
        **binding.types,
        query.name: replace(bound, sources=MappingProxyType(sources)),
        "_Service": Bound("_Service", None, *(MappingProxyType[str, Any]({}),) * 3),
    }
    keys = {name: found for name, found in part.keys.items() if name not in part.stubs}
    return replace(
        binding, schema=schema, types=MappingProxyType(types), keys=MappingProxyType(keys)
    )


_ANY = GraphQLScalarType("_Any", description="A representation: an object with a `__typename`.")
