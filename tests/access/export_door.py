"""The door of exports: the forms of a study, written by a viewer's own login."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from db.export.export import export
from db.export.viewing import ExportRefused
from db.form.catalogue import RECORDS
from db.form.cell import write
from db.form.form import Form
from db.intake.table import PARENTS, TABLES, VOCABULARIES, Table
from db.viewer import Viewer
from tests.access.expectation import Expectation
from tests.access.kind import readable
from tests.access.oracle import Facts, Row
from tests.access.sql_door import Difference
from tests.export.table import read
from tests.world import World

_TABLES = {table.type: table for table in TABLES}


@dataclass(slots=True)
class ExportDoor:
    """Hold one viewer who exports, and what their files should hold."""

    world: World
    viewer: Viewer
    facts: Facts
    expectation: Expectation

    async def compare(self, study: Row, folder: Path) -> None:
        """Export a study; raise Difference."""
        pool = self.world.pools.roles[self.viewer.role]
        told = list[int]()

        async def settle(_: Mapping[str, int], patients: Sequence[int]) -> None:
            told.extend(patients)

        try:
            await export(pool, self.viewer, study["code"], "csv", folder, settle)
        except ExportRefused as refused:
            if self.expectation.visible["study"]:
                raise Difference(f"{self.viewer} exports nothing: {refused}") from refused
            return
        own = [row["id"] for row in self.expectation.visible["patient"]]
        if sorted(told) != sorted(set(own) & {row["id"] for row in self._of(study)}):
            raise Difference(f"{self.viewer} exports, and the audit is told {told}")
        files = read(folder)
        for form in RECORDS:
            table = _TABLES[form.type]  # type: ignore[index]
            if table.fixed:
                continue
            columns = [each for each in form.columns if self._told(table, each.field)]
            if not self._may(table.name, "id" if table.name == "patient" else "patient_id"):
                if form.file in files:
                    raise Difference(f"{self.viewer} exports {form.file}")
                continue
            wanted = Counter(
                tuple(write(self._value(table, each.field, row), each.words) for each in columns)
                for row in self._rows(table, study["id"])
            )
            seen = Counter(tuple(row[each.name] for each in columns) for row in files[form.file])
            if seen != wanted:
                more, less = list(seen - wanted), list(wanted - seen)
                raise Difference(
                    f"{self.viewer} exports {form.file}: too much {more}, too little {less}"
                )
            self._header(form, table, files[form.file])

    def _of(self, study: Row) -> list[Row]:
        return self.facts.of("patient", study_id=study["id"])

    def _header(self, form: Form, table: Table, rows: list[dict[str, str]]) -> None:
        for column in form.columns:
            if rows and (column.name in rows[0]) is not self._told(table, column.field):
                raise Difference(f"{self.viewer} exports {form.file}: the column {column.name}")

    def _may(self, table: str, column: str) -> bool:
        names = self.facts.columns[table]
        return column in names and column in readable(self.viewer.role.value, table, names)

    def _told(self, table: Table, name: str) -> bool:
        if name == "patient" or name in PARENTS:
            return True
        if name == "source_key":
            return table.name == "patient" or self._may(table.name, "key")
        column = VOCABULARIES[name].column if name in VOCABULARIES else name
        beside = table.side is not None and self._may(table.side, column)
        return self._may(table.name, column) or beside

    def _rows(self, table: Table, study: int) -> list[Row]:
        own = {row["id"] for row in self.expectation.visible["patient"] if row["study_id"] == study}
        key = "id" if table.name == "patient" else "patient_id"
        return [row for row in self.expectation.visible[table.name] if row[key] in own]

    def _value(self, table: Table, name: str, row: Row) -> Any:
        patient = row["id"] if table.name == "patient" else row["patient_id"]
        if name == "patient" or (table.name == "patient" and name == "source_key"):
            return self._id(patient)
        if name == "source_key":
            return self._child(patient, row)
        if name in PARENTS:
            return self._parent(table, name, row)
        column = VOCABULARIES[name].column if name in VOCABULARIES else name
        value = row[column] if column in row else self._beside(table, row, column)
        if name in VOCABULARIES and value is not None and column != name:
            named = self.expectation.found(VOCABULARIES[name].table, "id", value)
            return named[0][VOCABULARIES[name].natural] if named else None
        return value

    def _beside(self, table: Table, row: Row, column: str) -> Any:
        assert table.side is not None
        found = self.expectation.found(table.side, f"{table.name}_id", row["id"])
        return found[0][column] if found else None

    def _parent(self, table: Table, name: str, row: Row) -> str | None:
        parent = PARENTS[name]
        if parent.column in row:
            found = self.expectation.found(parent.table, "id", row[parent.column])
            return self._child(found[0]["patient_id"], found[0]) if found else None
        inner = next(
            each
            for each in table.type._fields
            if each in PARENTS and PARENTS[each].within == parent.column
        )
        within = self.expectation.found(PARENTS[inner].table, "id", row[PARENTS[inner].column])
        if not within:
            return None
        found = self.expectation.found(parent.table, "id", within[0][parent.column])
        return self._child(found[0]["patient_id"], found[0]) if found else None

    def _id(self, patient: int) -> str:
        return str(self.expectation.found("pseudonym", "patient_id", patient)[0]["public_id"])

    def _child(self, patient: int, row: Row) -> str:
        scope = self.viewer.namespace.encode()
        hashed = hashlib.sha256(scope + row["key"].bytes).hexdigest()
        return f"{self._id(patient)}.{hashed[:12]}"
