"""The structure of the schema `connect`, as PostgreSQL's catalog has it."""

from __future__ import annotations

from dataclasses import dataclass

import asyncpg


@dataclass(frozen=True, slots=True)
class Catalog:
    """Hold what PostgreSQL says of the schema `connect`."""

    types: dict[tuple[str, str], str]
    not_null: set[tuple[str, str]]
    enums: dict[str, list[str]]
    unique: set[tuple[str, frozenset[str]]]
    foreign: set[tuple[str, str, str, str]]
    checks: set[tuple[str, str]]
    functions: dict[str, tuple[str, str, str]]

    @classmethod
    async def read(cls, url: str) -> Catalog:
        owner = await asyncpg.connect(url)
        columns = await owner.fetch(
            "select c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull"
            " from pg_class c join pg_attribute a on a.attrelid = c.oid"
            " where c.relnamespace = 'connect'::regnamespace and c.relkind = 'r' and a.attnum > 0"
            " and not a.attisdropped"
        )
        enums = await owner.fetch(
            "select 'connect.' || t.typname, array_agg(e.enumlabel::text order by e.enumsortorder)"
            " from pg_type t join pg_enum e on e.enumtypid = t.oid group by 1"
        )
        unique = await owner.fetch(
            "select c.relname, array_agg(a.attname::text) from pg_index i"
            " join pg_class c on c.oid = i.indrelid"
            " join pg_attribute a on a.attrelid = c.oid and a.attnum = any(i.indkey)"
            " where i.indisunique and i.indpred is null group by i.indexrelid, c.relname"
        )
        foreign = await owner.fetch(
            "select c.relname, a.attname, f.relname as other, b.attname as key from pg_constraint k"
            " join pg_class c on c.oid = k.conrelid join pg_class f on f.oid = k.confrelid"
            " cross join unnest(k.conkey, k.confkey) as pair (here, there)"
            " join pg_attribute a on a.attrelid = c.oid and a.attnum = pair.here"
            " join pg_attribute b on b.attrelid = f.oid and b.attnum = pair.there"
            " where k.contype = 'f'"
        )
        checks = await owner.fetch(
            "select conrelid::regclass::text, pg_get_constraintdef(oid) from pg_constraint"
            " where contype = 'c' and convalidated"
        )
        functions = await owner.fetch(
            "select proname, pg_get_function_identity_arguments(oid), prorettype::regtype::text,"
            " prosrc from pg_proc where pronamespace = 'connect'::regnamespace"
        )
        await owner.close()
        return cls(
            {(row[0], row[1]): row[2] for row in columns},
            {(row[0], row[1]) for row in columns if row[3]},
            {row[0]: list(row[1]) for row in enums},
            {(row[0], frozenset(row[1])) for row in unique},
            {(row[0], row[1], row[2], row[3]) for row in foreign},
            {(row[0], row[1]) for row in checks},
            {row[0]: (row[1], row[2], row[3]) for row in functions},
        )
