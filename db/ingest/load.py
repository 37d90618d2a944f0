"""A study into the database: staged, compared and stored in one transaction, or not at all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from operator import attrgetter
from pathlib import Path
from typing import TypeAlias

import asyncpg

from db.derivation import derive
from db.ingest import comparison
from db.ingest.report import Change, ImportRefused, Report
from db.ingest.study import StudyRecords
from db.intake.batch import close_batch, hold_study, importing, open_batch
from db.intake.step import Step, Tell, untold

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
_HERE = Path(__file__).resolve().parent
_STAGE = (_HERE / "stage.sql").read_text("utf-8")
_RESOLVE = (_HERE / "resolve.sql").read_text("utf-8")
_STORE = (_HERE / "store.sql").read_text("utf-8")
_VARIANT = (
    *("sample", "source_key", "symbol", "change", "origin", "hgvsg", "hgvsc", "hgvsp"),
    *("transcript", "consequence", "chromosome", "position", "reference_allele"),
    *("alternate_allele", "vaf", "depth"),
)
_PRIOR = ("patient", "source_key", "regimen", "start_day", "end_day")
_FUSION = ("sample", "source_key", "symbol", "partner", "change", "origin", "depth")
_COPY_NUMBER = ("sample", "source_key", "symbol", "change", "copy_number_type", "cytoband")
_SAMPLE = (
    *("source_key", "patient", "kind", "ordinal", "tumour_key", "tumour_code", "tumour_type"),
    *("panel", "genome_build", "tumour_cellularity_percent", "normal"),
    *("gene_list_complete", "day", "timepoint"),
)
_PATIENT = (
    *("source_key", "sex", "vital_status", "age_band", "age_years", "birth_year", "treated"),
    "end_day",
    *("best_overall_response", "overall_survival_days", "overall_survival_event"),
)


async def load(
    connection: Connection,
    study: StudyRecords,
    report: Report,
    *,
    dry_run: bool,
    complete: Callable[[Connection], Awaitable[None]],
    tell: Tell = untold,
) -> Report:
    """Store a study as connect_loader and give the whole report; a dry run leaves nothing.

    `complete` runs in the same transaction, after the records and before the commit.
    """
    async with importing(connection, dry_run=dry_run):
        done = await _store(connection, study, replace(report, dry_run=dry_run), tell)
        tell(Step.NAMING)
        await complete(connection)
    return done


async def _store(connection: Connection, study: StudyRecords, report: Report, tell: Tell) -> Report:
    tell(Step.STORING)
    study_id = await hold_study(connection, report.study, synthetic=study.synthetic)
    batch_id = await open_batch(connection, study_id, report.format, report.digest)
    await connection.execute(_STAGE)
    await connection.execute(
        "insert into incoming_import (study_id, batch_id, drug_id, cohort_id) "
        "values ($1, $2, $3, $4)",
        study_id,
        batch_id,
        await _drug(connection, study.drug),
        await _cohort(connection, study.cohort),
    )
    await _stage(connection, study)
    await connection.execute(_RESOLVE)
    await comparison.refuse_moved(connection)
    findings = await comparison.findings(connection, report.format)
    unmapped = await comparison.unmapped(connection)
    await connection.execute(_STORE)
    changes = await _changes(connection)
    tell(Step.DERIVING)
    derived = (await derive(connection, study_id)).outcomes
    if derived.inserted or derived.updated:
        changes.append(Change("derived_outcome", derived.inserted, derived.updated))
    done = report.including(findings=findings, unmapped=unmapped, changes=changes)
    await close_batch(connection, study_id, batch_id, done, study.rejections)
    return done


async def _drug(connection: Connection, inn: str | None) -> int | None:
    if inn is None:
        return None
    found = await connection.fetchval("select id from connect.drug where inn = $1", inn.lower())
    if found is None:
        known = await connection.fetch("select inn from connect.drug order by inn")
        raise ImportRefused(
            f"there is no drug {inn}", f"name one of: {_listed(row['inn'] for row in known)}"
        )
    return int(found)


async def _cohort(connection: Connection, code: str | None) -> int | None:
    if code is None:
        return None
    found = await connection.fetchval("select id from connect.cohort where code = $1", code)
    if found is None:
        known = await connection.fetch("select code from connect.cohort order by code")
        raise ImportRefused(
            f"there is no cohort {code}", f"name one of: {_listed(row['code'] for row in known)}"
        )
    return int(found)


async def _stage(connection: Connection, study: StudyRecords) -> None:
    await _copy(connection, "incoming_patient", _PATIENT, study.patients)
    await _copy(connection, "incoming_sample", _SAMPLE, study.samples)
    await _copy(connection, "incoming_prior", _PRIOR, study.priors)
    await connection.copy_records_to_table(
        "incoming_prior_agent",
        records=[(p.patient, p.source_key, agent) for p in study.priors for agent in p.agents],
    )
    await _copy(connection, "incoming_biomarker", _VARIANT, study.variants, "SMALL_VARIANT")
    await _copy(connection, "incoming_biomarker", _COPY_NUMBER, study.copy_numbers, "COPY_NUMBER")
    await _copy(connection, "incoming_biomarker", _FUSION, study.fusions, "FUSION")
    await _copy(connection, "incoming_assessed", ("sample", "symbol"), study.assessed)
    await _copy(connection, "incoming_panel", ("sample", "panel"), study.panels)
    await connection.copy_records_to_table("incoming_panel_gene", records=study.panel_genes)


async def _copy(
    connection: Connection,
    table: str,
    columns: Sequence[str],
    records: Iterable[object],
    kind: str | None = None,
) -> None:
    """Copy the named attributes of records; their kind goes along where a table has several."""
    values = attrgetter(*columns)
    rows = (values(each) for each in records)
    if kind is None:
        await connection.copy_records_to_table(table, records=rows, columns=columns)
    else:
        await connection.copy_records_to_table(
            table, records=((*row, kind) for row in rows), columns=(*columns, "kind")
        )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "there are none yet"


async def _changes(connection: Connection) -> list[Change]:
    rows = await connection.fetch(
        "select entity, inserted, updated from incoming_change order by position"
    )
    return [Change(row["entity"], row["inserted"], row["updated"]) for row in rows]
