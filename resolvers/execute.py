"""Answer one GraphQL request: parse, validate, plan, execute; every failure with its code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
from db.pool import Outdated, Pool
from db.viewer import NOTHING, Viewer
from resolvers import answer
from resolvers.answer import Answer
from resolvers.argument import Arguments
from resolvers.bind import Binding, bind
from resolvers.document import Document
from resolvers.errors import Code, Refusal, coded
from resolvers.limits import MOST_TOKENS, check_cost, check_document, check_introspection
from resolvers.observer import NOBODY, Observer
from resolvers.planner import plan
from resolvers.prepared import Prepared, outline, sizes
from resolvers.projection import project, shown
from resolvers.recent import Recent
from resolvers.released import Names
from resolvers.resolve import resolve, resolve_type
from resolvers.sdl import VERSION, write
from resolvers.selection import MOST_ERRORS, RequestRefused, Selection
from resolvers.statistics.calculator import Calculator
from resolvers.statistics.line import Lines, asks_lines
from resolvers.statistics.reading import Written
from resolvers.stream import Streaming, Turned
from resolvers.subgraph import Division, carve
from resolvers.whole import Whole
from resolvers.withheld import Rules
from resolvers.work import Work
from schema.subgraph import OWNED

Charging = Callable[[int], None]
"""Takes what an operation may cost from a budget, or refuses it."""
_MOST_DOCUMENTS = 1_000
_LONGEST = 100_000
"""Characters of a document that is kept."""
_MOST_PREPARED = 2_000
_MOST_LOOKED_UP = 100
_MOST_TERMS = 1_000
"""Scopes' terms for which the rules are kept."""


@dataclass(frozen=True, slots=True)
class Request:
    """Hold a GraphQL request as it came."""

    query: str
    operation_name: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    coordinates: frozenset[str] | None = None
    """Tell the rules that stand on these coordinates of the schema, as a gateway needs it."""
    stored: str | None = None
    """By which name its document is stored; None: it came with the request."""
    stream: Streaming | None = None
    """Answer a page of the stream of its list; None: the whole answer at once."""


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
    documents: Recent[DocumentNode] = field(default_factory=lambda: Recent(_MOST_DOCUMENTS))
    """What was found valid, by its text."""
    prepared: Recent[Prepared] = field(default_factory=lambda: Recent(_MOST_PREPARED))
    """What was planned, by text, name, role and what of the variables shapes it."""
    calculator: Calculator = field(default_factory=Calculator)
    """Computes intervals and curves, in a process of its own; all parts share it."""
    looked_up: Recent[Written] = field(default_factory=lambda: Recent(_MOST_LOOKED_UP))
    """What was written of publications, by all that it follows from."""
    compiles: bool = True
    """False answers everything by graphql-core: to compare the two."""

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
            documents=Recent(_MOST_DOCUMENTS),
            prepared=Recent(_MOST_PREPARED),
            looked_up=Recent(_MOST_LOOKED_UP),
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
                document = self.document(request.query)
                selection = Selection.of(
                    binding.schema, document, request.operation_name, request.variables
                )
                kind = selection.operation.operation
                observer.operation(kind.value)
                turned: Turned | None = None
                lines: Lines | None = None
                if request.stream is not None and asks_lines(selection, binding):
                    lines = Lines.of(selection, flat=request.stream.flat)
                elif request.stream is not None:
                    turned = Turned.of(selection, binding, request.variables, request.stream)
                    selection = turned.selection
                if query_only and kind is not OperationType.QUERY:
                    raise Refusal(Code.BAD_USER_INPUT, "GET is for queries alone: send it by POST.")
                if _is_introspection(selection):
                    check_introspection(document, selection.operation)
                    return self._introspect(request, document, viewer, pool)
                if kind is not OperationType.QUERY and viewer.proof != NOTHING:
                    raise Outdated  # a change is made for who was identified just now
                work = self._prepare(request, selection, viewer, pool, office, observer, charge)
        except RequestRefused as refused:
            return answer.refused(refused.errors)
        except Refusal as refusal:
            return answer.refused([refusal])
        if lines is not None:
            return await work.lines(lines)
        return await (work.answer(document) if turned is None else work.page(turned))

    def statement(self, request: Request, viewer: Viewer, pool: Pool) -> tuple[str, list[object]]:
        """Give the statement that answers a request, and its arguments: for who measures it.

        Raises: RequestRefused, Refusal; LookupError where no statement answers it.
        """
        document = self.document(request.query)
        selection = Selection.of(
            self.binding.schema, document, request.operation_name, request.variables
        )
        work = self._prepare(request, selection, viewer, pool, None, NOBODY, lambda _cost: None)
        whole = work.ready.whole
        if whole is None or whole.rest:
            raise LookupError("no statement answers the whole of it")
        _, given = whole.given(selection, work.arguments, viewer, self.binding.keys)
        return whole.statement.sql, given

    def _prepare(
        self,
        request: Request,
        selection: Selection,
        viewer: Viewer,
        pool: Pool,
        office: Office | None,
        observer: Observer,
        charge: Charging,
    ) -> Work:
        """Plan the operation, unless it was planned before, and charge for it.

        Raises: RequestRefused, Refusal (`BAD_USER_INPUT`, `LIMIT_EXCEEDED`, `COST_EXCEEDED`).
        """
        changes = selection.operation.operation is not OperationType.QUERY
        shaped = outline(selection.variables.coerced)
        lines = request.stream is not None
        key = (request.query, request.operation_name, pool.role, shaped, lines)
        ready = None if changes else self.prepared.get(key)
        cost: int | None = None
        if ready is None:
            cost = check_cost(selection, self.binding)
            planned = plan(selection, self.binding, pool.grants)
            whole = None
            if not changes:
                tables = self.names.tables
                whole = Whole.of(selection, planned, self.binding, pool.grants, tables, lines=lines)
            ready = Prepared(key, planned, whole)
            if not changes and len(request.query) <= _LONGEST:
                self.prepared.keep(key, ready)
        arguments = Arguments.read(selection, ready.planned.fields, viewer.namespace)
        sized = sizes(arguments)
        cost = ready.costs.get(sized) if cost is None else cost
        if cost is None:
            cost = check_cost(selection, self.binding)
        ready.costs.keep(sized, cost)
        values = tuple(map(arguments.value, ready.planned.values))
        withheld = self._withheld(ready, request, selection, viewer, pool)
        charge(cost)
        return Work(
            self,
            request,
            selection,
            viewer,
            pool,
            office,
            observer,
            ready,
            arguments,
            values,
            withheld,
        )

    def _withheld(
        self,
        ready: Prepared,
        request: Request,
        selection: Selection,
        viewer: Viewer,
        pool: Pool,
    ) -> list[dict[str, Any]]:
        """Name the rules that apply to the fields asked for, whatever there is to be found."""
        embargo = viewer.embargo_until if viewer.embargoed else None
        terms = (pool.role, viewer.data_domains, viewer.purpose, embargo)
        known = ready.withheld.get((terms, request.coordinates))
        if known is not None:
            return known
        if terms not in self.rules:
            if len(self.rules) >= _MOST_TERMS:
                self.rules.clear()
            self.rules[terms] = Rules.of(self.division.binding, pool.grants, viewer)
        rules = self.rules[terms]
        if request.coordinates is not None:
            found = rules.by_coordinates(request.coordinates)
        else:
            found = rules.by_paths(selection)
        ready.withheld.keep((terms, request.coordinates), found)
        return found

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
        errors = answer.told(result.errors or ())
        return answer.made(result.data, errors, (), None, statements=0, rows=0)

    def tell(self, pool: Pool) -> str:
        """Write the subgraph's schema as the role may know it."""
        if pool.role not in self.told:
            document = shown(parse(self.sdl), self.binding, pool.grants)
            self.told[pool.role] = print_ast(document)
        return self.told[pool.role]

    def document(self, query: str) -> DocumentNode:
        """Parse and validate a document, unless it was before.

        Raises: RequestRefused, Refusal LIMIT_EXCEEDED.
        """
        known = self.documents.get(query)
        if known is not None:
            return known
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
        if len(query) <= _LONGEST:
            self.documents.keep(query, document)
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
