"""The manifest: what a release was made of, and the digest that seals it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

import asyncpg

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

# A column that a later migration adds is null in earlier releases: it leaves their digests alone.
_CONTENTS = """
select count(*) as rows, encode(sha256(convert_to(coalesce(string_agg(
  (jsonb_strip_nulls(to_jsonb(r)) - 'release_id')::text, e'\\n' order by r.{order}), ''), 'UTF8')),
  'hex') as digest
from connect.{table} r where r.release_id = $1
"""
_ORDER: Mapping[str, str] = {"analysis_row": "ordinal", "screening_row": "subject"}


@dataclass(frozen=True, slots=True)
class Contents:
    """Count the rows of a table in a release, and digest them in their order."""

    rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """Hold what a release was made of; days and instants as ISO 8601 writes them, in UTC."""

    version: str
    cut_off: str
    frozen_at: str
    migration: str
    rule_sets: tuple[str, ...]
    studies: tuple[Mapping[str, Any], ...]
    patients: int
    reported_beyond_cut_off: int
    tables: Mapping[str, Contents]
    key_id: str | None = None
    """Of the key that links its treatments to other releases; null: nothing does."""

    def as_json(self) -> dict[str, Any]:
        """Give the manifest and its digest as JSON has them."""
        return {**self.document, "manifest_digest": self.digest}

    @property
    def document(self) -> dict[str, Any]:
        """Give what is digested, and stored."""
        return {**asdict(self), "rule_sets": list(self.rule_sets), "studies": list(self.studies)}

    @property
    def digest(self) -> str:
        """Compute the release's digest."""
        return digest(self.document)

    def text(self) -> str:
        """Write for people what was frozen."""
        rows = ", ".join(f"{table}: {found.rows}" for table, found in self.tables.items())
        lines = [
            f"release {self.version} is frozen, cut-off {self.cut_off}",
            f"patients: {self.patients}, {rows}",
            f"manifest digest: {self.digest}",
        ]
        if self.reported_beyond_cut_off:
            lines.append(
                f"{self.reported_beyond_cut_off} outcomes tell of days after the cut-off: "
                "their source reported them, and they are as reported"
            )
        return "\n".join(lines)


def digest(manifest: Mapping[str, Any]) -> str:
    """Compute the SHA-256 of a manifest: JSON with sorted keys, without blanks, in UTF-8."""
    text = json.dumps(manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


async def contents(connection: Connection, release_id: int) -> dict[str, Contents]:
    """Count and digest the rows of each table as they are stored."""
    found: dict[str, Contents] = {}
    for table, order in _ORDER.items():
        row = await connection.fetchrow(_CONTENTS.format(table=table, order=order), release_id)
        if row is None:
            raise LookupError(table)
        found[table] = Contents(row["rows"], row["digest"])
    return found
