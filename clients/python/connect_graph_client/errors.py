"""What can go wrong, one class for each code that the graph answers with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar


class GraphError(Exception):
    """What every error of this package is."""


class Unreachable(GraphError):
    """No answer came: the address, the network, or a time limit."""


class NotGraphQL(GraphError):
    """The answer is not one of a graph: a wrong address, or something in between."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Hold one error of an answer."""

    code: str | None
    message: str
    path: tuple[str | int, ...] = ()

    def __str__(self) -> str:
        place = f" (at {'.'.join(map(str, self.path))})" if self.path else ""
        return f"{self.code or 'error'}: {self.message}{place}"


class AnswerError(GraphError):
    """The graph answered with errors.

    Raised as the class of their code where they share one, so that catching one code never hides
    another, and as this class otherwise. `data` is what was answered beside them, None where
    nothing was; `retry_after` is in seconds, where the graph said.
    """

    code: ClassVar[str | None] = None
    _classes: ClassVar[dict[str, type[AnswerError]]] = {}

    def __init__(
        self,
        problems: tuple[Problem, ...],
        data: dict[str, Any] | None = None,
        status: int = 200,
        retry_after: int | None = None,
    ) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems
        self.data = data
        self.status = status
        self.retry_after = retry_after

    def __init_subclass__(cls) -> None:
        if cls.code is not None:
            AnswerError._classes[cls.code] = cls

    @classmethod
    def of(cls, problems: tuple[Problem, ...]) -> type[AnswerError]:
        """Choose the class that these are raised as; a code that is not known has none."""
        codes = {problem.code for problem in problems}
        (code, *others) = codes
        return cls if others or code is None else cls._classes.get(code, cls)


class Unauthenticated(AnswerError):
    """No token, or one that is not valid."""

    code = "UNAUTHENTICATED"


class ScopeRequired(AnswerError):
    """You hold several scopes and named none."""

    code = "SCOPE_REQUIRED"


class ScopeRefused(AnswerError):
    """The scope, or its use for the purpose, is not yours now."""

    code = "SCOPE_REFUSED"


class PurposeRequired(AnswerError):
    """The scope has several purposes and none was stated."""

    code = "PURPOSE_REQUIRED"


class ParseFailed(AnswerError):
    """The document is not GraphQL."""

    code = "GRAPHQL_PARSE_FAILED"


class ValidationFailed(AnswerError):
    """The document asks for what the schema does not have: the versions may differ."""

    code = "GRAPHQL_VALIDATION_FAILED"


class BadUserInput(AnswerError):
    """A variable, argument or cursor cannot be used."""

    code = "BAD_USER_INPUT"


class FieldNotAvailable(AnswerError):
    """Your role lacks a field; the rest of the answer is in `data`."""

    code = "FIELD_NOT_AVAILABLE"


class LimitExceeded(AnswerError):
    """More was asked for than a request may."""

    code = "LIMIT_EXCEEDED"


class CostExceeded(AnswerError):
    """The operation may cost more than a request may."""

    code = "COST_EXCEEDED"


class PayloadTooLarge(AnswerError):
    """The request is larger than one may be."""

    code = "PAYLOAD_TOO_LARGE"


class RateLimited(AnswerError):
    """You asked too often; `retry_after` says when to come back."""

    code = "RATE_LIMITED"


class TimedOut(AnswerError):
    """The database took longer than a statement may."""

    code = "TIMEOUT"


class SubgraphUnavailable(AnswerError):
    """A part of the graph is down; what the others answered is in `data`."""

    code = "SUBGRAPH_UNAVAILABLE"


class Unavailable(AnswerError):
    """The database cannot be reached; `retry_after` says when to come back."""

    code = "UNAVAILABLE"


class Internal(AnswerError):
    """A fault of the graph; report the reference in the sentence."""

    code = "INTERNAL"
