"""One file of tab- or comma-separated values, read strictly and noticing what is odd about it.

What makes a row's fields uncertain refuses the file; what only looks odd is noticed.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from db.ingest.report import Finding, ImportRefused

_UTF8_BOM = b"\xef\xbb\xbf"
_UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")
_POINTERS = (b"version https://git-lfs.github.com/spec/", b"/annex/objects/", b"../.git/annex/")
_SEPARATED = {"\t": "tab", ",": "comma"}
_LINE_END = re.compile(r"\r\n|\r|\n")
TWICE_ENCODED = re.compile(
    "[\u00c2-\u00df][\u0080-\u00bf\u20ac\u201a-\u201e\u2020-\u2026\u2030\u0152\u0160\u0178"
    "\u017d\u0192\u02c6\u2039\u2018-\u201d\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u017e]"
)
_MISSING = frozenset(
    {
        *("", "-", "na", "n/a", "nk", "not applicable", "unknown"),
        *("[not available]", "[not applicable]", "[not evaluated]", "[unknown]"),
    }
)


@dataclass(frozen=True, slots=True)
class Row:
    """Hold one line of a file; an absent column and every spelling of missing give None."""

    number: int
    index: Mapping[str, int]
    fields: tuple[str, ...]

    def get(self, column: str | None) -> str | None:
        """Give a value without the blanks around it, None where it is missing."""
        value = self.raw(column)
        return None if value is None or is_missing(value) else value

    def raw(self, column: str | None) -> str | None:
        """Give a value as it stands, for columns in which a dash means something."""
        if column is None or column not in self.index:
            return None
        return self.fields[self.index[column]].strip()

    def record(self) -> dict[str, str | None]:
        """Give the whole row as it was read."""
        return {name: self.fields[at] for name, at in self.index.items()}


@dataclass(frozen=True, slots=True)
class Sheet:
    """Hold one file: its metadata lines, its columns, its rows and what was odd."""

    name: str
    header_row: int
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    metadata: tuple[tuple[str, ...], ...]
    findings: tuple[Finding, ...]

    def find(self, *names: str) -> str | None:
        """Find a column by the first of its usual names, whatever its case and punctuation."""
        for name in names:
            found = [each for each in self.columns if _plain(each) == _plain(name)]
            if len(found) > 1:
                raise ImportRefused(
                    f"the columns {' and '.join(found)} mean the same",
                    "keep the one that is right",
                    file=self.name,
                    row=self.header_row,
                )
            if found:
                return found[0]
        return None

    def need(self, *names: str) -> str:
        """Find a column that the file cannot do without."""
        found = self.find(*names)
        if found is None:
            raise ImportRefused(
                f"the header has no column {names[0]}",
                f"it needs one named {' or '.join(names)}; check that this is the right file",
                file=self.name,
                row=self.header_row,
            )
        return found


def is_missing(value: str) -> bool:
    """Tell whether a value is one of the ways of writing that there is none."""
    return value.casefold() in _MISSING


def read(path: Path, separator: str = "\t") -> Sheet:
    """Read a file."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ImportRefused(
            f"the file cannot be read ({error.strerror})", "check its permissions", file=path.name
        ) from error
    return parse(content, path.name, separator)


def parse(content: bytes, name: str, separator: str = "\t") -> Sheet:
    """Read a file's content; values between commas may be quoted, as RFC 4180 has it."""
    findings: list[Finding] = []
    text = decode(content, name, findings)
    lines = _split(text, name, findings)
    metadata = _leading(lines) if separator == "\t" else []
    if len(metadata) == len(lines) or lines[len(metadata)] == "":
        raise ImportRefused(
            "there is no header line", "the file may be cut: get it again", file=name
        )
    start = len(metadata)
    cells = _tabbed(lines, start) if separator == "\t" else _quoted(lines, name)
    first = next(cells)[1]
    columns, index = _header(first, name, start + 1, separator, findings)
    if start + 1 == len(lines) and not text.endswith(("\r", "\n")):
        raise ImportRefused(
            "the file ends within its header line",
            "it is cut: get it again",
            file=name,
            row=start + 1,
        )
    rows: list[Row] = []
    blank: list[int] = []
    wider = 0
    for number, fields in cells:
        if not any(field.strip() for field in fields):
            blank.append(number)
            continue
        if len(fields) < len(columns) or any(field.strip() for field in fields[len(columns) :]):
            last = number == len(lines) and not text.endswith(("\r", "\n"))
            raise ImportRefused(
                f"the row has {len(fields)} fields and the header {len(columns)}",
                "the file is cut: get it again"
                if last and len(fields) < len(columns)
                else f"a field is missing or has a {_SEPARATED[separator]} too many: "
                "correct the row",
                file=name,
                row=number,
            )
        if any(field.strip() for field in fields[len(index) : len(columns)]):
            raise ImportRefused(
                "the row has a value in a column without a name",
                "name the column in the header, or remove it",
                file=name,
                row=number,
            )
        wider += len(fields) > len(columns)
        rows.append(Row(number, index, tuple(fields[: len(columns)])))
    if wider:
        _note(findings, name, "TRAILING_EMPTY_FIELD", f"{wider} rows", "ignored, they are empty")
    if blank:
        shown = ", ".join(str(number) for number in blank[:5])
        value = f"{len(blank)} rows: {shown}" + ("" if len(blank) <= 5 else ", …")
        _note(findings, name, "BLANK_ROW", value, "skipped")
    _notice_twice_encoded(name, rows, findings)
    told = tuple(tuple(line.lstrip("#").split("\t")) for line in metadata)
    return Sheet(name, start + 1, tuple(index), tuple(rows), told, tuple(findings))


def _tabbed(lines: Sequence[str], start: int) -> Iterator[tuple[int, list[str]]]:
    """Give the fields of each line, with its number."""
    for number, line in enumerate(lines[start:], start + 1):
        yield number, line.split("\t")


def _quoted(lines: Sequence[str], name: str) -> Iterator[tuple[int, list[str]]]:
    """Give the fields of each row, with the number of its first line."""
    reader = csv.reader((line + "\n" for line in lines), strict=True)
    number = 1
    while True:
        try:
            fields = next(reader, None)
        except csv.Error as error:
            raise ImportRefused(
                f"the row cannot be told apart into fields ({error})",
                "a quotation mark is missing or one too many: correct the row, or get the file "
                "again",
                file=name,
                row=number,
            ) from error
        if fields is None:
            return
        yield number, fields
        number = reader.line_num + 1


def _note(findings: list[Finding], file: str, rule: str, value: str | None, remedy: str) -> None:
    findings.append(Finding(file, None, None, rule, value, remedy))


def decode(content: bytes, name: str, findings: list[Finding]) -> str:
    """Decode a file's content; what is no whole text of UTF-8 refuses the file."""
    if not content.strip():
        raise ImportRefused("the file is empty", "get it again", file=name)
    if content.startswith(_POINTERS):
        raise ImportRefused(
            "this is a pointer to a large file, not its data",
            "fetch the data with `git lfs pull` or `git annex get`",
            file=name,
        )
    if content.startswith(_UTF16_BOMS):
        raise ImportRefused(
            "the file is UTF-16, seen by its mark at byte 0", "save it as UTF-8", file=name, row=1
        )
    at = content.find(b"\0")
    if at >= 0:
        wide = content.count(b"\0") * 3 > len(content)
        raise ImportRefused(
            f"there is a zero byte at byte {at}" + (", as in UTF-16" if wide else ""),
            "save the file as UTF-8" if wide else "the file is damaged: get it again",
            file=name,
            row=_line_of(content, at),
        )
    if content.startswith(_UTF8_BOM):
        _note(findings, name, "BYTE_ORDER_MARK", None, "ignored")
    try:
        return content.removeprefix(_UTF8_BOM).decode("utf-8")
    except UnicodeDecodeError as error:
        at = error.start + len(content) - len(content.removeprefix(_UTF8_BOM))
        cut = error.end >= len(content.removeprefix(_UTF8_BOM)) and "unexpected end" in error.reason
        raise ImportRefused(
            f"byte {at} (0x{content[at]:02x}) is not UTF-8",
            "the file is cut: get it again"
            if cut
            else "it may be Latin-1 or Windows-1252: save it as UTF-8",
            file=name,
            row=_line_of(content, at),
        ) from error


def _line_of(content: bytes, at: int) -> int:
    return len(re.findall(rb"\r\n|\r|\n", content[:at])) + 1


def _split(text: str, name: str, findings: list[Finding]) -> list[str]:
    """Split into lines by any of the three line ends, and only by those."""
    ends = Counter(_LINE_END.findall(text))
    names = {"\r\n": "CRLF", "\r": "CR", "\n": "LF"}
    if set(ends) - {"\n"}:
        value = ", ".join(f"{count} {names[end]}" for end, count in sorted(ends.items()))
        _note(findings, name, "LINE_END", value, "read as line ends")
    lines = _LINE_END.split(text)
    if lines[-1] == "":
        return lines[:-1]
    findings.append(
        Finding(
            name,
            len(lines),
            None,
            "NO_FINAL_NEWLINE",
            None,
            "the last row is complete, but its last value may be cut: compare it with the source",
        )
    )
    return lines


def _leading(lines: Sequence[str]) -> list[str]:
    count = next((at for at, line in enumerate(lines) if not line.startswith("#")), len(lines))
    return list(lines[:count])


def _header(
    fields: Sequence[str], name: str, row: int, separator: str, findings: list[Finding]
) -> tuple[tuple[str, ...], dict[str, int]]:
    columns = tuple(field.strip() for field in fields)
    named = [column for column in columns if column]
    if len(columns) < 2:
        other = next((mark for mark in ",;|\t" if mark in "".join(columns)), None)
        shown = "a tab" if other == "\t" else f"'{other}'"
        raise ImportRefused(
            "the header has one column" + (f", perhaps separated by {shown}" if other else ""),
            f"save the file {_SEPARATED[separator]}-separated",
            file=name,
            row=row,
        )
    twice = [column for column, count in Counter(named).items() if count > 1]
    if twice:
        raise ImportRefused(
            f"the header has {twice[0]} {named.count(twice[0])} times",
            "keep the column that is right",
            file=name,
            row=row,
            column=twice[0],
        )
    if any(not column for column in columns[: len(named)]):
        raise ImportRefused(
            f"column {columns.index('') + 1} of the header has no name",
            "name it or remove it",
            file=name,
            row=row,
        )
    if len(named) < len(columns):
        unnamed = len(columns) - len(named)
        value = f"{unnamed} without a name" if unnamed > 1 else "one without a name"
        _note(findings, name, "TRAILING_EMPTY_COLUMN", value, "ignored")
    return columns, {column: at for at, column in enumerate(named)}


def _notice_twice_encoded(name: str, rows: Iterable[Row], findings: list[Finding]) -> None:
    """Notice UTF-8 that was taken for Latin-1 or Windows-1252 and encoded once more."""
    seen: set[str] = set()
    for row in rows:
        if all(field.isascii() for field in row.fields):
            continue
        for column, at in row.index.items():
            value = row.fields[at]
            if column not in seen and TWICE_ENCODED.search(value):
                seen.add(column)
                remedy = "this is UTF-8 encoded twice, kept as it stands: export the file again"
                findings.append(Finding(name, row.number, column, "TWICE_ENCODED", value, remedy))


def _plain(name: str) -> str:
    return re.sub(r"[^A-Z0-9]+", "_", name.upper()).strip("_")
