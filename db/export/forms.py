"""A study as a folder of forms: what `import csv` reads, with public ids for keys."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from db.export.query import Query, query
from db.export.viewing import Viewing
from db.form.catalogue import GENE_LIST, RECORDS, STUDY
from db.form.cell import write
from db.form.form import SYNTHETIC, Form
from db.form.template import README, write_dictionary, write_rows

LABEL = "SYNTHETIC data: nobody stands behind any record."
_TEXT = """\
Study {study}, as {role} in the scope {scope}. {label}
Ids are those of the scope. What the role may not read is not there. A text that begins with an
apostrophe before =, +, -, @ or a word for missing is that text without it.
`connect-graph import csv` reads this folder; dictionary.csv tells what the columns mean.
"""
_CODES = {"cohort": "cohort", "drug": "drug", "site": "site", "onco_tree_code": "tumour_type"}


@dataclass(slots=True)
class _Named:
    """The references that the written rows name, by form: they are written last."""

    codes: dict[str, set[str]] = field(default_factory=dict)

    def note(self, made: Query, row: Sequence[Any]) -> None:
        for column, value in zip(made.columns, row, strict=False):
            if value is not None and column.field in _CODES:
                self.of(_CODES[column.field]).add(value)
        if made.members is not None and made.members.field in _CODES:
            self.of(_CODES[made.members.field]).update(row[-1])

    def of(self, form: str) -> set[str]:
        return self.codes.setdefault(form, set())


async def write_forms(viewing: Viewing, folder: Path, role: str, scope: str) -> dict[str, int]:
    """Write what the viewer may read into a folder; count the rows of each file."""
    counts: dict[str, int] = {}
    named = _Named()
    genes: dict[str, tuple[str, ...]] = {}
    records = [each for each in RECORDS if not _is_reference(each)]
    queries = [made for form in records if (made := query(form, viewing.may))]
    with ExitStack() as opened:
        files = []
        for made in queries:
            path = folder / made.form.file
            file = opened.enter_context(path.open("w", encoding="utf-8", newline=""))
            files.append(csv.writer(file))
            files[-1].writerow(_header(viewing, made.form, made.header))
            counts[made.form.file] = 0
        for page in viewing.pages():
            for made, writer in zip(queries, files, strict=True):
                rows = await viewing.rows(made.sql, *page)
                counts[made.form.file] += len(rows)
                for row in rows:
                    named.note(made, row)
                    writer.writerow(_cells(viewing, made, row, genes))
    counts |= await _references(viewing, folder, named)
    write_rows(
        folder / GENE_LIST.file,
        _header(viewing, GENE_LIST, GENE_LIST.header),
        (_label(viewing, GENE_LIST, [code, write(genes[code])]) for code in sorted(genes)),
    )
    study = [viewing.title, viewing.synthetic, viewing.data_cut_off]
    write_rows(folder / STUDY.file, STUDY.header, [[write(value) for value in study]])
    write_dictionary(folder)
    label = LABEL if viewing.synthetic else ""
    text = _TEXT.format(study=viewing.code, role=role, scope=scope, label=label)
    (folder / README).write_text(text, encoding="utf-8")
    return counts | {GENE_LIST.file: len(genes), STUDY.file: 1}


def _is_reference(form: Form) -> bool:
    return "patient" not in form.header


async def _references(viewing: Viewing, folder: Path, named: _Named) -> dict[str, int]:
    """Write the cohorts, drugs, sites and tumour types that the records name, and their own."""
    counts: dict[str, int] = {}
    forms = {form.name: form for form in RECORDS if _is_reference(form)}
    for name in ("cohort", "cohort_design", "biomarker_definition", "drug", "site", "tumour_type"):
        made = query(forms[name], viewing.may)
        if made is None:
            continue
        wanted = named.of("cohort" if name in {"cohort_design", "biomarker_definition"} else name)
        rows = await viewing.rows(made.sql, sorted(wanted))
        for row in rows:
            named.note(made, row)
        if name == "tumour_type":
            tissues = sorted({row[2] for row in rows} - wanted)
            rows += await viewing.rows(made.sql, tissues)
        counts[made.form.file] = len(rows)
        write_rows(
            folder / made.form.file,
            _header(viewing, made.form, made.header),
            (_cells(viewing, made, row, {}) for row in rows),
        )
    return counts


def _header(viewing: Viewing, form: Form, header: Iterable[str]) -> list[str]:
    """Name the columns; every file of a synthetic study says so in its last."""
    return _label(viewing, form, list(header), SYNTHETIC)


def _label(viewing: Viewing, form: Form, cells: list[str], label: str = "yes") -> list[str]:
    if viewing.synthetic and SYNTHETIC not in form.header:
        cells.append(label)
    return cells


def _cells(
    viewing: Viewing, made: Query, row: Sequence[Any], genes: dict[str, tuple[str, ...]]
) -> list[str]:
    values = list(row)
    if made.members is not None and made.members.listed:
        listed = tuple(values[-1])
        code = hashlib.sha256(" ".join(listed).encode()).hexdigest()[:12]
        if listed:
            genes[code] = listed
        values[-1] = (code,) if listed else ()
    words = [column.words for column in made.columns] + [()] * (made.members is not None)
    cells = [write(value, own) for value, own in zip(values, words, strict=True)]
    return _label(viewing, made.form, cells)
