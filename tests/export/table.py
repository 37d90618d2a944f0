"""An exported folder, read back without any code of the export."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

Rows = list[dict[str, str]]


async def unsettled(_rows: Mapping[str, int], _patients: Sequence[int]) -> None:
    """Audit nothing: the export's own tests call it without its command."""


def read(folder: Path) -> dict[str, Rows]:
    """Give the rows of every form, by file."""
    found: dict[str, Rows] = {}
    for path in sorted(folder.glob("*.csv")):
        if path.name != "dictionary.csv":
            with path.open(encoding="utf-8", newline="") as file:
                found[path.name] = list(csv.DictReader(file))
    return found


def renamed(tables: dict[str, Rows], names: Mapping[str, str]) -> dict[str, Rows]:
    """Replace ids, and put the rows in an order that does not hang on them."""
    return {
        file: sorted(
            ({column: names.get(cell, cell) for column, cell in row.items()} for row in rows),
            key=lambda row: list(row.values()),
        )
        for file, rows in tables.items()
    }
