"""Values for arguments: those that a role finds in the data, those of others, and rubbish."""

from __future__ import annotations

import string
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)
from hypothesis import strategies as st

from tests.world import World

Place = tuple[str, str]
"""A type and its field."""
PAGE = 60
DEPTH = 2
TEXT = st.text(
    st.one_of(st.sampled_from(string.printable), st.characters(exclude_categories=["Cs"])),
    max_size=12,
)
RUBBISH: dict[str, st.SearchStrategy[Any]] = {
    "String": TEXT | st.sampled_from(["\x00", "%", "'", "\\", "\ud800", "x" * 5_000]),
    "ID": TEXT | st.sampled_from(["", "0" * 16, "\x00", "\ud800"]),
    "Date": TEXT | st.sampled_from(["0001-01-01", "9999-12-31", "2024-02-30", "2024-W01-1"]),
    "DateTime": TEXT
    | st.sampled_from(
        ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2024-01-01", "2024-01-01T00"]
    ),
    "Int": st.integers(-(2**31), 2**31 - 1),
    "Float": st.floats(allow_nan=False, allow_infinity=False),
    "Boolean": st.booleans(),
}
USUAL = {
    "String": "x",
    "ID": "0" * 16,
    "Date": "2024-01-01",
    "DateTime": "2024-01-01T00:00:00+00:00",
    "Int": 1,
    "Float": 0.5,
    "Boolean": True,
}


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Hold the values that one role finds at each place, and the cursors of its lists."""

    values: dict[Place, list[Any]] = field(default_factory=lambda: defaultdict(list))
    cursors: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def note(self, node: Any) -> None:
        """Take in the values of an answer in which every object tells its type."""
        if isinstance(node, list):
            for each in node:
                self.note(each)
        elif isinstance(node, dict):
            type_ = node["__typename"]
            for key, value in node.items():
                name = key.removeprefix(f"{type_}_")
                if isinstance(value, dict | list):
                    self.note(value)
                elif value is not None and not name.startswith("__"):
                    self._add((type_, name), value)

    def add(self, other: Lexicon) -> None:
        """Take in what another role finds."""
        for place, values in other.values.items():
            for value in values:
                self._add(place, value)
        for name, cursors in other.cursors.items():
            self.cursors[name] += cursors

    def _add(self, place: Place, value: Any) -> None:
        known = self.values[place]
        if value not in known and len(known) < PAGE:
            known.append(value)

    def found(self, schema: GraphQLSchema, place: Place, usual: Any) -> list[Any]:
        """List what was found at a place, whichever type of an interface it was in."""
        name, inner = place
        type_ = schema.type_map.get(name)
        kinds = [name]
        if isinstance(type_, GraphQLInterfaceType):
            kinds = [each.name for each in schema.get_possible_types(type_)]
        return [value for kind in kinds for value in self.values.get((kind, inner), ())] or [usual]


async def lexicon(world: World, role: str, schema: GraphQLSchema) -> Lexicon:
    """Read what a role finds: the first page of each list, with what hangs on its rows."""
    made = Lexicon()
    root = schema.query_type
    assert root is not None
    for name, declared in root.fields.items():
        if "after" in declared.args:
            connection = get_named_type(declared.type).name
            record = get_named_type(_object(schema, connection).fields["nodes"].type).name
            asked = (
                f"{{ {name}(first: {PAGE}) {{ __typename edges {{ __typename cursor }}"
                f" nodes {{ {' '.join(_everything(schema, record, DEPTH))} }} }} }}"
            )
            answer = await world.answer(role, asked)
            assert "errors" not in answer.body, (role, name, answer.body)
            page = answer.body["data"][name]
            made.cursors[name] += [edge["cursor"] for edge in page["edges"]]
            made.note(page["nodes"])
    return made


def _object(schema: GraphQLSchema, name: str) -> GraphQLObjectType | GraphQLInterfaceType:
    type_ = schema.type_map[name]
    assert isinstance(type_, GraphQLObjectType | GraphQLInterfaceType)
    return type_


def _everything(schema: GraphQLSchema, name: str, depth: int) -> Iterator[str]:
    """Select every field that needs no argument, each kind of an interface under its own names."""
    type_ = _object(schema, name)
    yield "__typename"
    if isinstance(type_, GraphQLInterfaceType):
        for kind in schema.get_possible_types(type_):
            inner = " ".join(_fields(schema, kind, depth, f"{kind.name}_"))
            yield f"... on {kind.name} {{ {inner} }}"
    else:
        yield from _fields(schema, type_, depth, "")


def _fields(
    schema: GraphQLSchema, type_: GraphQLObjectType, depth: int, prefix: str
) -> Iterator[str]:
    for name, declared in type_.fields.items():
        inner = get_named_type(declared.type)
        if any(is_required_argument(each) for each in declared.args.values()):
            continue
        if is_leaf_type(inner):
            yield f"{prefix}{name}: {name}" if prefix else name
        elif depth > 1 and not prefix and "after" not in declared.args:
            yield f"{name} {{ {' '.join(_everything(schema, inner.name, depth - 1))} }}"
