"""The shape of a table: its columns and checks as PostgreSQL has them, and what a record fills."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import asyncpg

from db.intake.table import PARENTS, VOCABULARIES, Parent, Table, Vocabulary

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

_COLUMNS = """
select a.attname, a.attnotnull, a.attidentity <> '' as counted,
  pg_get_expr(d.adbin, d.adrelid) as preset
from pg_attribute a
left join pg_attrdef d on (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
where a.attrelid = $1::text::regclass and a.attnum > 0 and not a.attisdropped
order by a.attnum
"""
_CHECKS = """
select pg_get_expr(c.conbin, c.conrelid) as condition,
  (select array_agg(a.attname::text order by a.attnum) from pg_attribute a
   where a.attrelid = c.conrelid and a.attnum = any (c.conkey)) as columns
from pg_constraint c
where c.contype = 'c' and c.conrelid = $1::text::regclass
order by c.conname
"""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: whether it must have a value, and what it gets without one."""

    required: bool
    counted: bool
    preset: str | None


@dataclass(frozen=True, slots=True)
class Check:
    """A condition on the columns of a row."""

    condition: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """A table, its side table, and the fields of its record that a source tells."""

    table: Table
    fields: tuple[str, ...]
    main: Mapping[str, Column]
    side: Mapping[str, Column]
    checks: tuple[Check, ...]

    @property
    def staged(self) -> str:
        """Name the temporary table that its records are copied to."""
        return f"pg_temp.intake_{self.table.name}"

    @property
    def counted(self) -> bool:
        """Tell whether its rows have ids of their own."""
        return "id" in self.main and self.main["id"].counted

    @property
    def parents(self) -> dict[str, Parent]:
        """Give the fields that name parents, and a parent that goes without saying."""
        return {
            name: parent
            for name, parent in PARENTS.items()
            if name in self.fields or (not parent.keyed and parent.column in self.main)
        }

    @property
    def vocabularies(self) -> dict[str, Vocabulary]:
        """Give the fields that hold natural keys."""
        return {name: VOCABULARIES[name] for name in self.fields if name in VOCABULARIES}

    @property
    def columns(self) -> dict[str, str]:
        """Give the column that each field fills, by field."""
        leads = self.parents | self.vocabularies
        return {name: leads[name].column for name in leads} | {
            name: name for name in self.fields if name not in leads
        }

    def filled(self, of: Mapping[str, Column]) -> list[str]:
        """List the columns of the table or its side table that a record fills."""
        told = [*self.columns.values(), "study_id"]
        return [name for name in of if name in told]

    @property
    def home(self) -> tuple[str, Mapping[str, Column]]:
        """Name the table whose columns the key is made of, and give them."""
        if self.table.side is not None and set(self.table.key) <= set(self.side):
            return self.table.side, self.side
        return self.table.name, self.main

    @property
    def link(self) -> str:
        """Name the side table's column that holds this table's id."""
        return f"{self.table.name}_id"

    def field(self, column: str) -> str:
        """Name the field that fills a column."""
        return next((name for name, filled in self.columns.items() if filled == column), column)

    def same(self, one: str, other: str) -> str:
        """Write that two rows have the same key."""
        _, columns = self.home
        return " and ".join(
            f'{one}."{name}" = {other}."{name}"'
            if columns[name].required
            else f'{one}."{name}" is not distinct from {other}."{name}"'
            for name in self.table.key
        )


async def shape(connection: Connection, table: Table, fields: tuple[str, ...]) -> Shape:
    """Read the shape of a table of which a source tells some fields."""
    main, checks = await _read(connection, table.name)
    side: dict[str, Column] = {}
    if table.side is not None:
        side, more = await _read(connection, table.side)
        checks += more
    return Shape(table, fields, main, side, checks)


async def _read(connection: Connection, name: str) -> tuple[dict[str, Column], tuple[Check, ...]]:
    columns = {
        row["attname"]: Column(row["attnotnull"], row["counted"], row["preset"])
        for row in await connection.fetch(_COLUMNS, f"connect.{name}")
    }
    checks = tuple(
        Check(row["condition"], tuple(row["columns"]))
        for row in await connection.fetch(_CHECKS, f"connect.{name}")
    )
    return columns, checks
