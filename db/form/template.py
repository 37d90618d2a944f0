"""Templates: an empty file for each form, and the dictionary of all their columns."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from db.form.catalogue import FORMS
from db.form.cell import mask
from db.form.folder import writing
from db.form.form import Form

DICTIONARY = "dictionary.csv"
README = "README.txt"
_DICTIONARY = (
    "file",
    "column",
    "meaning",
    "unit_or_vocabulary",
    "written_as",
    "required",
    "example",
)
_TEXT = """\
Files of a study for `connect-graph import csv FOLDER --study CODE`.

Fill in the files that you have and remove the others; {dictionary} tells what each column means.
- UTF-8, with commas, semicolons or tabs; the first line names the columns.
- Leave empty what is not known. Columns that you remove stay as they are in the database.
- Ids are yours. A row names another one by its id: a treatment its patient.
- The same files again change nothing; a corrected row with the same ids replaces the earlier one.
- Try with --dry-run first: it reports every row that cannot be taken, and stores nothing.
"""


def write_templates(path: Path) -> tuple[str, ...]:
    """Write the templates into a new folder, all or none; give the names of the files."""
    with writing(path) as folder:
        for each in FORMS:
            write_rows(folder / each.file, each.header, ())
        write_dictionary(folder)
        (folder / README).write_text(_TEXT.format(dictionary=DICTIONARY), encoding="utf-8")
        return tuple(sorted(each.name for each in folder.iterdir()))


def write_dictionary(folder: Path) -> None:
    """Write what each column of each form means."""
    write_rows(
        folder / DICTIONARY, _DICTIONARY, (line for each in FORMS for line in _dictionary(each))
    )


def write_rows(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a CSV file as RFC 4180 has it, for spreadsheets to open."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)


def _dictionary(form: Form) -> Iterable[Sequence[str]]:
    for column in form.columns:
        yield (
            form.file,
            column.name,
            mask(column.meaning),
            column.vocabulary,
            " | ".join(column.words) or column.kind.value,
            "yes" if column.required else "no",
            mask(column.example) if column.example else "",
        )
    if form.members is not None:
        members = form.members
        written = "text" if members.listed else "texts with ; between"
        yield (
            form.file,
            members.name,
            members.meaning,
            members.vocabulary,
            written,
            "no",
            members.example,
        )
