"""An import that stays inside its transaction for ever, to be killed."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import asyncpg

from db.ingest.cbioportal import import_cbioportal


async def stall(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    count = await connection.fetchval("select count(*) from connect.patient")
    sys.stdout.write(f"{count} patients inside\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


async def main(url: str, path: Path) -> None:
    await import_cbioportal(
        await asyncpg.connect(url),
        path,
        study="PUMA",
        drug=None,
        cohort=None,
        dry_run=False,
        complete=stall,
    )


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
