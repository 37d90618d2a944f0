"""The command line: `connect-graph COMMAND`, one function for each."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from functools import partial
from typing import Any, NoReturn

import asyncpg

from connect_graph import (
    auditor,
    database,
    filling,
    gateway,
    log,
    member,
    operation,
    query,
    status,
    stored,
    study,
    trust,
)
from connect_graph.asker import NobodyAsks
from connect_graph.audit import audit_key
from connect_graph.database import NotMigrated, connected
from connect_graph.demonstration import DemoOnly, demo_issuer, member_of, tokens_of_all
from connect_graph.embedded import EmbeddedError
from connect_graph.gateway import GatewayError
from connect_graph.http import application, graphs_of
from connect_graph.issuer import IssuerError
from connect_graph.member import MemberRefused
from connect_graph.progress import Bar, Steps, complain
from connect_graph.query import QueryRefused
from connect_graph.server import PortTaken, serve
from connect_graph.settings import Settings, SettingsError
from connect_graph.study import Command, say
from connect_graph.telemetry import Telemetry
from db import migrate
from db.audit.reading import AuditRefused
from db.derivation import DerivationRefused
from db.disclosure.refusal import PublishingRefused
from db.export.viewing import ExportRefused
from db.form.folder import FolderRefused
from db.ingest.report import ImportRefused
from db.key import KeyRefused
from db.login import PasswordRefused
from db.migrate import MigrationError
from db.operation import OperationRefused
from db.pool import LoginRefused, TimedOut, Unavailable
from db.pseudonym import FillRefused
from db.release.key import ReleaseKey
from db.release.refusal import ReleaseRefused
from db.synthetic.demo import ScopeRefused
from db.synthetic.load import SynthesisRefused, synthesize
from db.synthetic.release import publish
from db.viewer import Role
from resolvers.errors import Refusal
from resolvers.execute import Graph
from schema.subgraph import SUBGRAPHS

DEMO_PATIENTS = 1_200
DEMO_SEED = 1
FAILURES = (
    AuditRefused,
    DemoOnly,
    DerivationRefused,
    EmbeddedError,
    ExportRefused,
    FillRefused,
    FolderRefused,
    GatewayError,
    ImportRefused,
    IssuerError,
    KeyRefused,
    LoginRefused,
    MemberRefused,
    MigrationError,
    NobodyAsks,
    NotMigrated,
    OperationRefused,
    PasswordRefused,
    PortTaken,
    PublishingRefused,
    QueryRefused,
    Refusal,
    ReleaseRefused,
    ScopeRefused,
    SettingsError,
    SynthesisRefused,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command: 0 for success, 1 for failure with one sentence, 2 for misuse."""
    parsed = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    signal.signal(signal.SIGTERM, _terminated)
    try:
        command: Command = parsed.run
        return command(parsed, Settings.load(os.environ))
    except FAILURES as failure:
        complain(str(failure))
        return 1
    except (TimedOut, Unavailable):
        complain("the database did not answer in time: try again")
        return 1
    except BrokenPipeError:  # whoever read has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError) as failure:
        complain(f"the database failed ({_kind(failure)})")
        return 1
    except KeyboardInterrupt:
        complain("interrupted; nothing half-done was kept")
        return 1
    except Exception as fault:  # noqa: BLE001  whose sentence may repeat values
        told = json.dumps(log.exceptions(fault))
        complain(f"something went wrong here, report this: {told}")
        return 1


def _kind(failure: BaseException) -> str:
    """Say what failed, and of what the database tells, where: its sentences hold rows."""
    places = ("sqlstate", "schema_name", "table_name", "column_name", "constraint_name")
    found = [getattr(failure, place, None) for place in places]
    return " ".join([type(failure).__name__, *(each for each in found if isinstance(each, str))])


def _terminated(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _migrate(parsed: argparse.Namespace, settings: Settings) -> int:
    with database.running(settings) as url:
        applied = asyncio.run(database.prepare(settings, url))
        if parsed.passwords:
            asyncio.run(database.give_passwords(settings, url))
    say(parsed, {"applied": list(applied)}, "\n".join(applied) or "nothing to apply")
    return 0


def _synthesize(parsed: argparse.Namespace, settings: Settings) -> int:
    with database.running(settings) as url:
        counts = asyncio.run(_fill(settings, url, parsed.patients, parsed.seed))
    say(parsed, counts, "\n".join(f"{table}: {count}" for table, count in counts.items()))
    return 0


async def _fill(settings: Settings, url: str, patients: int, seed: int) -> dict[str, int]:
    complete = database.pseudonyms(settings)
    await database.require_migrated(url)
    await database.require_key(settings, url)
    bar = Bar(patients, "patients")
    async with connected(url) as connection:
        counts = await synthesize(connection, patients, seed, complete, bar.show)
        key = ReleaseKey.load(settings.release_key_file)
        await publish(connection, key, Steps("decisions"))
        return counts


def _token(parsed: argparse.Namespace, settings: Settings) -> int:
    issuer = demo_issuer(settings)
    with database.running(settings) as url:
        organisation, subject = asyncio.run(member_of(url, parsed.role, parsed.scope))
    print(issuer.token(organisation, subject))
    return 0


def _keys(_parsed: argparse.Namespace, settings: Settings) -> int:
    print(demo_issuer(settings).public_keys())
    return 0


def _schema(parsed: argparse.Namespace, _settings: Settings) -> int:
    graph = Graph.make()
    print(graph.sdl if parsed.subgraph is None else graph.subgraph(parsed.subgraph).sdl)
    return 0


def _status(parsed: argparse.Namespace, settings: Settings) -> int:
    found = status.look(settings)
    say(parsed, found.as_json(), found.text())
    return 1 if found.todo else 0


def _serve(parsed: argparse.Namespace, settings: Settings) -> int:
    if parsed.subgraph is not None:
        _require_open(settings)
    with database.running(settings) as url:
        asyncio.run(database.require_migrated(url))
        return _answer(parsed, settings, url, {})


def _demonstrate(parsed: argparse.Namespace, settings: Settings) -> int:
    demo_issuer(settings)
    with database.running(settings) as url:
        return _answer(parsed, settings, url, asyncio.run(_demonstration(settings, url)))


def _require_open(settings: Settings) -> None:
    """Refuse what roles with stored operations alone could go around, or not get through."""
    if settings.stored_only:
        raise SettingsError(
            "CONNECT_STORED_ONLY is for the one process, and a gateway asks subgraphs with "
            "documents of its own: unset it here, or serve the whole graph without --subgraph"
        )


def _gateway(parsed: argparse.Namespace, settings: Settings) -> int:
    _require_open(settings)
    gateway.require(parsed.host, parsed.port)
    tokens: Mapping[str, str] = {}
    with database.running(settings) as url:
        if settings.demo:
            tokens = asyncio.run(_demonstration(settings, url))
        else:
            asyncio.run(database.require_migrated(url))
        believed = trust.believed(settings)
        joined = gateway.running(believed, parsed.host, parsed.port, settings.bounds)
        with joined as children:
            _tell(parsed, tokens)
            return gateway.watch(children)


async def _demonstration(settings: Settings, url: str) -> Mapping[str, str]:
    """Fill the database with the demonstration where it is not yet; give a token of each role."""
    await database.prepare(settings, url)
    await _fill(settings, url, DEMO_PATIENTS, DEMO_SEED)
    return await tokens_of_all(settings, url)()


def _tell(parsed: argparse.Namespace, tokens: Mapping[str, str]) -> None:
    if tokens:
        print("\nSYNTHETIC data: nobody stands behind any record.\n")
    for role, token in tokens.items():
        print(f"{role}: {token}\n")
    host = f"[{parsed.host}]" if ":" in parsed.host else parsed.host
    print(f"ready: http://{host}:{parsed.port}", flush=True)


def _answer(
    parsed: argparse.Namespace, settings: Settings, url: str, tokens: Mapping[str, str]
) -> int:
    async def pending() -> tuple[str, ...]:
        return await migrate.pending(url)

    issuers = trust.believed(settings)
    log.set_up()  # from here on, stderr is for programs to read
    bounds = settings.bounds if parsed.subgraph is None else settings.bounds.of_subgraph()
    if not issuers:
        logging.getLogger("connect_graph.trust").warning("nobody is believed: set CONNECT_ISSUERS")
    graphs = graphs_of(parsed.subgraph)
    if parsed.subgraph is None:
        asyncio.run(stored.prepare(graphs["/graphql"], url))
    app = application(
        graphs,
        settings.logins(url),
        issuers,
        pending,
        pool_size=settings.pool_size,
        audit_key=audit_key(settings.audit_key_file),
        telemetry=Telemetry.make(export=settings.telemetry),
        tokens=tokens_of_all(settings, url) if settings.demo else None,
        sign_in=trust.sign_in(settings, issuers),
        with_page=parsed.subgraph is None,
        bounds=bounds,
        stored_only=settings.stored_only,
    )
    told = partial(_tell, parsed, tokens)
    beside = _beside(parsed, settings, url)
    return 0 if serve(app, parsed.host, parsed.port, told, bounds, beside) else 1


def _beside(
    parsed: argparse.Namespace, settings: Settings, url: str
) -> AbstractAsyncContextManager[None]:
    """Fill in new scopes where the process is the owner: of an embedded database, or a `demo`."""
    owner = settings.database_url is None or parsed.command == "demo"
    one_of_four = parsed.subgraph not in {None, SUBGRAPHS[0]}
    return filling.beside(settings, url) if owner and not one_of_four else nullcontext()


def _count(text: str) -> int:
    number = int(text) if text.isascii() and text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return number


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
    joined = command("gateway", _gateway, "serve the four subgraphs behind a gateway")
    for each, port in ((serving, 8000), (demo, 8000), (joined, 4000)):
        each.add_argument("--host", default="127.0.0.1", help="address to listen on")
        each.add_argument("--port", type=_port, default=port, help="port to listen on")
    demo.set_defaults(subgraph=None)
    migrating = command("migrate", _migrate, "bring the database up to date", answers=True)
    migrating.add_argument(
        "--passwords", action="store_true", help="give each login the password in its URL"
    )
    study.declare(command)
    auditor.declare(command)
    filling.declare(command)
    member.declare(command)
    operation.declare(command)
    query.declare(command)
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
    command("keys", _keys, "print the public keys of the demonstration's tokens, as a JWKS")
    printing = command("schema", _schema, "print the schema")
    for each in (serving, printing):
        each.add_argument(
            "--subgraph",
            choices=SUBGRAPHS,
            metavar="NAME",
            help="that subgraph alone: " + ", ".join(SUBGRAPHS),
        )
    command("status", _status, "tell what is there and what needs doing", answers=True)
    return parser
