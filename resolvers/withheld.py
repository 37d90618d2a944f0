"""What an operation is answered under: the rules that apply to its fields, by role and scope alone.

No row is looked at: two worlds that differ in what is hidden are told the same, and so are the ids
of what is absent and of what is hidden. A gateway asks for the rules that stand on the coordinates
of the schema which its operation uses, and finds the paths as is done here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_named_type,
    is_abstract_type,
)

from db.aggregate.dimension import DIMENSIONS
from db.catalog import Grants
from db.viewer import Viewer
from resolvers.bind import Binding
from resolvers.projection import available, members_of
from resolvers.rule import Rule, of_lack, of_rows
from resolvers.selection import Selection
from resolvers.statistics.plan import read_of
from resolvers.statistics.question import camel
from schema import mapping

MOST_PATHS = 100
"""Paths that are told of one rule."""

_ORDER = ("EMBARGO", "CONSENT", "PURPOSE", "SITE", "COHORT", "DATA_SCOPE", "OWN", "PUBLISHED")


@dataclass(frozen=True, slots=True)
class Rules:
    """Hold the rules for one role and scope, by the coordinates that they stand on.

    A coordinate is a type, for its rows, a field, a filter, or a value to sort by.
    """

    at: Mapping[str, tuple[Rule, ...]]

    @classmethod
    def of(cls, binding: Binding, grants: Grants, viewer: Viewer) -> Rules:
        """Gather the rules of a whole schema."""
        found: dict[str, dict[Rule, None]] = {}
        for coordinate, rules in _standing(binding, grants, viewer):
            found.setdefault(coordinate, {}).update(dict.fromkeys(rules))
        return cls({each: tuple(rules) for each, rules in sorted(found.items()) if rules})

    def by_coordinates(self, wanted: Iterable[str]) -> list[dict[str, Any]]:
        """Tell the rules that stand on some coordinates, each with where it does."""
        standing: dict[Rule, list[str]] = {}
        for coordinate in sorted(wanted):
            for rule in self.at.get(coordinate, ()):
                standing.setdefault(rule, []).append(coordinate)
        return [
            {
                **rule.told,
                **({"lacking": True} if rule.lacking else {}),
                "coordinates": standing[rule],
            }
            for rule in _ordered(standing)
        ]

    def by_paths(self, selection: Selection) -> list[dict[str, Any]]:
        """Tell the rules that apply to an operation, each with the outermost fields."""
        if not self.at:
            return []
        walk = _Walk(selection, self.at)
        root = selection.schema.get_root_type(selection.operation.operation)
        if root is not None:
            walk.fields(root, selection.roots(), (), frozenset())
        return [
            {
                **rule.told,
                "paths": list(walk.found[rule])[:MOST_PATHS],
                **(
                    {"pathsLeftOut": len(walk.found[rule]) - MOST_PATHS}
                    if len(walk.found[rule]) > MOST_PATHS
                    else {}
                ),
            }
            for rule in _ordered(walk.found)
        ]


@dataclass(slots=True)
class _Walk:
    """Walk an operation; each rule is noted where it first applies, and holds for all within."""

    selection: Selection
    at: Mapping[str, tuple[Rule, ...]]
    found: dict[Rule, dict[str, None]] = field(default_factory=dict)

    def fields(
        self,
        type_: GraphQLObjectType,
        fields: Mapping[str, list[FieldNode]],
        path: tuple[str, ...],
        held: frozenset[Rule],
    ) -> None:
        for key, nodes in fields.items():
            name = nodes[0].name.value
            if name.startswith("__"):
                continue
            declared = type_.fields[name]
            target = get_named_type(declared.type)
            standing = self._of(f"{type_.name}.{name}", target.name)
            given = self._of(*self._given(declared, nodes[0]))
            here = (*path, key)
            lacking = [rule for rule in (*standing, *given) if rule.lacking]
            for rule in lacking or dict.fromkeys((*standing, *given)):
                if rule not in held:
                    self.found.setdefault(rule, {})[".".join(here)] = None
            if lacking:
                continue  # nothing within is answered
            for possible in self._possible(target):
                within = self.selection.fields(possible, nodes)
                kind = self._of(possible.name) if within else ()
                self._kind(kind, here, held)
                self.fields(possible, within, here, held.union(standing, kind))

    def _kind(self, rules: Iterable[Rule], path: tuple[str, ...], held: frozenset[Rule]) -> None:
        for rule in rules:
            if rule not in held:
                self.found.setdefault(rule, {})[".".join(path)] = None

    def _possible(self, target: Any) -> Iterator[GraphQLObjectType]:
        if isinstance(target, GraphQLObjectType):
            yield target
        elif is_abstract_type(target):
            yield from self.selection.schema.get_possible_types(target)

    def _of(self, *coordinates: str) -> tuple[Rule, ...]:
        rules = (rule for each in coordinates for rule in self.at.get(each, ()))
        return tuple(dict.fromkeys(rules))

    def _given(self, declared: GraphQLField, node: FieldNode) -> Iterator[str]:
        """List the coordinates that a field's arguments use."""
        if node.arguments:
            for name, value in self.selection.arguments(declared, node).items():
                yield from _used(declared.args[name].type, value)


def _used(type_: GraphQLInputType, value: Any) -> Iterator[str]:
    named = get_named_type(type_)
    if value is None or not isinstance(named, GraphQLInputObjectType | GraphQLEnumType):
        return
    if isinstance(value, list):
        for each in value:
            yield from _used(named, each)
    elif isinstance(named, GraphQLEnumType):
        yield f"{named.name}.{getattr(value, 'value', value)}"
    else:
        yield named.name
        for key, given in value.items():
            yield f"{named.name}.{key}"
            yield from _used(named.fields[key].type, given)


def _ordered(rules: Iterable[Rule]) -> list[Rule]:
    """Sort rules: what narrows rows first, then what a role lacks."""

    def place(rule: Rule) -> tuple[int, str, str]:
        known = _ORDER.index(rule.name) if rule.name in _ORDER else len(_ORDER)
        return known, rule.name, rule.message

    return sorted(rules, key=place)


def _standing(
    binding: Binding, grants: Grants, viewer: Viewer
) -> Iterator[tuple[str, tuple[Rule, ...]]]:
    """List the coordinates of a schema with the rules that stand there."""
    inputs = _inputs(binding)
    for name, bound in binding.types.items():
        table = None if bound.entity is None else bound.entity.table
        if table is not None:
            rules = of_rows(table, grants, viewer)
            for each in (name, f"{name}Filter", f"{name}ListFilter"):
                yield each, rules
        for field_, source in bound.sources.items():
            rules = _of_field(binding, grants, viewer, name, field_, source)
            yield f"{name}.{field_}", rules
            for each in inputs.get(name, ()):
                if _has(binding, each, field_):
                    yield f"{each}.{field_}", rules
    for name, rules in _of_dimensions(grants, viewer):
        yield from ((f"{each}.{field_}", rules) for each, field_ in _naming(binding, name))
    for name in binding.types:
        record = _listed(binding, name)
        if record is not None:
            yield name, of_rows(record, grants, viewer)


def _of_field(
    binding: Binding,
    grants: Grants,
    viewer: Viewer,
    name: str,
    field_: str,
    source: mapping.Source,
) -> tuple[Rule, ...]:
    """Give the rules of a field beside those of the rows that it leads to."""
    entity = binding.types[name].entity
    table = None if entity is None else entity.table
    if not available(binding, grants, name, field_, source):
        match source:
            case mapping.Column(of=str(side)):
                return (of_lack(side, grants),)
            case mapping.One() | mapping.Many():
                return (of_lack(_table(binding, name, field_), grants),)
        return (of_lack(table, grants),)
    match source:
        case mapping.Column(of=str(side)):
            read: tuple[str, ...] = (side,)
        case mapping.Many(through=(linking, _)):
            read = (linking,)
        case mapping.Measure(reads=reads) | mapping.Statistic(reads=reads):
            read = reads
        case mapping.Outcomes(dimension=dimension):
            read = read_of(grants, dimension)
        case _:
            read = ()
    return tuple(rule for each in read for rule in of_rows(each, grants, viewer))


def _of_dimensions(grants: Grants, viewer: Viewer) -> Iterator[tuple[str, tuple[Rule, ...]]]:
    """List the dimensions that are counted live, with the rules of what they are read from."""
    for name, dimension in DIMENSIONS.items():
        if read_of(grants, name):
            rules = (
                rule
                for table, _ in sorted(dimension.reads)
                for rule in of_rows(table, grants, viewer)
            )
            yield name, tuple(dict.fromkeys(rules))


def _naming(binding: Binding, dimension: str) -> Iterator[tuple[str, str]]:
    """List where a dimension is named: as a value to group by, and as a condition."""
    if _has(binding, "OutcomeDimension", dimension):
        yield "OutcomeDimension", dimension
        yield "OutcomeStatisticsFilter", camel(dimension)


def _inputs(binding: Binding) -> dict[str, list[str]]:
    """Map types to the filters and orders of their fields."""
    found: dict[str, list[str]] = {}
    for name, type_ in binding.declared.type_map.items():
        if isinstance(type_, GraphQLInputObjectType | GraphQLEnumType):
            for member in members_of(name, binding) - {name}:
                found.setdefault(member, []).append(name)
    return found


def _has(binding: Binding, name: str, field_: str) -> bool:
    type_ = binding.declared.type_map.get(name)
    if isinstance(type_, GraphQLEnumType):
        return field_ in type_.values
    return isinstance(type_, GraphQLInputObjectType) and field_ in type_.fields


def _table(binding: Binding, name: str, field_: str) -> str | None:
    type_ = binding.declared.type_map[name]
    if not isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
        return None
    entity = binding.types[get_named_type(type_.fields[field_].type).name].entity
    return None if entity is None else entity.table


def _listed(binding: Binding, name: str) -> str | None:
    """Name the table of the records that a connection lists; None for other types."""
    type_ = binding.declared.type_map.get(name)
    if not isinstance(type_, GraphQLObjectType) or "nodes" not in type_.fields:
        return None
    return _table(binding, name, "nodes")
