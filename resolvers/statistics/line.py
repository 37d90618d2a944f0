"""Lines: the rows of statistics as records, or as rows of a table, with what they rest on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    GraphQLObjectType,
    OperationType,
    get_named_type,
    get_nullable_type,
    is_list_type,
)

from resolvers.bind import Binding
from resolvers.errors import Code, Refusal
from resolvers.selection import Selection
from resolvers.statistics.question import Question
from resolvers.statistics.share import Tree
from resolvers.told import written
from schema import mapping

_GROUP = "group"
_ROWS = "rows"
Way = tuple[str, ...]


def asks_lines(selection: Selection, binding: Binding) -> bool:
    """Tell whether an operation asks for statistics alone, as lines can tell them."""
    roots = selection.roots()
    root = selection.root
    if len(roots) != 1 or root is None:
        return False
    ((nodes),) = roots.values()
    source = binding.types[root.name].sources.get(nodes[0].name.value)
    is_query = selection.operation.operation is OperationType.QUERY
    return is_query and isinstance(source, mapping.Outcomes)


@dataclass(frozen=True, slots=True)
class Lines:
    """Hold which fields of an operation are told of each row, and which of all of them."""

    selection: Selection
    name: str
    """Of the field, in the answer."""
    nodes: list[FieldNode]
    type: GraphQLObjectType
    rows: str
    """The name of the rows in the answer, as that of the group."""
    group: str | None
    columns: tuple[Way, ...]
    """The ways to the cells, where each row is to be one of a table."""

    @classmethod
    def of(cls, selection: Selection, *, flat: bool) -> Lines:
        """Read an operation that asks for statistics alone.

        Raises: Refusal BAD_USER_INPUT where it asks for no rows, or for what no row holds.
        """
        root = selection.root
        if root is None:
            raise TypeError("what asks for statistics has a root")
        ((name, nodes),) = selection.roots().items()
        declared = root.fields[nodes[0].name.value]
        type_ = get_named_type(declared.type)
        if not isinstance(type_, GraphQLObjectType):
            raise TypeError(f"{name} is no object")
        chosen = selection.fields(type_, nodes)
        rows = [key for key, each in chosen.items() if each[0].name.value == _ROWS]
        if len(rows) != 1:
            raise _refusal(f"Lines are rows: ask for `{_ROWS}` of `{name}`, once.", nodes)
        row: Any = get_named_type(type_.fields[_ROWS].type)
        inner = selection.fields(row, chosen[rows[0]])
        if twice := sorted(set(inner) & set(chosen)):
            raise _refusal(
                f"`{twice[0]}` names a field of a row and one of all rows: name one otherwise.",
                chosen[twice[0]],
            )
        groups = [key for key, each in inner.items() if each[0].name.value == _GROUP]
        columns: tuple[Way, ...] = ()
        if flat:
            by = Question.of(selection.arguments(declared, nodes[0]), nodes[0]).by
            columns = (
                *(
                    way
                    for key, each in inner.items()
                    for way in _row(selection, row, key, each, by)
                ),
                *(
                    way
                    for key, each in chosen.items()
                    if key != rows[0]
                    for way in _ways(selection, type_, (key,), each)
                ),
            )
        group = groups[0] if flat and groups else None
        return cls(selection, name, nodes, type_, rows[0], group, columns)

    def text(self, found: Tree) -> str:
        """Write statistics, a record on each line; what all rows have in common is in each."""
        told = written(self.selection, self.type, self.nodes, found)
        rows: Any = told.pop(self.rows)
        lines = []
        for row, each in zip(rows, found[_ROWS], strict=True):
            if self.group is not None:
                row[self.group] = {one["dimension"]: one["value"] for one in each[_GROUP]}
            line = json.dumps({**row, **told}, ensure_ascii=False, separators=(",", ":"))
            lines.append(line)
        return "\n".join(lines)


def _row(
    selection: Selection,
    row: GraphQLObjectType,
    key: str,
    nodes: list[FieldNode],
    by: tuple[str, ...],
) -> Iterator[Way]:
    """List the ways to the cells of a field of a row: of its group one for each dimension."""
    if nodes[0].name.value == _GROUP:
        yield from ((key, dimension) for dimension in by)
    else:
        yield from _ways(selection, row, (key,), nodes)


def _ways(
    selection: Selection, type_: GraphQLObjectType, way: Way, nodes: list[FieldNode]
) -> Iterator[Way]:
    """List the ways to the values of a field, in the operation's order."""
    name = nodes[0].name.value
    declared = None if name.startswith("__") else type_.fields[name].type
    inner = None if declared is None else get_named_type(declared)
    if declared is None or not isinstance(inner, GraphQLObjectType):
        yield way
    elif is_list_type(get_nullable_type(declared)):
        raise _refusal(
            f"`{'.'.join(way)}` is a list of records, which no row of a table holds: "
            "leave it out, or ask for application/jsonl.",
            nodes,
        )
    else:
        for key, chosen in selection.fields(inner, nodes).items():
            yield from _ways(selection, inner, (*way, key), chosen)


def _refusal(said: str, nodes: list[FieldNode]) -> Refusal:
    return Refusal(Code.BAD_USER_INPUT, said, nodes)
