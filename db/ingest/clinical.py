"""The clinical files of a cBioPortal study: patients, samples and their metadata lines."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from db.ingest import survival
from db.ingest.report import ImportRefused, Journal
from db.ingest.sheet import Row, Sheet
from db.ingest.study import PatientRecord, SampleRecord
from db.ingest.term import (
    RowRejected,
    has_decimal_comma,
    number,
    required,
    response,
    sex,
    specimen_kind,
    whole,
)

SYNTHETIC = "SYNTHETIC"
"""The column in which our own export says that nobody stands behind a record."""
_PANEL = ("GENE_PANEL", "GENE_PANEL_ID")
_ATTRIBUTE = re.compile(r"[A-Z][A-Z0-9_]*")
_REPLACED = re.compile(r"(?<=[a-z])(?:Female|Male)|(?:Female|Male)(?!s\b)(?=[a-z])")
_TYPES = frozenset({"STRING", "NUMBER", "BOOLEAN", ""})
_SUFFIX = re.compile(r"(?P<stem>.*[_-])(?P<letter>[A-Z])")


def read_patients(sheet: Sheet, journal: Journal) -> tuple[PatientRecord, ...]:
    """Read the patients, each with the outcome that the study reports."""
    key = sheet.need("PATIENT_ID")
    sex_column = sheet.find("SEX", "GENDER")
    response_column = sheet.find(
        *("BEST_OVERALL_RESPONSE", "BOR", "BEST_OVERALL_RESPONSE_BOR"),
        *("BEST_RESPONSE", "OVERALL_BEST_RESPONSE"),
    )
    months, status = sheet.find("OS_MONTHS"), sheet.find("OS_STATUS")
    age = sheet.find("AGE_AT_ENROLMENT", "AGE_AT_ENROLLMENT", "AGE_AT_REGISTRATION", "AGE")
    birth = sheet.find("BIRTH_YEAR", "YEAR_OF_BIRTH")
    notice_metadata(sheet, journal)
    used = (key, sex_column, response_column, months, status, age, birth, sheet.find(SYNTHETIC))
    notice_columns(sheet, used, journal)
    survival.notice_origin(sheet, months, journal)
    _notice_age(sheet, age, journal)
    notice_decimal_comma(sheet, (months, age), journal)
    records: list[PatientRecord] = []
    survivals: list[survival.Survival] = []
    for row, patient in _unique(sheet, key, journal):
        try:
            time = survival.read(row, months, status)
            record = PatientRecord(
                source_key=patient,
                sex=sex(row, sex_column),
                vital_status=time.status,
                age_years=whole(row, age, 0, 120),
                birth_year=whole(row, birth, 1900, 2100),
                best_overall_response=response(row, response_column),
                overall_survival_days=time.days,
                overall_survival_event=None,
            )
        except RowRejected as rejected:
            journal.reject(rejected.finding(sheet.name, row.number), row.number, row.record())
            continue
        records.append(record)
        survivals.append(time)
    journal.count(sheet.name, len(sheet.rows))
    events = survival.events(survivals, sheet, status, journal)
    return tuple(
        replace(record, overall_survival_event=event)
        for record, event in zip(records, events, strict=True)
    )


def is_synthetic(sheet: Sheet) -> bool:
    """Tell whether the patients are invented: all of them, or none."""
    column = sheet.find(SYNTHETIC)
    said = {(row.get(column) or "NO").upper() for row in sheet.rows}
    if len(said) > 1:
        raise ImportRefused(
            "some patients are synthetic and some are not",
            "invented patients are never mixed with real ones: import them apart",
            file=sheet.name,
            column=SYNTHETIC,
        )
    return said == {"YES"}


def read_samples(
    sheet: Sheet, patients: Iterable[PatientRecord], journal: Journal
) -> tuple[SampleRecord, ...]:
    """Read the samples of the patients that were taken."""
    key, patient_column = sheet.need("SAMPLE_ID"), sheet.need("PATIENT_ID")
    kind, sample_type = sheet.find("SAMPLE_CLASS"), sheet.find("SAMPLE_TYPE")
    code = sheet.find("ONCOTREE_CODE")
    detailed, general = sheet.find("CANCER_TYPE_DETAILED"), sheet.find("CANCER_TYPE")
    panel, purity = sheet.find(*_PANEL), sheet.find("TUMOR_PURITY", "TUMOUR_PURITY")
    notice_metadata(sheet, journal)
    types = (code, detailed, general)
    used = (key, patient_column, kind, sample_type, *types, panel, purity, sheet.find(SYNTHETIC))
    notice_columns(sheet, used, journal)
    notice_decimal_comma(sheet, (purity,), journal)
    factor = _purity_factor(sheet, purity, journal)
    known = {each.source_key for each in patients}
    records: list[SampleRecord] = []
    no_kind = 0
    for row, sample in _unique(sheet, key, journal):
        try:
            patient = required(row, patient_column)
            if patient not in known:
                remedy = "add the patient to the patient file"
                raise RowRejected("PATIENT_UNKNOWN", patient_column, patient, remedy)
            percent = number(row, purity)
            if percent is not None and not 0 <= percent * factor <= 100:
                remedy = "write percent from 0 to 100"
                raise RowRejected("NUMBER_OUT_OF_RANGE", purity, row.get(purity), remedy)
        except RowRejected as rejected:
            journal.reject(rejected.finding(sheet.name, row.number), row.number, row.record())
            continue
        normal = (row.get(sample_type) or "").casefold() == "normal"
        material = specimen_kind(row.get(kind), normal)
        if material is None:
            recorded = row.get(kind)
            no_kind += recorded is None
            if recorded is not None:
                journal.unmapped("SAMPLE_CLASS", recorded)
            material = "OTHER"
        tumour = material != "NORMAL_BLOOD"
        tumour_code = (_tumour(row, code) or "").upper() or None if tumour else None
        tumour_type = (_tumour(row, detailed) or _tumour(row, general)) if tumour else None
        records.append(
            SampleRecord(
                source_key=sample,
                patient=patient,
                kind=material,
                ordinal=None,
                tumour_key=tumour_code or tumour_type,
                tumour_code=tumour_code,
                tumour_type=tumour_type or tumour_code,
                panel=row.get(panel),
                genome_build=None,
                tumour_cellularity_percent=None if percent is None else percent * factor,
            )
        )
    journal.count(sheet.name, len(sheet.rows))
    if no_kind:
        remedy = "stored as OTHER: add the column SAMPLE_CLASS"
        journal.notice(sheet.name, "SPECIMEN_KIND_UNKNOWN", f"{no_kind} samples", remedy)
    without = sorted(known - {each.patient for each in records})
    if without:
        remedy = "stored without a specimen: check that no sample is missing"
        journal.notice(sheet.name, "PATIENT_WITHOUT_SAMPLE", ", ".join(without), remedy)
    _notice_materials(sheet, records, panel, journal)
    return _ordered(sheet, records, journal)


def notice_metadata(sheet: Sheet, journal: Journal) -> None:
    """Notice metadata lines that do not fit or are corrupted; nothing is read from them."""
    remedy = "the metadata lines are not relied on: correct them in the source"
    for number_, line in enumerate(sheet.metadata, 1):
        damaged = [cell.strip() for cell in line if _REPLACED.search(cell)]
        if damaged:
            value = f"{len(damaged)} cells, such as “{damaged[0]}”: M or F became Male or Female"
            journal.notice(sheet.name, "METADATA_CORRUPTED", value, remedy, row=number_)
    if sheet.metadata and len(sheet.metadata) != 4:
        value = f"{len(sheet.metadata)} lines instead of 4"
        journal.notice(sheet.name, "METADATA_INCOMPLETE", value, remedy)
    elif sheet.metadata and not {cell.strip().upper() for cell in sheet.metadata[2]} <= _TYPES:
        journal.notice(
            sheet.name, "METADATA_INCOMPLETE", "line 3 does not hold the types", remedy, row=3
        )


def notice_columns(sheet: Sheet, used: Iterable[str | None], journal: Journal) -> None:
    """Notice attribute names that are not as the format wants them, and what is not read."""
    for column in sheet.columns:
        if not _ATTRIBUTE.fullmatch(column):
            journal.notice(
                sheet.name,
                "COLUMN_NAME",
                column,
                "attributes are named in upper case with underscores: understood all the same",
                row=sheet.header_row,
                column=column,
            )
    rest = [column for column in sheet.columns if column not in used]
    if rest:
        remedy = "not needed here and not stored"
        journal.notice(sheet.name, "COLUMN_NOT_READ", ", ".join(rest), remedy)


def notice_decimal_comma(sheet: Sheet, columns: Iterable[str | None], journal: Journal) -> None:
    """Notice numbers with a decimal comma."""
    for column in columns:
        rows = [row for row in sheet.rows if has_decimal_comma(row, column)]
        if rows:
            value = f"{rows[0].get(column)} ({len(rows)} rows)"
            journal.notice(
                sheet.name,
                "DECIMAL_COMMA",
                value,
                "read as a decimal point",
                row=rows[0].number,
                column=column,
            )


def _notice_age(sheet: Sheet, age: str | None, journal: Journal) -> None:
    current = sheet.find("AGE_CURRENT", "CURRENT_AGE")
    given = sum(1 for row in sheet.rows if row.get(current) is not None)
    if given:
        value = f"{given} of {len(sheet.rows)} patients"
        remedy = "an age at another date than enrolment is not stored"
        journal.notice(sheet.name, "AGE_NOT_AT_ENROLMENT", value, remedy, column=current)
    if age is not None and age.upper() == "AGE":
        remedy = "the file does not say at which date: taken as the age at enrolment"
        journal.notice(sheet.name, "AGE_DATE_UNKNOWN", None, remedy, column=age)


def _unique(sheet: Sheet, key: str, journal: Journal) -> Iterator[tuple[Row, str]]:
    """Give the rows with a key of their own; the others are set aside."""
    first: dict[str, int] = {}
    for row in sheet.rows:
        try:
            value = required(row, key)
            if value in first:
                remedy = f"line {first[value]} has it already: keep the one that is right"
                raise RowRejected("DUPLICATE_ROW", key, value, remedy)
        except RowRejected as rejected:
            journal.reject(rejected.finding(sheet.name, row.number), row.number, row.record())
            continue
        first[value] = row.number
        yield row, value


def _tumour(row: Row, column: str | None) -> str | None:
    """Read a tumour type; normal is not one."""
    value = row.get(column)
    return None if value is None or value.casefold() == "normal" else value


def _purity_factor(sheet: Sheet, column: str | None, journal: Journal) -> float:
    """Tell percent from fractions: a column with no value above 1 holds fractions."""
    values = [row.get(column) for row in sheet.rows]
    plain = [value.replace(",", ".", 1) for value in values if value is not None]
    fractions = all(re.fullmatch(r"0?\.\d+|[01](\.0*)?", value) for value in plain)
    if not fractions or not any("." in value for value in plain):
        return 1.0
    remedy = "no value is above 1: read as fractions, stored as percent"
    journal.notice(sheet.name, "PURITY_AS_FRACTION", f"{len(plain)} rows", remedy, column=column)
    return 100.0


def _notice_materials(
    sheet: Sheet, records: Iterable[SampleRecord], panel: str | None, journal: Journal
) -> None:
    """Notice a panel that was used on both tissue and plasma: perhaps a class is wrong."""
    kinds: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for each in records:
        if each.panel is not None and not each.normal:
            kinds[each.panel][each.kind] += 1
    for name, counts in sorted(kinds.items()):
        if "CTDNA" in counts and len(counts) > 1:
            value = f"{name}: " + ", ".join(f"{n} {kind}" for kind, n in sorted(counts.items()))
            remedy = "stored as recorded: check the sample class of those samples"
            journal.notice(sheet.name, "PANEL_ON_TWO_MATERIALS", value, remedy, column=panel)


def _ordered(
    sheet: Sheet, records: list[SampleRecord], journal: Journal
) -> tuple[SampleRecord, ...]:
    """Order each patient's specimens of a kind by the letter that ends their ids."""
    groups: defaultdict[tuple[str, str], list[SampleRecord]] = defaultdict(list)
    for each in records:
        if not each.normal:
            groups[each.patient, each.kind].append(each)
    ordinals: dict[str, int] = {}
    unknown: list[str] = []
    serial = 0
    for group in groups.values():
        suffixes = [_SUFFIX.fullmatch(each.source_key) for each in group]
        stems = {match["stem"] for match in suffixes if match}
        if len(group) > 1 and (None in suffixes or len(stems) != 1):
            unknown += [each.source_key for each in group]
            continue
        serial += len(group) > 1
        for ordinal, each in enumerate(sorted(group, key=_key), 1):
            ordinals[each.source_key] = ordinal
    if serial:
        value = f"{serial} series"
        remedy = "no dates: specimens are in the order of their suffix, their timepoint is UNKNOWN"
        journal.notice(sheet.name, "ORDER_FROM_SUFFIX", value, remedy)
    if unknown:
        remedy = "their order is not known: no ordinal is stored"
        journal.notice(sheet.name, "ORDER_UNKNOWN", ", ".join(sorted(unknown)), remedy)
    return tuple(replace(each, ordinal=ordinals.get(each.source_key)) for each in records)


def _key(record: SampleRecord) -> str:
    return record.source_key
