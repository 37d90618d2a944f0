"""The command `operation`: what is stored to be asked for by name, and since when."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError

from connect_graph import database
from connect_graph.recording import recording
from connect_graph.settings import Settings
from connect_graph.stored import fits
from connect_graph.study import Command, say
from db.operation import MOST_CHARACTERS, OperationRefused, Stored, add, read, retire
from db.viewer import Role
from resolvers.errors import Refusal
from resolvers.execute import Graph
from resolvers.review import Review, review
from resolvers.selection import RequestRefused

if TYPE_CHECKING:
    from db.catalog import Connection

Change = Callable[["Connection"], Awaitable[bool]]


def declare(command: Callable[..., Any]) -> None:
    """Declare the command and what it takes."""
    operation = command("operation", None, "store operations that are asked for by name")
    actions = operation.add_subparsers(dest="action", required=True, metavar="ACTION")

    def action(name: str, run: Command, help_: str) -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = actions.add_parser(name, help=help_, description=help_)
        made.set_defaults(run=run)
        made.add_argument("--json", action="store_true", help="answer as JSON")
        return made

    adding = action("add", _add, "store a query; the same again is no error")
    adding.add_argument("file", type=Path, metavar="FILE", help="the document: one query")
    adding.add_argument(
        "--name", help="to ask for it by; else the query's own, or that of the file"
    )
    adding.add_argument(
        "--role",
        action="append",
        choices=[role.value for role in Role],
        help="who may run it, once for each role; else all",
    )
    adding.add_argument(
        "--replace", action="store_true", help="let the name stand for this from now on"
    )
    listing = action("list", _list, "list what is stored")
    listing.add_argument("--all", action="store_true", help="every version, ended ones among them")
    showing = action("show", _show, "print the document that a name stands for")
    showing.add_argument("--version", type=int, metavar="N", help="of that version")
    retiring = action("retire", _retire, "let a name stand for nothing; its versions stay")
    for each in (showing, retiring):
        each.add_argument("name", metavar="NAME", help="as it is asked for")


def _add(parsed: argparse.Namespace, settings: Settings) -> int:
    document = _read(parsed.file)
    reviewed = _review(parsed.file, document)
    name = parsed.name or reviewed.name or parsed.file.stem
    roles = [role for role in Role if role.value in (parsed.role or [each.value for each in Role])]

    async def change(connection: Connection) -> bool:
        return await add(connection, name, document, roles, replace=parsed.replace)

    given = {"roles": [role.name for role in roles], "replace": parsed.replace}
    changed = _change(parsed, settings, name, change, given, document)
    told = {"name": name, "changed": changed, "needs": reviewed.needs, "cost": reviewed.cost}
    cost = "" if reviewed.cost is None else f"; it may cost {reviewed.cost:,} with its defaults"
    needs = f"; it needs {', '.join(f'${each}' for each in reviewed.needs)}" * bool(reviewed.needs)
    word = "is stored" if changed else "was stored so already"
    say(parsed, told, f"{name} {word}{needs}{cost}")
    return 0


def _retire(parsed: argparse.Namespace, settings: Settings) -> int:
    async def change(connection: Connection) -> bool:
        return await retire(connection, parsed.name)

    changed = _change(parsed, settings, parsed.name, change, {}, None)
    word = "is retired" if changed else "was retired already"
    say(parsed, {"name": parsed.name, "changed": changed}, f"{parsed.name} {word}")
    return 0


def _change(
    parsed: argparse.Namespace,
    settings: Settings,
    name: str,
    change: Change,
    given: dict[str, Any],
    document: str | None,
) -> bool:
    async def run(url: str) -> bool:
        await database.require_migrated(url)
        door = f"connect-graph operation {parsed.action}"
        async with (
            recording(settings, url, door) as recorder,
            database.connected(url) as connection,
            recorder.within(connection) as record,
        ):
            changed = await change(connection)
            record(name, {**given, "changed": changed}, document)
            return changed

    with database.running(settings) as url:
        return asyncio.run(run(url))


def _read(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise OperationRefused(f"{path} cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise OperationRefused(f"{path} is not UTF-8: save it as that") from error
    if len(text) > MOST_CHARACTERS:
        raise OperationRefused(f"{path} has more than {MOST_CHARACTERS:,} characters")
    return text


def _review(path: Path, document: str) -> Review:
    """Review a document, and name the places of what is wrong."""
    try:
        return review(Graph.make(), document)
    except RequestRefused as refused:
        errors = refused.errors
    except Refusal as refusal:
        errors = [refusal]
    raise OperationRefused("; ".join(f"{_place(path, error)}: {error.message}" for error in errors))


def _place(path: Path, error: GraphQLError) -> str:
    if not error.locations:
        return str(path)
    return f"{path}:{error.locations[0].line}:{error.locations[0].column}"


def _list(parsed: argparse.Namespace, settings: Settings) -> int:
    found = _stored(settings, None, ended=parsed.all)
    graph = Graph.make() if found else None
    told = [_told(graph, each) for each in found]
    say(parsed, told, "\n".join(map(_line, told)) or "no operation is stored")
    return 0


def _show(parsed: argparse.Namespace, settings: Settings) -> int:
    every = _stored(settings, parsed.name, ended=parsed.version is not None)
    wanted = [each for each in every if parsed.version in {None, each.version}]
    if not wanted:
        version = "" if parsed.version is None else f" in version {parsed.version}"
        raise OperationRefused(
            f"nothing is stored as {parsed.name}{version}: `operation list --all` names what is"
        )
    (one,) = wanted
    say(parsed, {**_told(Graph.make(), one), "document": one.document}, one.document.rstrip())
    return 0


def _stored(settings: Settings, name: str | None, *, ended: bool) -> tuple[Stored, ...]:
    async def run(url: str) -> tuple[Stored, ...]:
        await database.require_migrated(url)
        async with database.connected(url) as connection:
            return await read(connection, name, ended=ended)

    with database.running(settings) as url:
        return asyncio.run(run(url))


def _told(graph: Graph | None, one: Stored) -> dict[str, Any]:
    return {
        "name": one.name,
        "version": one.version,
        "roles": [role.value for role in one.roles],
        "addedAt": one.added_at.isoformat(),
        "endedAt": one.ended_at and one.ended_at.isoformat(),
        "fits": graph is not None and fits(graph, one.document),
    }


def _line(told: dict[str, Any]) -> str:
    roles = "all" if len(told["roles"]) == len(Role) else ", ".join(told["roles"])
    until = "" if told["endedAt"] is None else f" until {told['endedAt'][:16]}"
    unfit = "" if told["fits"] else " (does not fit the schema)"
    since = told["addedAt"][:16]
    return f"{told['name']} version {told['version']} for {roles}, from {since}{until}{unfit}"
