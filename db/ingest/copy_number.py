"""The copy numbers of a study: one call a row, or genes in rows and samples in columns."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from db.ingest.report import ImportRefused, Journal
from db.ingest.sheet import Row, Sheet
from db.ingest.study import AssessedRecord, CopyNumberRecord, SampleRecord
from db.ingest.term import COPY_NUMBER_WORD, RowRejected, copy_number, required, symbol

_SAMPLE = ("Sample_Id", "Samples", "Sample", "Tumor_Sample_Barcode")
_GENE = ("Hugo_Symbol", "Gene", "Gene_Symbol")
_CALL = ("CNA", "Value", "Alteration")
_CYTOBAND = ("Cytoband",)
_ENTREZ = ("Entrez_Gene_Id",)


@dataclass(frozen=True, slots=True)
class CopyNumbers:
    """Hold the calls, and every gene that was assessed, called or not."""

    calls: tuple[CopyNumberRecord, ...]
    assessed: tuple[AssessedRecord, ...]


def read_copy_numbers(
    sheet: Sheet, samples: Iterable[SampleRecord], journal: Journal
) -> CopyNumbers:
    """Read the copy numbers of the samples that were taken, in either shape."""
    known = {each.source_key: each for each in samples}
    entrez = sheet.find(*_ENTREZ)
    zero = [row for row in sheet.rows if row.get(entrez) == "0"]
    if zero:
        value = f"{len(zero)} of {len(sheet.rows)} rows"
        remedy = "0 is no gene: genes are found by symbol"
        journal.notice(sheet.name, "ENTREZ_ZERO", value, remedy, row=zero[0].number, column=entrez)
    if sheet.find(*_SAMPLE) is not None:
        found = _read_long(sheet, known, journal)
    else:
        found = _read_wide(sheet, known, journal)
    journal.count(sheet.name, len(sheet.rows))
    return found


def _read_long(sheet: Sheet, known: Mapping[str, SampleRecord], journal: Journal) -> CopyNumbers:
    sample_column, gene_column = sheet.need(*_SAMPLE), sheet.need(*_GENE)
    call_column, cytoband = sheet.need(*_CALL), sheet.find(*_CYTOBAND)
    calls: list[CopyNumberRecord] = []
    assessed: list[AssessedRecord] = []
    first: dict[tuple[str, str], int] = {}
    taken: list[tuple[Row, SampleRecord]] = []
    for row in sheet.rows:
        try:
            sample, gene = required(row, sample_column), symbol(row, gene_column)
            if sample not in known:
                remedy = "add the sample to the sample file"
                raise RowRejected("SAMPLE_UNKNOWN", sample_column, sample, remedy)
            call = copy_number(required(row, call_column), call_column)
            if (sample, gene) in first:
                remedy = f"line {first[sample, gene]} has this gene of this sample: keep one"
                raise RowRejected("DUPLICATE_ROW", gene_column, gene, remedy)
        except RowRejected as rejected:
            journal.reject(rejected.finding(sheet.name, row.number), row.number, row.record())
            continue
        first[sample, gene] = row.number
        taken.append((row, known[sample]))
        assessed.append(AssessedRecord(sample, gene))
        if call is not None:
            calls.append(_record(sample, gene, call, row.get(cytoband)))
    _notice_panels(sheet, taken, journal)
    return CopyNumbers(tuple(calls), tuple(assessed))


def _read_wide(sheet: Sheet, known: Mapping[str, SampleRecord], journal: Journal) -> CopyNumbers:
    gene_column, cytoband = sheet.need(*_GENE), sheet.find(*_CYTOBAND)
    fixed = {gene_column, cytoband, sheet.find(*_ENTREZ)}
    columns = [column for column in sheet.columns if column not in fixed]
    unknown = [column for column in columns if column not in known]
    columns = [column for column in columns if column in known]
    if not columns:
        raise ImportRefused(
            "the header has neither a sample column nor a column for any sample of the study",
            f"it needs {_SAMPLE[0]}, or genes in rows and samples in columns",
            file=sheet.name,
            row=sheet.header_row,
        )
    if unknown:
        remedy = "not in the sample file, so nothing is taken from these columns: add the samples"
        journal.notice(
            sheet.name, "SAMPLE_UNKNOWN", ", ".join(unknown), remedy, row=sheet.header_row
        )
    calls: list[CopyNumberRecord] = []
    assessed: list[AssessedRecord] = []
    first: dict[str, int] = {}
    for row in sheet.rows:
        try:
            gene = symbol(row, gene_column)
            if gene in first:
                remedy = f"line {first[gene]} has this gene: keep one"
                raise RowRejected("DUPLICATE_ROW", gene_column, gene, remedy)
            found = {
                sample: copy_number(value, sample)
                for sample in columns
                if (value := row.get(sample)) is not None
            }
        except RowRejected as rejected:
            journal.reject(rejected.finding(sheet.name, row.number), row.number, row.record())
            continue
        first[gene] = row.number
        for sample, call in found.items():
            assessed.append(AssessedRecord(sample, gene))
            if call is not None:
                calls.append(_record(sample, gene, call, row.get(cytoband)))
    return CopyNumbers(tuple(calls), tuple(assessed))


def _record(sample: str, gene: str, call: str, cytoband: str | None) -> CopyNumberRecord:
    return CopyNumberRecord(sample, f"CNA:{gene}", gene, COPY_NUMBER_WORD[call], call, cytoband)


def _notice_panels(
    sheet: Sheet, taken: Iterable[tuple[Row, SampleRecord]], journal: Journal
) -> None:
    """Compare the panels with those of the sample file, whatever their spelling."""
    column = sheet.find("Gene_panel", "Gene_Panel_Id", "Panel")
    spelled: dict[tuple[str, str], int] = {}
    differing: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for row, sample in taken:
        here, there = row.get(column), sample.panel
        if here is None or there is None or here == there:
            continue
        if _plain(here) == _plain(there):
            spelled.setdefault((here, there), row.number)
        else:
            differing[here, there][sample.source_key] += 1
    for (here, there), number in sorted(spelled.items()):
        journal.notice(
            sheet.name,
            "PANEL_SPELLING",
            f"{here} and {there}",
            "taken for the same panel, stored as the sample file spells it",
            row=number,
            column=column,
        )
    for (here, there), counts in sorted(differing.items()):
        rows = ", ".join(f"{sample} ({count} rows)" for sample, count in sorted(counts.items()))
        journal.notice(
            sheet.name,
            "PANEL_DISAGREES",
            f"{here} here, {there} in the sample file: {rows}",
            "stored with the sample file's panel: check which is right",
            column=column,
        )


def _plain(panel: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", panel.upper())
