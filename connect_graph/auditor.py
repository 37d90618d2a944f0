"""The commands that read the audit: verify, export, patient."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Callable
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connect_graph import database
from connect_graph.audit import audit_key
from connect_graph.database import connected
from connect_graph.settings import Settings
from connect_graph.study import say
from db.audit.export import export
from db.audit.patient import accesses
from db.audit.reading import AuditRefused
from db.audit.verdict import Verdict
from db.audit.verify import verify


def declare(command: Callable[..., Any]) -> None:
    """Declare the commands and what they take; `command` adds one to the command line."""
    audit = command("audit", _verify, "verify or read who asked what, and what they were told")
    parts = audit.add_subparsers(dest="part", required=True, metavar="PART")

    def part(name: str, run: Any, help_: str) -> Any:
        made = parts.add_parser(name, help=help_, description=help_)
        made.set_defaults(run=run)
        return made

    verifying = part("verify", _verify, "name what was altered, removed, reordered or cut off")
    verifying.add_argument("--json", action="store_true", help="answer as JSON")
    verifying.add_argument(
        "--seal",
        type=_digest,
        metavar="DIGEST",
        help="a seal that the log told: the audit must still have it",
    )
    verifying.add_argument(
        "--key",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="a key that chains were written with before, beside the one in use",
    )
    exporting = part("export", _export, "write the entries as lines of JSON")
    exporting.add_argument(
        "--from", dest="since", type=_moment, metavar="TIME", help="of requests from then on"
    )
    exporting.add_argument(
        "--to", dest="until", type=_moment, metavar="TIME", help="of requests before then"
    )
    patient = part("patient", _patient, "tell who was told of a patient, when and for what")
    patient.add_argument("id", metavar="ID", help="the patient's id in the consortium's scope")
    patient.add_argument("--scope", metavar="CODE", help="the scope that the id is from instead")
    patient.add_argument("--json", action="store_true", help="answer as lines of JSON")


def _verify(parsed: argparse.Namespace, settings: Settings) -> int:
    if not settings.audit_key_file.exists():
        raise AuditRefused(
            f"the key of the audit is not at {settings.audit_key_file}: nothing was written from "
            "here yet, or CONNECT_AUDIT_KEY_FILE must name the key that the API writes with"
        )
    if missing := [path for path in parsed.key if not path.exists()]:
        raise AuditRefused(f"there is no key at {missing[0]}: name the file of one")
    keys = [audit_key(path) for path in (settings.audit_key_file, *parsed.key)]

    async def run(url: str) -> Verdict:
        await database.require_migrated(url)
        async with connected(url) as connection:
            return await verify(connection, keys, parsed.seal)

    with database.running(settings) as url:
        verdict = asyncio.run(run(url))
    say(parsed, verdict.as_json(), verdict.text())
    return 1 if verdict.wrong else 0


def _export(parsed: argparse.Namespace, settings: Settings) -> int:
    async def run(url: str) -> None:
        await database.require_migrated(url)
        async with (
            connected(url) as connection,
            aclosing(export(connection, parsed.since, parsed.until)) as entries,
        ):
            async for entry in entries:
                print(json.dumps(entry))

    with database.running(settings) as url:
        asyncio.run(run(url))
    return 0


def _patient(parsed: argparse.Namespace, settings: Settings) -> int:
    async def run(url: str) -> None:
        await database.require_migrated(url)
        async with (
            connected(url) as connection,
            aclosing(accesses(connection, parsed.id, parsed.scope)) as found,
        ):
            async for access in found:
                print(json.dumps(access.as_json()) if parsed.json else access.text())

    with database.running(settings) as url:
        asyncio.run(run(url))
    return 0


def _digest(text: str) -> bytes:
    try:
        digest = bytes.fromhex(text)
    except ValueError:
        digest = b""
    if len(digest) != 32:
        raise argparse.ArgumentTypeError(f"{text!r} is not a seal's digest: 64 digits of 0-9 a-f")
    return digest


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a time such as 2026-06-30 or 2026-06-30T12:00+02:00"
        ) from error
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
