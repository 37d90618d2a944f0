"""Loading: the invented patients, all or nothing, in a database that has none yet."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable
from itertools import islice
from typing import Any, TypeAlias

import asyncpg

from db.synthetic import assumptions as a
from db.synthetic import staging
from db.synthetic.catalogue import STUDY
from db.synthetic.consortium import establish
from db.synthetic.generate import generate

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

_CHUNK = 500
_THERE = """
select s.id, b.report
from connect.study s left join connect.import_batch b on b.study_id = s.id
where s.code = $1 order by b.id limit 1
"""
_BATCH = """
insert into connect.import_batch
  (study_id, format, digest, rows_read, rows_stored, rows_quarantined, report)
values ($1, 'synthetic', $2, $3, $3, 0, $4)
returning id
"""


class SynthesisRefused(Exception):
    """Say in one sentence why nothing was synthesized, and what to do."""


async def synthesize(
    connection: Connection,
    patients: int,
    seed: int,
    complete: Callable[[Connection], Awaitable[None]],
) -> dict[str, int]:
    """Store so many screened patients in one transaction; count the rows of each table.

    `complete` is awaited before the commit, as connect_loader: the caller makes pseudonyms there.
    The same patients again are a no-op that gives the same counts; others are refused.
    """
    if patients < 1:
        raise SynthesisRefused("there is nothing to synthesize: ask for at least one patient")
    async with connection.transaction():
        await connection.execute("set local role connect_loader")
        await connection.execute("lock table connect.study in share row exclusive mode")
        done = await _done(connection, patients, seed)
        if done is not None:
            return done
        await establish(connection)
        code, title = STUDY
        study = await connection.fetchval(
            "insert into connect.study (code, title, synthetic) values ($1, $2, true) returning id",
            code,
            title,
        )
        digest = hashlib.sha256(f"{a.RULES} {patients} {seed}".encode()).hexdigest()
        report: dict[str, Any] = {"rules": a.RULES, "patients": patients, "seed": seed}
        batch = await connection.fetchval(_BATCH, study, digest, patients, json.dumps(report))
        await staging.create(connection)
        people = generate(patients, seed)
        while chunk := list(islice(people, _CHUNK)):
            await staging.stage(connection, chunk)
        stored = await staging.store(connection, study, batch)
        report["stored"] = stored
        await connection.execute(
            "update connect.import_batch set report = $2 where id = $1", batch, json.dumps(report)
        )
        await complete(connection)
        return stored


async def _done(connection: Connection, patients: int, seed: int) -> dict[str, int] | None:
    there = await connection.fetchrow(_THERE, STUDY[0])
    if there is None:
        return None
    report = json.loads(there["report"] or "{}")
    if (report.get("rules"), report.get("patients"), report.get("seed")) == (
        a.RULES,
        patients,
        seed,
    ):
        return {str(table): int(rows) for table, rows in report["stored"].items()}
    raise SynthesisRefused(
        f"the database already has study {STUDY[0]}, with {report.get('patients')} patients of "
        f"seed {report.get('seed')}: use another database, or ask for the same ones"
    )
