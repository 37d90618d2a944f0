"""A chain: where the entries of one process stand, and how they are stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from db.audit.entry import (
    COLUMNS,
    Entry,
    chain_digest,
    document_digest,
    entry_digest,
    key_name,
    values,
)

if TYPE_CHECKING:
    from db.catalog import Connection

_OPEN = """
insert into connect.audit_chain (id, opened_at, key_name, follows, follows_ordinal, digest)
values ($1, $2, $3, $4, $5, $6)
"""
_STORED = ("chain_id", *COLUMNS, "ordinal", "previous", "digest")
# A document that another process stored is there already.
_WITH_DOCUMENTS = """with document as (
  insert into connect.audit_document (digest, content)
  select * from unnest(${}::bytea[], ${}::bytea[]) on conflict do nothing
)
"""


@lru_cache(maxsize=64)
def _append(entries: int, *, documents: bool) -> str:
    """Write the one statement, and so the one transaction, that stores so many entries."""
    last = entries * len(_STORED)
    places = iter(range(1, last + 1))
    rows = (f"({', '.join(f'${next(places)}' for _ in _STORED)})" for _ in range(entries))
    before = _WITH_DOCUMENTS.format(last + 1, last + 2) if documents else ""
    into = f"insert into connect.audit_entry ({', '.join(_STORED)})"
    return f"{before}{into}\nvalues {', '.join(rows)}"


_MOST_KNOWN = 10_000
_LONGEST_KNOWN = 4_000


@dataclass(frozen=True, slots=True)
class Appended:
    """Hold what a chain will be when its new entries are stored."""

    ordinal: int
    head: bytes
    documents: frozenset[bytes]


class Chain:
    """Hold where a chain stands, as far as the database has said so."""

    def __init__(self, key: bytes, opened_at: datetime, after: Chain | None = None) -> None:
        self.id: UUID = uuid4()
        self.ordinal = 0
        self._key = key
        self._follows = None if after is None else (after.id, after.ordinal)
        self._opened_at = opened_at
        before = self._follows or (None, None)
        self.head = chain_digest(key, self.id, opened_at, *before)
        self._known: set[bytes] = set()

    async def open(self, connection: Connection) -> None:
        """Store what it begins with."""
        follows, ordinal = self._follows or (None, None)
        name = key_name(self._key)
        await connection.execute(_OPEN, self.id, self._opened_at, name, follows, ordinal, self.head)

    async def append(self, connection: Connection, entries: Sequence[Entry]) -> Appended:
        """Write entries in one statement; only `stored` lets the chain go on from them."""
        sent: list[object] = []
        documents: dict[bytes, bytes] = {}
        head = self.head
        for ordinal, entry in enumerate(entries, start=self.ordinal + 1):
            content = entry.content
            document = None if content is None else document_digest(content)
            if content is not None and document is not None and document not in self._known:
                documents[document] = content
            stored = values(entry, document)
            previous, head = head, entry_digest(self._key, self.id, head, stored)
            sent += (self.id, *stored, ordinal, previous, head)
        if documents:
            sent += (list(documents), list(documents.values()))
        await connection.execute(_append(len(entries), documents=bool(documents)), *sent)
        small = (name for name, content in documents.items() if len(content) <= _LONGEST_KNOWN)
        return Appended(self.ordinal + len(entries), head, frozenset(small))

    def stored(self, appended: Appended) -> None:
        """Go on from entries that are durable now."""
        self.ordinal, self.head = appended.ordinal, appended.head
        if len(self._known) > _MOST_KNOWN:
            self._known.clear()
        self._known |= appended.documents
