"""A seal: how far a chain has come, bound to every seal before it by whichever process."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from db.audit.entry import START, seal_digest

if TYPE_CHECKING:
    from db.catalog import Connection

_LOCK = "select pg_advisory_xact_lock(hashtextextended('connect.audit_seal', 0))"
_LAST = "select number, digest from connect.audit_seal order by number desc limit 1"
_STORE = """
insert into connect.audit_seal (number, at, chain_id, ordinal, head, previous, digest)
values ($1, $2, $3, $4, $5, $6, $7)
"""


@dataclass(frozen=True, slots=True)
class Seal:
    """Hold what is told of a seal outside of the database."""

    number: int
    chain: UUID
    ordinal: int
    digest: bytes


async def seal(
    connection: Connection, key: bytes, at: datetime, chain: UUID, ordinal: int, head: bytes
) -> Seal:
    """Write the next seal, in the caller's transaction; processes take turns."""
    await connection.execute(_LOCK)
    last = await connection.fetchrow(_LAST)
    number, previous = (last["number"] + 1, last["digest"]) if last is not None else (1, START)
    digest = seal_digest(key, number, at, chain, ordinal, head, previous)
    await connection.execute(_STORE, number, at, chain, ordinal, head, previous, digest)
    return Seal(number, chain, ordinal, digest)
