"""Split an operation by its roots between two executors, and join what they answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from resolvers.selection import Selection


def only(
    document: DocumentNode, selection: Selection, roots: Mapping[str, list[FieldNode]]
) -> DocumentNode:
    """Leave of an operation some of its roots."""
    nodes = tuple(node for found in roots.values() for node in found)
    operation = selection.operation
    chosen = OperationDefinitionNode(
        operation=operation.operation,
        name=operation.name,
        variable_definitions=operation.variable_definitions,
        directives=operation.directives,
        selection_set=SelectionSetNode(selections=nodes),
    )
    rest = (node for node in document.definitions if node is not selection.operation)
    return DocumentNode(definitions=(chosen, *rest))


def joined(selection: Selection, texts: Mapping[str, str], result: ExecutionResult | None) -> str:
    """Write what was answered in each way as one object."""
    if result is not None and result.data is None:
        return "null"
    data = {} if result is None else result.data or {}
    members = (
        f'"{name}":{texts[name] if name in texts else _json(data[name])}'
        for name in selection.roots()
    )
    return "{" + ",".join(members) + "}"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
