"""Freezing: the data as of a cut-off into rows that nothing changes, from one snapshot."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeAlias

import asyncpg

from db.outcome.store import outcomes_as_of
from db.release.key import ReleaseKey
from db.release.manifest import Manifest, contents
from db.release.refusal import ReleaseRefused

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
_HERE = Path(__file__).resolve().parent
_CHOOSE = (_HERE / "choose.sql").read_text("utf-8")
_FREEZE = (_HERE / "freeze.sql").read_text("utf-8")
_VERSION = re.compile(r"[A-Za-z0-9_.-]{1,40}")
_MIGRATION = "select max(version) from public.schema_migrations"
_CHOSEN = """
create temporary table release_patient (
  patient_id bigint primary key, study_id bigint not null, told_until date not null
) on commit drop
"""
_LAST_DAY = """
select max(coalesce(s.data_cut_off, $1)) from connect.study s
where s.id in (select c.study_id from pg_temp.release_patient c)
"""
_TREATMENTS = """
select c.study_id, array_agg(t.id order by t.id) as treatments,
  array_agg(t.key order by t.id) as keys
from pg_temp.release_patient c
join connect.treatment t using (patient_id)
left join connect.treatment_identity i on i.treatment_id = t.id
where coalesce(i.started_on, c.told_until) <= $1
group by c.study_id order by c.study_id
"""
_NUMBERED = """
select coalesce(max(substring(version from '^[0-9]{4}\\.([1-9][0-9]{0,8})$')::integer), 0)
from connect.data_release where version like $1
"""
_STORE = """
insert into connect.data_release (id, version, cut_off, frozen_at, manifest_digest, rule_sets)
overriding system value values ($1, $2, $3, $4, $5, $6)
"""
_STORE_MANIFEST = "insert into connect.release_manifest (release_id, manifest) values ($1, $2)"


async def freeze(
    connection: Connection,
    version: str | None = None,
    cut_off: date | None = None,
    key: ReleaseKey | None = None,
) -> Manifest:
    """Freeze a release, all or nothing; the connection is the owner's.

    The key links treatments to those of other releases: without it nothing can be published.

    Without a version it is the next one of the year, such as 2026.1. Without a cut-off it is the
    last day that the studies' data tell of, which is today where a study does not say.
    Raises: ReleaseRefused.
    """
    if version is not None and not _VERSION.fullmatch(version):
        raise ReleaseRefused(
            f"{version!r} names no release: use up to 40 letters, digits, dots, dashes, underscores"
        )
    async with connection.transaction(isolation="repeatable_read"):
        # Before the snapshot is taken, so that one freezing sees what the one before it froze.
        await connection.execute(
            "lock table connect.data_release in share row exclusive mode; "
            "set local role connect_loader"
        )
        # Not the transaction's start, which may have waited: what the snapshot shows came before.
        frozen_at: datetime = await connection.fetchval("select clock_timestamp()")
        await connection.execute(_CHOSEN)
        await connection.execute(_CHOOSE, frozen_at)
        version = await _free(connection, version, frozen_at.year)
        cut_off = await _settle(connection, cut_off, frozen_at.astimezone(UTC).date())
        return await _freeze(connection, version, cut_off, frozen_at, key)


async def _freeze(
    connection: Connection,
    version: str,
    cut_off: date,
    frozen_at: datetime,
    key: ReleaseKey | None,
) -> Manifest:
    release_id: int = await connection.fetchval(
        "select nextval(pg_get_serial_sequence('connect.data_release', 'id'))"
    )
    outcomes: list[dict[str, Any]] = []
    treatments: list[int] = []
    linkages: list[str] = []
    for study in await connection.fetch(_TREATMENTS, cut_off):
        outcomes += await outcomes_as_of(
            connection, study["study_id"], study["treatments"], cut_off
        )
        if key is not None:
            treatments += study["treatments"]
            linkages += [key.linkage(treatment) for treatment in study["keys"]]
    row = await connection.fetchrow(
        _FREEZE, release_id, cut_off, json.dumps(outcomes), treatments, linkages
    )
    if row is None or not row["patients"]:
        raise ReleaseRefused(
            f"no patient who consents to research was screened or treated by {cut_off}: "
            "import what is missing, or name a later --cut-off"
        )
    await connection.execute("reset role")
    migration: str = await connection.fetchval(_MIGRATION)
    await connection.execute("set local role connect_loader")
    manifest = Manifest(
        version=version,
        cut_off=cut_off.isoformat(),
        frozen_at=frozen_at.astimezone(UTC).isoformat(),
        migration=migration,
        rule_sets=tuple(row["rule_sets"]),
        studies=tuple(json.loads(row["studies"])),
        patients=row["patients"],
        reported_beyond_cut_off=row["reported_beyond_cut_off"],
        tables=await contents(connection, release_id),
        key_id=None if key is None else key.id,
    )
    await connection.execute(
        _STORE, release_id, version, cut_off, frozen_at, manifest.digest, row["rule_sets"]
    )
    await connection.execute(_STORE_MANIFEST, release_id, json.dumps(manifest.document))
    return manifest


async def _free(connection: Connection, version: str | None, year: int) -> str:
    if version is None:
        return f"{year}.{await connection.fetchval(_NUMBERED, f'{year}.%') + 1}"
    if await connection.fetchval(
        "select exists (select from connect.data_release where version = $1)", version
    ):
        raise ReleaseRefused(
            f"release {version} exists, and what is frozen stays: name another version"
        )
    return version


async def _settle(connection: Connection, cut_off: date | None, today: date) -> date:
    if cut_off is None:
        last: date | None = await connection.fetchval(_LAST_DAY, today)
        return today if last is None else min(last, today)
    if cut_off > today:
        raise ReleaseRefused(f"{cut_off} has not come yet: name a --cut-off up to {today}")
    return cut_off
