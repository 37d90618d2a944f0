"""Reading a study as its viewer: on their role's login, in one snapshot, page by page.

Row security decides the rows and grants the columns, as for the graph; nothing here decides either.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import asyncpg

from db.catalog import Grants
from db.pool import UNREACHED, Pool, TimedOut, Unavailable
from db.statement import SETTINGS
from db.viewer import Viewer

if TYPE_CHECKING:
    from db.catalog import Connection

PAGE = 500
"""Patients whose records are read together."""
_SETTLE = "select " + ", ".join(
    f"set_config('{name}', ${place}, true)" for place, name in enumerate(SETTINGS, start=1)
)
_STUDY = "select id, title, synthetic from connect.study where code = $1"
_CUT_OFF = "select data_cut_off from connect.study where id = $1"
_STUDIES = "select code from connect.study order by code"
_PATIENTS = """
select y.public_id, p.id from connect.patient p join connect.pseudonym y on y.patient_id = p.id
where p.study_id = $1 order by y.public_id
"""


class ExportRefused(Exception):
    """Say in one sentence why nothing is exported, and what to do."""


@dataclass(frozen=True, slots=True)
class Viewing:
    """Hold a study as its viewer may read it, for as long as the snapshot lasts."""

    id: int
    code: str
    title: str | None
    synthetic: bool
    data_cut_off: date | None
    """Null too where the role may not know it."""
    grants: Grants
    patients: tuple[str, ...]
    """Their public ids, in order."""
    told: tuple[int, ...]
    """The same by internal ids: for the audit alone."""
    connection: Connection

    def may(self, table: str, column: str) -> bool:
        """Tell whether the viewer's role may read a column."""
        return (table, column) in self.grants.columns

    async def rows(self, sql: str, *arguments: object) -> list[Any]:
        """Run a statement in the snapshot."""
        return await self.connection.fetch(sql, *arguments)

    def pages(self) -> Iterator[tuple[str, str, int]]:
        """Give what a form's statement asks for, page by page: from, to, and the study."""
        for start in range(0, len(self.patients), PAGE):
            page = self.patients[start : start + PAGE]
            yield page[0], page[-1], self.id


@asynccontextmanager
async def viewing(pool: Pool, viewer: Viewer, code: str) -> AsyncIterator[Viewing]:
    """Open a study to a viewer.

    Raises: ExportRefused, TimedOut, Unavailable.
    """
    if ("patient", "id") not in pool.grants.columns:
        raise ExportRefused(f"the role {viewer.role.value} reads no records: nothing to export")
    try:
        async with (
            pool.connections.acquire(timeout=10) as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            await connection.execute(_SETTLE, *viewer.settings)
            study = await connection.fetchrow(_STUDY, code)
            if study is None:
                known = ", ".join(row["code"] for row in await connection.fetch(_STUDIES))
                raise ExportRefused(f"there is no study {code}: name one of {known or 'none yet'}")
            cut_off = None
            if ("study", "data_cut_off") in pool.grants.columns:
                cut_off = await connection.fetchval(_CUT_OFF, study["id"])
            found = await connection.fetch(_PATIENTS, study["id"])
            yield Viewing(
                study["id"],
                code,
                study["title"],
                study["synthetic"],
                cut_off,
                pool.grants,
                tuple(row["public_id"] for row in found),
                tuple(row["id"] for row in found),
                connection,
            )
    except asyncpg.QueryCanceledError as error:
        raise TimedOut from error
    except UNREACHED as error:
        if isinstance(error, OSError) and not isinstance(error, ConnectionError):
            raise  # of the files, not of the database
        raise Unavailable from error
