"""The trial's eCRF export, read as the forms that a mapping makes of it.

One CSV file per form: labels on row 1, names on row 2, SubjectId, EventId, EventName, EventDate; a
coded field X has its code in XCD; the second time that something is asked is X__2; a date may be
partial, as 1980-02-nk: what is not known of it is not guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from db.form.form import SEPARATOR, Form
from db.form.mapping import Ecrf, Mapped, Source
from db.form.sheet import CsvSheet, open_csv
from db.ingest.report import Finding, Journal, Severity
from db.ingest.sheet import Row, is_missing

_SHAPE = {"subjectid", "eventid", "eventname", "eventdate"}
_HEADER_ROW = 2
_REPEAT = re.compile(r"(?P<name>.+)__(?P<number>[1-9][0-9]*)")
_PLACE = re.compile(r"\{(\w+)\}")
_WHOLE = re.compile(r"\d{4}-\d{2}-\d{2}")


def has_shape(path: Path) -> bool:
    """Tell whether a file is a form of an eCRF export, by its second row."""
    with path.open("rb") as file:
        _, second = file.readline(1_000_000), file.readline(1_000_000)
    names = re.split(r'[,;\t"\r\n]+', second.decode("utf-8", "replace").casefold())
    return {name.strip() for name in names} >= _SHAPE


@dataclass(slots=True)
class EcrfSheet:
    """The rows that an eCRF export has for one form, as `CsvSheet` gives those of a file."""

    name: str
    columns: tuple[str, ...]
    origin: Mapping[str, str]
    """What the eCRF calls each column."""
    found: list[Row]
    header_row: int = _HEADER_ROW
    findings: tuple[Finding, ...] = ()

    def rows(self) -> Iterator[Row]:
        """Give the rows."""
        return iter(self.found)


@dataclass(slots=True)
class Export:
    """The files of an eCRF export, by the names of their forms."""

    mapping: Ecrf
    journal: Journal
    sheets: dict[str, CsvSheet] = field(default_factory=dict)
    _starts: dict[str, str] = field(default_factory=dict)
    _alone: set[tuple[str, int]] = field(default_factory=set)
    _partial: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, path: Path) -> CsvSheet:
        """Take a file."""
        sheet = open_csv(path, _HEADER_ROW)
        self.journal.findings += sheet.findings
        if path.stem.casefold() not in {each.name.casefold() for each in self.mapping.forms}:
            remedy = "the mapping names no such form: nothing is read of it"
            self.journal.notice(path.name, "FILE_NOT_READ", None, remedy)
        self.sheets[path.stem.casefold()] = sheet
        return sheet

    def forms(self) -> dict[Form, EcrfSheet]:
        """Give the rows of every form: of its first eCRF form, with what the others add."""
        self._read_starts()
        by_form: dict[Form, list[Mapped]] = {}
        for each in self.mapping.forms:
            if each.name.casefold() in self.sheets:
                by_form.setdefault(each.form, []).append(each)
        made = {form: self._form(form, parts) for form, parts in by_form.items()}
        bases = {sheet.name for sheet in made.values()}
        for parts in by_form.values():
            for part in parts[1:]:
                sheet = self.sheets[part.name.casefold()]
                if sheet.name not in bases:
                    bases.add(sheet.name)
                    self.journal.count(sheet.name, sum(1 for _ in sheet.rows()))
        for (file, column), count in sorted(self._partial.items()):
            remedy = "a date of which a part is not known, or before which nothing counts: left out"
            self.journal.notice(file, "DATE_PARTIAL", f"{count} rows", remedy, column=column)
        return made

    def _read_starts(self) -> None:
        sheet = self.sheets.get(self.mapping.start_form)
        if sheet is None or self.mapping.start_column not in sheet.columns:
            return
        for row in sheet.rows():
            told = row.get(self.mapping.start_column)
            if told is not None and _WHOLE.fullmatch(told):
                self._starts.setdefault(row.get("subjectid") or "", told)

    def _form(self, form: Form, parts: Sequence[Mapped]) -> EcrfSheet:
        first, *others = parts
        columns = tuple(dict.fromkeys(name for part in parts for name in part.columns))
        origin = {
            name: source.column
            for part in reversed(parts)
            for name, source in part.columns.items()
            if source.column is not None
        }
        sheet = self.sheets[first.name.casefold()]
        rows = [(row.number, values) for row, values in self._values(first)]
        keys = _keys(form)
        known = {tuple(values.get(key, "") for key in keys): values for _, values in rows}
        for other in others:
            self._complete(other, keys, known, sheet.name)
        index = {name: place for place, name in enumerate(columns)}
        found = [
            Row(number, index, tuple(values.get(name, "") for name in columns))
            for number, values in rows
        ]
        return EcrfSheet(sheet.name, columns, origin, found)

    def _complete(
        self,
        part: Mapped,
        keys: Sequence[str],
        known: Mapping[tuple[str, ...], dict[str, str]],
        base: str,
    ) -> None:
        """Add what a later form tells of records: of several events the last one that tells it."""
        sheet = self.sheets[part.name.casefold()]
        told = sorted(self._values(part), key=lambda each: each[0].get("eventdate") or "")
        for row, values in told:
            record = known.get(tuple(values.get(key, "") for key in keys))
            if record is None:
                if (sheet.name, row.number) in self._alone:
                    continue
                self._alone.add((sheet.name, row.number))
                remedy = f"{base} has no such record: add it there"
                finding = Finding(
                    *(sheet.name, row.number, "subjectid", "REFERENCE_UNRESOLVED"),
                    *(row.get("subjectid"), remedy, Severity.QUARANTINED),
                )
                self.journal.reject(finding, row.number, row.record())
                continue
            record |= {name: value for name, value in values.items() if value}

    def _values(self, part: Mapped) -> Iterator[tuple[Row, dict[str, str]]]:
        """Give the values of each row, and of each repeat within it that tells anything."""
        sheet = self.sheets[part.name.casefold()]
        wanted = {source.column for source in part.columns.values() if source.kind != "all"}
        numbers = {1} | {
            int(match["number"])
            for name in sheet.columns
            if (match := _REPEAT.fullmatch(name)) and match["name"] in wanted
        }
        for row in sheet.rows():
            for number in sorted(numbers):
                if number > 1 and not any(
                    row.get(f"{name}__{number}") for name in wanted if name is not None
                ):
                    continue
                values = {
                    name: self._value(sheet.name, row, number, source, part.words.get(name, {}))
                    for name, source in part.columns.items()
                }
                yield row, values

    def _value(
        self, file: str, row: Row, number: int, source: Source, words: Mapping[str, str]
    ) -> str:
        name = source.column
        if name is None:
            return _PLACE.sub(
                lambda place: (
                    str(number) if place[1] == "n" else row.get(place[1].casefold()) or ""
                ),
                source.value,
            )
        if source.kind == "all":
            found = [_coded(row, name, 1, words)]
            found += [
                _coded(row, name, int(match["number"]), words)
                for column in row.index
                if (match := _REPEAT.fullmatch(column)) and match["name"] == name
            ]
            return SEPARATOR.join(each for each in found if each)
        if source.kind == "text":
            return _coded(row, name, number, words)
        text = _told(row, name, number)
        if source.kind == "label" or not text:
            return text
        if source.kind == "year":
            return text[:4] if re.match(r"\d{4}(?!\d)", text) else text
        return self._dated(file, row, name, text, source.kind)

    def _dated(self, file: str, row: Row, name: str, text: str, kind: str) -> str:
        """Write a date, or the days since the start; text that is no date is left to be judged."""
        if re.fullmatch(r"\d{4}-(\d{2}|nk|unk?)-(nk|unk?)", text.casefold()):
            self._count_partial(file, name)
            return ""
        if kind == "date" or not _WHOLE.fullmatch(text):
            return text
        start = self._starts.get(row.get("subjectid") or "")
        if start is None:
            self._count_partial(file, name)
            return ""
        try:
            return str((date.fromisoformat(text) - date.fromisoformat(start)).days)
        except ValueError:
            return text

    def _count_partial(self, file: str, name: str) -> None:
        self._partial[file, name] = self._partial.get((file, name), 0) + 1


def _told(row: Row, name: str, number: int) -> str:
    """Give a field of a repeat; what is asked once holds for all repeats."""
    repeated = f"{name}__{number}"
    column = repeated if number > 1 and repeated in row.index else name
    if number > 1 and column == name and f"{name}__2" in row.index:
        return ""  # asked again, though not so often
    return row.get(column) or ""


def _coded(row: Row, name: str, number: int, words: Mapping[str, str]) -> str:
    """Give the word of a code, else of its label, else the label."""
    code, label = _told(row, f"{name}cd", number), _told(row, name, number)
    for told in (code, label):
        if told and told.casefold() in words:
            return words[told.casefold()]
    return label or ("" if is_missing(code) else code)


def _keys(form: Form) -> list[str]:
    """Name the columns by which a form's rows are told apart."""
    return [
        each.name for each in form.columns if each.required and each.name in {"patient", form.name}
    ]
