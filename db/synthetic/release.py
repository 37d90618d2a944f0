"""The release of the invented data: frozen once, and published."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

import asyncpg

from db.release.freeze import freeze
from db.release.refusal import ReleaseRefused
from db.synthetic.assumptions import CUT_OFF

VERSION: Final = "SYNTHETIC-2026-06"
_PUBLISH = "update connect.data_release set published = true where version = $1 and not published"
_WANTED = """
select not exists (select from connect.data_release where version = $1)
  and not exists (select from connect.study where not synthetic)
"""


async def publish(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """Freeze and publish the release where it is missing; the connection is the owner's.

    There is none of patients too few to have consented, nor before the day of its cut-off, nor
    beside real studies: a release takes in all that are there.
    """
    async with connection.transaction():
        await connection.execute("set local role connect_loader")
        wanted = await connection.fetchval(_WANTED, VERSION)
    if wanted:
        with suppress(ReleaseRefused):
            await freeze(connection, VERSION, CUT_OFF)
    async with connection.transaction():
        await connection.execute("set local role connect_loader")
        await connection.execute(_PUBLISH, VERSION)
