"""A study's SDTM domains into the database, all of them or nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import asyncpg

from db.derivation import derive
from db.ingest.report import Change, Report, Unmapped
from db.intake.batch import close_batch, hold_study, importing, open_batch
from db.intake.record import OfPatient, Patient, Treatment
from db.intake.step import Step, Tell, untold
from db.intake.store import store
from db.sdtm.study import Study, read

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

# Of a patient and a treatment SDTM tells these alone: what another source knows stays.
_TOLD = {
    Patient: (
        *("sex", "age_band", "vital_status", "birth_year", "age_at_enrolment_years"),
        *("enrolled_on", "site"),
    ),
    Treatment: (
        *("started_on", "end_day", "end_reason", "route", "death_day"),
        "last_known_alive_day",
    ),
}


async def import_sdtm(
    connection: Connection,
    path: Path,
    *,
    study: str,
    dry_run: bool,
    complete: Callable[[Connection], Awaitable[None]],
    tell: Tell = untold,
) -> Report:
    """Import a folder of SDTM data sets as connect_loader; a dry run leaves nothing.

    `complete` runs in the same transaction, after the records and before the commit.
    """
    tell(Step.READING)
    found, report = read(path, study=study)
    async with importing(connection, dry_run=dry_run):
        done = await _store(connection, found, replace(report, dry_run=dry_run), tell)
        tell(Step.NAMING)
        await complete(connection)
    return done


async def _store(connection: Connection, found: Study, report: Report, tell: Tell) -> Report:
    tell(Step.STORING)
    study = await hold_study(connection, report.study)
    batch = await open_batch(connection, study, report.format, report.digest)
    records, unmapped = await _known(connection, found)
    stored = await store(connection, study, batch, records, told=_TOLD)
    await connection.execute(
        "update connect.study set data_cut_off = $2 "
        "where id = $1 and data_cut_off is distinct from $2",
        study,
        found.data_cut_off,
    )
    tell(Step.DERIVING)
    derived = (await derive(connection, study)).outcomes
    changes = [*stored.changes, Change("derived_outcome", derived.inserted, derived.updated)]
    done = report.including(unmapped=[*unmapped, *stored.unmapped], changes=changes)
    await close_batch(connection, study, batch, done, found.rejections)
    return done


async def _known(connection: Connection, found: Study) -> tuple[list[OfPatient], list[Unmapped]]:
    """Leave out the drugs and sites that the vocabularies do not have, and count them."""
    drugs = {row["inn"] for row in await connection.fetch("select inn from connect.drug")}
    sites = {row["code"] for row in await connection.fetch("select code from connect.site")}
    given = [each for each in found.agents if each.drug.lower() in drugs]
    records: list[OfPatient] = [*given]
    lost = [each.drug for each in found.agents if each.drug.lower() not in drugs]
    away = []
    for each in found.records:
        if isinstance(each, Patient) and each.site is not None and each.site not in sites:
            away.append(each.site)
            records.append(each._replace(site=None))
        else:
            records.append(each)
    return records, [*_counted("EXTRT", lost), *_counted("SITEID", away)]


def _counted(system: str, codes: Iterable[str]) -> list[Unmapped]:
    return [Unmapped(system, code, count) for code, count in sorted(Counter(codes).items())]
