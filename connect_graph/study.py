"""The commands on a study: import, template, derive, export, release."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from connect_graph import asker, database, trust
from connect_graph.asker import given_token, role_token, stated
from connect_graph.audit import ExportAccount, audit_key
from connect_graph.auth import Authenticator
from connect_graph.database import Completion, Connection, connected
from connect_graph.progress import Stages, Steps
from connect_graph.settings import Settings
from db.audit.writer import Writer
from db.derivation import Derived, derive_study
from db.disclosure.lattice import DEFAULT, Lattice, LatticeRefused, parse
from db.disclosure.publication import Publication
from db.disclosure.publish import publish
from db.export.export import WRITERS, export
from db.export.viewing import ExportRefused
from db.form.load import import_csv
from db.form.template import write_templates
from db.ingest.cbioportal import import_cbioportal
from db.ingest.report import ImportRefused, Report
from db.intake.step import Step, Tell
from db.pool import Pools
from db.release.freeze import freeze
from db.release.key import ReleaseKey
from db.release.manifest import Manifest
from db.release.verify import Verdict, verify
from db.sdtm.load import import_sdtm
from resolvers.errors import Refusal

EXPORT_TIMEOUT_MS = 120_000
Command = Callable[[argparse.Namespace, Settings], int]
Importer = Callable[[Connection, argparse.Namespace, Completion, Tell], Awaitable[Report]]


def declare(command: Callable[..., Any]) -> None:
    """Declare the commands and what they take; `command` adds one to the command line."""
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
    asker.declare(exports)
    releasing = command(
        "release", _release, "freeze a release, publish or verify one", answers=True
    )
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
    releasing.add_argument(
        "--publish",
        nargs="?",
        const="",
        metavar="V",
        help="decide which aggregates everyone may have of a frozen release, and publish them; "
        "the last that is not published, where none is named",
    )
    releasing.add_argument(
        "--lattice",
        type=_lattice,
        metavar="GROUPINGS",
        help="what to group by, in the order of deciding, such as 'TOTAL COHORT COHORT,SEX'",
    )


def say(parsed: argparse.Namespace, content: object, text: str) -> None:
    """Answer for people, or as JSON where that was asked for."""
    print(json.dumps(content, ensure_ascii=False) if parsed.json else text)


async def _cbioportal(
    connection: Connection, parsed: argparse.Namespace, complete: Completion, tell: Tell
) -> Report:
    return await import_cbioportal(
        connection,
        parsed.path,
        study=parsed.study,
        drug=parsed.drug,
        cohort=parsed.cohort,
        dry_run=parsed.dry_run,
        complete=complete,
        tell=tell,
    )


async def _csv(
    connection: Connection, parsed: argparse.Namespace, complete: Completion, tell: Tell
) -> Report:
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
        tell=tell,
    )


async def _sdtm(
    connection: Connection, parsed: argparse.Namespace, complete: Completion, tell: Tell
) -> Report:
    if parsed.drug or parsed.cohort:
        raise ImportRefused("--drug and --cohort are for cbioportal", "EX says what was given")
    return await import_sdtm(
        connection,
        parsed.path,
        study=parsed.study,
        dry_run=parsed.dry_run,
        complete=complete,
        tell=tell,
    )


FORMATS: Mapping[str, Importer] = {"cbioportal": _cbioportal, "csv": _csv, "sdtm": _sdtm}


def _import(parsed: argparse.Namespace, settings: Settings) -> int:
    complete = database.pseudonyms(settings)
    stages = Stages([*Step])

    if parsed.mapping is not None and parsed.format != "csv":
        raise ImportRefused("--mapping is for csv", "leave it out: no other format has eCRF forms")

    async def run(url: str) -> Report:
        await database.require_migrated(url)
        await database.require_key(settings, url)
        async with connected(url) as connection:
            return await FORMATS[parsed.format](connection, parsed, complete, stages.show)

    with database.running(settings) as url:
        report = asyncio.run(run(url))
    stages.end()
    say(parsed, report.as_json(), report.text())
    return 0


def _export(parsed: argparse.Namespace, settings: Settings) -> int:
    async def run(url: str) -> dict[str, int]:
        await database.require_migrated(url)
        pools = await Pools.open(settings.logins(url), size=1, timeout_ms=EXPORT_TIMEOUT_MS)
        try:
            writer = await Writer.open(pools.audit, audit_key(settings.audit_key_file))
            try:
                return await _exported(parsed, settings, url, pools, writer)
            finally:
                await writer.close()
        finally:
            await pools.close()

    with database.running(settings) as url:
        counts = asyncio.run(run(url))
    say(parsed, counts, "\n".join(f"{file}: {count}" for file, count in counts.items()))
    return 0


async def _exported(
    parsed: argparse.Namespace, settings: Settings, url: str, pools: Pools, writer: Writer
) -> dict[str, int]:
    """Export as whom the token names; the audit has it before the folder is there."""
    issuers = trust.believed(settings)
    if parsed.role is None:
        token = given_token(parsed, "exports")
    else:
        token = await role_token(parsed, settings, url)
    headers = stated(parsed)
    authenticator = Authenticator(issuers, pools.identity)
    caller = await authenticator.caller(f"Bearer {token}")
    what = f"{parsed.format} --study {parsed.study}"
    account = ExportAccount(writer, caller, headers, what)
    try:
        account.viewer = viewer = await authenticator.admit(caller, headers)
        pool = pools.roles[viewer.role]
        return await export(pool, viewer, parsed.study, parsed.format, parsed.path, account.settle)
    except Refusal as refusal:
        await account.refused(refusal.code.value)
        raise
    except ExportRefused:
        await account.refused("EXPORT_REFUSED")
        raise


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
    say(parsed, derived.as_json(), derived.text())
    return 0


def _release(parsed: argparse.Namespace, settings: Settings) -> int:
    freezes = (parsed.release_version, parsed.cut_off) != (None, None)
    if parsed.verify is not None and freezes:
        parsed.misuse("--verify freezes nothing: leave out --release-version and --cut-off")
    if parsed.publish is not None and (freezes or parsed.verify is not None):
        parsed.misuse("--publish publishes what is frozen: give it alone")
    if parsed.lattice is not None and parsed.publish is None:
        parsed.misuse("--lattice says what is published: give it with --publish")

    async def run(url: str) -> Manifest | Verdict | Publication:
        await database.require_migrated(url)
        async with connected(url) as connection:
            if parsed.verify is not None:
                return await verify(connection, parsed.verify)
            key = ReleaseKey.load(settings.release_key_file)
            if parsed.publish is not None:
                return await publish(
                    connection,
                    key,
                    parsed.publish or None,
                    lattice=parsed.lattice or DEFAULT,
                    tell=Steps("decisions"),
                )
            return await freeze(connection, parsed.release_version, parsed.cut_off, key)

    with database.running(settings) as url:
        told = asyncio.run(run(url))
    say(parsed, told.as_json(), told.text())
    return 1 if isinstance(told, Verdict) and told.differences else 0


def _lattice(text: str) -> Lattice:
    try:
        return parse(text)
    except LatticeRefused as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day such as 2026-06-30") from error
