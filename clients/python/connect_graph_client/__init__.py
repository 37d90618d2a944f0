"""A typed client of Connect Graph.

`ConnectGraph` asks; `errors` has what may be raised; `generated`, made from the graph's schema, has
the types of what is asked with and of what is answered.
"""

from connect_graph_client.client import ConnectGraph
from connect_graph_client.errors import (
    AnswerError,
    FieldNotAvailable,
    GraphError,
    NotGraphQL,
    Problem,
    Unauthenticated,
    Unavailable,
    Unreachable,
)

__all__ = [
    "AnswerError",
    "ConnectGraph",
    "FieldNotAvailable",
    "GraphError",
    "NotGraphQL",
    "Problem",
    "Unauthenticated",
    "Unavailable",
    "Unreachable",
]
