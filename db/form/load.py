"""A folder of forms into the database, all of it or nothing but what is set aside by row."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from db.derivation import derive
from db.form.form import Study
from db.form.read import Reading, find
from db.ingest.report import Change, Journal, Report
from db.intake.batch import close_batch, hold_study, importing, open_batch
from db.intake.shape import Connection
from db.intake.step import Step, Tell, untold
from db.intake.store import store

FORMAT = "csv"


async def import_csv(
    connection: Connection,
    path: Path,
    *,
    study: str,
    dry_run: bool,
    mapping: Path | None = None,
    complete: Callable[[Connection], Awaitable[None]],
    tell: Tell = untold,
) -> Report:
    """Import a folder, read by `mapping` where it is an eCRF's export.

    `complete` runs in the same transaction, before the commit.
    """
    tell(Step.READING)
    journal = Journal()
    folder = find(path, journal, mapping)
    async with importing(connection, dry_run=dry_run):
        held = await hold_study(connection, study, synthetic=folder.study.synthetic)
        await _entitle(connection, held, folder.study)
        batch = await open_batch(connection, held, FORMAT, folder.digest)
        drugs = {row["inn"] for row in await connection.fetch("select inn from connect.drug")}
        reading = Reading(folder, journal, drugs | folder.values("drug"))
        tell(Step.STORING)
        stored = await store(
            connection,
            held,
            batch,
            reading.records(),
            told=folder.told,
            problem=reading.reject,
        )
        tell(Step.DERIVING)
        derived = (await derive(connection, held)).outcomes
        changes = [
            *stored.changes,
            Change("derived_outcome", derived.inserted, derived.updated),
        ]
        reading.finish()
        report = Report(
            study=study,
            format=FORMAT,
            digest=folder.digest,
            files=tuple(journal.files),
            findings=tuple(journal.findings),
            unmapped=(*journal.codes(), *stored.unmapped),
            changes=tuple(changes),
            dry_run=dry_run,
        )
        await close_batch(connection, held, batch, report, journal.rejections)
        tell(Step.NAMING)
        await complete(connection)
    return report


async def _entitle(connection: Connection, study: int, told: Study) -> None:
    """Keep what the files tell of the study itself; what they do not tell stays."""
    await connection.execute(
        "update connect.study set title = coalesce($2, title), "
        "data_cut_off = coalesce($3, data_cut_off) where id = $1",
        study,
        told.title,
        told.data_cut_off,
    )
