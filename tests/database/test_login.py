from __future__ import annotations

import base64
import hashlib
import hmac

import asyncpg
import pytest

from db.login import PasswordRefused, set_passwords, verifier
from tests.world import Database


def test_a_verifier_is_what_postgresql_would_store() -> None:
    made = verifier("partner", "pencil")
    kind, salted, keys = made.split("$")
    iterations, salt = salted.split(":")
    stored, server = keys.split(":")
    assert (kind, iterations) == ("SCRAM-SHA-256", "4096")
    key = hashlib.pbkdf2_hmac("sha256", b"pencil", base64.b64decode(salt), 4096)
    client = hmac.digest(key, b"Client Key", "sha256")
    assert base64.b64decode(stored) == hashlib.sha256(client).digest()
    assert base64.b64decode(server) == hmac.digest(key, b"Server Key", "sha256")
    assert made != verifier("partner", "pencil")


@pytest.mark.parametrize("password", [None, "", "passwörd", "tab\there"])
def test_a_password_that_is_none_is_refused(password: str | None) -> None:
    with pytest.raises(PasswordRefused) as caught:
        verifier("partner", password)
    assert str(caught.value).startswith("DATABASE_URL_PARTNER holds no password")
    assert not password or password not in str(caught.value)


async def test_all_passwords_are_set_or_none(database: Database) -> None:
    query = "select rolpassword from pg_authid where rolname = 'connect_identity_login'"
    connection = await asyncpg.connect(database.url)
    try:
        before = await connection.fetchval(query)
        with pytest.raises(PasswordRefused):
            await set_passwords(connection, {"identity": "one", "partner": None})
        assert await connection.fetchval(query) == before
        transaction = connection.transaction()
        await transaction.start()
        await set_passwords(connection, {"identity": "one"})
        after = await connection.fetchval(query)
        await transaction.rollback()
        assert after.startswith("SCRAM-SHA-256$4096:")
        assert after != before
    finally:
        await connection.close()
