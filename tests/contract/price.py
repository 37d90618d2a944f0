"""What an operation costs by the printed schema alone: slow, and with nothing of the server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import (
    FragmentDefinitionNode,
    GraphQLField,
    GraphQLObjectType,
    OperationDefinitionNode,
    build_schema,
    get_argument_values,
    get_directive_values,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    parse,
)
from graphql.execution.collect_fields import (
    FieldDetailsList,
    FragmentDetails,
    collect_fields,
    collect_subfields,
)
from graphql.execution.values import VariableValues, get_variable_values

from tests.world import ROOT

SCHEMA = build_schema((ROOT / "schema" / "schema.graphql").read_text())


def applied(field: GraphQLField, name: str) -> dict[str, Any] | None:
    """Give the arguments of a directive on a field, with its defaults."""
    directive = SCHEMA.get_directive(name)
    assert directive is not None
    assert field.ast_node is not None
    return get_directive_values(directive, field.ast_node)


def price(text: str, variables: Mapping[str, Any]) -> int:
    """Add up an operation: each object 1, each field with `@cost` its weight, by list sizes."""
    document = parse(text)
    (operation,) = (n for n in document.definitions if isinstance(n, OperationDefinitionNode))
    fragments = {
        node.name.value: FragmentDetails(node)
        for node in document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    given = get_variable_values(SCHEMA, operation.variable_definitions or (), dict(variables))
    assert isinstance(given, VariableValues), given

    def of(type_: GraphQLObjectType, found: dict[str, FieldDetailsList], page: Any) -> int:
        cost = 0
        for details in found.values():
            name = details[0].node.name.value
            if name == "__typename":
                continue
            field = type_.fields[name]
            size, below = 1, None
            if page is not None and name in page[0]:
                size = page[1]
            if listed := applied(field, "listSize"):
                arguments = get_argument_values(field, details[0].node, given)
                slices = [arguments[each] for each in listed.get("slicingArguments") or []]
                number = max(slices) if slices else listed["assumedSize"]
                if "sizedFields" in listed:
                    below = (listed["sizedFields"], number)
                else:
                    size = number
            cost += size * each_of(field, details, below)
        return cost

    def each_of(field: GraphQLField, details: FieldDetailsList, below: Any) -> int:
        named = get_named_type(field.type)
        weight = applied(field, "cost")
        own: int = weight["weight"] if weight else 0 if is_leaf_type(named) else 1
        if is_leaf_type(named):
            return own
        kinds = SCHEMA.get_possible_types(named) if is_abstract_type(named) else [named]
        inside = [
            of(
                kind,
                collect_subfields(
                    SCHEMA, fragments, given, operation, kind, details
                ).grouped_field_set,
                below,
            )
            for kind in kinds
            if isinstance(kind, GraphQLObjectType)
        ]
        return own + max(inside)

    root = SCHEMA.query_type
    assert root is not None
    roots = collect_fields(SCHEMA, fragments, given, root, operation).grouped_field_set
    return of(root, roots, None)
