"""A cBioPortal study folder: its files read, judged together and loaded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import asyncpg

from db.ingest import folder, sheet
from db.ingest.clinical import is_synthetic, read_patients, read_samples
from db.ingest.copy_number import CopyNumbers, read_copy_numbers
from db.ingest.gene_panel import assign, read_matrix, read_panels
from db.ingest.load import load
from db.ingest.maf import Mutations, read_variants
from db.ingest.report import ImportRefused, Journal, Report
from db.ingest.structural_variant import read_fusions
from db.ingest.study import (
    AssessedRecord,
    FusionRecord,
    PatientRecord,
    PriorRecord,
    SampleRecord,
    StudyRecords,
)
from db.ingest.timeline import read_specimens, read_treatments, with_courses
from db.intake.step import Step, Tell, untold

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
    tell: Tell = untold,
) -> Report:
    """Import a study folder, all of it or nothing."""
    tell(Step.READING)
    records, report = read(path, study=study, drug=drug)
    records = replace(records, drug=drug, cohort=cohort)
    return await load(connection, records, report, dry_run=dry_run, complete=complete, tell=tell)


def read(path: Path, *, study: str, drug: str | None = None) -> tuple[StudyRecords, Report]:
    """Read a study folder; the report lacks only what the database can tell."""
    journal = Journal()
    files = folder.find(path, journal)
    patient_sheet = _sheet(files.patient, journal, may_be_empty=False)
    patients = read_patients(patient_sheet, journal)
    sample_sheet = _sheet(files.sample, journal, may_be_empty=False)
    samples = read_samples(sample_sheet, patients, journal)
    patients, samples, priors = _place(files, patients, samples, drug, journal)
    mutations = Mutations((), {})
    if files.mutation is not None:
        mutations = read_variants(_sheet(files.mutation, journal), samples, journal)
    copy_numbers = CopyNumbers((), ())
    if files.copy_number is not None:
        copy_numbers = read_copy_numbers(_sheet(files.copy_number, journal), samples, journal)
    fusions: tuple[FusionRecord, ...] = ()
    if files.structural_variant is not None:
        fusions = read_fusions(_sheet(files.structural_variant, journal), samples, journal)
    panels = read_panels(files.panels, journal)
    used: dict[str, tuple[str, ...]] = {}
    if files.panel_matrix is not None:
        used = read_matrix(_sheet(files.panel_matrix, journal), samples, journal)
    by_kind = {
        "mutation": [AssessedRecord(each.sample, each.symbol) for each in mutations.variants],
        "copy_number": copy_numbers.assessed,
        "structural_variant": [
            AssessedRecord(each.sample, gene)
            for each in fusions
            for gene in (each.symbol, each.partner)
            if gene is not None
        ],
    }
    _declare(used, files.declared_panels, by_kind)
    assessed = tuple(dict.fromkeys(each for found in by_kind.values() for each in found))
    tested = assign(samples, panels, used, assessed, sample_sheet.name, journal)
    records = StudyRecords(
        patients=patients,
        samples=tuple(
            replace(each, genome_build=mutations.builds.get(each.source_key))
            for each in tested.samples
        ),
        variants=mutations.variants,
        copy_numbers=copy_numbers.calls,
        fusions=fusions,
        priors=priors,
        assessed=assessed,
        panels=tested.genes,
        panel_genes=tuple(
            (name, gene)
            for name in sorted({each.panel for each in tested.genes})
            for gene in panels[name].genes
        ),
        rejections=tuple(journal.rejections),
        synthetic=is_synthetic(patient_sheet),
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


def _place(
    files: folder.Folder,
    patients: tuple[PatientRecord, ...],
    samples: tuple[SampleRecord, ...],
    drug: str | None,
    journal: Journal,
) -> tuple[tuple[PatientRecord, ...], tuple[SampleRecord, ...], tuple[PriorRecord, ...]]:
    """Place what the timelines tell in days from the start of the study's treatment."""
    found = [each for each in (files.treatment_timeline, files.specimen_timeline) if each]
    if drug is None or files.treatment_timeline is None:
        for path in found:
            remedy = (
                "its days count from a day that nobody names: import with --drug, and with a "
                "treatment timeline that has that drug; until then nothing is stored of it"
            )
            journal.notice(path.name, "TIMELINE_NOT_READ", None, remedy)
        return patients, samples, ()
    sheet = _sheet(files.treatment_timeline, journal)
    courses, priors = read_treatments(sheet, patients, drug, journal)
    if files.specimen_timeline is not None:
        dated = _sheet(files.specimen_timeline, journal)
        samples = read_specimens(dated, samples, courses, journal)
    return with_courses(patients, courses), samples, priors


def _declare(
    used: dict[str, tuple[str, ...]],
    declared: Iterable[tuple[str, str]],
    by_kind: Mapping[str, Iterable[AssessedRecord]],
) -> None:
    """Add the panel that a meta file names, for the samples that its data file has.

    Of the others nobody says whether they were tested: nothing is assumed.
    """
    for kind, panel in declared:
        for sample in dict.fromkeys(each.sample for each in by_kind.get(kind, ())):
            used[sample] = tuple(dict.fromkeys((*used.get(sample, ()), panel)))
