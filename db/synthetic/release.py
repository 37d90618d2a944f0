"""The release of the invented data: frozen once, and published."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Final

import asyncpg

from db.disclosure.lattice import QUICK
from db.disclosure.publish import publish as publish_cells
from db.release.freeze import freeze
from db.release.key import ReleaseKey
from db.release.refusal import ReleaseRefused
from db.synthetic.assumptions import CUT_OFF

VERSION: Final = "SYNTHETIC-2026-06"
_OPEN: Final = """
update connect.data_release set published = true where version = $1 and not published
"""
_WANTED: Final = """
select not exists (select from connect.data_release where version = $1)
  and not exists (select from connect.study where not synthetic)
"""
_LACKS: Final = """
select exists (
  select from connect.data_release r join connect.release_manifest m on m.release_id = r.id
  where r.version = $1 and m.manifest ->> 'key_id' is not null
    and not exists (select from connect.publication p where p.release_id = r.id))
"""


async def publish(
    connection: asyncpg.Connection[asyncpg.Record],
    key: ReleaseKey | None = None,
    tell: Callable[[int, int], None] = lambda done, whole: None,
) -> None:
    """Freeze and publish the release where it is missing; the connection is the owner's.

    There is none of patients too few to have consented, nor before the day of its cut-off, nor
    beside real studies: a release takes in all that are there. With a key its cells are published,
    by a lattice that is soon decided; without one it has none.
    """
    async with connection.transaction():
        await connection.execute("set local role connect_loader")
        wanted = await connection.fetchval(_WANTED, VERSION)
    if wanted:
        with suppress(ReleaseRefused):
            await freeze(connection, VERSION, CUT_OFF, key)
    async with connection.transaction():
        await connection.execute("set local role connect_loader")
        lacks = key is not None and await connection.fetchval(_LACKS, VERSION)
        if not lacks:
            await connection.execute(_OPEN, VERSION)
    if lacks and key is not None:
        await publish_cells(connection, key, VERSION, lattice=QUICK, tell=tell)
