"""Verifying: whether the audit is what was written, read once and a part at a time.

A chain is told to be altered where a digest does not fit its row, missing where a number is,
reordered where a row is genuine and does not follow the one before it, and truncated where a seal
or the chain after it has seen more.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from uuid import UUID

import asyncpg

from db.audit.entry import (
    COLUMNS,
    START,
    chain_digest,
    document_digest,
    entry_digest,
    key_name,
    seal_digest,
)
from db.audit.reading import Connection, reading, rows
from db.audit.verdict import Verdict, Wrong

_CHAINS = """
select c.*, (
  select max(f.follows_ordinal) from connect.audit_chain f where f.follows = c.id) as seen
from connect.audit_chain c order by opened_at, id
"""
_ENTRIES = f"""
select ordinal, previous, digest, {", ".join(COLUMNS)}
from connect.audit_entry where chain_id = $1 order by ordinal
"""  # noqa: S608
_SEALS_OF = """
select number, ordinal, head from connect.audit_seal where chain_id = $1 order by ordinal, number
"""
_SEALS = """
select s.*, c.key_name from connect.audit_seal s
left join connect.audit_chain c on c.id = s.chain_id order by number
"""
_DOCUMENTS = "select digest, content from connect.audit_document"
_UNDOCUMENTED = """
select chain_id, ordinal from connect.audit_entry e
where document is not null
  and not exists (select from connect.audit_document d where d.digest = e.document)
order by chain_id, ordinal
"""
_UNCHAINED = """
select i.id from (
  select chain_id as id from connect.audit_seal union select chain_id from connect.audit_entry
  union select follows from connect.audit_chain where follows is not null) i
where not exists (select from connect.audit_chain c where c.id = i.id)
order by 1
"""
_LONGER = """
select f.id as later, c.id, f.follows_ordinal as seen
from connect.audit_chain f join connect.audit_chain c on c.id = f.follows
where f.follows_ordinal > (
  select coalesce(max(e.ordinal), 0) from connect.audit_entry e where e.chain_id = c.id)
order by f.opened_at
"""


async def verify(
    connection: Connection, keys: Sequence[bytes], told: bytes | None = None
) -> Verdict:
    """Hold the audit against its digests, and against a seal that was told of outside.

    Of several keys each chain has the one that it names.
    """
    verdict = Verdict()
    named = {key_name(key): key for key in keys}
    async with reading(connection):
        async for row in rows(connection, _CHAINS):
            verdict.chains += 1
            key = named.get(row["key_name"])
            if key is None:
                sentence = "another key made its digests: verify it with that one too"
                verdict.find(Wrong.UNKNOWN_KEY, _name(row["id"]), sentence)
                continue
            await _Chain(connection, key, verdict, row["id"]).verify(row)
        async for row in rows(connection, _UNCHAINED):
            sentence = "it is named, and is not there: the whole chain was removed"
            verdict.find(Wrong.MISSING, _name(row["id"]), sentence)
        async for row in rows(connection, _LONGER):
            sentence = f"chain {row['later'].hex} followed {row['seen']} entries of it"
            verdict.find(Wrong.TRUNCATED, _name(row["id"]), sentence)
        await _seals(connection, named, verdict, told)
        await _documents(connection, verdict)
    return verdict


class _Chain:
    """Hold one chain while it is read."""

    def __init__(self, connection: Connection, key: bytes, verdict: Verdict, id_: UUID) -> None:
        self._connection = connection
        self._key = key
        self._verdict = verdict
        self._id = id_
        self._head: bytes | None = None
        """The digest before; None where it cannot be said."""
        self._ordinal = 0
        self._seals: AsyncIterator[asyncpg.Record] = rows(connection, _SEALS_OF, id_)
        self._seal: asyncpg.Record | None = None
        self._sealed = -1

    async def verify(self, chain: asyncpg.Record) -> None:
        """Read the chain from its beginning, its seals beside it."""
        place = _name(self._id)
        before = chain["follows"], chain["follows_ordinal"]
        expected = chain_digest(self._key, self._id, chain["opened_at"], *before)
        if expected != chain["digest"]:
            self._verdict.find(Wrong.ALTERED, place, "its digest does not fit what it begins with")
        self._head = expected
        await self._next()
        if self._seal is None or self._seal["ordinal"] != 0:
            self._verdict.find(Wrong.MISSING, place, "the seal that it was opened with is missing")
        await self._hold(expected)
        async for row in rows(self._connection, _ENTRIES, self._id):
            self._entry(row)
            await self._hold(row["digest"])
        if self._seal is not None:
            sentence = (
                f"seal {self._seal['number']} has seen entry {self._seal['ordinal']}, "
                f"and the last is {self._ordinal}"
            )
            self._verdict.find(Wrong.TRUNCATED, place, sentence)
        self._verdict.unsealed += max(self._ordinal - max(self._sealed, chain["seen"] or 0), 0)

    def _entry(self, row: asyncpg.Record) -> None:
        self._verdict.entries += 1
        ordinal, expected = row["ordinal"], self._ordinal + 1
        if ordinal != expected:
            gone = str(expected) if ordinal == expected + 1 else f"{expected} to {ordinal - 1}"
            self._verdict.find(Wrong.MISSING, self._place(gone), "it was removed or renumbered")
            self._head = None
        place = self._place(str(ordinal))
        stored = tuple(row[name] for name in COLUMNS)
        digest = entry_digest(self._key, self._id, row["previous"], stored)
        is_genuine = digest == row["digest"]
        if not is_genuine:
            sentence = "its digest does not fit it: it was altered or forged"
            self._verdict.find(Wrong.ALTERED, place, sentence)
        elif self._head is not None and row["previous"] != self._head:
            self._verdict.find(Wrong.REORDERED, place, "it does not follow the entry before it")
        self._head = row["digest"] if is_genuine else None
        self._ordinal = ordinal

    async def _hold(self, digest: bytes) -> None:
        """Hold what was read so far against the seals of this place."""
        while self._seal is not None and self._seal["ordinal"] <= self._ordinal:
            self._sealed = self._seal["ordinal"]
            if self._sealed == self._ordinal and self._seal["head"] != digest:
                place = self._place(str(self._ordinal)) if self._ordinal else _name(self._id)
                sentence = f"seal {self._seal['number']} has seen another in its place"
                self._verdict.find(Wrong.ALTERED, place, sentence)
            await self._next()

    async def _next(self) -> None:
        self._seal = await anext(self._seals, None)

    def _place(self, ordinal: str) -> str:
        return f"{_name(self._id)}, entry {ordinal}"


async def _seals(
    connection: Connection, keys: Mapping[bytes, bytes], verdict: Verdict, told: bytes | None
) -> None:
    number, previous, is_found = 0, START, told is None
    follows = True
    async for row in rows(connection, _SEALS):
        verdict.seals += 1
        if row["number"] != number + 1:
            gone = range(number + 1, row["number"])
            place = f"seal {gone[0]}" + (f" to {gone[-1]}" if len(gone) > 1 else "")
            verdict.find(Wrong.MISSING, place, "it was removed")
            follows = False
        place, number = f"seal {row['number']}", row["number"]
        known = keys.get(row["key_name"])
        if not any(_fits(key, row) for key in ([known] if known else keys.values())):
            verdict.find(Wrong.ALTERED, place, "its digest does not fit it, or the key")
            follows = False
        elif follows and row["previous"] != previous:
            verdict.find(Wrong.REORDERED, place, "it does not follow the seal before it")
        else:
            follows = True
        previous = row["digest"]
        is_found = is_found or row["digest"] == told
    verdict.last = previous.hex() if number else None
    if not is_found and told is not None:
        sentence = "it is not there: what was written up to it was removed, or never was here"
        verdict.find(Wrong.TRUNCATED, f"seal {told.hex()}", sentence)


def _fits(key: bytes, row: asyncpg.Record) -> bool:
    """Tell whether a seal's digest is that of its row; where its chain is gone, by any key."""
    seen = row["number"], row["at"], row["chain_id"], row["ordinal"], row["head"]
    return seal_digest(key, *seen, row["previous"]) == bytes(row["digest"])


async def _documents(connection: Connection, verdict: Verdict) -> None:
    async for row in rows(connection, _DOCUMENTS):
        verdict.documents += 1
        if document_digest(row["content"]) != row["digest"]:
            place = f"document {row['digest'].hex()}"
            verdict.find(Wrong.ALTERED, place, "it is not what was asked")
    async for row in rows(connection, _UNDOCUMENTED):
        place = f"{_name(row['chain_id'])}, entry {row['ordinal']}"
        verdict.find(Wrong.MISSING, place, "its document was removed")


def _name(chain: UUID) -> str:
    return f"chain {chain.hex}"
