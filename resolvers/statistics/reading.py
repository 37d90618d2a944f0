"""Reading statistics: one statement, live or of what was published, and what follows from it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field

from graphql import FieldNode

from db.aggregate.live import Counting, Part, Test, statement
from db.aggregate.published import LOOK_UP
from db.answer import MOST_CHILDREN
from db.pool import Pool
from db.viewer import Viewer
from resolvers.argument import Arguments
from resolvers.observer import Observer
from resolvers.recent import Recent
from resolvers.released import Released, excessive
from resolvers.slot import Outcomes, OutcomesOf
from resolvers.statistics.calculator import Calculator
from resolvers.statistics.question import Question, outside, unknown
from resolvers.statistics.row import Rows, cells
from resolvers.statistics.share import Tree


@dataclass(frozen=True, slots=True)
class Written:
    """Hold what is told of something that was looked up: it follows from that and the fields."""

    text: str
    cells: int
    release: str


@dataclass(slots=True)
class Statistics:
    """Read the statistics of one operation, as its viewer."""

    pool: Pool
    viewer: Viewer
    arguments: Arguments
    calculator: Calculator
    observer: Observer
    released: Released
    statements: int = 0
    groups: dict[OutcomesOf, asyncio.Future[Mapping[str, Tree]]] = field(default_factory=dict)
    """Of the fields that stand in rows: the row of each group."""

    async def root(self, slot: Outcomes) -> Tree:
        """Give the statistics that a root asks for.

        Raises: Refusal; Unavailable, TimedOut, Unfit, Excessive, Outdated.
        """
        asked, arguments = self.arguments.given[slot.asked]
        question = Question.of(arguments, asked.node)
        found = await self._read(slot, question, asked.node)
        self.released.cells += cells(found["rows"], slot.fields)
        if found["funnel"] is not None:
            self.released.cells += len(found["funnel"])
        return found

    async def text(
        self, slot: Outcomes, write: Callable[[Tree], str], kept: Recent[Written], key: Hashable
    ) -> str:
        """Give the statistics of a root as they are written.

        What was looked up is written once: `kept` has it by `key`, which says for which fields, by
        the question, and by all that the statement has just read as its viewer.
        Raises: as `root`.
        """
        if slot.is_live:
            return write(await self.root(slot))
        asked, arguments = self.arguments.given[slot.asked]
        question = Question.of(arguments, asked.node)
        read = await self._look_up(question)
        known = kept.get((key, question, read))
        if known is None:
            rows = Rows(question.by)
            found = self._published(question, rows, read, asked.node, required=True)
            await rows.shares.settle(self.calculator)
            told = cells(found["rows"], slot.fields)
            known = Written(write(found), told, found["citation"]["release"])
            kept.keep((key, question, read), known)
        self.released.cells += known.cells
        self.released.releases.add(known.release)
        return known.text

    async def of_group(self, slot: OutcomesOf, value: str) -> Tree | None:
        """Give the row of a group; all groups of a field are read together.

        Raises: as `root`.
        """
        if slot not in self.groups:
            self.groups[slot] = asyncio.ensure_future(self._groups(slot))
        row = (await asyncio.shield(self.groups[slot])).get(value)
        if row is not None:
            self.released.cells += cells((row,), slot.of.fields)
        return row

    def end(self) -> None:
        """End what still runs: it is no part of who waits."""
        for group in self.groups.values():
            group.cancel()

    async def _groups(self, slot: OutcomesOf) -> Mapping[str, Tree]:
        asked, arguments = self.arguments.given[slot.of.asked]
        question = Question((slot.dimension,), release=arguments.get("release"))
        found = await self._read(slot.of, question, asked.node, required=False)
        return {row["group"][0]["value"]: row for row in found["rows"]}

    async def _read(
        self, slot: Outcomes, question: Question, node: FieldNode, *, required: bool = True
    ) -> Tree:
        rows = Rows(question.by)
        if slot.is_live:
            found = await self._live(slot, question, rows)
        else:
            read = await self._look_up(question)
            found = self._published(question, rows, read, node, required=required)
        await rows.shares.settle(self.calculator)
        return found

    async def _live(self, slot: Outcomes, question: Question, rows: Rows) -> Tree:
        tests = tuple((each.dimension, each.test) for each in question.conditions)
        texts = [list(each.texts) for each in question.conditions if each.test is Test.ANY]
        sql = statement(Counting(question.by, tests, slot.parts))
        read = json.loads(await self._text(sql, *texts))
        if len(read["counts"]) > MOST_CHILDREN:
            raise excessive()
        funnel = read.get(Part.FUNNEL.value)
        return {
            "basis": "RECORDS",
            "release": None,
            "citation": None,
            "funnel": None if funnel is None else rows.funnel(funnel),
            "rows": rows.live(read, slot.parts - {Part.FUNNEL}),
        }

    async def _look_up(self, question: Question) -> str:
        equal = question.equalities or {}
        values = [equal.get(name) for name in question.by]
        return await self._text(LOOK_UP, question.release, question.name, values)

    def _published(
        self, question: Question, rows: Rows, text: str, node: FieldNode, *, required: bool
    ) -> Tree:
        equal = question.equalities
        read = json.loads(text)
        release = read["release"]
        if release is None:
            if question.release is None and not required:
                return {"rows": []}
            raise unknown(question.release, node)
        if equal is None or question.name not in read["groupings"]:
            if not required:
                return {"rows": []}
            raise outside(release["version"], read["groupings"], node)
        version = release["version"]
        self.released.releases.add(version)
        return {
            "basis": "RELEASE",
            "release": release,
            "citation": {
                "release": version,
                "digest": release["digest"],
                "query": question.written(version),
            },
            "funnel": None,
            "rows": rows.published(read["cells"], read["stages"]),
        }

    async def _text(self, sql: str, *values: object) -> str:
        self.statements += 1
        with self.observer.stage("statement"):
            return await self.pool.text(sql, *self.viewer.given, *values)
