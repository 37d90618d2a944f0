"""An entry of the audit, and the keyed digests that hold entries, chains and seals together."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Any
from uuid import UUID

from db.viewer import Caller

START = bytes(32)
"""What the first seal follows."""


class Decision(Enum):
    """Say what became of a request."""

    ANSWERED = "ANSWERED"
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True)
class Entry:
    """Hold what the audit keeps of one request; `connect.audit_entry` says what each is."""

    at: datetime
    request_id: str
    caller: Caller
    door: str
    decision: Decision
    microseconds: int
    federated_request_id: str | None = None
    role: str | None = None
    scope: str | None = None
    purpose: str | None = None
    operation_name: str | None = None
    document: str | None = None
    variables: Mapping[str, Any] | None = None
    rows: Mapping[str, int] = field(default_factory=dict)
    patients: Sequence[int] = ()
    cells: int = 0
    release: str | None = None
    codes: tuple[str, ...] = ()

    @property
    def content(self) -> bytes | None:
        """Give the document as it is stored."""
        return None if self.document is None else self.document.encode("utf-8", "surrogatepass")


Values = tuple[Any, ...]
"""An entry's values in the order of `COLUMNS`."""
COLUMNS = (
    "at",
    "request_id",
    "federated_request_id",
    "issuer",
    "organisation_number",
    "subject",
    "role",
    "scope",
    "purpose",
    "door",
    "operation_name",
    "document",
    "variables",
    "rows_by_type",
    "patients",
    "cells",
    "release",
    "decision",
    "codes",
    "duration_microseconds",
)
"""What a digest covers of an entry, beside its chain and the digest before it."""


def values(entry: Entry, document: bytes | None) -> Values:
    """Give an entry as it is stored, its document by digest."""
    return (
        entry.at,
        entry.request_id,
        entry.federated_request_id,
        entry.caller.issuer,
        entry.caller.organisation,
        entry.caller.subject,
        entry.role,
        plain(entry.scope),
        plain(entry.purpose),
        entry.door,
        plain(entry.operation_name),
        document,
        None if entry.variables is None else _json(entry.variables),
        _json(dict(sorted(entry.rows.items()))),
        sorted(entry.patients),
        entry.cells,
        entry.release,
        entry.decision.value,
        sorted(entry.codes),
        entry.microseconds,
    )


def plain(text: str | None) -> str | None:
    """Spell what a caller chose so that every database can hold it."""
    if text is None or (text.isascii() and text.isprintable()):
        return text
    return text.encode("unicode_escape").decode("ascii")


def document_digest(content: bytes) -> bytes:
    """Name a document by its content."""
    return hashlib.sha256(content).digest()


def entry_digest(key: bytes, chain: UUID, previous: bytes, stored: Values) -> bytes:
    """Seal an entry to the one before it."""
    at, *rest = stored
    told = [value.hex() if isinstance(value, bytes) else value for value in rest]
    return _digest(key, "entry", chain.hex, previous.hex(), _moment(at), *told)


def chain_digest(
    key: bytes, chain: UUID, opened_at: datetime, follows: UUID | None, ordinal: int | None
) -> bytes:
    """Seal what a chain begins with."""
    before = None if follows is None else follows.hex
    return _digest(key, "chain", chain.hex, _moment(opened_at), before, ordinal)


def seal_digest(
    key: bytes, number: int, at: datetime, chain: UUID, ordinal: int, head: bytes, previous: bytes
) -> bytes:
    """Seal how far a chain has come to the seal before it."""
    moment = _moment(at)
    return _digest(key, "seal", number, moment, chain.hex, ordinal, head.hex(), previous.hex())


def key_name(key: bytes) -> bytes:
    """Name a key without telling of it."""
    return _digest(key, "name")[:8]


def _digest(key: bytes, *told: object) -> bytes:
    return hmac.digest(key, _json(told).encode("ascii"), "sha256")


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
