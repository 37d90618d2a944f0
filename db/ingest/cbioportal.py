"""A cBioPortal study folder: its files read, judged together and loaded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import asyncpg

from db.ingest import folder, sheet
from db.ingest.clinical import read_patients, read_samples
from db.ingest.copy_number import CopyNumbers, read_copy_numbers
from db.ingest.load import load
from db.ingest.maf import Mutations, read_variants
from db.ingest.report import ImportRefused, Journal, Report
from db.ingest.study import AssessedRecord, SampleRecord, StudyRecords

FORMAT = "cbioportal"


async def import_cbioportal(
    connection: asyncpg.Connection[asyncpg.Record],
    path: Path,
    *,
    study: str,
    drug: str | None,
    cohort: str | None,
    dry_run: bool,
    complete: Callable[[asyncpg.Connection[asyncpg.Record]], Awaitable[None]],
) -> Report:
    """Import a study folder, all of it or nothing."""
    records, report = read(path, study=study)
    records = replace(records, drug=drug, cohort=cohort)
    return await load(connection, records, report, dry_run=dry_run, complete=complete)


def read(path: Path, *, study: str) -> tuple[StudyRecords, Report]:
    """Read a study folder; the report lacks only what the database can tell."""
    journal = Journal()
    files = folder.find(path, journal)
    patient_sheet = _sheet(files.patient, journal, may_be_empty=False)
    patients = read_patients(patient_sheet, journal)
    sample_sheet = _sheet(files.sample, journal, may_be_empty=False)
    samples = read_samples(sample_sheet, patients, journal)
    mutations = Mutations((), {})
    if files.mutation is not None:
        mutations = read_variants(_sheet(files.mutation, journal), samples, journal)
    copy_numbers = CopyNumbers((), ())
    if files.copy_number is not None:
        copy_numbers = read_copy_numbers(_sheet(files.copy_number, journal), samples, journal)
    called = [AssessedRecord(each.sample, each.symbol) for each in mutations.variants]
    assessed = tuple(dict.fromkeys((*called, *copy_numbers.assessed)))
    _notice_panels(sample_sheet.name, samples, journal)
    records = StudyRecords(
        patients=patients,
        samples=tuple(
            replace(each, genome_build=mutations.builds.get(each.source_key)) for each in samples
        ),
        variants=mutations.variants,
        copy_numbers=copy_numbers.calls,
        assessed=assessed,
        rejections=tuple(journal.rejections),
    )
    report = Report(
        study=study,
        format=FORMAT,
        digest=files.digest(),
        files=tuple(journal.files),
        findings=tuple(journal.findings),
        unmapped=journal.codes(),
    )
    return records, report


def _sheet(path: Path, journal: Journal, *, may_be_empty: bool = True) -> sheet.Sheet:
    found = sheet.read(path)
    if not found.rows and not may_be_empty:
        raise ImportRefused(
            "there is no row below the header",
            "the file may be cut: get it again",
            file=path.name,
            row=found.header_row,
        )
    journal.findings += found.findings
    return found


def _notice_panels(file: str, samples: tuple[SampleRecord, ...], journal: Journal) -> None:
    """Say of every panel that its genes are not known."""
    names = sorted({each.panel for each in samples if each.panel is not None and not each.normal})
    if names:
        journal.notice(
            file,
            "PANEL_GENES_UNKNOWN",
            ", ".join(names),
            "no gene list is read: a gene counts as assessed in the samples in which it was "
            "called, otherwise it is unknown",
        )
