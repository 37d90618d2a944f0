"""Public ids: keyed hashes that differ in every scope, made here because PostgreSQL has no key."""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias
from uuid import UUID

import asyncpg

from db.key import KeyRefused, discard_next, load_key, next_to, read_key, replace_key

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

_ID_BYTES = 10  # 80 bits are 16 characters of 5 bits
_CHUNK = 10_000
_TO_CROCKFORD = bytes.maketrans(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789abcdefghjkmnpqrstvwxyz"
)


class FillRefused(Exception):
    """Say in one sentence why pseudonyms cannot be made here."""


def public_id(key: bytes, namespace: str, patient_key: UUID) -> str:
    """Hash a patient's key for one scope into 16 characters of lower-case Crockford base32.

    A scope's namespace is its code; every rotation of its ids gives it another one.
    """
    message = b"patient\0" + namespace.encode() + b"\0" + patient_key.bytes
    digest = hmac.digest(key, message, "sha256")[:_ID_BYTES]
    return base64.b32encode(digest).translate(_TO_CROCKFORD).decode("ascii")


@dataclass(frozen=True, slots=True)
class Sample:
    """Hold one stored pseudonym and what it was made from, to prove a key by."""

    namespace: str
    patient_key: UUID
    public_id: str

    def fits(self, key: bytes) -> bool:
        """Tell whether a key made it."""
        return public_id(key, self.namespace, self.patient_key) == self.public_id


# Whoever changes a fact updates the pseudonyms in that transaction (a trigger) and so waits for
# this lock, or is waited for: no withdrawal slips in between reading a fact and storing it.
_LOCK = "lock table connect.pseudonym in share row exclusive mode"
_ROLE = "select current_setting('role')"
_BECOME = "select set_config('role', $1, true)"
_LOADER = "connect_loader"
# Of each scope two patients, the first and the last by id: ids have no other order. Read as JSON,
# since a database that is yet to be migrated has no namespaces.
_SAMPLES = """
select coalesce(to_jsonb(s) ->> 'namespace', s.code) as namespace, p.key, y.public_id
from connect.scope s
cross join lateral (
  (select * from connect.pseudonym where scope_id = s.id order by public_id limit 1)
  union
  (select * from connect.pseudonym where scope_id = s.id order by public_id desc limit 1)
) y
join connect.patient p on p.id = y.patient_id
order by 1, 3
"""
_LACKING = """
select exists (
  select from connect.scope_fact f
  where not exists (
    select from connect.pseudonym y where (y.scope_id, y.patient_id) = (f.scope_id, f.patient_id)))
"""
_MISSING = """
create temporary table pseudonym_missing on commit drop as
select f.scope_id, s.namespace, f.patient_id, p.key, f.during, f.research, f.commercial,
  coalesce(f.treatments, '{}') as treatments
from connect.scope_fact f
join connect.scope s on s.id = f.scope_id
join connect.patient p on p.id = f.patient_id
where not exists (
  select from connect.pseudonym y where (y.scope_id, y.patient_id) = (f.scope_id, f.patient_id))
"""
_STORE = """
insert into connect.pseudonym
  (scope_id, patient_id, public_id, during, research, commercial, treatments)
select scope_id, m.patient_id, d.public_id, m.during, m.research, m.commercial, m.treatments
from pseudonym_missing m join pseudonym_made d using (scope_id, patient_id)
order by m.patient_id, scope_id
"""
# Scopes before pseudonyms: as whoever changes a scope takes them.
_LOCK_SCOPES = "lock table connect.scope in share row exclusive mode"
_NEW_NAMESPACES = """
update connect.scope set generation = generation + 1 where $1::text is null or code = $1
"""
_ROTATED = """
create temporary table pseudonym_missing on commit drop as
select y.scope_id, s.namespace, y.patient_id, p.key
from connect.pseudonym y
join connect.scope s on s.id = y.scope_id
join connect.patient p on p.id = y.patient_id
where $1::text is null or s.code = $1
"""
_REPLACE = """
update connect.pseudonym y set public_id = d.public_id
from pseudonym_made d where (y.scope_id, y.patient_id) = (d.scope_id, d.patient_id)
"""
_MADE = """
create temporary table pseudonym_made (
  scope_id bigint not null, patient_id bigint not null, public_id text not null
) on commit drop
"""
_OPEN = """
declare pseudonym_cursor no scroll cursor for
select scope_id, namespace, patient_id, key from pseudonym_missing
"""
_NEXT = f"fetch {_CHUNK} from pseudonym_cursor"
# Held until the connection closes: no second rotation begins before the key is in its place.
_TURN = "select pg_advisory_lock(hashtext('connect_rotate'), 0)"


async def samples(connection: Connection) -> list[Sample]:
    """Read two stored ids of every scope that has any, as who may see all of them."""
    rows = await connection.fetch(_SAMPLES)
    return [Sample(row["namespace"], row["key"], row["public_id"]) for row in rows]


async def check(connection: Connection, path: Path) -> None:
    """Refuse a key that did not make the stored ids; nothing is written, nor is a key made.

    Raises: KeyRefused.
    """
    if await connection.fetchval("select to_regclass('connect.pseudonym') is null"):
        return
    async with connection.transaction(readonly=True):
        await connection.execute(_BECOME, _LOADER)
        choose(path, await samples(connection))


async def lacking(connection: Connection) -> bool:
    """Tell whether a patient lacks a pseudonym, without keeping anybody waiting."""
    async with connection.transaction(readonly=True):
        await connection.execute(_BECOME, _LOADER)
        return bool(await connection.fetchval(_LACKING))


async def complete(connection: Connection, path: Path) -> int:
    """Give every patient an id in every scope that lacks one, by the key of a file; count them.

    The first time of all makes the key. Where a rotation was interrupted after its commit, it puts
    the key into its place. Runs in the caller's transaction. Raises: KeyRefused, FillRefused.
    """
    role = await _begin(connection)
    choice = choose(path, await samples(connection))
    if choice.following:
        replace_key(path, choice.key)
    key = choice.key or load_key(path)
    made = await _fill(connection, key)
    await connection.execute(_BECOME, role)
    return made


async def fill(connection: Connection, key: bytes) -> int:
    """Give every patient an id in every scope that lacks one, by a key; count them.

    Runs in the caller's transaction as connect_loader, and gives the caller's role back.
    """
    role = await _begin(connection)
    made = await _fill(connection, key)
    await connection.execute(_BECOME, role)
    return made


async def rotate(
    connection: Connection, path: Path, scope: str | None = None, *, lost: bool = False
) -> int | None:
    """Make the ids of all scopes anew from a new key, or of one scope; count them.

    None where there was a rotation to complete that had been interrupted: nothing else is done.
    With `lost`, there is no key any more. The session is to end with it.
    Raises: KeyRefused, FillRefused.
    """
    await connection.execute(_TURN)
    async with connection.transaction():
        await connection.execute(_BECOME, _LOADER)
        await connection.execute(_LOCK_SCOPES)
        await connection.execute(_LOCK)
        choice = choose(path, await samples(connection), lost=lost)
        if choice.following:
            replace_key(path, choice.key)
            return None
        if (await connection.execute(_NEW_NAMESPACES, scope)).endswith(" 0"):
            codes = await connection.fetch("select code from connect.scope order by code")
            listed = ", ".join(row["code"] for row in codes)
            raise FillRefused(f"there is no scope {scope}: name one of {listed or 'none yet'}")
        if scope is None:
            discard_next(path)
            key = load_key(next_to(path))
        else:
            key = choice.key or load_key(path)
        await connection.execute(_ROTATED, scope)
        made = await _make(connection, key, _REPLACE)
    if scope is None:
        replace_key(path, key)
    return made


@dataclass(frozen=True, slots=True)
class Choice:
    """Hold the key that made the stored ids; null where there are none and no key either."""

    key: bytes | None
    following: bool = False
    """It is still the next key, of a rotation that was interrupted after its commit."""


def choose(path: Path, found: list[Sample], *, lost: bool = False) -> Choice:
    """Find the key that made all the stored ids.

    Raises: KeyRefused.
    """
    key = read_key(path)
    if not found or (key is not None and all(sample.fits(key) for sample in found)):
        return Choice(key)
    following = read_key(next_to(path))
    if following is not None and all(sample.fits(following) for sample in found):
        return Choice(following, following=True)
    if lost and key is not None:
        raise KeyRefused(f"there is a key file {path}: move it away first, if it is lost for good")
    if lost:
        return Choice(None)
    remedy = "from its backup, or where it is lost see docs/operations.md, Rotating the key"
    if key is None:
        raise KeyRefused(
            f"the key file {path} is missing, and the stored ids were made with it: "
            f"restore it {remedy}"
        )
    strange = sorted({sample.namespace for sample in found if not sample.fits(key)})
    raise KeyRefused(
        f"{path} is not the key that made the stored ids of {', '.join(strange)}: "
        f"restore that key {remedy}"
    )


async def _begin(connection: Connection) -> str:
    """Become the loader, with nobody changing what follows from facts; give the role before."""
    if not connection.is_in_transaction():
        raise FillRefused("pseudonyms are made inside a transaction: begin one first")
    role: str = await connection.fetchval(_ROLE)
    await connection.execute(_BECOME, _LOADER)
    await connection.execute(_LOCK)
    return role


async def _fill(connection: Connection, key: bytes) -> int:
    await connection.execute(_MISSING)
    return await _make(connection, key, _STORE)


async def _make(connection: Connection, key: bytes, store: str) -> int:
    """Make an id of each row of pseudonym_missing and store them; count them."""
    await connection.execute(_MADE)
    made = 0
    await connection.execute(_OPEN)
    while rows := await connection.fetch(_NEXT):
        records = [(s, p, public_id(key, name, patient)) for s, name, p, patient in rows]
        await connection.copy_records_to_table(
            "pseudonym_made",
            records=records,
            columns=["scope_id", "patient_id", "public_id"],
            schema_name="pg_temp",
        )
        made += len(records)
    await connection.execute("close pseudonym_cursor")
    if made:
        await connection.execute("analyze pseudonym_missing, pseudonym_made")
        await connection.execute(store)
    await connection.execute("drop table pseudonym_missing, pseudonym_made")
    return made
