"""Reading a folder of forms: which files, which columns, and the records of their rows."""

from __future__ import annotations

import hashlib
from array import array
from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from db.form import cell
from db.form.catalogue import FORMS, GENE_LIST, RECORDS, STUDY
from db.form.ecrf import EcrfSheet, Export, has_shape
from db.form.form import SYNTHETIC, Form, GeneList, Study
from db.form.mapping import OWN, load_mapping
from db.form.sheet import CsvSheet, open_csv
from db.form.template import DICTIONARY
from db.ingest.report import Finding, ImportRefused, Journal, Severity
from db.ingest.sheet import Row
from db.ingest.term import RowRejected, is_symbol
from db.intake import record as r
from db.intake.store import Problem
from db.intake.table import Record


@dataclass(frozen=True, slots=True)
class Folder:
    """Hold the files of a folder, what they say of the study, and the lists of genes."""

    sheets: tuple[tuple[Form, CsvSheet | EcrfSheet], ...]
    study: Study
    gene_lists: Mapping[str, tuple[str, ...]]
    digest: str

    @property
    def told(self) -> dict[type[Record], list[str]]:
        """List the fields that the files have columns for, by record type."""
        found: dict[type[Record], list[str]] = {}
        for form, sheet in self.sheets:
            kind = cast("type[Record]", form.type)
            found[kind] = [each.field for each in form.columns if each.name in sheet.columns]
        return found

    def values(self, name: str) -> set[str]:
        """Give the ids of a form's rows, such as the drugs of drug.csv."""
        return {
            row.fields[row.index[name]].strip()
            for form, sheet in self.sheets
            if form.name == name and name in sheet.columns
            for row in sheet.rows()
        }


def find(path: Path, journal: Journal, mapping: Path | None = None) -> Folder:
    """Find the files of a folder and read what is about all of them.

    Raises: ImportRefused.
    """
    if not path.is_dir():
        raise ImportRefused(f"there is no folder {path}", "give the folder that has the CSV files")
    forms = {form.file: form for form in FORMS}
    found: dict[Form, CsvSheet] = {}
    ecrf = Export(load_mapping(mapping or OWN), journal)
    digest = hashlib.sha256()
    for file in sorted(each for each in path.iterdir() if each.is_file()):
        if file.suffix.casefold() == ".csv" and has_shape(file):
            digest.update(ecrf.add(file).digest)
            continue
        form = forms.get(file.name.casefold())
        if form is None:
            if file.suffix.casefold() == ".csv" and file.name != DICTIONARY:
                remedy = "no form has this name: see `connect-graph template`"
                journal.notice(file.name, "FILE_NOT_READ", None, remedy)
            continue
        sheet = open_csv(file)
        digest.update(sheet.digest)
        found[form] = sheet
        _judge(form, sheet, journal)
    mapped = ecrf.forms()
    both = next((form for form in mapped if form in found), None)
    if both is not None:
        raise ImportRefused(
            f"{found[both].name} and {mapped[both].name} both hold the form {both.name}",
            "keep one of them",
        )
    every: dict[Form, CsvSheet | EcrfSheet] = {**found, **mapped}
    sheets = tuple((form, every[form]) for form in RECORDS if form in every)
    if not sheets:
        raise ImportRefused(
            f"{path} has no file of a form",
            f"it needs at least one of {', '.join(form.file for form in RECORDS)}",
        )
    return Folder(sheets, _study(found, journal), _gene_lists(found, journal), digest.hexdigest())


def _judge(form: Form, sheet: CsvSheet, journal: Journal) -> None:
    journal.findings += sheet.findings
    for column in form.columns:
        if column.required and column.name not in sheet.columns:
            raise ImportRefused(
                f"the header has no column {column.name}",
                f"the form {form.name} needs it: {column.meaning}",
                file=sheet.name,
                row=sheet.header_row,
            )
    for name in sheet.columns:
        if name and name not in {*form.header, SYNTHETIC}:
            remedy = f"the form {form.name} has no such column: see {DICTIONARY}"
            journal.notice(
                sheet.name, "COLUMN_NOT_READ", None, remedy, row=sheet.header_row, column=name
            )


def _study(found: Mapping[Form, CsvSheet], journal: Journal) -> Study:
    if STUDY not in found:
        return Study()
    sheet = found[STUDY]
    rows = [_entry(STUDY, row, sheet) for row in sheet.rows()]
    if len(rows) != 1 or not isinstance(rows[0], Study):
        raise ImportRefused(f"there are {len(rows)} rows", "a study has one row", file=sheet.name)
    journal.count(sheet.name, 1)
    return rows[0]._replace(synthetic=bool(rows[0].synthetic))


def _gene_lists(found: Mapping[Form, CsvSheet], journal: Journal) -> dict[str, tuple[str, ...]]:
    """Read the lists; a wrong one refuses the files, since whole profiles hang on it."""
    lists: dict[str, tuple[str, ...]] = {}
    if GENE_LIST not in found:
        return lists
    sheet = found[GENE_LIST]
    for row in sheet.rows():
        entry = _entry(GENE_LIST, row, sheet)
        if not isinstance(entry, GeneList):
            continue
        wrong = next((gene for gene in entry.genes if not is_symbol(gene)), None)
        if wrong is not None or entry.code in lists:
            problem = f"{wrong} is no gene symbol" if wrong else f"{entry.code} is there twice"
            raise ImportRefused(problem, "correct the list", file=sheet.name, row=row.number)
        lists[entry.code] = entry.genes
    journal.count(sheet.name, len(lists))
    return lists


def _entry(form: Form, row: Row, sheet: CsvSheet) -> object:
    try:
        return _record(form, row)
    except RowRejected as rejected:
        raise ImportRefused(
            f"{rejected.rule} {rejected.value}",
            rejected.remedy,
            file=sheet.name,
            row=row.number,
            column=rejected.column,
        ) from rejected


def _record(form: Form, row: Row) -> Any:
    make = cast("Any", form.type)
    return make(
        **{
            column.field: value
            for column in form.columns
            if (value := cell.read(row, column)) is not None
        }
    )


@dataclass(slots=True)
class Reading:
    """Read the records of a folder once, remembering which row each one is of."""

    folder: Folder
    journal: Journal
    drugs: Collection[str]
    """The INNs that the database knows."""
    _rows: array[int] = field(default_factory=lambda: array("L"))
    _first: list[int] = field(default_factory=list)
    _read: list[int] = field(default_factory=list)
    _rejected: list[dict[int, Finding]] = field(default_factory=list)
    _proposed: set[tuple[str, str, str]] = field(default_factory=set)

    def records(self) -> Iterator[Record]:
        """Give the records of every row that can be read; the others are set aside."""
        for form, sheet in self.folder.sheets:
            self._first.append(len(self._rows))
            self._rejected.append({})
            self._read.append(0)
            for number, row in enumerate(sheet.rows()):
                self._read[-1] += 1
                try:
                    found = list(self._row(form, sheet, row))
                except RowRejected as rejected:
                    finding = rejected.finding(sheet.name, row.number)
                    name = sheet.origin.get(finding.column or "", finding.column)
                    self._rejected[-1][number] = replace(finding, column=name)
                    continue
                for record in found:
                    if self._follows(record):
                        continue  # of rules and inputs that may be others here: derived anew
                    self._rows.append(number)
                    yield record

    def _follows(self, record: Record) -> bool:
        """Tell what rules made: DERIVED outcomes, findings that nobody judged, what is theirs."""
        match record:
            case r.Outcome():
                return record.source == "DERIVED"
            case r.Finding():
                proposed = record.rule_set is not None and not record.curated
                if proposed:
                    self._proposed.add((record.patient, record.treatment, record.source_key))
                return proposed
            case r.FindingBiomarker() | r.PairedEvidence():
                return (record.patient, record.treatment, record.finding) in self._proposed
        return False

    def _row(self, form: Form, sheet: CsvSheet | EcrfSheet, row: Row) -> Iterator[Record]:
        record = _record(form, row)
        if form.name != "cohort":  # which may be invented in a real study, and says so itself
            self._compare_synthetic(sheet, row)
        values: tuple[str, ...] = ()
        if form.members is not None:
            values = cell.texts(row, form.members.name)
            if form.members.listed:
                values = self._genes(form.members.name, values)
            else:
                self._check_drugs(form.members.name, values)
        yield from form.records(record, values)

    def _genes(self, name: str, codes: tuple[str, ...]) -> tuple[str, ...]:
        for code in codes:
            if code not in self.folder.gene_lists:
                remedy = f"add the list to {GENE_LIST.file}, or correct its name"
                raise RowRejected("REFERENCE_UNRESOLVED", name, code, remedy)
        return tuple(gene for code in codes for gene in self.folder.gene_lists[code])

    def _check_drugs(self, name: str, values: tuple[str, ...]) -> None:
        for inn in values:
            if inn.lower() not in self.drugs:
                remedy = "correct the INN, or add the drug to drug.csv"
                raise RowRejected("CODE_UNKNOWN", name, inn, remedy)

    def _compare_synthetic(self, sheet: CsvSheet | EcrfSheet, row: Row) -> None:
        said = row.get(SYNTHETIC) if SYNTHETIC in row.index else None
        if said is not None and (said.casefold() == "yes") is not self.folder.study.synthetic:
            raise ImportRefused(
                f"the row says synthetic {said}, and the study is not so",
                f"invented patients are never mixed with real ones: see {STUDY.file}",
                file=sheet.name,
                row=row.number,
                column=SYNTHETIC,
            )

    def reject(self, problem: Problem) -> None:
        """Set aside the row of a record that the database did not take."""
        place = bisect_right(self._first, problem.place) - 1
        form, sheet = self.folder.sheets[place]
        number = self._rows[problem.place]
        if number in self._rejected[place]:
            return
        columns = {column.field: column.name for column in form.columns}
        name = columns.get(problem.field, problem.field)
        name = sheet.origin.get(name, name)
        self._rejected[place][number] = Finding(
            sheet.name,
            None,
            name,
            problem.rule,
            problem.value,
            problem.remedy,
            Severity.QUARANTINED,
        )

    def finish(self) -> None:
        """Note in the journal what was read and, whole, what was set aside."""
        for (_, sheet), read, rejected in zip(
            self.folder.sheets, self._read, self._rejected, strict=True
        ):
            if rejected:
                for number, row in enumerate(sheet.rows()):
                    if number in rejected:
                        finding = replace(rejected[number], row=row.number)
                        self.journal.reject(finding, row.number, row.record())
            self.journal.count(sheet.name, read)
