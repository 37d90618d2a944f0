"""Storing records: staged by COPY, judged by the tables' own rules, upserted in sets.

Runs in the caller's transaction as connect_loader. Two intakes of one study at once would race:
the caller holds the study (`db.intake.batch`). Ids and keys of what is there stay, and only what
differs is changed, so the same records again change nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import asyncpg

from db.ingest.report import Change, ImportRefused, Unmapped
from db.intake import statement
from db.intake.shape import Connection, Shape, shape
from db.intake.table import TABLES, Record, Table

_CHUNK = 5_000
_BY_TYPE: Final = {table.type: table for table in TABLES}


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a record cannot be stored."""

    place: int
    """Its place among the records, from 0."""
    table: str
    rule: str
    """REFERENCE_UNRESOLVED, CODE_UNKNOWN, VALUE_MISSING, VALUE_REFUSED, KEY_TWICE, RECORD_MOVED,
    REFERENCE_DIFFERS."""
    field: str
    value: str | None
    why: str | None

    @property
    def remedy(self) -> str:
        """Say what to do."""
        match self.rule:
            case "REFERENCE_UNRESOLVED":
                return f"{self.why}: add it to the files, or correct the reference"
            case "CODE_UNKNOWN":
                return f"{self.why}: correct the code, or add it to the vocabulary"
            case "VALUE_MISSING":
                return "fill it in"
            case "VALUE_REFUSED":
                return f"correct it; what must hold is {self.why}"
            case "KEY_TWICE":
                return "an earlier row has the same key: keep the one that is right"
            case "RECORD_MOVED":
                return "it was another patient's in an earlier import: correct it, or give a new id"
            case _:
                return f"it is there already and differs in {self.why}: an import never changes it"


def refuse(problem: Problem) -> None:
    """Refuse the whole import for a record that cannot be stored."""
    raise ImportRefused(
        f"{problem.rule} {problem.table}.{problem.field} {problem.value}", problem.remedy
    )


@dataclass(frozen=True, slots=True)
class Stored:
    """What an intake did."""

    changes: list[Change] = field(default_factory=list)
    unmapped: list[Unmapped] = field(default_factory=list)


async def store(
    connection: Connection,
    study: int,
    batch: int,
    records: Iterable[Record],
    *,
    told: Mapping[type[Record], Iterable[str]] | None = None,
    problem: Callable[[Problem], None] = refuse,
) -> Stored:
    """Store records, in any order, and count what changed.

    `told` names the fields that the source tells, of types of which it does not tell all: the
    others stay as they are. `problem` is told of each record that cannot be stored, once; when it
    returns, the others are stored.
    """
    await connection.execute(statement.PROBLEMS)
    shapes = await _stage(connection, study, records, told or {})
    stored = Stored()
    for table in TABLES:
        if table.type in shapes:
            try:
                await _table(connection, shapes[table.type], batch, stored, problem)
            except asyncpg.UniqueViolationError as error:
                raise ImportRefused(
                    f"{table.name}: {error.detail}", "two records claim the same: correct one"
                ) from error
    names = [each.staged for each in shapes.values()]
    await connection.execute(f"drop table {', '.join([*names, 'pg_temp.intake_problem'])}")
    return stored


async def _stage(
    connection: Connection,
    study: int,
    records: Iterable[Record],
    told: Mapping[type[Record], Iterable[str]],
) -> dict[type[Record], Shape]:
    shapes: dict[type[Record], Shape] = {}
    waiting: dict[type[Record], list[tuple[object, ...]]] = {}

    async def flush(kind: type[Record]) -> None:
        if kind not in shapes:
            table: Table = _BY_TYPE[kind]
            named = set(told.get(kind, kind._fields))
            given = tuple(
                name for name in kind._fields if name in named or name not in kind._field_defaults
            )
            shapes[kind] = await shape(connection, table, given)
            for text in statement.create(shapes[kind], study):
                await connection.execute(text)
        fields = shapes[kind].fields
        whole = len(fields) == len(kind._fields)
        places = [kind._fields.index(name) for name in fields]
        await connection.copy_records_to_table(
            f"intake_{shapes[kind].table.name}",
            schema_name="pg_temp",
            columns=[*fields, "intake_place"],
            records=(
                row if whole else (*(row[place] for place in places), row[-1])
                for row in waiting[kind]
            ),
        )
        waiting[kind].clear()

    for place, record in enumerate(records):
        rows = waiting.setdefault(type(record), [])
        rows.append((*record, place))
        if len(rows) == _CHUNK:
            await flush(type(record))
    for kind, rows in waiting.items():
        if rows:
            await flush(kind)
    return shapes


async def _table(
    connection: Connection,
    shape: Shape,
    batch: int,
    stored: Stored,
    problem: Callable[[Problem], None],
) -> None:
    for text in (*statement.resolve(shape), *statement.meet(shape), *statement.judge(shape)):
        await connection.execute(text)
    if shape.table.fixed:
        for text in statement.compare(shape):
            await connection.execute(text)
    for row in await connection.fetch(statement.TAKE_PROBLEMS):
        problem(
            Problem(
                row["place"], shape.table.name, row["rule"], row["field"], row["value"], row["why"]
            )
        )
    await connection.execute(statement.drop_judged(shape))
    await connection.execute("truncate pg_temp.intake_problem")
    for text in statement.unknown_genes(shape):
        stored.unmapped.extend(Unmapped(*row) for row in await connection.fetch(text))
    for text in statement.number(shape):
        await connection.execute(text)
    await _write(connection, shape, batch, stored)


async def _write(connection: Connection, shape: Shape, batch: int, stored: Stored) -> None:
    removed = updated = 0
    if shape.table.whole_of is not None and not shape.table.fixed:
        there = await connection.fetchval(
            "select to_regclass($1) is not null", f"pg_temp.intake_{shape.table.whole_of}"
        )
        if there:
            removed = _count(await connection.execute(statement.replace(shape)))
    if not shape.table.fixed:
        for text in statement.update(shape, batch):
            updated = _count(await connection.execute(text))
    inserted = _count(await connection.execute(statement.insert(shape, batch)))
    stored.changes.append(Change(shape.table.name, inserted, updated, removed))
    side = statement.store_side(shape)
    if side is not None and shape.table.side is not None:
        inserting, updating = side
        changed = _count(await connection.execute(updating)) if updating else 0
        added = _count(await connection.execute(inserting))
        stored.changes.append(Change(shape.table.side, added, changed))


def _count(tag: str) -> int:
    return int(tag.rpartition(" ")[2])
