"""Loading: the invented patients, all or nothing, in a database that has none yet."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator
from contextlib import aclosing
from itertools import islice
from typing import Any, TypeAlias

import asyncpg

from db.resistance.store import propose_findings
from db.synthetic import assumptions as a
from db.synthetic import staging
from db.synthetic.catalogue import STUDY
from db.synthetic.cohort import of_trial
from db.synthetic.consortium import establish, open_cohorts
from db.synthetic.generate import trials
from db.synthetic.record import Person
from db.synthetic.resistance import judge

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

_CHUNK = 2_500
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
_STUDY = """
insert into connect.study (code, title, synthetic, data_cut_off) values ($1, $2, true, $3)
returning id
"""
_STAGES = """
update connect.cohort c set stage = s.stage::connect.cohort_stage
from unnest($1::text[], $2::text[]) as s (code, stage)
where c.code = s.code and c.stage <> s.stage::connect.cohort_stage
"""
_DERIVED = ("resistance_finding", "finding_biomarker", "paired_evidence", "concordance")
_COUNT = """
select count(*) from connect.{} d join connect.patient p on p.id = d.patient_id
where p.study_id = $1
"""


class SynthesisRefused(Exception):
    """Say in one sentence why nothing was synthesized, and what to do."""


async def synthesize(
    connection: Connection,
    patients: int,
    seed: int,
    complete: Callable[[Connection], Awaitable[None]],
    progress: Callable[[int], None] = lambda _: None,
) -> dict[str, int]:
    """Store so many screened patients in one transaction; count the rows of each table.

    `complete` is awaited before the commit, as connect_loader: the caller makes pseudonyms there.
    `progress` is told how many patients were stored so far.
    The same patients again are a no-op that gives the same counts; others are refused.
    """
    if patients < 1:
        raise SynthesisRefused("there is nothing to synthesize: ask for at least one patient")
    async with connection.transaction():
        await connection.execute("set local role connect_loader")
        await connection.execute("set local jit = off")  # compiling takes longer than it saves
        await connection.execute("lock table connect.study in share row exclusive mode")
        done = await _done(connection, patients, seed)
        if done is not None:
            return done
        await establish(connection)
        further = [of_trial(trial.number) for trial in trials(patients, seed) if trial.number > 1]
        await open_cohorts(connection, [cohort for cohorts in further for cohort in cohorts])
        study = await connection.fetchval(_STUDY, *STUDY, a.CUT_OFF)
        digest = hashlib.sha256(f"{a.RULES} {patients} {seed}".encode()).hexdigest()
        report: dict[str, Any] = {"rules": a.RULES, "patients": patients, "seed": seed}
        batch = await connection.fetchval(_BATCH, study, digest, patients, json.dumps(report))
        stages: dict[str, str] = {}
        stored = Counter[str]()
        await staging.create(connection)
        async with aclosing(_chunks(_people(patients, seed, stages))) as chunks:
            async for chunk in chunks:
                await staging.stage(connection, chunk)
                if not stored:
                    await staging.analyze(connection)
                stored.update(await staging.store(connection, study, batch))
                progress(stored["patient"])
        await connection.execute(_STAGES, list(stages), list(stages.values()))
        stored.update(await _derive(connection, study, stored))
        report["stored"] = stored
        await connection.execute(
            "update connect.import_batch set report = $2 where id = $1", batch, json.dumps(report)
        )
        await complete(connection)
        return dict(stored)


async def _derive(connection: Connection, study: int, tables: Iterable[str]) -> dict[str, int]:
    """Let the rules propose findings, and judge some; count the rows of each table.

    Nothing has told the planner yet how many rows there are: only the owner can.
    """
    listed = ", ".join(f"connect.{table}" for table in tables)
    await connection.execute(f"reset role; analyze {listed}; set local role connect_loader")
    await propose_findings(connection, study)
    await judge(connection, study)
    return {table: await connection.fetchval(_COUNT.format(table), study) for table in _DERIVED}


def _people(patients: int, seed: int, stages: dict[str, str]) -> Iterator[Person]:
    """Invent the patients of each trial, and note the stages that its cohorts reached."""
    for trial in trials(patients, seed):
        yield from trial.patients()
        stages |= trial.stages()


async def _chunks(people: Iterator[Person]) -> AsyncGenerator[list[Person], None]:
    """Give the patients in chunks; a thread invents the next one while one is being stored."""

    def take() -> list[Person]:
        return list(islice(people, _CHUNK))

    coming = asyncio.create_task(asyncio.to_thread(take))
    try:
        while chunk := await coming:
            coming = asyncio.create_task(asyncio.to_thread(take))
            yield chunk
    finally:
        await asyncio.wait([coming])


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
