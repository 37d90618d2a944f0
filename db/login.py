"""The logins: their passwords, which PostgreSQL gets as verifiers and never sees."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping

import asyncpg

_ITERATIONS = 4096  # what PostgreSQL itself takes


class PasswordRefused(Exception):
    """Say in one sentence why a password is not set."""


async def set_passwords(
    connection: asyncpg.Connection[asyncpg.Record], passwords: Mapping[str, str | None]
) -> None:
    """Give the roles' logins their passwords, all or none."""
    verifiers = {role: verifier(role, password) for role, password in passwords.items()}
    async with connection.transaction():
        for role, made in verifiers.items():
            await connection.execute(f"alter role connect_{role}_login password '{made}'")


def verifier(role: str, password: str | None) -> str:
    """Make what PostgreSQL stores of a password (RFC 5803), so that no log can hold the password.

    Raises: PasswordRefused for one that is missing or that would have to be normalized.
    """
    if not password or not (password.isascii() and password.isprintable()):
        raise PasswordRefused(
            f"DATABASE_URL_{role.upper()} holds no password of printable ASCII characters: "
            "put one between the user and the host"
        )
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _ITERATIONS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    spelled = [base64.b64encode(part).decode() for part in (salt, stored, server)]
    return f"SCRAM-SHA-256${_ITERATIONS}:{spelled[0]}${spelled[1]}:{spelled[2]}"
