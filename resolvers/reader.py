"""The reader: run a plan's selections, one statement for each, whatever the number of rows."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiodataloader import DataLoader

from db import statement
from db.plan import Expression, Select
from db.pool import Pool
from db.statement import Statement
from db.viewer import Viewer
from resolvers.observer import NOBODY, Observer


@dataclass(frozen=True, slots=True)
class Row:
    """Hold the values of a row, found by their expressions."""

    values: list[Any]
    places: Mapping[Expression, int]

    def value(self, expression: Expression | None) -> Any:
        """Give the value of an expression that the row was read with."""
        if expression is None:
            raise TypeError("the selection reads no such value")
        return self.values[self.places[expression]]


class Reader:
    """Read for one operation, as its viewer's role, counting statements and rows."""

    def __init__(
        self,
        pool: Pool,
        viewer: Viewer,
        values: tuple[object, ...],
        observer: Observer = NOBODY,
    ) -> None:
        self._pool = pool
        self._viewer = viewer
        self._values = values
        self._loaders: dict[Select, DataLoader[Any, tuple[Row, ...]]] = {}
        self._named: dict[Select, DataLoader[tuple[str | None, ...], Row | None]] = {}
        self._counters: dict[Select, DataLoader[Any, int]] = {}
        self._observer = observer
        self.statements = 0
        self.rows = 0
        self._running: set[asyncio.Task[Any]] = set()

    def end(self) -> None:
        """End the statements that still run: those of the loaders are no part of who waits."""
        for task in self._running:
            task.cancel()

    def forget(self) -> None:
        """Read anew from here on, since something was changed."""
        self._loaders.clear()
        self._named.clear()
        self._counters.clear()

    async def root(self, select: Select) -> tuple[Row, ...]:
        """Read the rows of a root selection."""
        return await self._rows(select)

    async def count(self, select: Select, key: Any = None) -> int:
        """Count the rows of a selection, whatever its page: all, or those of a key."""
        if select.key is None:
            return int(await self._text(statement.count(select)))
        loader = self._counters.get(select)
        if loader is None:

            async def batch(keys: list[Any]) -> list[int]:
                found = dict(json.loads(await self._text(statement.count(select), keys)))
                return [found.get(one, 0) for one in keys]

            loader = self._counters[select] = DataLoader(batch)
        return await loader.load(key)

    async def children(self, select: Select, key: Any) -> tuple[Row, ...]:
        """Read the rows of a selection that belong to one key; all keys asked for go together."""
        loader = self._loaders.get(select)
        if loader is None:

            async def batch(keys: list[Any]) -> list[tuple[Row, ...]]:
                found: dict[Any, list[Row]] = {one: [] for one in keys}
                for row in await self._rows(select, keys):
                    found[row.value(select.key)].append(row)
                return [tuple(found[one]) for one in keys]

            loader = self._loaders[select] = DataLoader(batch)
        return await loader.load(key)

    async def named(self, select: Select, name: tuple[str | None, ...]) -> Row | None:
        """Read the row that a name from outside means; all names asked for go together."""
        loader = self._named.get(select)
        if loader is None:

            async def batch(names: list[tuple[str | None, ...]]) -> list[Row | None]:
                rows = await self._rows(select, *map(list, zip(*names, strict=True)))
                found = {tuple(map(row.value, select.given)): row for row in rows}
                return [found.get(each) for each in names]

            loader = self._named[select] = DataLoader(batch)
        return await loader.load(name)

    async def _rows(self, select: Select, *keys: list[Any]) -> tuple[Row, ...]:
        made = statement.rows(select)
        places = {expression: place for place, expression in enumerate(made.columns)}
        text = await self._text(made, *keys)
        found = tuple(Row(values, places) for values in json.loads(text))
        self.rows += len(found)
        return found

    async def _text(self, made: Statement, *keys: list[Any]) -> str:
        self.statements += 1
        values = (self._values[position] for position in made.values)
        task = asyncio.current_task()
        if task is None:
            raise TypeError("a statement runs in a task")
        self._running.add(task)
        try:
            with self._observer.stage("statement"):
                return await self._pool.text(made.sql, *self._viewer.given, *keys, *values)
        finally:
            self._running.discard(task)
