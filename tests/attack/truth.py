"""What an extract's ids stand for, which nobody outside knows: asked of the database's owner."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import asyncpg

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Truth:
    """Hold which patient and which record each id of a scope is."""

    patients: dict[str, dict[str, int]]
    """By scope and public id."""
    records: dict[str, list[Row]]
    """By table, whole, each with its place in it: the order in which it was stored."""
    keys: dict[int, str]
    """The UUID of each patient."""

    @classmethod
    async def read(cls, url: str) -> Truth:
        owner = await asyncpg.connect(url)
        patients: dict[str, dict[str, int]] = {}
        for scope, public_id, patient in await owner.fetch(
            "select s.code, y.public_id, y.patient_id from connect.pseudonym y"
            " join connect.scope s on s.id = y.scope_id"
        ):
            patients.setdefault(scope, {})[public_id] = patient
        names = await owner.fetch(
            "select table_name as name from information_schema.columns where column_name = 'key'"
            " and table_schema = 'connect' and table_name <> 'patient'"
        )
        records = {
            name: [
                {**row, "place": place}
                for place, row in enumerate(await owner.fetch(f"table connect.{name}"))
            ]
            for (name,) in names
        }
        found = await owner.fetch("select id, key::text from connect.patient")
        keys: dict[int, str] = {row["id"]: row["key"] for row in found}
        await owner.close()
        return cls(patients, records, keys)

    def of_scope(self, scope: str, tables: set[str]) -> dict[str, tuple[str, Row]]:
        """Give the record that each id of a scope is, of these tables."""
        public = {patient: name for name, patient in self.patients[scope].items()}
        return {
            f"{public[row['patient_id']]}.{_hash(scope, row['key'].bytes)}": (table, row)
            for table in tables
            for row in self.records[table]
            if row["patient_id"] in public
        }


def _hash(scope: str, key: bytes) -> str:
    return hashlib.sha256(scope.encode() + key).hexdigest()[:12]
