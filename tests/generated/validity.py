"""A slow check of an answer against the operation and the schema, written from the specification.

It shares nothing with the execution: neither its collection of fields nor its completion of values.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_leaf_type,
    parse,
)

Path = tuple[str | int, ...]


class Invalid(AssertionError):
    """An answer is not what its operation and the schema allow."""


def _is_day(value: Any) -> bool:
    return isinstance(value, str) and date.fromisoformat(value).isoformat() == value


def _is_moment(value: Any) -> bool:
    return isinstance(value, str) and datetime.fromisoformat(value).utcoffset() is not None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


SCALARS = {
    "Int": lambda value: type(value) is int and -(2**31) <= value < 2**31,
    "Float": _is_number,
    "String": lambda value: isinstance(value, str),
    "ID": lambda value: isinstance(value, str) and value != "",
    "Boolean": lambda value: isinstance(value, bool),
    "Date": _is_day,
    "DateTime": _is_moment,
}


@dataclass(slots=True)
class Extent:
    """How far an operation goes: its types, levels, and the selections that may need a read."""

    types: set[str] = field(default_factory=set)
    levels: int = 0
    selections: int = 0
    """Fields of composite types and counts, each once, however many rows it answers for."""


@dataclass(slots=True)
class Validator:
    """Check one answer's data against its document."""

    schema: GraphQLSchema
    document: DocumentNode
    variables: Mapping[str, Any]
    leaves: int = 0
    """Values that are not null, met on the way."""
    kinds: dict[str, list[GraphQLObjectType]] = field(default_factory=dict)

    @classmethod
    def of(cls, schema: GraphQLSchema, text: str, variables: Mapping[str, Any]) -> Validator:
        """Parse the operation that is answered."""
        return cls(schema, parse(text), variables)

    def check(self, body: Mapping[str, Any]) -> None:
        """Check data and errors of an answer; raises Invalid."""
        _demand(set(body) <= {"data", "errors", "extensions"} and bool(body), (), "has other keys")
        _demand(set(body.get("extensions", ())) <= {"withheld"}, (), "has other extensions")
        root = self.schema.query_type
        assert root is not None
        if "data" not in body:
            _demand(bool(body["errors"]), (), "has neither data nor errors")
            return
        if body["data"] is not None:
            self._object(root, [self._operation().selection_set], body["data"], ())
        for error in body.get("errors", ()):
            _demand("path" in error, (), f"has an error without a path: {error}")
            _demand(_is_null(body["data"], error["path"]), (), f"has a value at {error['path']}")

    def extent(self) -> Extent:
        """Measure the operation without what directives leave out."""
        found = Extent()
        assert self.schema.query_type is not None
        self._measure(self.schema.query_type, [self._operation().selection_set], 0, found)
        return found

    def _measure(self, type_: Any, sets: list[SelectionSetNode], level: int, found: Extent) -> None:
        """Measure an object; what several kinds of an interface are asked for alike counts once."""
        found.levels = max(found.levels, level)
        seen: set[tuple[int, ...]] = set()
        for kind in self._possible(type_):
            for nodes in self._selected(kind, sets).values():
                alike = tuple(map(id, nodes))
                name = nodes[0].name.value
                if alike in seen or name == "__typename":
                    continue
                seen.add(alike)
                inner = get_named_type(kind.fields[name].type)
                if is_leaf_type(inner):
                    found.selections += name == "totalCount"
                    continue
                found.selections += 1
                found.types.add(inner.name)
                below = [node.selection_set for node in nodes if node.selection_set is not None]
                self._measure(inner, below, level + 1, found)

    def _operation(self) -> OperationDefinitionNode:
        (operation,) = (
            each for each in self.document.definitions if isinstance(each, OperationDefinitionNode)
        )
        return operation

    def _value(self, type_: Any, nodes: list[FieldNode], value: Any, path: Path) -> None:
        if isinstance(type_, GraphQLNonNull):
            _demand(value is not None, path, "is null, and may not be")
            type_ = type_.of_type
        if value is None:
            return
        if isinstance(type_, GraphQLList):
            _demand(isinstance(value, list), path, f"is no list: {value!r}")
            for place, each in enumerate(value):
                self._value(type_.of_type, nodes, each, (*path, place))
        elif is_leaf_type(type_):
            self._leaf(type_, value, path)
        else:
            sets = [node.selection_set for node in nodes if node.selection_set is not None]
            self._some(type_, sets, value, path)

    def _leaf(self, type_: Any, value: Any, path: Path) -> None:
        if isinstance(type_, GraphQLEnumType):
            fits = isinstance(value, str) and value in type_.values
        else:
            try:
                fits = SCALARS[type_.name](value)
            except ValueError:
                fits = False
        _demand(fits, path, f"is no {type_.name}: {value!r}")
        self.leaves += 1

    def _some(self, type_: Any, sets: list[SelectionSetNode], value: Any, path: Path) -> None:
        """Check an object: against its type, or against at least one that it may be of."""
        failed: list[Invalid] = []
        leaves = self.leaves
        for possible in self._possible(type_):
            try:
                self._object(possible, sets, value, path)
            except Invalid as invalid:
                failed.append(invalid)
                self.leaves = leaves
            else:
                return
        raise Invalid(f"{_write(path)} is no {type_.name}: {'; '.join(map(str, failed))}")

    def _object(
        self, type_: GraphQLObjectType, sets: list[SelectionSetNode], value: Any, path: Path
    ) -> None:
        _demand(isinstance(value, dict), path, f"is no object: {value!r}")
        selected = self._selected(type_, sets)
        _demand(list(value) == list(selected), path, f"has {list(value)}, not {list(selected)}")
        for key, nodes in selected.items():
            name = nodes[0].name.value
            if name == "__typename":
                _demand(value[key] == type_.name, (*path, key), f"is {value[key]!r}")
            else:
                self._value(type_.fields[name].type, nodes, value[key], (*path, key))

    def _possible(self, type_: Any) -> list[GraphQLObjectType]:
        if type_.name not in self.kinds:
            self.kinds[type_.name] = [
                each
                for each in self.schema.type_map.values()
                if isinstance(each, GraphQLObjectType)
                and (each is type_ or type_ in each.interfaces)
            ]
        return self.kinds[type_.name]

    def _selected(
        self, type_: GraphQLObjectType, sets: list[SelectionSetNode]
    ) -> dict[str, list[FieldNode]]:
        """Gather the fields of an object by their names in the answer, in the document's order."""
        found: dict[str, list[FieldNode]] = {}
        for each in sets:
            for node in self._flat(type_, each):
                found.setdefault((node.alias or node.name).value, []).append(node)
        return found

    def _flat(self, type_: GraphQLObjectType, chosen: SelectionSetNode) -> Iterator[FieldNode]:
        names = {type_.name, *(each.name for each in type_.interfaces)}
        for node in chosen.selections:
            if not all(self._wanted(each) for each in node.directives or ()):
                continue
            if isinstance(node, FieldNode):
                yield node
                continue
            part: Any = node
            if isinstance(node, FragmentSpreadNode):
                (part,) = (
                    each
                    for each in self.document.definitions
                    if isinstance(each, FragmentDefinitionNode)
                    and each.name.value == node.name.value
                )
            assert isinstance(part, InlineFragmentNode | FragmentDefinitionNode)
            if part.type_condition is None or part.type_condition.name.value in names:
                yield from self._flat(type_, part.selection_set)

    def _wanted(self, directive: DirectiveNode) -> bool:
        (argument,) = directive.arguments or ()
        if isinstance(argument.value, VariableNode):
            given = bool(self.variables[argument.value.name.value])
        else:
            assert isinstance(argument.value, BooleanValueNode)
            given = argument.value.value
        return given is (directive.name.value == "include")


def _is_null(data: Any, path: list[str | int]) -> bool:
    """Tell whether all is null that a path leads to; one without places goes through lists."""
    if data is None:
        return True
    if isinstance(data, list) and not (path and isinstance(path[0], int)):
        return all(_is_null(each, path) for each in data)
    if not path:
        return False
    if isinstance(data, dict):
        return path[0] not in data or _is_null(data[path[0]], path[1:])
    return isinstance(path[0], int) and _is_null(data[path[0]], path[1:])


def _demand(holds: bool, path: Path, otherwise: str) -> None:
    if not holds:
        raise Invalid(f"{_write(path)} {otherwise}")


def _write(path: Path) -> str:
    return ".".join(map(str, path)) or "the answer"
