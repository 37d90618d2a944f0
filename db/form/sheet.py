"""One CSV file, read row by row: as strict about what makes a row uncertain as `ingest.sheet`."""

from __future__ import annotations

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from db.ingest.report import Finding, ImportRefused
from db.ingest.sheet import TWICE_ENCODED, Row, decode

_DELIMITERS = ",;\t"
_LONGEST = 10_000_000
"""Characters of a cell: a list of all genes has 150,000."""


@dataclass(frozen=True, slots=True)
class CsvSheet:
    """Hold one file: its header, and its text for the rows to be read from."""

    name: str
    columns: tuple[str, ...]
    header_row: int
    delimiter: str
    digest: bytes
    findings: tuple[Finding, ...]
    text: str = field(repr=False)
    origin: Mapping[str, str] = field(default_factory=dict)
    """What another source calls a column; its own files call it by its name."""

    def rows(self) -> Iterator[Row]:
        """Read the rows below the header; one whose fields are uncertain refuses the file."""
        index = {name: place for place, name in enumerate(self.columns) if name}
        for number, fields in _lines(self.text, self.name, self.delimiter):
            if number <= self.header_row or not any(each.strip() for each in fields):
                continue
            width = len(self.columns)
            if len(fields) < width or any(each.strip() for each in fields[width:]):
                raise ImportRefused(
                    f"the row has {len(fields)} fields and the header {width}",
                    "a field is missing, or has a separator too many: quote it, or correct the row",
                    file=self.name,
                    row=number,
                )
            yield Row(number, index, tuple(fields[:width]))


def open_csv(path: Path, header_row: int = 1) -> CsvSheet:
    """Read a file's header, which is the first line, or the one below the labels."""
    findings: list[Finding] = []
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ImportRefused(
            f"the file cannot be read ({error.strerror})", "check its permissions", file=path.name
        ) from error
    text = decode(content, path.name, findings)
    if not text.isascii() and (twice := TWICE_ENCODED.search(text)):
        line = text.count("\n", 0, twice.start()) + 1
        remedy = "this is UTF-8 encoded twice, kept as it stands: export the file again"
        findings.append(Finding(path.name, line, None, "TWICE_ENCODED", twice[0], remedy))
    lines = text.splitlines()
    first = lines[header_row - 1] if len(lines) >= header_row else ""
    delimiter = max(_DELIMITERS, key=first.count)
    header = next(
        (cells for number, cells in _lines(text, path.name, delimiter) if number == header_row), []
    )
    columns = tuple(cell.strip().casefold() for cell in header)
    named = [column for column in columns if column]
    if not named:
        raise ImportRefused("there is no header line", "get the file again", file=path.name)
    twice_named = [column for column, count in Counter(named).items() if count > 1]
    if twice_named:
        raise ImportRefused(
            f"the header has {twice_named[0]} twice",
            "keep the column that is right",
            file=path.name,
            row=header_row,
            column=twice_named[0],
        )
    digest = hashlib.sha256(content).digest()
    return CsvSheet(path.name, columns, header_row, delimiter, digest, tuple(findings), text)


def _lines(text: str, name: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Give each record with the line that it begins on."""
    limit = csv.field_size_limit(_LONGEST)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        while True:
            number = reader.line_num + 1
            try:
                fields = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise ImportRefused(
                    f"the row cannot be read ({error})",
                    "a quote is not closed or a field is cut: correct the row",
                    file=name,
                    row=number,
                ) from error
            yield number, fields
    finally:
        csv.field_size_limit(limit)
