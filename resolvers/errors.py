"""The closed list of error codes, and the error that carries one."""

from __future__ import annotations

from enum import Enum
from typing import Any

from graphql import GraphQLError


class Code(Enum):
    """Name an error code, as clients find it in `extensions.code`."""

    UNAUTHENTICATED = "UNAUTHENTICATED"
    SCOPE_REQUIRED = "SCOPE_REQUIRED"
    PURPOSE_REQUIRED = "PURPOSE_REQUIRED"
    SCOPE_REFUSED = "SCOPE_REFUSED"
    GRAPHQL_PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
    GRAPHQL_VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
    BAD_USER_INPUT = "BAD_USER_INPUT"
    FIELD_NOT_AVAILABLE = "FIELD_NOT_AVAILABLE"
    LIMIT_EXCEEDED = "LIMIT_EXCEEDED"
    COST_EXCEEDED = "COST_EXCEEDED"
    PAYLOAD_TOO_LARGE = "PAYLOAD_TOO_LARGE"
    RATE_LIMITED = "RATE_LIMITED"
    TIMEOUT = "TIMEOUT"
    SUBGRAPH_UNAVAILABLE = "SUBGRAPH_UNAVAILABLE"
    UNAVAILABLE = "UNAVAILABLE"
    INTERNAL = "INTERNAL"

    @property
    def status(self) -> int:
        """Give the HTTP status of a request that fails whole; 200 where only a field does."""
        return _STATUS[self]


_STATUS = {
    Code.UNAUTHENTICATED: 401,
    Code.SCOPE_REQUIRED: 403,
    Code.PURPOSE_REQUIRED: 403,
    Code.SCOPE_REFUSED: 403,
    Code.GRAPHQL_PARSE_FAILED: 400,
    Code.GRAPHQL_VALIDATION_FAILED: 400,
    Code.BAD_USER_INPUT: 400,
    Code.FIELD_NOT_AVAILABLE: 200,
    Code.LIMIT_EXCEEDED: 400,
    Code.COST_EXCEEDED: 400,
    Code.PAYLOAD_TOO_LARGE: 413,
    Code.RATE_LIMITED: 429,
    Code.TIMEOUT: 504,
    Code.SUBGRAPH_UNAVAILABLE: 200,
    Code.UNAVAILABLE: 503,
    Code.INTERNAL: 500,
}


class Refusal(GraphQLError):
    """Refuse a request or a field with a code and a sentence that names the remedy."""

    def __init__(self, code: Code, message: str, nodes: Any = None) -> None:
        super().__init__(message, nodes, extensions={"code": code.value})
        self.code = code
        self.alone = False
        """It concerns one value, and the rest of the answer stands."""


def coded(errors: list[GraphQLError], code: Code) -> list[GraphQLError]:
    """Give errors of the library a code, keeping their places."""
    for error in errors:
        extensions: dict[str, Any] = {"code": code.value}
        error.extensions = extensions
    return errors
