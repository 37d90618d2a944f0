"""The key of the pseudonyms: a file that PostgreSQL never sees, and the one that comes after it.

A rotation writes the next key beside the key, commits ids made from it, and only then puts it in
the key's place. Whichever of the two made the stored ids is the key, wherever it was interrupted.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
import tempfile
from pathlib import Path

KEY_BYTES = 32
OTHERWISE = "a new key would change every public id"
"""What a key lost would mean."""


class KeyRefused(Exception):
    """Say in one sentence why a key file is not used, and what to do."""


def load_key(path: Path, *, otherwise: str = OTHERWISE) -> bytes:
    """Read the key, or make one where there is none; two processes at once end with the same."""
    if (key := read_key(path, otherwise=otherwise)) is not None:
        return key
    try:
        _create(path)
        return _read(path, otherwise)
    except OSError as error:
        raise KeyRefused(f"the key file {path} cannot be created: {error.strerror}") from error


def read_key(path: Path, *, otherwise: str = OTHERWISE) -> bytes | None:
    """Read the key; None where there is none."""
    try:
        return _read(path, otherwise)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise KeyRefused(f"the key file {path} cannot be read: {error.strerror}") from error


def next_to(path: Path) -> Path:
    """Name the file of the key that a rotation puts in the place of this one."""
    return path.with_name(f"{path.name}.next")


def replace_key(path: Path, key: bytes | None) -> None:
    """Put the next key, which is this one, in the key's place; the one before is gone."""
    try:
        next_to(path).replace(path)
        _settle(path.parent)
    except OSError as error:
        if read_key(path) == key:
            return  # another process did it
        raise KeyRefused(
            f"{next_to(path)} could not be moved to {path} ({error.strerror}), and the stored ids "
            "are made from it: keep both files, mend that, and run the command again"
        ) from error


def discard_next(path: Path) -> None:
    """Remove a next key that made no stored id."""
    try:
        next_to(path).unlink(missing_ok=True)
    except OSError as error:
        raise KeyRefused(f"{next_to(path)} cannot be removed: {error.strerror}") from error


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
    _settle(path.parent)


def _settle(folder: Path) -> None:
    """Write a folder's entries to disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
