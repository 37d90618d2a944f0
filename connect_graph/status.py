"""The status of an installation: what is there, and what needs doing, with the remedy."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg

from connect_graph import database
from connect_graph.embedded import EmbeddedError
from connect_graph.settings import ROLES, Settings, SettingsError
from connect_graph.stored import unfit
from db import inventory, migrate
from db.inventory import VOCABULARIES, Inventory
from db.key import KeyRefused, read_key
from db.migrate import MigrationError
from db.operation import read
from db.pool import LoginRefused, Unavailable, prove
from db.pseudonym import Sample, choose
from db.vocabulary.load import entries
from resolvers.execute import Graph

OLDEST = 15
MIGRATE = "run `connect-graph migrate`"


@dataclass(slots=True)
class Status:
    """Hold what was found, by part, and a sentence for each thing that needs doing."""

    parts: dict[str, Any] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    todo: list[str] = field(default_factory=list)

    def tell(self, part: str, content: Any, line: str) -> None:
        """Note a part, for programs and for people."""
        self.parts[part] = content
        self.lines.append(line)

    def as_json(self) -> dict[str, Any]:
        """Give everything for programs."""
        return {"ok": not self.todo, **self.parts, "todo": self.todo}

    def text(self) -> str:
        """Give everything for people."""
        told = [f"to do: {sentence}" for sentence in self.todo] or ["nothing needs doing"]
        return "\n".join([*self.lines, *told])


def look(settings: Settings) -> Status:
    """Look at everything and change nothing; an embedded database is started where it exists."""
    found = Status()
    state = "on" if settings.demo else "off"
    found.tell("demo", settings.demo, f"demonstration: {state}")
    if settings.demo and settings.database_url is not None:
        found.todo.append(
            "the demonstration's tokens open the database that DATABASE_URL names: "
            "unset CONNECT_DEMO where records of patients are kept"
        )
    if settings.database_url is None and not (settings.data_dir / "postgres").exists():
        found.tell("database", {"reachable": False}, "database: embedded, not made yet")
        found.todo.append(f"there is no database yet: {MIGRATE}, or set DATABASE_URL")
        return found
    try:
        with database.running(settings) as url:
            asyncio.run(_look(found, settings, url))
    except (EmbeddedError, MigrationError) as failure:
        if "database" not in found.parts:
            found.tell("database", {"reachable": False}, "database: cannot be reached")
        found.todo.append(str(failure))
    return found


async def _look(found: Status, settings: Settings, url: str) -> None:
    async with database.connected(url) as connection:
        version, major = await inventory.version(connection)
    kind = "embedded" if settings.database_url is None else "DATABASE_URL"
    told = {"reachable": True, "version": version, "kind": kind}
    found.tell("database", told, f"database: PostgreSQL {version}, {kind}")
    if major < OLDEST:
        found.todo.append(f"PostgreSQL {version} is too old: use {OLDEST} or newer")
    if await _migrated(found, url):
        try:
            async with database.connected(url) as connection:
                held = await inventory.take(connection)
        except asyncpg.InsufficientPrivilegeError:
            found.todo.append(
                "DATABASE_URL's user may not act as connect_loader: name the user who migrated"
            )
        else:
            _contents(found, held)
            await _operations(found, url)
            _key(found, settings.key_file, held.samples)
    await _logins(found, settings, url)


async def _migrated(found: Status, url: str) -> bool:
    known = migrate.files()
    applied = await migrate.applied(url)
    pending = [path.name for version, path in known.items() if version not in applied]
    unknown = [version for version in applied if version not in known]
    found.tell(
        "migrations",
        {"applied": len(applied), "pending": pending, "unknown": unknown},
        f"migrations: {len(applied)} applied, {', '.join(pending) or 'none'} pending",
    )
    if pending:
        found.todo.append(f"{len(pending)} migrations are pending: {MIGRATE}")
    if unknown:
        found.todo.append(
            f"the database has migration {unknown[-1]}, which this version does not know: "
            "install the version of connect-graph that made it, or a newer one"
        )
    return not pending


def _contents(found: Status, held: Inventory) -> None:
    wanted = {table: entries(file) for table, file in VOCABULARIES.items()}
    found.tell(
        "vocabularies",
        {table: {"stored": held.vocabularies[table], "known": wanted[table]} for table in wanted},
        "vocabularies: "
        + ", ".join(f"{table} {held.vocabularies[table]} of {n}" for table, n in wanted.items()),
    )
    if short := [table for table, n in wanted.items() if held.vocabularies[table] < n]:
        found.todo.append(f"the vocabularies lack entries ({', '.join(short)}): {MIGRATE}")
    found.tell("studies", held.studies, "\n".join(map(_study, held.studies)) or "studies: none")
    found.tell("members", held.members, f"memberships in force: {held.members}")
    if held.without_pseudonym:
        found.todo.append(
            f"{held.without_pseudonym} pairs of patient and scope have no pseudonym, "
            "so those patients are not seen there: run `connect-graph fill`, or keep "
            "`connect-graph fill --watch` running"
        )


async def _operations(found: Status, url: str) -> None:
    async with database.connected(url) as connection:
        held = await read(connection)
    lost = unfit(Graph.make(), held) if held else []
    told = f"; {len(lost)} do not fit the schema" if lost else ""
    parts = {"stored": len(held), "unfit": lost}
    found.tell("operations", parts, f"stored operations: {len(held)}{told}")
    if lost:
        found.todo.append(
            f"stored operations do not fit the schema any more ({', '.join(lost)}): store others "
            "with `connect-graph operation add FILE --replace`, or retire them"
        )


def _study(study: dict[str, Any]) -> str:
    marked = " (synthetic)" if study["synthetic"] else ""
    line = f"study {study['code']}{marked}: {study['patients']} patients"
    if (last := study["lastImport"]) is None:
        return f"{line}; never imported"
    return (
        f"{line}; last import {last['at'][:16]} {last['format']}, {last['rowsRead']} rows read, "
        f"{last['rowsStored']} stored, {last['rowsQuarantined']} set aside"
    )


def _key(found: Status, path: Path, samples: list[Sample]) -> None:
    """Tell whether the key is the one that made the stored ids: of every scope two are tried."""
    state = "unusable"
    try:
        state = "another than the stored ids'" if read_key(path) else "missing"
        choice = choose(path, samples)
    except KeyRefused as refused:
        found.todo.append(str(refused))
    else:
        if choice.key is None:
            state = "not made yet"
        elif not samples:
            state = "usable"
        else:
            state = "the stored ids' own"
        if choice.following:
            state = "the stored ids' own, not in its place yet"
            found.todo.append(
                "a rotation of the key was interrupted: complete it with `connect-graph rotate`"
            )
    found.tell("key", state, f"key of the pseudonyms: {state}")


async def _logins(found: Status, settings: Settings, url: str) -> None:
    try:
        urls = settings.logins(url)
    except SettingsError as missing:
        urls = settings.login_urls
        found.todo.append(str(missing))
    troubles = await asyncio.gather(*(_trouble(role, urls.get(role)) for role in ROLES))
    states = dict(zip(ROLES, troubles, strict=True))
    found.tell(
        "logins",
        {role: {"usable": trouble is None} for role, trouble in states.items()},
        "logins: "
        + ", ".join(
            f"{role} {'usable' if states[role] is None else 'not usable'}" for role in ROLES
        ),
    )
    found.todo += [trouble for trouble in troubles if trouble]


async def _trouble(role: str, url: str | None) -> str | None:
    if url is None:
        return ""
    try:
        await prove(role, url)
    except LoginRefused as refused:
        return str(refused)
    except Unavailable as failure:
        return (
            f"connect_{role}_login cannot log in ({failure}): check DATABASE_URL_{role.upper()}, "
            "and give the logins their passwords with `connect-graph migrate --passwords`"
        )
    return None
