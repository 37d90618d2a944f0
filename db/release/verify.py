"""Verifying: whether a release is still what was frozen, computed from the rows themselves."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC
from typing import Any, TypeAlias

import asyncpg

from db.release.manifest import contents, digest
from db.release.refusal import ReleaseRefused

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
_RELEASE = """
select r.id, r.version, r.cut_off, r.frozen_at, r.manifest_digest, r.rule_sets,
  m.manifest::text as manifest
from connect.data_release r left join connect.release_manifest m on m.release_id = r.id
where r.version = $1
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Hold what differs from what was frozen, counts first; nothing where it is intact."""

    version: str
    digest: str
    differences: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Give the verdict as JSON has it."""
        return {
            "version": self.version,
            "manifest_digest": self.digest,
            "intact": not self.differences,
            "differences": list(self.differences),
        }

    def text(self) -> str:
        """Write the verdict for people."""
        if not self.differences:
            return f"release {self.version} is intact: {self.digest}"
        return "\n".join((f"release {self.version} was altered:", *self.differences))


async def verify(connection: Connection, version: str) -> Verdict:
    """Compare a release with its manifest, and that with its digest; the owner's connection.

    Raises: ReleaseRefused where there is no such release, or it has no manifest.
    """
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        await connection.execute("set local role connect_loader")
        release = await connection.fetchrow(_RELEASE, version)
        if release is None or release["manifest"] is None:
            raise ReleaseRefused(await _missing(connection, version, there=release is not None))
        manifest = json.loads(release["manifest"])
        counts, others = list[str](), list[str]()
        for table, found in (await contents(connection, release["id"])).items():
            frozen = manifest.get("tables", {}).get(table, {})
            if found.rows != frozen.get("rows"):
                counts.append(f"{table} has {found.rows} rows, frozen were {frozen.get('rows')}")
            elif found.digest != frozen.get("digest"):
                others.append(f"{table} has its {found.rows} rows, but not as they were frozen")
    for column, value in _told(release).items():
        if value != manifest.get(column):
            others.append(f"{column} is {value}, frozen was {manifest.get(column)}")
    computed = digest(manifest)
    if computed != release["manifest_digest"]:
        others.append(
            f"the manifest's digest is {computed}, the release says {release['manifest_digest']}"
        )
    return Verdict(version, release["manifest_digest"], (*counts, *others))


def _told(release: asyncpg.Record) -> dict[str, Any]:
    return {
        "version": release["version"],
        "cut_off": release["cut_off"].isoformat(),
        "frozen_at": release["frozen_at"].astimezone(UTC).isoformat(),
        "rule_sets": release["rule_sets"],
    }


async def _missing(connection: Connection, version: str, *, there: bool) -> str:
    if there:
        return (
            f"release {version} was entered by hand, so there is nothing to verify: "
            "freeze one with `connect-graph release`"
        )
    rows = await connection.fetch("select version from connect.data_release order by frozen_at, id")
    known = ", ".join(row["version"] for row in rows) or "there are none yet"
    return f"there is no release {version}: name one of: {known}"
