"""Public ids: keyed hashes that differ in every scope, made here because PostgreSQL has no key."""

from __future__ import annotations

import base64
import errno
import hmac
import os
import secrets
import stat
import tempfile
from pathlib import Path
from uuid import UUID

import asyncpg

KEY_BYTES = 32
OTHERWISE = "a new key would change every public id"
"""What a key lost would mean."""
_ID_BYTES = 10  # 80 bits are 16 characters of 5 bits
_CHUNK = 10_000
_TO_CROCKFORD = bytes.maketrans(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789abcdefghjkmnpqrstvwxyz"
)


class KeyRefused(Exception):
    """Say in one sentence why a key file is not used, and what to do."""


class FillRefused(Exception):
    """Say in one sentence why pseudonyms cannot be made here."""


def load_key(path: Path, *, otherwise: str = OTHERWISE) -> bytes:
    """Read the key, or make one where there is none; two processes at once end with the same."""
    try:
        return _read(path, otherwise)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise KeyRefused(f"the key file {path} cannot be read: {error.strerror}") from error
    try:
        _create(path)
        return _read(path, otherwise)
    except OSError as error:
        raise KeyRefused(f"the key file {path} cannot be created: {error.strerror}") from error


def _read(path: Path, otherwise: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:  # noqa: PTH123  what is checked is what is read
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise KeyRefused(f"the key file {path} is not a regular file: name another one")
        if status.st_mode & 0o077:
            raise KeyRefused(f"the key file {path} is open to other users: run chmod 600 {path}")
        key = file.read(KEY_BYTES + 1)
    if len(key) != KEY_BYTES:
        raise KeyRefused(
            f"the key file {path} does not hold exactly {KEY_BYTES} bytes: restore it from its "
            f"backup; {otherwise}"
        )
    return key


def _create(path: Path) -> None:
    """Write the whole key beside the path, then link it there: never half, never over another."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mode 0600
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(descriptor)
        try:
            os.link(name, path)
        except FileExistsError:
            return  # another process was first: its key is the key
        except OSError as error:
            if error.errno not in {errno.EPERM, errno.ENOTSUP}:
                raise
            raise KeyRefused(
                f"the key file {path} cannot be created: its file system knows no hard links; "
                f"make it with: umask 077 && head -c {KEY_BYTES} /dev/urandom > {path}"
            ) from error
    finally:
        Path(name).unlink()
    parent = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(parent)
    finally:
        os.close(parent)


def public_id(key: bytes, scope_code: str, patient_key: UUID) -> str:
    """Hash a patient's key for one scope into 16 characters of lower-case Crockford base32."""
    message = b"patient\0" + scope_code.encode() + b"\0" + patient_key.bytes
    digest = hmac.digest(key, message, "sha256")[:_ID_BYTES]
    return base64.b32encode(digest).translate(_TO_CROCKFORD).decode("ascii")


# Whoever changes a fact updates the pseudonyms in that transaction (a trigger) and so waits for
# this lock, or is waited for: no withdrawal slips in between reading a fact and storing it.
_LOCK = "lock table connect.pseudonym in share row exclusive mode"
_MISSING = """
create temporary table pseudonym_missing on commit drop as
select f.scope_id, s.code, f.patient_id, p.key, f.during
from connect.scope_fact f
join connect.scope s on s.id = f.scope_id
join connect.patient p on p.id = f.patient_id
where not exists (
  select from connect.pseudonym y where (y.scope_id, y.patient_id) = (f.scope_id, f.patient_id))
"""
_MADE = """
create temporary table pseudonym_made (
  scope_id bigint not null, patient_id bigint not null, public_id text not null
) on commit drop
"""
_OPEN = """
declare pseudonym_cursor no scroll cursor for
select scope_id, code, patient_id, key from pseudonym_missing
"""
_NEXT = f"fetch {_CHUNK} from pseudonym_cursor"
_STORE = """
insert into connect.pseudonym (scope_id, patient_id, public_id, during)
select scope_id, m.patient_id, d.public_id, m.during
from pseudonym_missing m join pseudonym_made d using (scope_id, patient_id)
order by m.patient_id, scope_id
"""


async def fill(connection: asyncpg.Connection[asyncpg.Record], key: bytes) -> int:
    """Give every patient an id in every scope that lacks one; count them.

    Runs in the caller's transaction as connect_loader, and gives the caller's role back.
    """
    if not connection.is_in_transaction():
        raise FillRefused("pseudonyms are made inside a transaction: begin one first")
    role = await connection.fetchval("select current_setting('role')")
    await connection.execute("select set_config('role', 'connect_loader', true)")
    await connection.execute(_LOCK)
    await connection.execute(_MISSING)
    await connection.execute(_MADE)
    made = 0
    await connection.execute(_OPEN)
    while rows := await connection.fetch(_NEXT):
        records = [(s, p, public_id(key, code, patient)) for s, code, p, patient in rows]
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
        await connection.execute(_STORE)
    await connection.execute("drop table pseudonym_missing, pseudonym_made")
    await connection.execute("select set_config('role', $1, true)", role)
    return made
