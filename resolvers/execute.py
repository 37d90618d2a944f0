"""Answer one GraphQL request: parse, validate, plan, execute; every failure with its code."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import DocumentNode, ExecutionResult, GraphQLError, OperationType, parse, validate
from graphql import execute as run

import schema
from db.pool import Pool, TimedOut, Unavailable
from db.viewer import Viewer
from resolvers.bind import Binding, bind
from resolvers.errors import Code, Refusal, coded
from resolvers.observer import NOBODY, Observer
from resolvers.planner import plan
from resolvers.reader import Reader
from resolvers.resolve import Context, resolve, resolve_type
from resolvers.selection import RequestRefused, Selection

_LOG = logging.getLogger("connect_graph.execute")
MOST_TOKENS = 10_000
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
UNREACHABLE = Refusal(Code.UNAVAILABLE, "The database cannot be reached: try again later.")
TOO_SLOW = Refusal(Code.TIMEOUT, "The database took too long: ask for less.")


@dataclass(frozen=True, slots=True)
class Request:
    """Hold a GraphQL request as it came."""

    query: str
    operation_name: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """Hold what is answered, and how many statements and rows it took."""

    body: dict[str, Any]
    status: int = 200
    """The HTTP status where the media type lets a status tell of errors."""
    statements: int = 0
    rows: int = 0

    @classmethod
    def of_errors(cls, errors: list[GraphQLError], code: Code) -> Answer:
        """Answer errors for which nothing was executed."""
        return cls({"errors": [error.formatted for error in errors]}, code.status)


@dataclass(frozen=True, slots=True)
class Graph:
    """Hold the bound schema, made once for a process."""

    binding: Binding
    kinds: Mapping[str, str]

    @classmethod
    def make(cls) -> Graph:
        """Declare the schema and bind it."""
        binding = bind(schema.declare(), resolve, resolve_type)
        kinds = {kind: name for name in binding.types for kind, name in binding.kinds(name).items()}
        return cls(binding, kinds)

    async def answer(
        self,
        request: Request,
        viewer: Viewer,
        pool: Pool,
        *,
        query_only: bool = False,
        observer: Observer = NOBODY,
    ) -> Answer:
        """Answer a request as its viewer, from the pool of the viewer's role."""
        binding = self.binding
        try:
            with observer.stage("plan"):
                document = self._document(request.query)
                selection = Selection.of(
                    binding.schema, document, request.operation_name, request.variables
                )
                kind = selection.operation.operation
                observer.operation(kind.value)
                if query_only and kind is not OperationType.QUERY:
                    raise Refusal(Code.BAD_USER_INPUT, "GET is for queries alone: send it by POST.")
                planned = plan(selection, binding, pool.grants, viewer.scope)
                _check(planned.values)
        except RequestRefused as refused:
            return _refused(refused.errors)
        except Refusal as refusal:
            return _refused([refusal])
        reader = Reader(pool, viewer, planned.values, observer)
        context = Context(viewer, reader, planned.slots, self.kinds)
        result = run(
            binding.schema,
            document,
            variable_values=dict(request.variables),
            operation_name=request.operation_name,
            context_value=context,
            hide_suggestions=True,
        )
        if not isinstance(result, ExecutionResult):
            result = await result
        return _answer(result, planned.lacking, reader)

    def _document(self, query: str) -> DocumentNode:
        try:
            document = parse(query, max_tokens=MOST_TOKENS, allow_empty_selection_sets=False)
        except GraphQLError as error:
            raise RequestRefused(coded([error], Code.GRAPHQL_PARSE_FAILED)) from error
        errors = validate(self.binding.schema, document, max_errors=20, hide_suggestions=True)
        if errors:
            raise RequestRefused(coded(errors, Code.GRAPHQL_VALIDATION_FAILED))
        return document


def _check(values: tuple[object, ...]) -> None:
    """Refuse text that PostgreSQL cannot hold, which JSON and GraphQL can escape."""
    for value in values:
        if isinstance(value, str) and _UNSTORABLE.search(value):
            raise Refusal(Code.BAD_USER_INPUT, "A value holds NUL or half of a surrogate pair.")


def _refused(errors: list[GraphQLError]) -> Answer:
    extensions = errors[0].extensions or {}
    return Answer.of_errors(errors, Code(extensions["code"]))


def _answer(result: ExecutionResult, lacking: tuple[Refusal, ...], reader: Reader) -> Answer:
    body: dict[str, Any]
    errors = [*lacking, *(_told(error) for error in result.errors or ())]
    whole = next((e for e in errors if e.code in _WHOLE), None)
    if whole is not None:
        body = {"errors": [whole.formatted]}
        return Answer(body, whole.code.status, reader.statements, reader.rows)
    body = {"data": result.data}
    if errors:
        body["errors"] = [error.formatted for error in errors]
    return Answer(body, statements=reader.statements, rows=reader.rows)


_WHOLE = (Code.UNAVAILABLE, Code.TIMEOUT, Code.INTERNAL, Code.LIMIT_EXCEEDED)
"""What leaves nothing of an answer."""


def _told(error: GraphQLError) -> Refusal:
    """Turn what went wrong into what may be said; what may not goes to the log with a reference."""
    match error.original_error:
        case None if isinstance(error, Refusal):
            return error
        case Refusal() as refusal:
            told = Refusal(refusal.code, refusal.message, error.nodes)
        case Unavailable():
            return UNREACHABLE
        case TimedOut():
            return TOO_SLOW
        case cause:
            reference = secrets.token_hex(6)
            _LOG.error("internal error %s", reference, exc_info=cause or error)
            told = Refusal(Code.INTERNAL, f"Something went wrong here; reference {reference}.")
            told.extensions = {"code": Code.INTERNAL.value, "reference": reference}
    told.path = error.path
    return told
