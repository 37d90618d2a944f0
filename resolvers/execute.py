"""Answer one GraphQL request: parse, validate, plan, execute; every failure with its code."""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import strawberry
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    OperationType,
    parse,
    print_ast,
    validate,
)
from graphql import execute as run

import schema
from db.office.change import Office
from db.office.problem import Rejected
from db.pool import Outdated, Pool, TimedOut, Unavailable, Unfit
from db.viewer import NOTHING, Viewer
from resolvers.bind import Binding, bind
from resolvers.change import refusals
from resolvers.document import Document
from resolvers.errors import Code, Refusal, coded
from resolvers.limits import MOST_TOKENS, check_cost, check_document, check_introspection
from resolvers.observer import NOBODY, Observer
from resolvers.planner import plan
from resolvers.projection import project, shown
from resolvers.reader import Reader
from resolvers.released import Names, Released
from resolvers.resolve import Context, resolve, resolve_type
from resolvers.sdl import VERSION, write
from resolvers.selection import MOST_ERRORS, RequestRefused, Selection
from resolvers.subgraph import Division, carve
from resolvers.withheld import Rules
from schema.subgraph import OWNED

_LOG = logging.getLogger("connect_graph.execute")
UNREACHABLE = Refusal(Code.UNAVAILABLE, "The database cannot be reached: try again later.")
MISFIT = Refusal(Code.BAD_USER_INPUT, "A cursor or a value does not fit what it is for.")
TOO_SLOW = Refusal(Code.TIMEOUT, "The database took too long: ask for less.")
_FAILURES: Mapping[type[Exception], Refusal] = {
    Unavailable: UNREACHABLE,
    TimedOut: TOO_SLOW,
    Unfit: MISFIT,
}
Charging = Callable[[int], None]
"""Takes what an operation may cost from a budget, or refuses it."""


@dataclass(frozen=True, slots=True)
class Request:
    """Hold a GraphQL request as it came."""

    query: str
    operation_name: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    coordinates: frozenset[str] | None = None
    """Tell the rules that stand on these coordinates of the schema, as a gateway needs it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Hold what is answered, and how many statements and rows it took."""

    body: dict[str, Any]
    status: int = 200
    """The HTTP status where the media type lets a status tell of errors."""
    statements: int = 0
    rows: int = 0
    released: Released | None = None
    """What of it is for the audit alone."""

    @property
    def is_answered(self) -> bool:
        """Tell whether it holds data."""
        return "data" in self.body

    @property
    def is_read(self) -> bool:
        """Tell whether it holds data that a statement read."""
        return self.statements > 0 and self.is_answered

    @property
    def codes(self) -> tuple[str, ...]:
        """Name the codes of its errors, sorted."""
        errors: list[dict[str, Any]] = self.body.get("errors", [])
        internal = Code.INTERNAL.value
        found = {error.get("extensions", {}).get("code", internal) for error in errors}
        return tuple(sorted(found))

    @property
    def json(self) -> str:
        """Spell it."""
        return json.dumps(self.body, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def of_errors(cls, errors: list[GraphQLError], code: Code) -> Answer:
        """Answer errors for which nothing was executed."""
        return cls({"errors": [error.formatted for error in errors]}, code.status)


@dataclass(frozen=True, slots=True)
class Graph:
    """Hold the bound schema, made once for a process."""

    binding: Binding
    names: Names
    division: Division
    sdl: str
    part: str | None = None
    """Which subgraph it is; None: the whole."""
    projections: dict[str, GraphQLSchema] = field(default_factory=dict)
    """The schema as each role may know it, made when first asked for."""
    told: dict[str, str] = field(default_factory=dict)
    """What a subgraph tells each role of itself, likewise."""
    rules: dict[tuple[object, ...], Rules] = field(default_factory=dict)
    """What withholds from each role, by the terms of scopes that tell."""

    @classmethod
    def make(
        cls,
        declared: strawberry.Schema | None = None,
        owners: Mapping[str, tuple[str, ...]] = OWNED,
    ) -> Graph:
        """Declare the schema, the product's where no other is given, and bind it."""
        declared = declared or schema.declare()
        binding = bind(declared, resolve, resolve_type)
        return cls(binding, Names.of(binding), Division(binding, owners), declared.as_str())

    def subgraph(self, name: str, version: str = VERSION) -> Graph:
        """Make the graph of one owner's part, in a version of Apollo Federation."""
        part = self.division.part(name)
        carved = carve(self.binding, part, resolve, resolve_type)
        return replace(
            self,
            binding=carved,
            part=name,
            sdl=write(self.sdl, part, self.division.shared(), version),
            projections={},
            told={},
            rules={},
        )

    async def answer(
        self,
        request: Request,
        viewer: Viewer,
        pool: Pool,
        *,
        office: Office | None = None,
        query_only: bool = False,
        observer: Observer = NOBODY,
        charge: Charging = lambda _cost: None,
    ) -> Answer:
        """Answer a request as its viewer, from the pool of the viewer's role.

        Where an office is given it makes the changes that are asked for.
        Raises: Outdated where the viewer's proof does not hold, before anything is changed.
        """
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
                if _is_introspection(selection):
                    check_introspection(document, selection.operation)
                    return self._introspect(request, document, viewer, pool)
                if kind is not OperationType.QUERY and viewer.proof != NOTHING:
                    raise Outdated  # a change is made for who was identified just now
                cost = check_cost(selection, binding)
                planned = plan(selection, binding, pool.grants, viewer.namespace)
                withheld = self._withheld(request, selection, viewer, pool)
                charge(cost)
        except RequestRefused as refused:
            return _refused(refused.errors)
        except Refusal as refusal:
            return _refused([refusal])
        reader = Reader(pool, viewer, planned.values, observer)
        released = Released(self.names)
        context = Context(
            viewer,
            reader,
            planned.slots,
            self.names.kinds,
            released,
            lambda: self._told(pool),
            office,
        )
        result = run(
            binding.schema,
            document,
            variable_values=dict(request.variables),
            operation_name=request.operation_name,
            context_value=context,
            hide_suggestions=True,
        )
        try:
            if not isinstance(result, ExecutionResult):
                result = await result
        finally:
            reader.end()
        if any(isinstance(error.original_error, Outdated) for error in result.errors or ()):
            raise Outdated
        whole = kind is OperationType.QUERY
        answer = _answer(result, planned.lacking, reader, withheld, whole=whole)
        return replace(answer, released=released)

    def _withheld(
        self, request: Request, selection: Selection, viewer: Viewer, pool: Pool
    ) -> list[dict[str, Any]]:
        """Name the rules that apply to the fields asked for, whatever there is to be found."""
        embargo = viewer.embargo_until if viewer.embargoed else None
        terms = (pool.role, viewer.data_domains, viewer.purpose, embargo)
        if terms not in self.rules:
            if len(self.rules) >= _MOST_TERMS:
                self.rules.clear()
            self.rules[terms] = Rules.of(self.division.binding, pool.grants, viewer)
        rules = self.rules[terms]
        if request.coordinates is not None:
            return rules.by_coordinates(request.coordinates)
        return rules.by_paths(selection)

    def _introspect(
        self, request: Request, document: DocumentNode, viewer: Viewer, pool: Pool
    ) -> Answer:
        """Show the schema as the role may know it."""
        if pool.role not in self.projections:
            self.projections[pool.role] = project(self.binding, pool.grants)
        result = run(
            self.projections[pool.role],
            document,
            variable_values=dict(request.variables),
            operation_name=request.operation_name,
            hide_suggestions=True,
        )
        if not isinstance(result, ExecutionResult):
            raise TypeError("introspection waits for nothing")
        return _answer(result, (), Reader(pool, viewer, ()))

    def _told(self, pool: Pool) -> str:
        """Write the subgraph's schema as the role may know it."""
        if pool.role not in self.told:
            document = shown(parse(self.sdl), self.binding, pool.grants)
            self.told[pool.role] = print_ast(document)
        return self.told[pool.role]

    def _document(self, query: str) -> DocumentNode:
        try:
            document = parse(
                Document(query), max_tokens=MOST_TOKENS, allow_empty_selection_sets=False
            )
        except GraphQLError as error:
            raise RequestRefused(coded([error], Code.GRAPHQL_PARSE_FAILED)) from error
        try:
            check_document(document)
        except RecursionError as error:
            raise Refusal(Code.LIMIT_EXCEEDED, "The document is too deep.") from error
        errors = validate(
            self.binding.schema, document, max_errors=MOST_ERRORS, hide_suggestions=True
        )
        if errors:
            raise RequestRefused(coded(errors, Code.GRAPHQL_VALIDATION_FAILED))
        return document


def _is_introspection(selection: Selection) -> bool:
    """Tell whether an operation asks for the schema alone.

    Raises: Refusal BAD_USER_INPUT where it asks for data too.
    """
    names = [nodes[0].name.value for nodes in selection.roots().values()]
    asks = [name in {"__schema", "__type"} for name in names]
    if any(asks) and not all(name.startswith("__") for name in names):
        raise Refusal(Code.BAD_USER_INPUT, "Ask for the schema and for data in two operations.")
    return any(asks)


def _refused(errors: list[GraphQLError]) -> Answer:
    extensions = errors[0].extensions or {}
    return Answer.of_errors(errors, Code(extensions["code"]))


def _answer(
    result: ExecutionResult,
    lacking: tuple[Refusal, ...],
    reader: Reader,
    withheld: Sequence[Mapping[str, Any]] = (),
    *,
    whole: bool = True,
) -> Answer:
    """Make the answer; some errors leave nothing of it, unless a change may have been made."""
    body: dict[str, Any]
    told = [each for error in result.errors or () for each in _told(error, whole=whole)]
    errors = list(dict.fromkeys([*lacking, *told]))
    worst = next((e for e in errors if e.code in _WHOLE and not e.alone), None) if whole else None
    if worst is not None:
        body = {"errors": [worst.formatted]}
        return Answer(body, worst.code.status, reader.statements, reader.rows)
    body = {"data": result.data}
    if errors:
        body["errors"] = [error.formatted for error in errors]
    if withheld:
        body["extensions"] = {"withheld": withheld}
    return Answer(body, statements=reader.statements, rows=reader.rows)


_MOST_TERMS = 1_000
"""Scopes' terms for which the rules are kept."""
_WHOLE = (Code.BAD_USER_INPUT, Code.UNAVAILABLE, Code.TIMEOUT, Code.INTERNAL, Code.LIMIT_EXCEEDED)
"""What leaves nothing of an answer."""


def _told(error: GraphQLError, *, whole: bool) -> list[Refusal]:
    """Turn what went wrong into what may be said; what may not goes to the log with a reference."""
    match error.original_error:
        case None if isinstance(error, Refusal):
            return [error]
        case Refusal() as refusal:
            told = Refusal(refusal.code, refusal.message, error.nodes)
            told.alone = refusal.alone
        case Rejected() as rejected:
            problems = refusals(rejected, error.nodes)
            for problem in problems:
                problem.path = error.path
            return problems
        case Unavailable() | TimedOut() | Unfit() as failure:
            known = _FAILURES[type(failure)]
            if whole:
                return [known]
            told = Refusal(known.code, known.message, error.nodes)
        case cause:
            reference = secrets.token_hex(6)
            _LOG.error("internal error %s", reference, exc_info=cause or error)
            told = Refusal(Code.INTERNAL, f"Something went wrong here; reference {reference}.")
            told.extensions = {"code": Code.INTERNAL.value, "reference": reference}
    told.path = error.path
    return [told]
