"""The database of this process: the embedded one, or what DATABASE_URL names."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TypeAlias

import asyncpg

from connect_graph import embedded
from connect_graph.issuer import DEMO_ISSUER
from connect_graph.settings import Settings
from db import migrate
from db.address import Address
from db.login import set_passwords
from db.migrate import MigrationError
from db.pseudonym import check, complete
from db.synthetic.demo import seed
from db.vocabulary.load import load_vocabulary

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Completion: TypeAlias = Callable[[Connection], Awaitable[None]]


class NotMigrated(Exception):
    """Say in one sentence that the database lacks migrations."""


@contextmanager
def running(settings: Settings) -> Iterator[str]:
    """Give the owner's URL; starts the embedded server where no other is named."""
    if settings.database_url is not None:
        yield settings.database_url
        return
    with embedded.running(settings.data_dir) as server:
        yield server.url


async def prepare(settings: Settings, url: str) -> tuple[str, ...]:
    """Migrate, load vocabularies, make a demonstration's members; name what was applied.

    Patients who belong to a scope that is new get their pseudonyms there.
    """
    await require_key(settings, url)
    names = await migrate.migrate(url)
    async with connected(url) as connection:
        await load_vocabulary(connection)
        if settings.demo:
            await seed(connection, DEMO_ISSUER)
        async with connection.transaction():
            await pseudonyms(settings)(connection)
    return names


async def require_migrated(url: str) -> None:
    """Refuse a database that lacks a migration.

    Raises: NotMigrated, MigrationError where it cannot be reached.
    """
    missing = await migrate.pending(url)
    if missing:
        raise NotMigrated(
            f"the database lacks {len(missing)} migrations, {missing[0]} first: "
            "run `connect-graph migrate`"
        )


async def require_key(settings: Settings, url: str) -> None:
    """Refuse a key that did not make the stored ids, before anything is written.

    Raises: KeyRefused, MigrationError where the database cannot be reached.
    """
    async with connected(url) as connection:
        await check(connection, settings.key_file)


async def give_passwords(settings: Settings, url: str) -> None:
    """Give each login the password that its URL holds.

    Raises: PasswordRefused, SettingsError where a URL is missing.
    """
    logins = {role: Address.parse(login) for role, login in settings.logins(url).items()}
    async with connected(url) as connection:
        await set_passwords(connection, {role: login.password for role, login in logins.items()})


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Connection]:
    """Connect as the owner.

    Raises: MigrationError where the database cannot be reached.
    """
    try:
        connection = await asyncpg.connect(url)
    except (OSError, asyncpg.PostgresError) as error:
        raise MigrationError(
            f"the database cannot be reached ({type(error).__name__}): "
            "check that PostgreSQL runs and that DATABASE_URL names it"
        ) from error
    try:
        yield connection
    finally:
        await connection.close()


def pseudonyms(settings: Settings) -> Completion:
    """Give what completes an import: a pseudonym in every scope that a patient belongs to."""

    async def run(connection: Connection) -> None:
        await complete(connection, settings.key_file)

    return run
