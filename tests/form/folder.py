"""A study's folder made of the examples that the dictionary of the forms gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from db.form.catalogue import FORMS
from db.form.template import write_rows

Edit = Callable[[list[dict[str, str]]], None]


def examples() -> dict[str, list[dict[str, str]]]:
    """Give one row for each form, by file and column."""
    found: dict[str, list[dict[str, str]]] = {}
    for form in FORMS:
        row = {column.name: column.example for column in form.columns}
        if form.members is not None:
            row[form.members.name] = form.members.example
        found[form.file] = [row]
    return found


def write(path: Path, edits: Mapping[str, Edit] | None = None) -> Path:
    """Write the examples, changed by file; a file without rows is left out."""
    path.mkdir(exist_ok=True)
    for file, rows in examples().items():
        if edits and file in edits:
            edits[file](rows)
        if rows:
            write_rows(path / file, list(rows[0]), [list(row.values()) for row in rows])
        else:
            (path / file).unlink(missing_ok=True)
    return path


def put(column: str, value: str, row: int = 0) -> Edit:
    """Change one cell."""

    def edit(rows: list[dict[str, str]]) -> None:
        rows[row][column] = value

    return edit


def add(**changes: str) -> Edit:
    """Add a row like the first."""

    def edit(rows: list[dict[str, str]]) -> None:
        rows.append({**rows[0], **changes})

    return edit


def without(column: str) -> Edit:
    """Leave a column out."""

    def edit(rows: list[dict[str, str]]) -> None:
        for row in rows:
            del row[column]

    return edit
