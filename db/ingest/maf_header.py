"""A MAF whose header and values have slipped against each other by one column.

Three columns have small vocabularies that do not overlap: Variant_Classification,
Variant_Type and Reference_Allele. Where all three fit one column to the left and not in place, a
name too many stands in the header. The values from there on belong to the next name, as far as
Tumor_Sample_Barcode, which must be in place; the column before it must be empty to make room.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace

from db.ingest.report import ImportRefused, Journal
from db.ingest.sheet import Row, Sheet, is_missing

CLASSES = frozenset(
    {
        *("frame_shift_del", "frame_shift_ins", "in_frame_del", "in_frame_ins"),
        *("missense_mutation", "nonsense_mutation", "silent", "splice_site", "splice_region"),
        *("translation_start_site", "nonstop_mutation", "3'utr", "3'flank", "5'utr", "5'flank"),
        *("igr", "intron", "rna", "targeted_region", "de_novo_start_inframe", "fusion"),
        *("de_novo_start_outofframe", "exonic", "protein_altering_variant", "unknown"),
    }
)
_TYPES = frozenset({"snp", "snv", "dnp", "tnp", "onp", "mnp", "ins", "del", "consolidated", "sub"})
_BASES = re.compile(r"[acgtn]+|-")
_ENOUGH = 0.9
_OFFSETS = (-2, -1, 1, 2)


def realign(sheet: Sheet, samples: Collection[str], journal: Journal) -> Sheet:
    """Give the rows as their header means them; refuse where that cannot be known."""
    columns = [
        sheet.find("Variant_Classification"),
        sheet.find("Variant_Type"),
        sheet.find("Reference_Allele"),
    ]
    barcode = sheet.columns.index(sheet.need("Tumor_Sample_Barcode"))
    if not sheet.rows or None in columns:
        return sheet
    places = [sheet.columns.index(column) for column in columns if column is not None]
    if _fit(sheet, places, 0):
        return sheet
    found = [offset for offset in _OFFSETS if _fit(sheet, places, offset)]
    if not found:
        return sheet
    start, end = places[0] - 1, barcode - 1
    within = start < min(places) and max(places) < end
    room = all(is_missing(row.fields[end]) for row in sheet.rows)
    if found != [-1] or not within or not room or not _in_place(sheet, barcode, samples):
        raise ImportRefused(
            "the values of Variant_Classification, Variant_Type and Reference_Allele stand in "
            "other columns than the header says, and it is not clear which",
            "correct the header",
            file=sheet.name,
            row=sheet.header_row,
        )
    journal.notice(
        sheet.name,
        "HEADER_SHIFTED",
        f"{sheet.columns[start]} to {sheet.columns[end]}",
        f"the header has {sheet.columns[start]} and the rows do not: from there to "
        f"{sheet.columns[end]} each value is read under the next name; correct the header",
        row=sheet.header_row,
        column=sheet.columns[start],
    )
    return replace(sheet, rows=tuple(_shifted(row, start, end) for row in sheet.rows))


def _shifted(row: Row, start: int, end: int) -> Row:
    moved = (*row.fields[:start], "", *row.fields[start:end], *row.fields[end + 1 :])
    return replace(row, fields=moved)


def _in_place(sheet: Sheet, barcode: int, samples: Collection[str]) -> bool:
    known = sum(1 for row in sheet.rows if row.fields[barcode].strip() in samples)
    return known * 2 >= len(sheet.rows)


def _fit(sheet: Sheet, places: list[int], offset: int) -> bool:
    """Tell whether all three columns have their own vocabulary at this distance."""
    for which, place in enumerate(places):
        at = place + offset
        if not 0 <= at < len(sheet.columns):
            return False
        values = [row.fields[at].strip().casefold() for row in sheet.rows]
        given = [value for value in values if value == "-" or not is_missing(value)]
        right = sum(1 for value in given if _belongs(which, value))
        if not given or right < _ENOUGH * len(given):
            return False
    return True


def _belongs(which: int, value: str) -> bool:
    if which == 2:
        return _BASES.fullmatch(value) is not None
    return value in (CLASSES, _TYPES)[which]
