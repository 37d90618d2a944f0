"""The inventory: what a database holds and how it is kept, counted by its owner."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import asyncpg

from db.pseudonym import Sample, samples

VOCABULARIES = {"gene": "gene.csv", "onco_tree": "onco_tree.csv", "drug": "drug.csv"}
"""The tables of the vocabularies, and the files that fill them."""

_VERSION = """
select current_setting('server_version') as written, current_setting('server_version_num') as number
"""
# A gene that no vocabulary knows is kept as recorded: it is not an entry of the vocabulary.
_CONTENTS = """
select json_build_object(
  'vocabularies', json_build_object(
    'gene', (select count(*) from connect.gene where hgnc_id is not null),
    'onco_tree', (select count(*) from connect.onco_tree),
    'drug', (select count(*) from connect.drug)),
  'studies', (
    select coalesce(json_agg(json_build_object(
      'code', s.code, 'synthetic', s.synthetic, 'patients', coalesce(p.patients, 0),
      'lastImport', b.import) order by s.code), '[]')
    from connect.study s
    left join (
      select study_id, count(*) as patients from connect.patient group by study_id
    ) p on p.study_id = s.id
    left join lateral (
      select json_build_object('format', format, 'at', imported_at, 'rowsRead', rows_read,
        'rowsStored', rows_stored, 'rowsQuarantined', rows_quarantined) as import
      from connect.import_batch where study_id = s.id order by imported_at desc, id desc limit 1
    ) b on true),
  'members', (
    select count(*) from connect.membership
    where valid_from <= now() and (revoked_at is null or revoked_at > now())),
  'withoutPseudonym', (
    select count(*) from connect.scope_fact f where not exists (
      select from connect.pseudonym y
      where (y.scope_id, y.patient_id) = (f.scope_id, f.patient_id))))::text
"""


@dataclass(frozen=True, slots=True)
class Inventory:
    """Hold what a migrated database holds."""

    vocabularies: dict[str, int]
    studies: list[dict[str, Any]]
    members: int
    without_pseudonym: int
    samples: list[Sample]


async def version(connection: asyncpg.Connection[asyncpg.Record]) -> tuple[str, int]:
    """Give the server's version as it is written, and its major number."""
    row = await connection.fetchrow(_VERSION)
    if row is None:
        raise LookupError("version")
    return str(row["written"]).split(" ", 1)[0], int(row["number"]) // 10_000


async def take(connection: asyncpg.Connection[asyncpg.Record]) -> Inventory:
    """Count, as connect_loader, whom row security lets see everything; nothing is written."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        await connection.execute("set local role connect_loader")
        found = json.loads(await connection.fetchval(_CONTENTS))
        stored = await samples(connection)
    return Inventory(
        found["vocabularies"],
        found["studies"],
        found["members"],
        found["withoutPseudonym"],
        stored,
    )
