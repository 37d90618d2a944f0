"""The bookkeeping of an import: the study that it holds, its batch, and what it set aside."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from db.ingest.report import ImportRefused, Rejection, Report
from db.intake.shape import Connection

_STUDY_CODE = re.compile(r"[A-Za-z0-9_.-]{1,40}")
_LOCK = "select pg_advisory_xact_lock(hashtextextended($1, 0))"
_LAST = """
select digest from connect.import_batch
where study_id = $1 and format = $2 and id <> $3 order by id desc limit 1
"""
_OPEN = """
insert into connect.import_batch
  (study_id, format, digest, rows_read, rows_stored, rows_quarantined, report)
values ($1, $2, $3, 0, 0, 0, '{}') returning id
"""
_CLOSE = """
update connect.import_batch
set rows_read = $2, rows_stored = $3, rows_quarantined = $4, report = $5::text::jsonb
where id = $1
"""
_QUARANTINE = """
insert into connect.quarantine
  (import_batch_id, file, row_number, column_name, rule, value, record)
values ($1, $2, $3, $4, $5, $6, $7::text::jsonb)
"""


@asynccontextmanager
async def importing(connection: Connection, *, dry_run: bool) -> AsyncIterator[None]:
    """Run an import as connect_loader in one transaction; a dry run leaves nothing."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute("set local role connect_loader")
        yield
    except BaseException:
        await transaction.rollback()
        raise
    if dry_run:
        await transaction.rollback()
    else:
        await transaction.commit()


async def hold_study(connection: Connection, code: str, *, synthetic: bool = False) -> int:
    """Find or make the study, and let nobody else import into it meanwhile; give its id."""
    if not _STUDY_CODE.fullmatch(code):
        raise ImportRefused(
            f"{code!r} is not a study code",
            "use 1 to 40 letters, digits, dots, dashes and underscores",
        )
    await connection.execute(_LOCK, code)
    await connection.execute(
        "insert into connect.study (code, synthetic) values ($1, $2) on conflict (code) do nothing",
        code,
        synthetic,
    )
    row = await connection.fetchrow("select id, synthetic from connect.study where code = $1", code)
    if row is None or row["synthetic"] is not synthetic:
        there, comes = ("real", "invented") if synthetic else ("synthetic", "real")
        raise ImportRefused(
            f"study {code} is {there}, and its patients are never mixed with {comes} ones",
            "import under another study code",
        )
    return int(row["id"])


async def open_batch(connection: Connection, study: int, import_format: str, digest: str) -> int:
    """Make the batch that records are stored under; `close_batch` tells what it did."""
    return int(await connection.fetchval(_OPEN, study, import_format, digest))


async def close_batch(
    connection: Connection, study: int, batch: int, report: Report, rejections: Iterable[Rejection]
) -> None:
    """Keep the report and what was set aside; the same files without a change leave no batch."""
    last = await connection.fetchval(_LAST, study, report.format, batch)
    if not report.changed and last == report.digest:
        await connection.execute("delete from connect.import_batch where id = $1", batch)
        return
    await connection.execute(
        _CLOSE,
        batch,
        report.rows_read,
        report.rows_stored,
        report.rows_quarantined,
        json.dumps(report.as_json(), ensure_ascii=False),
    )
    await connection.executemany(
        _QUARANTINE,
        [
            (
                batch,
                each.finding.file,
                each.row,
                each.finding.column,
                each.finding.rule,
                each.finding.value,
                json.dumps(each.record, ensure_ascii=False),
            )
            for each in rejections
        ],
    )
