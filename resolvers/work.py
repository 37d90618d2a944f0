"""One operation that is about to be answered: by a statement, as statistics, or field by field."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    GraphQLError,
    GraphQLObjectType,
    OperationType,
    get_named_type,
)
from graphql import execute as run

from db.office.change import Office
from db.pool import Outdated, Pool
from db.viewer import Viewer
from resolvers import answer, stream
from resolvers.answer import FAILURES, Answer
from resolvers.argument import Arguments
from resolvers.errors import Code, Refusal
from resolvers.observer import Observer
from resolvers.prepared import Prepared
from resolvers.reader import Reader
from resolvers.released import Released
from resolvers.resolve import Context
from resolvers.selection import Selection
from resolvers.slot import Outcomes
from resolvers.split import joined, only
from resolvers.statistics.line import Lines
from resolvers.statistics.reading import Statistics
from resolvers.statistics.share import Tree
from resolvers.stream import Turned
from resolvers.told import written
from resolvers.whole import Lacked, Whole, Written

if TYPE_CHECKING:
    from resolvers.execute import Graph, Request


@dataclass(slots=True)
class Work:
    """Hold one operation that is about to be answered."""

    graph: Graph
    request: Request
    selection: Selection
    viewer: Viewer
    pool: Pool
    office: Office | None
    observer: Observer
    ready: Prepared
    arguments: Arguments
    values: tuple[object, ...]
    withheld: list[dict[str, Any]]

    async def answer(self, document: DocumentNode) -> Answer:
        """Answer by one statement what one statement can, and the rest by graphql-core."""
        lacking = list(self.ready.planned.lacking)
        whole, counted = self.ready.whole, self._counted()
        if (whole is not None or counted) and self.graph.compiles:
            released = Released(self.graph.names)
            try:
                found = None if whole is None else await self._compiled(whole, released)
            except Lacked:
                pass
            except Refusal as refusal:
                return answer.refused([refusal])
            else:
                return await self._merge(whole, found, counted, released, document)
        released = Released(self.graph.names)
        result, reader = await self._interpret(document, released)
        changes = self.selection.operation.operation is not OperationType.QUERY
        errors = [*lacking, *answer.told(result.errors or (), whole=not changes)]
        return answer.made(
            result.data,
            list(dict.fromkeys(errors)),
            self.withheld,
            released,
            statements=reader.statements,
            rows=reader.rows,
            whole=not changes,
        )

    async def page(self, turned: Turned) -> Answer:
        """Answer a page of a stream, by one statement or not at all."""
        lacking = list(self.ready.planned.lacking)
        whole, released = self.ready.whole, Released(self.graph.names)
        if whole is None or (lacking and turned.columns):
            return stream.refused(lacking)
        try:
            found = await self._compiled(whole, released)
        except Lacked as lacked:
            return answer.refused(list(answer.told([GraphQLError("", original_error=lacked)])))
        except Refusal as refusal:
            return answer.refused([refusal])
        made = answer.made("", lacking, self.withheld, released, statements=1, rows=found.rows)
        return turned.page(found, made)

    async def _compiled(self, whole: Whole, released: Released) -> Written:
        """Run the statement of what one statement can answer.

        Raises: Lacked; Refusal; Outdated.
        """
        try:
            return await whole.run(
                self.selection,
                self.arguments,
                self.viewer,
                self.pool,
                self.graph.binding.keys,
                self.observer,
                released,
            )
        except tuple(FAILURES) as failure:
            raise FAILURES[type(failure)] from failure

    def _counted(self) -> Mapping[str, Outcomes]:
        """Give the roots that ask for statistics, by their names in the answer."""
        slots = self.ready.planned.slots.items()
        return {name: slot for (_, name), slot in slots if isinstance(slot, Outcomes)}

    async def lines(self, lines: Lines) -> Answer:
        """Answer the rows of statistics as lines."""
        lacking = list(self.ready.planned.lacking)
        if lacking:
            return stream.refused(lacking)
        statistics = self._statistics(Released(self.graph.names))
        ((name, slot),) = self._counted().items()
        text, errors = await self._count(statistics, name, slot, lines.text, lines.columns)
        if text is None:
            is_lacking = all(each.code is Code.FIELD_NOT_AVAILABLE for each in errors)
            return stream.refused(errors) if is_lacking else answer.refused([*errors])
        made = answer.made(
            text,
            (),
            self.withheld,
            statistics.released,
            statements=statistics.statements,
            rows=0,
        )
        return replace(made, page=answer.Page(None, lines.columns, is_whole=True))

    def _statistics(self, released: Released) -> Statistics:
        return Statistics(
            self.pool,
            self.viewer,
            self.arguments,
            self.graph.calculator,
            self.observer,
            released,
        )

    async def _count(
        self,
        statistics: Statistics,
        name: str,
        slot: Outcomes,
        write: Callable[[Tree], str],
        columns: Hashable = None,
    ) -> tuple[str | None, list[Refusal]]:
        """Write the statistics of a root, or say why there are none.

        Raises: Outdated.
        """
        try:
            key = (self.ready.key, name, columns)
            return await statistics.text(slot, write, self.graph.looked_up, key), []
        except tuple(FAILURES) as failure:
            refusal = FAILURES[type(failure)]
        except Refusal as refused:
            refusal = refused
        refusal.path = [name]
        return None, [refusal]

    async def _merge(
        self,
        whole: Whole | None,
        found: Written | None,
        counted: Mapping[str, Outcomes],
        released: Released,
        document: DocumentNode,
    ) -> Answer:
        """Put what was answered in each way into one answer, root by root."""
        errors = list(self.ready.planned.lacking)
        texts: dict[str, str] = {}
        statements = rows = 0
        text = None
        rest = self.selection.roots() if whole is None else whole.rest
        if whole is not None and found is not None:
            errors += answer.told(found.errors)
            statements, rows, text = 1, found.rows, found.texts[0]
            if rest:
                texts |= zip(whole.roots, found.texts, strict=True)
        statistics = self._statistics(released)
        for name, slot in counted.items():
            write = partial(self._text, rest[name])
            found_text, refused = await self._count(statistics, name, slot, write)
            errors += refused
            texts[name] = "null" if found_text is None else found_text
        statements += statistics.statements
        left = {name: nodes for name, nodes in rest.items() if name not in counted}
        result: ExecutionResult | None = None
        if left:
            result, reader = await self._interpret(only(document, self.selection, left), released)
            errors += answer.told(result.errors or ())
            statements, rows = statements + reader.statements, rows + reader.rows
        if text is None or rest:
            text = joined(self.selection, texts, result)
        return answer.made(
            text,
            list(dict.fromkeys(errors)),
            self.withheld,
            released,
            statements=statements,
            rows=rows,
        )

    def _text(self, nodes: list[FieldNode], tree: Tree) -> str:
        """Write statistics as fields ask for them."""
        root = self.selection.root
        type_ = None if root is None else get_named_type(root.fields[nodes[0].name.value].type)
        if not isinstance(type_, GraphQLObjectType):
            raise TypeError("statistics are an object")
        told = written(self.selection, type_, nodes, tree)
        return json.dumps(told, ensure_ascii=False, separators=(",", ":"))

    async def _interpret(
        self, document: DocumentNode, released: Released
    ) -> tuple[ExecutionResult, Reader]:
        """Run an operation on graphql-core, field by field."""
        reader = Reader(self.pool, self.viewer, self.values, self.observer)
        statistics = self._statistics(released)
        context = Context(
            self.viewer,
            reader,
            self.ready.planned.slots,
            self.graph.names.kinds,
            self.arguments,
            self.graph.binding.keys,
            released,
            statistics,
            lambda: self.graph.tell(self.pool),
            self.office,
        )
        result = run(
            self.graph.binding.schema,
            document,
            variable_values=dict(self.request.variables),
            operation_name=self.request.operation_name,
            context_value=context,
            hide_suggestions=True,
        )
        try:
            if not isinstance(result, ExecutionResult):
                result = await result
        finally:
            reader.end()
            statistics.end()
        reader.statements += statistics.statements
        if any(isinstance(error.original_error, Outdated) for error in result.errors or ()):
            raise Outdated
        return result, reader
