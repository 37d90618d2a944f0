"""The command line: `connect-graph COMMAND`, one function for each."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

import asyncpg

import schema
from connect_graph import database, log, status
from connect_graph.auth import Authenticator
from connect_graph.database import Completion, Connection, NotMigrated, connected
from connect_graph.embedded import EmbeddedError
from connect_graph.http import application
from connect_graph.issuer import DEMO_ISSUER, DemoIssuer, Issuer, IssuerError
from connect_graph.page import Tokens
from connect_graph.progress import Bar
from connect_graph.server import PortTaken, serve
from connect_graph.settings import Settings, SettingsError
from connect_graph.telemetry import Telemetry
from db import migrate
from db.derivation import DerivationRefused, Derived, derive_study
from db.export.export import WRITERS, export
from db.export.viewing import ExportRefused
from db.form.folder import FolderRefused
from db.form.load import import_csv
from db.form.template import write_templates
from db.ingest.cbioportal import import_cbioportal
from db.ingest.report import ImportRefused, Report
from db.login import PasswordRefused
from db.migrate import MigrationError
from db.pool import LoginRefused, Pools, TimedOut, Unavailable
from db.pseudonym import FillRefused, KeyRefused
from db.release.freeze import freeze
from db.release.manifest import Manifest
from db.release.refusal import ReleaseRefused
from db.release.verify import Verdict, verify
from db.sdtm.load import import_sdtm
from db.synthetic.demo import ScopeRefused, add_membership, member
from db.synthetic.load import SynthesisRefused, synthesize
from db.synthetic.release import publish
from db.viewer import Role
from resolvers.errors import Refusal

DEMO_PATIENTS = 1_200
DEMO_SEED = 1
EXPORT_TIMEOUT_MS = 120_000
FAILURES = (
    DerivationRefused,
    EmbeddedError,
    ExportRefused,
    FillRefused,
    FolderRefused,
    ImportRefused,
    IssuerError,
    KeyRefused,
    LoginRefused,
    MigrationError,
    NotMigrated,
    PasswordRefused,
    PortTaken,
    Refusal,
    ReleaseRefused,
    ScopeRefused,
    SettingsError,
    SynthesisRefused,
)
Command = Callable[[argparse.Namespace, Settings], int]
Importer = Callable[[Connection, argparse.Namespace, Completion], Awaitable[Report]]


class DemoOnly(Exception):
    """Say in one sentence that a command is for the demonstration alone."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command: 0 for success, 1 for failure with one sentence, 2 for misuse."""
    parsed = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    signal.signal(signal.SIGTERM, _terminated)
    try:
        command: Command = parsed.run
        return command(parsed, Settings.load(os.environ))
    except (*FAILURES, DemoOnly) as failure:
        print(f"connect-graph: {failure}", file=sys.stderr)
        return 1
    except (TimedOut, Unavailable):
        print("connect-graph: the database did not answer in time: try again", file=sys.stderr)
        return 1
    except (asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError) as failure:
        print(f"connect-graph: the database failed: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("connect-graph: interrupted; nothing half-done was kept", file=sys.stderr)
        return 1


def _terminated(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _migrate(parsed: argparse.Namespace, settings: Settings) -> int:
    with database.running(settings) as url:
        applied = asyncio.run(database.prepare(settings, url))
        if parsed.passwords:
            asyncio.run(database.give_passwords(settings, url))
    _say(parsed, {"applied": list(applied)}, "\n".join(applied) or "nothing to apply")
    return 0


async def _cbioportal(
    connection: Connection, parsed: argparse.Namespace, complete: Completion
) -> Report:
    return await import_cbioportal(
        connection,
        parsed.path,
        study=parsed.study,
        drug=parsed.drug,
        cohort=parsed.cohort,
        dry_run=parsed.dry_run,
        complete=complete,
    )


async def _csv(connection: Connection, parsed: argparse.Namespace, complete: Completion) -> Report:
    if parsed.drug or parsed.cohort:
        raise ImportRefused(
            "--drug and --cohort are for cbioportal", "name them in treatment.csv, row by row"
        )
    return await import_csv(
        connection,
        parsed.path,
        study=parsed.study,
        dry_run=parsed.dry_run,
        mapping=parsed.mapping,
        complete=complete,
    )


async def _sdtm(connection: Connection, parsed: argparse.Namespace, complete: Completion) -> Report:
    if parsed.drug or parsed.cohort:
        raise ImportRefused("--drug and --cohort are for cbioportal", "EX says what was given")
    return await import_sdtm(
        connection, parsed.path, study=parsed.study, dry_run=parsed.dry_run, complete=complete
    )


FORMATS: Mapping[str, Importer] = {"cbioportal": _cbioportal, "csv": _csv, "sdtm": _sdtm}


def _import(parsed: argparse.Namespace, settings: Settings) -> int:
    complete = database.pseudonyms(settings)

    async def run(url: str) -> Report:
        await database.require_migrated(url)
        async with connected(url) as connection:
            return await FORMATS[parsed.format](connection, parsed, complete)

    with database.running(settings) as url:
        report = asyncio.run(run(url))
    _say(parsed, report.as_json(), report.text())
    return 0


def _export(parsed: argparse.Namespace, settings: Settings) -> int:
    async def run(url: str) -> dict[str, int]:
        await database.require_migrated(url)
        pools = await Pools.open(settings.logins(url), size=1, timeout_ms=EXPORT_TIMEOUT_MS)
        try:
            issuers = [_demo(settings).issuer()] if settings.demo else []
            if parsed.role is None:
                token = _given_token(parsed)
            else:
                token = _demo(settings).token(*await _member(url, parsed.role, parsed.scope))
            stated = {"x-scope": parsed.scope, "x-purpose": parsed.purpose}
            headers = {name: value for name, value in stated.items() if value is not None}
            headers["authorization"] = f"Bearer {token}"
            viewer = await Authenticator(issuers, pools.identity).viewer(headers)
            pool = pools.roles[viewer.role]
            return await export(pool, viewer, parsed.study, parsed.format, parsed.path)
        finally:
            await pools.close()

    with database.running(settings) as url:
        counts = asyncio.run(run(url))
    _say(parsed, counts, "\n".join(f"{file}: {count}" for file, count in counts.items()))
    return 0


def _given_token(parsed: argparse.Namespace) -> str:
    if parsed.token_file is not None:
        try:
            return str(parsed.token_file.read_text(encoding="utf-8").strip())
        except (OSError, UnicodeDecodeError) as error:
            raise ExportRefused(
                f"the token cannot be read from {parsed.token_file}: check path and owner"
            ) from error
    if token := os.environ.get("CONNECT_TOKEN", "").strip():
        return token
    raise ExportRefused(
        "nobody says who exports: give a token by --token-file or CONNECT_TOKEN, "
        "or in the demonstration --as ROLE"
    )


def _template(parsed: argparse.Namespace, _settings: Settings) -> int:
    print("\n".join(write_templates(parsed.path)))
    return 0


def _derive(parsed: argparse.Namespace, settings: Settings) -> int:
    async def run(url: str) -> Derived:
        await database.require_migrated(url)
        async with connected(url) as connection:
            return await derive_study(connection, parsed.study)

    with database.running(settings) as url:
        derived = asyncio.run(run(url))
    _say(parsed, derived.as_json(), derived.text())
    return 0


def _release(parsed: argparse.Namespace, settings: Settings) -> int:
    if parsed.verify is not None and (parsed.release_version, parsed.cut_off) != (None, None):
        parsed.misuse("--verify freezes nothing: leave out --release-version and --cut-off")

    async def run(url: str) -> Manifest | Verdict:
        await database.require_migrated(url)
        async with connected(url) as connection:
            if parsed.verify is not None:
                return await verify(connection, parsed.verify)
            return await freeze(connection, parsed.release_version, parsed.cut_off)

    with database.running(settings) as url:
        told = asyncio.run(run(url))
    _say(parsed, told.as_json(), told.text())
    return 1 if isinstance(told, Verdict) and told.differences else 0


def _synthesize(parsed: argparse.Namespace, settings: Settings) -> int:
    with database.running(settings) as url:
        counts = asyncio.run(_fill(settings, url, parsed.patients, parsed.seed))
    _say(parsed, counts, "\n".join(f"{table}: {count}" for table, count in counts.items()))
    return 0


async def _fill(settings: Settings, url: str, patients: int, seed: int) -> dict[str, int]:
    complete = database.pseudonyms(settings)
    await database.require_migrated(url)
    bar = Bar(patients, "patients")
    async with connected(url) as connection:
        counts = await synthesize(connection, patients, seed, complete, bar.show)
        await publish(connection)
        return counts


def _token(parsed: argparse.Namespace, settings: Settings) -> int:
    issuer = _demo(settings)
    with database.running(settings) as url:
        organisation, subject = asyncio.run(_member(url, parsed.role, parsed.scope))
    print(issuer.token(organisation, subject))
    return 0


def _schema(_parsed: argparse.Namespace, _settings: Settings) -> int:
    print(schema.declare().as_str())
    return 0


def _status(parsed: argparse.Namespace, settings: Settings) -> int:
    found = status.look(settings)
    _say(parsed, found.as_json(), found.text())
    return 1 if found.todo else 0


def _serve(parsed: argparse.Namespace, settings: Settings) -> int:
    with database.running(settings) as url:
        asyncio.run(database.require_migrated(url))
        return _answer(parsed, settings, url, {})


def _demonstrate(parsed: argparse.Namespace, settings: Settings) -> int:
    _demo(settings)
    with database.running(settings) as url:
        asyncio.run(database.prepare(settings, url))
        asyncio.run(_fill(settings, url, DEMO_PATIENTS, DEMO_SEED))
        return _answer(parsed, settings, url, asyncio.run(_tokens(settings, url)()))


def _answer(
    parsed: argparse.Namespace, settings: Settings, url: str, tokens: Mapping[str, str]
) -> int:
    issuers: list[Issuer] = []
    if settings.demo:
        issuers.append(DemoIssuer(settings.data_dir).issuer())

    async def pending() -> tuple[str, ...]:
        return await migrate.pending(url)

    def told() -> None:
        if tokens:
            print("\nSYNTHETIC data: nobody stands behind any record.\n")
        for role, token in tokens.items():
            print(f"{role}: {token}\n")
        host = f"[{parsed.host}]" if ":" in parsed.host else parsed.host
        print(f"ready: http://{host}:{parsed.port}", flush=True)

    log.set_up()  # from here on, stderr is for programs to read
    app = application(
        settings.logins(url),
        issuers,
        pending,
        pool_size=settings.pool_size,
        telemetry=Telemetry.make(export=settings.telemetry),
        tokens=_tokens(settings, url) if settings.demo else None,
    )
    return 0 if serve(app, parsed.host, parsed.port, told) else 1


def _demo(settings: Settings) -> DemoIssuer:
    if not settings.demo:
        raise DemoOnly(
            "tokens are made for the demonstration alone: set CONNECT_DEMO=1, "
            "or get one from your organisation's provider"
        )
    return DemoIssuer(settings.data_dir)


def _tokens(settings: Settings, url: str) -> Tokens:
    issuer = _demo(settings)

    async def make() -> Mapping[str, str]:
        return {role.value: issuer.token(*await _member(url, role.value, None)) for role in Role}

    return make


async def _member(url: str, role: str, scope: str | None) -> tuple[str, str]:
    await database.require_migrated(url)
    async with connected(url) as connection:
        if scope is None:
            return await member(connection, DEMO_ISSUER, role)
        return await add_membership(connection, DEMO_ISSUER, role, scope)


def _say(parsed: argparse.Namespace, content: object, text: str) -> None:
    print(json.dumps(content, ensure_ascii=False) if parsed.json else text)


def _count(text: str) -> int:
    number = int(text) if text.isascii() and text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return number


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day such as 2026-06-30") from error


def _port(text: str) -> int:
    number = _count(text)
    if number > 65_535:
        raise argparse.ArgumentTypeError(f"{text} is not a port: 1 to 65535")
    return number


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="connect-graph",
        description="The federated GraphQL API on what precision cancer medicine in Norway learns.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, run: Command, help_: str, *, answers: bool = False) -> Any:
        made = commands.add_parser(name, help=help_, description=help_)
        made.set_defaults(run=run)
        if answers:
            made.add_argument("--json", action="store_true", help="answer as JSON")
        return made

    serving = command("serve", _serve, "serve the graph over HTTP")
    demo = command("demo", _demonstrate, "fill the database with invented patients and serve it")
    for each in (serving, demo):
        each.add_argument("--host", default="127.0.0.1", help="address to listen on")
        each.add_argument("--port", type=_port, default=8000, help="port to listen on")
    migrating = command("migrate", _migrate, "bring the database up to date", answers=True)
    migrating.add_argument(
        "--passwords", action="store_true", help="give each login the password in its URL"
    )
    imports = command("import", _import, "import a study, all of it or nothing", answers=True)
    imports.add_argument("format", choices=[*FORMATS], help="what the files are")
    imports.add_argument("path", type=Path, help="the folder of its files")
    imports.add_argument("--study", required=True, metavar="CODE", help="code to store it under")
    imports.add_argument("--drug", metavar="INN", help="the drug that every patient was given")
    imports.add_argument("--cohort", metavar="CODE", help="the cohort that every patient was in")
    imports.add_argument(
        "--mapping", type=Path, metavar="FILE", help="csv: how eCRF forms are read, of your own"
    )
    imports.add_argument("--dry-run", action="store_true", help="report, and store nothing")
    template = command(
        "template", _template, "write empty CSV files to fill in, and what they mean"
    )
    template.add_argument("path", type=Path, metavar="DIR", help="a new folder")
    deriving = command("derive", _derive, "derive outcomes and findings anew", answers=True)
    deriving.add_argument("--study", required=True, metavar="CODE", help="code of the study")
    exports = command("export", _export, "write what a viewer may read of a study", answers=True)
    exports.description = (
        "Write what a viewer may read of a study, on the login of their role and under its row "
        "security, as the graph would answer them. A token says who: as over HTTP, it is verified, "
        "and the memberships say as what. Ids are those of the viewer's scope."
    )
    exports.add_argument("format", choices=[*WRITERS], help="what to write")
    exports.add_argument("path", type=Path, help="a new folder")
    exports.add_argument("--study", required=True, metavar="CODE", help="code of the study")
    who = exports.add_mutually_exclusive_group()
    who.add_argument(
        "--token-file", type=Path, metavar="FILE", help="the token; otherwise CONNECT_TOKEN"
    )
    who.add_argument(
        "--as",
        dest="role",
        choices=[role.value for role in Role],
        help="as the demonstration's member of a role",
    )
    exports.add_argument("--scope", metavar="CODE", help="in which scope, of several")
    exports.add_argument("--purpose", metavar="PURPOSE", help="for what, of several purposes")
    releasing = command("release", _release, "freeze a release, or verify one", answers=True)
    releasing.set_defaults(misuse=releasing.error)
    releasing.add_argument(
        "--release-version", metavar="V", help="its name; the year's next otherwise, as 2026.1"
    )
    releasing.add_argument(
        "--cut-off",
        type=_day,
        metavar="DATE",
        help="the last day that it tells of; the last of the studies' data otherwise",
    )
    releasing.add_argument(
        "--verify", metavar="V", help="compare the rows of a release with its digest instead"
    )
    invent = command("synthesize", _synthesize, "invent patients, marked so", answers=True)
    invent.add_argument(
        "--patients", type=_count, required=True, metavar="N", help="how many screened"
    )
    invent.add_argument(
        "--seed", type=int, required=True, metavar="S", help="same seed, same patients"
    )
    token = command("token", _token, "sign a token of the demonstration")
    token.add_argument("role", choices=[role.value for role in Role], help="as what")
    token.add_argument(
        "--scope", metavar="CODE", help="in which scope; the demonstration's otherwise"
    )
    command("schema", _schema, "print the schema")
    command("status", _status, "tell what is there and what needs doing", answers=True)
    return parser
