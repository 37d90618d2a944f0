"""The review of a document that is to be stored: whether it can be run, and what it may cost."""

from __future__ import annotations

from dataclasses import dataclass

from graphql import NonNullTypeNode, OperationDefinitionNode, OperationType

from resolvers.errors import Code, Refusal
from resolvers.execute import Graph
from resolvers.limits import check_cost
from resolvers.selection import Selection


@dataclass(frozen=True, slots=True)
class Review:
    """Hold what was found of a document that may be stored."""

    name: str | None
    """That the document gives its operation."""
    needs: tuple[str, ...]
    """The variables without which it cannot be run."""
    cost: int | None
    """With the defaults of its variables; None where it needs some."""


def review(graph: Graph, text: str) -> Review:
    """Review a document: one query that fits the schema and the limits.

    Raises: RequestRefused, Refusal BAD_USER_INPUT, LIMIT_EXCEEDED, COST_EXCEEDED.
    """
    document = graph.document(text)
    operations = [
        node for node in document.definitions if isinstance(node, OperationDefinitionNode)
    ]
    if len(operations) != 1 or operations[0].operation is not OperationType.QUERY:
        found = ", ".join(node.operation.value for node in operations) or "none"
        raise Refusal(
            Code.BAD_USER_INPUT,
            f"The document must hold one operation, a query, and holds {found}: "
            "leave one query with its fragments.",
        )
    (operation,) = operations
    needs = tuple(
        each.variable.name.value
        for each in operation.variable_definitions or ()
        if isinstance(each.type, NonNullTypeNode) and each.default_value is None
    )
    cost = None
    if not needs:
        selection = Selection.of(graph.binding.schema, document, None, {})
        cost = check_cost(selection, graph.binding)
    return Review(operation.name.value if operation.name else None, needs, cost)
