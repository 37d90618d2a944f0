"""The structural variants of a study: two genes joined, one junction a row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from db.ingest.report import Journal
from db.ingest.sheet import Row, Sheet
from db.ingest.study import FusionRecord, SampleRecord
from db.ingest.term import RowRejected, required, symbol, whole

_MOST_READS = 10_000_000
_ORIGIN = {"somatic": "SOMATIC", "germline": "GERMLINE"}
_NO_GENE = frozenset({"intergenic", "none", "unknown_gene"})


@dataclass(frozen=True, slots=True)
class _Columns:
    sample: str
    sites: tuple[str, str]
    positions: tuple[str | None, str | None]
    status: str | None
    supporting: str | None
    split: str | None
    paired: str | None

    @classmethod
    def of(cls, sheet: Sheet) -> _Columns:
        """Find the columns by the names of the format."""
        return cls(
            sample=sheet.need("Sample_Id", "Sample"),
            sites=(sheet.need("Site1_Hugo_Symbol"), sheet.need("Site2_Hugo_Symbol")),
            positions=(sheet.find("Site1_Position"), sheet.find("Site2_Position")),
            status=sheet.find("SV_Status"),
            supporting=sheet.find("Tumor_Variant_Count"),
            split=sheet.find("Tumor_Split_Read_Count"),
            paired=sheet.find("Tumor_Paired_End_Read_Count"),
        )


def read_fusions(
    sheet: Sheet, samples: Iterable[SampleRecord], journal: Journal
) -> tuple[FusionRecord, ...]:
    """Read the fusions of the samples that were taken; what joins a gene to itself is none."""
    known = {each.source_key for each in samples}
    columns = _Columns.of(sheet)
    fusions: list[FusionRecord] = []
    first: dict[tuple[str, str], int] = {}
    for row in sheet.rows:
        try:
            sample = required(row, columns.sample)
            if sample not in known:
                remedy = "add the sample to the sample file"
                raise RowRejected("SAMPLE_UNKNOWN", columns.sample, sample, remedy)
            fusion = _fusion(row, columns, sample)
            key = sample, fusion.source_key
            if key in first:
                remedy = f"line {first[key]} has the same junction of this sample: keep one"
                raise RowRejected("DUPLICATE_ROW", None, fusion.source_key, remedy)
        except RowRejected as rejected:
            journal.reject(rejected.finding(sheet.name, row.number), row.number, row.record())
            continue
        first[key] = row.number
        fusions.append(fusion)
    journal.count(sheet.name, len(sheet.rows))
    alone = sum(1 for each in fusions if each.partner is None)
    if alone:
        remedy = "the other side is in no gene, or nobody said: stored without a partner"
        journal.notice(sheet.name, "PARTNER_UNKNOWN", f"{alone} of {len(fusions)} rows", remedy)
    return tuple(fusions)


def _fusion(row: Row, columns: _Columns, sample: str) -> FusionRecord:
    five, three = (_gene(row, column) for column in columns.sites)
    if five is None and three is None:
        raise RowRejected("VALUE_MISSING", columns.sites[0], None, "name a gene at either site")
    if five == three:
        remedy = "both sites are in one gene, which is no fusion: not stored"
        raise RowRejected("REARRANGED_WITHIN_GENE", columns.sites[1], three, remedy)
    places = [whole(row, column, 1, 300_000_000) for column in columns.positions]
    sides = [
        f"{gene or '?'}" + ("" if place is None else f"@{place}")
        for gene, place in zip((five, three), places, strict=True)
    ]
    return FusionRecord(
        sample=sample,
        source_key="SV:" + "::".join(sides),
        symbol=three or five or "",
        partner=five if three is not None else None,
        change="fusion",
        origin=_ORIGIN.get((row.get(columns.status) or "").casefold()),
        depth=_reads(row, columns),
    )


def _gene(row: Row, column: str) -> str | None:
    """Read a gene; none where the junction lies between genes."""
    value = row.get(column)
    return None if value is None or value.casefold() in _NO_GENE else symbol(row, column)


def _reads(row: Row, columns: _Columns) -> int | None:
    """Count the reads that support the junction."""
    told = whole(row, columns.supporting, 0, _MOST_READS)
    if told is not None:
        return told
    counted = [
        each
        for column in (columns.split, columns.paired)
        if (each := whole(row, column, 0, _MOST_READS)) is not None
    ]
    return sum(counted) if counted else None
