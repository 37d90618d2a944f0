"""Streams: a whole list page after page, each by a statement of its own, a record on each line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from graphql import (
    ArgumentNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    InlineFragmentNode,
    IntValueNode,
    NamedTypeNode,
    NameNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableDefinitionNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
)
from graphql.execution.values import get_variable_values

from resolvers.answer import Answer, Page
from resolvers.bind import Binding
from resolvers.errors import Code, Refusal
from resolvers.selection import Selection
from resolvers.whole import Written
from schema import mapping
from schema.connection import MOST

_PLACE = "place of the page"
"""What the page's own place is called in an operation: no alias is."""
_ROWS = ("nodes", "edges")
_LAST = ("errors", "extensions")
"""What the last line of a stream may hold: no record names a field so."""
_FORBIDDEN = 403


@dataclass(frozen=True, slots=True)
class Streaming:
    """Say which page of a stream is asked for."""

    flat: bool = False
    """Each record is to be a row of a table."""
    after: str | None = None
    """The cursor that the last page ended with; None: it is the first."""


@dataclass(frozen=True, slots=True)
class Turned:
    """Hold an operation turned into one that asks for a page of its list, and for its end."""

    selection: Selection
    size: int
    columns: tuple[tuple[str, ...], ...]

    @classmethod
    def of(
        cls,
        selection: Selection,
        binding: Binding,
        variables: Mapping[str, Any],
        asked: Streaming,
    ) -> Turned:
        """Turn an operation.

        Raises: Refusal BAD_USER_INPUT where it is not one list of records alone, or, for a table,
            where a record has lists.
        """
        name, nodes, target = _listed(selection, binding)
        chosen = _rows(selection, name, nodes, target)
        record = get_named_type(target.fields[chosen[0].name.value].type)
        columns: tuple[tuple[str, ...], ...] = ()
        if asked.flat:
            columns = tuple(_columns(selection, record, chosen, ()))
        else:
            _check_names(selection, record, chosen)
        turned, size = _turn(selection, nodes, target, variables, asked)
        return cls(turned, size, columns)

    def page(self, found: Written, answer: Answer) -> Answer:
        """Give the page that a statement wrote, in the place of what was answered."""
        last, lines = found.texts[0].split("\n", 1)
        is_full = bool(lines) and lines.count("\n") + 1 >= self.size
        after = json.loads(last) if is_full else None
        return replace(answer, text=lines, page=Page(after, self.columns))


def refused(lacking: Sequence[Refusal]) -> Answer:
    """Refuse a stream of what the role lacks, or of what no statement writes."""
    if lacking:
        errors = [each.formatted for each in lacking]
        return Answer({"errors": errors}, _FORBIDDEN)
    refusal = Refusal(Code.BAD_USER_INPUT, "This list cannot be streamed: ask for it as JSON.")
    return Answer.of_errors([refusal], refusal.code)


def _listed(
    selection: Selection, binding: Binding
) -> tuple[str, list[FieldNode], GraphQLObjectType]:
    """Give the one list that an operation asks for, and its type."""
    roots = selection.roots()
    root = selection.root
    if selection.operation.operation is not OperationType.QUERY or root is None:
        raise _refusal("Only a query can be streamed: send this one as JSON.")
    if len(roots) != 1:
        raise _refusal(
            f"One list is streamed at a time, and the operation asks for {len(roots)} fields: "
            "ask for each by itself."
        )
    ((name, nodes),) = roots.items()
    field = nodes[0].name.value
    if field.startswith("__") or not isinstance(
        binding.types[root.name].sources[field], mapping.Listing
    ):
        raise _refusal(f"`{name}` is no list with pages: ask for it as JSON.", nodes)
    target = get_named_type(root.fields[field].type)
    if not isinstance(target, GraphQLObjectType):
        raise TypeError(f"{field} is no connection")
    return name, nodes, target


def _rows(
    selection: Selection, name: str, nodes: list[FieldNode], target: GraphQLObjectType
) -> list[FieldNode]:
    """Give what asks for the records."""
    found = list(selection.fields(target, nodes).values())
    beside = [each for each in found if each[0].name.value not in _ROWS] or found[1:]
    if beside or not found:
        raise _refusal(
            f"A stream has the records of `{name}` alone: ask for `nodes`, or for `edges`, "
            "and for nothing beside them.",
            beside[0] if beside else nodes,
        )
    return found[0]


def _turn(
    selection: Selection,
    nodes: list[FieldNode],
    target: GraphQLObjectType,
    variables: Mapping[str, Any],
    asked: Streaming,
) -> tuple[Selection, int]:
    """Write the operation that asks for a page: its cursor is a variable of our own."""
    node, operation, root = nodes[0], selection.operation, selection.root
    if root is None:
        raise TypeError("a list has a root")
    declared = root.fields[node.name.value]
    given = {each.name.value: each for each in node.arguments or ()}
    after = asked.after or selection.arguments(declared, node).get("after")
    ours = NameNode(value=_PLACE)
    given["after"] = ArgumentNode(name=NameNode(value="after"), value=VariableNode(name=ours))
    if "first" not in given:
        size = IntValueNode(value=str(MOST))
        given["first"] = ArgumentNode(name=NameNode(value="first"), value=size)
    ends = SelectionSetNode(selections=(FieldNode(name=NameNode(value="endCursor")),))
    place = FieldNode(name=NameNode(value="pageInfo"), alias=ours, selection_set=ends)
    inner = (
        each for every in nodes if every.selection_set for each in every.selection_set.selections
    )
    turned = FieldNode(
        name=node.name,
        alias=node.alias,
        arguments=tuple(given.values()),
        selection_set=SelectionSetNode(selections=(*inner, place)),
        loc=node.loc,
    )
    definition = VariableDefinitionNode(
        variable=VariableNode(name=ours), type=NamedTypeNode(name=NameNode(value="String"))
    )
    definitions = (*(operation.variable_definitions or ()), definition)
    coerced = get_variable_values(
        selection.schema, definitions, {**variables, _PLACE: after}, hide_suggestions=True
    )
    if isinstance(coerced, list):
        raise TypeError("the variables were good before")
    chosen = OperationDefinitionNode(
        operation=operation.operation,
        name=operation.name,
        variable_definitions=definitions,
        selection_set=SelectionSetNode(selections=(turned,)),
    )
    found = replace(selection, operation=chosen, variables=coerced)
    return found, found.arguments(declared, turned).get("first") or MOST


def _columns(
    selection: Selection, type_: Any, nodes: list[FieldNode], way: tuple[str, ...]
) -> Iterator[tuple[str, ...]]:
    """List the ways to the values of a record, in the operation's order."""
    for name, (holder, chosen) in _fields(selection, type_, nodes).items():
        field = chosen[0].name.value
        here = (*way, name)
        declared = None if field.startswith("__") else holder.fields[field].type
        inner = None if declared is None else get_named_type(declared)
        if declared is None or not is_composite_type(inner):
            yield here
        elif is_list_type(get_nullable_type(declared)):
            raise _refusal(
                f"`{'.'.join(here)}` is a list of records, which no row of a table holds: "
                "leave it out, or ask for application/jsonl.",
                chosen,
            )
        else:
            yield from _columns(selection, inner, chosen, here)


def _fields(
    selection: Selection, type_: Any, nodes: list[FieldNode]
) -> dict[str, tuple[GraphQLObjectType, list[FieldNode]]]:
    """List what is selected of a type, or of any type that an interface has, as it was written."""
    kinds = [type_]
    if isinstance(type_, GraphQLInterfaceType):
        kinds = list(selection.schema.get_implementations(type_).objects)
    found: dict[str, tuple[GraphQLObjectType, list[FieldNode]]] = {}
    for kind in kinds:
        for name, chosen in selection.fields(kind, nodes).items():
            found.setdefault(name, (kind, chosen))
    if len(kinds) == 1:
        return found
    order = dict.fromkeys(
        name for node in nodes for name in _names(selection, node.selection_set, set())
    )
    return {name: found[name] for name in order if name in found}


def _names(selection: Selection, chosen: SelectionSetNode | None, seen: set[str]) -> Iterator[str]:
    """List the names of an answer, whatever its type is."""
    for node in () if chosen is None else chosen.selections:
        match node:
            case FieldNode():
                yield node.alias.value if node.alias else node.name.value
            case InlineFragmentNode():
                yield from _names(selection, node.selection_set, seen)
            case FragmentSpreadNode() if node.name.value not in seen:
                seen.add(node.name.value)
                inner = selection.fragments[node.name.value].selection_set
                yield from _names(selection, inner, seen)


def _check_names(selection: Selection, type_: Any, nodes: list[FieldNode]) -> None:
    for name, (_, chosen) in _fields(selection, type_, nodes).items():
        if name in _LAST:
            raise _refusal(
                f"`{name}` is what the last line of a stream may hold: name the field otherwise.",
                chosen,
            )


def _refusal(said: str, nodes: Any = None) -> Refusal:
    return Refusal(Code.BAD_USER_INPUT, said, nodes)
