"""Stored operations: documents that are asked for by name, and every version that there was."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from db.pool import Pool
from db.viewer import Role, Viewer

if TYPE_CHECKING:
    import asyncpg

    from db.catalog import Connection

MOST_CHARACTERS = 200_000
"""Of a document."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_FIND = """
select case when set_config('app.issuer', $1, true) is not null
  and set_config('app.organisation', $2, true) is not null
  and set_config('app.subject', $3, true) is not null
  and set_config('app.scope', $4, true) is not null
  and set_config('app.purpose', $5, true) is not null
then coalesce((
  select document from connect.stored_operation where name = $6 and ended_at is null
), '') end
"""
_READ = """
select name, version, document, roles::text[] as roles, added_at, ended_at
from connect.stored_operation
where ($1::text is null or name = $1) and ($2 or ended_at is null)
order by name, version desc
"""
_END = """
update connect.stored_operation set ended_at = clock_timestamp()
where name = $1 and ended_at is null
"""
_ADD = """
insert into connect.stored_operation (name, version, document, roles)
values ($1, $2, $3, $4::text[]::connect.role[])
"""
_TAKE = "select pg_advisory_xact_lock(hashtextextended('connect.stored_operation', 0))"


class OperationRefused(Exception):
    """Say in one sentence why an operation is not stored, and what to do."""


@dataclass(frozen=True, slots=True)
class Stored:
    """Hold one version of a stored operation."""

    name: str
    version: int
    document: str
    roles: tuple[Role, ...]
    added_at: datetime
    ended_at: datetime | None


async def find(pool: Pool, viewer: Viewer, name: str) -> str | None:
    """Give the document that a name stands for now, as its viewer: None where there is none.

    Raises: Unavailable, TimedOut.
    """
    if not _NAME.fullmatch(name):
        return None
    return await pool.text(_FIND, *viewer.settings, name) or None


async def add(
    connection: Connection, name: str, document: str, roles: Sequence[Role], *, replace: bool
) -> bool:
    """Store an operation in the caller's transaction; tell whether anything is otherwise now.

    What a name has stood for, it stands for until it is replaced, a retired name too.
    Raises: OperationRefused.
    """
    if not _NAME.fullmatch(name):
        raise OperationRefused(
            f"{name!r} cannot name an operation: give --name, at most 100 letters, digits, dots, "
            "hyphens and underscores, the first a letter or a digit"
        )
    versions = await _begin(connection, name)
    last = versions[0] if versions else None
    if last is not None and (last.document, last.roles) == (document, tuple(roles)):
        if last.ended_at is None:
            return False
    elif last is not None and not replace:
        what = "another document" if last.document != document else "other roles"
        since = "" if last.ended_at is None else ", although it was retired"
        raise OperationRefused(
            f"{name} is stored with {what} in version {last.version}{since}: "
            "give --replace for a new version, or another --name"
        )
    await connection.execute(_END, name)
    version = 1 if last is None else last.version + 1
    await connection.execute(_ADD, name, version, document, [role.name for role in roles])
    return True


async def retire(connection: Connection, name: str) -> bool:
    """End what a name stands for, in the caller's transaction; tell whether it was in force.

    Raises: OperationRefused where there never was such a name.
    """
    versions = await _begin(connection, name)
    if not versions:
        raise OperationRefused(f"no operation is stored as {name}: `operation list` names them")
    await connection.execute(_END, name)
    return versions[0].ended_at is None


async def _begin(connection: Connection, name: str) -> tuple[Stored, ...]:
    """Become the loader, wait for one's turn, and read what there is."""
    await connection.execute("set local role connect_loader")
    await connection.execute(_TAKE)
    return tuple(map(_stored, await connection.fetch(_READ, name, True)))


async def read(
    connection: Connection, name: str | None = None, *, ended: bool = False
) -> tuple[Stored, ...]:
    """List what is in force, by name, or of one; with `ended` every version, the newest first."""
    async with connection.transaction(readonly=True):
        await connection.execute("set local role connect_loader")
        return tuple(map(_stored, await connection.fetch(_READ, name, ended)))


def _stored(row: asyncpg.Record) -> Stored:
    roles = tuple(role for role in Role if role.name in row["roles"])
    ended = row["ended_at"]
    return Stored(row["name"], row["version"], row["document"], roles, row["added_at"], ended)
