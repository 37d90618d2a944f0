"""A table: records as rows of CSV (RFC 4180), as the page writes it."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_FORMULA = re.compile(r"[=+\-@\t\r]")
"""A spreadsheet would run what begins so; numbers were never text."""


class _Number(str):
    """A number as it was written."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Table:
    """Hold the columns: the way to the value of each within a record."""

    columns: Sequence[tuple[str, ...]]

    @property
    def head(self) -> str:
        """Write the names of the columns, dotted."""
        return _lines([[_text(".".join(way)) for way in self.columns]])

    def rows(self, records: str) -> str:
        """Write records, which are JSON, one on each line."""
        read = json.JSONDecoder(parse_float=_Number, parse_int=_Number).decode
        found = (read(line) for line in records.split("\n") if line)
        return _lines([_cell(_at(record, way)) for way in self.columns] for record in found)


def _at(value: Any, way: tuple[str, ...]) -> Any:
    for name in way:
        value = value.get(name) if value is not None else None
    return value


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case _Number():
            return value
        case list():
            return _text("; ".join(map(_cell_text, value)))
        case _:
            return _text(str(value))


def _cell_text(value: Any) -> str:
    return value if isinstance(value, str) else _cell(value)


def _text(value: str) -> str:
    return f"'{value}" if _FORMULA.match(value) else value


def _lines(rows: Any) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerows(rows)
    return written.getvalue()
