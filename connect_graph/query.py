"""The command `query`: asks the graph, here or where it is served, and shows the answer."""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx

from connect_graph import asker, database, trust
from connect_graph.asker import given_token, role_token, stated
from connect_graph.audit import audit_key
from connect_graph.display import shown
from connect_graph.grid import plain
from connect_graph.http import application
from connect_graph.provider import FAULTS, is_loopback, is_safe
from connect_graph.settings import Settings
from db import migrate
from resolvers.execute import Graph

A_PATIENT = "<patient>"
"""In variables: the id of a patient whom the viewer may see, as the page reads it."""
PIPED_COLUMNS = 100
"""How wide tables may be where no terminal says."""
_DOOR = "/graphql"
_ANY_PATIENT = "{ patients(first: 1) { nodes { id } } }"


class QueryRefused(Exception):
    """Say in one sentence why nothing was asked, or why what came is no answer."""


def declare(command: Callable[..., Any]) -> None:
    """Declare the command and what it takes."""
    asking = command("query", _query, "ask the graph, and show the answer as tables", answers=True)
    asking.description = (
        "Run an operation of a GraphQL file and show the answer as tables; --json gives all of it. "
        "Without --url it asks the graph over this machine's database, through the same door as "
        "a request: the token is verified, row security decides, and the audit has it."
    )
    asking.add_argument("file", metavar="FILE", help="the operation; - reads standard input")
    asking.add_argument(
        "--variables",
        metavar="JSON",
        help="an object, or a file that holds one; otherwise the file beside FILE that ends in "
        f".json. {A_PATIENT!r} in it is a patient whom you may see",
    )
    asking.add_argument("--operation", metavar="NAME", help="which operation, of several")
    asking.add_argument(
        "--url", metavar="URL", help="where the graph is served; this machine's database otherwise"
    )
    asker.declare(asking)


@dataclass(frozen=True, slots=True)
class Question:
    """Hold what is asked."""

    document: str
    variables: str
    operation: str | None

    def body(self, patient: str | None = None) -> dict[str, Any]:
        """Give the request's body, with a patient's id where one is wanted."""
        text = self.variables
        variables = json.loads(text if patient is None else text.replace(A_PATIENT, patient))
        found = {"query": self.document, "variables": variables}
        return found if self.operation is None else {**found, "operationName": self.operation}

    @property
    def wants_patient(self) -> bool:
        """Tell whether the variables leave a patient open."""
        return A_PATIENT in self.variables


def _query(parsed: argparse.Namespace, settings: Settings) -> int:
    question = Question(_document(parsed), _variables(parsed), parsed.operation)
    if parsed.url is not None:
        address = _address(parsed.url)
        if parsed.role is None:
            token = given_token(parsed, "asks")
        else:
            with database.running(settings) as url:
                token = asyncio.run(role_token(parsed, settings, url))
        answer = asyncio.run(_served(address, token, stated(parsed), question))
    else:
        with database.running(settings) as url:
            answer = asyncio.run(_here(parsed, settings, url, question))
    return _say(parsed, answer)


def _say(parsed: argparse.Namespace, answer: Mapping[str, Any]) -> int:
    """Show an answer; its errors stand on standard error, and are a failure."""
    if parsed.json:
        print(json.dumps(answer, ensure_ascii=False))
    elif answer.get("data"):
        width = shutil.get_terminal_size((PIPED_COLUMNS, 24)).columns
        print(shown(answer, width), flush=True)
    errors = answer.get("errors") or []
    if not parsed.json:
        for error in errors:
            print(f"connect-graph: {_error(parsed.file, error)}", file=sys.stderr)
    return 1 if errors else 0


def _error(file: str, error: Mapping[str, Any]) -> str:
    code = (error.get("extensions") or {}).get("code")
    places = error.get("locations") or []
    place = f"{file}:{places[0]['line']}:{places[0]['column']}: " if places else ""
    return plain(f"{place}{error['message']}{f' ({code})' if code else ''}")


async def _here(
    parsed: argparse.Namespace, settings: Settings, url: str, question: Question
) -> Mapping[str, Any]:
    """Ask an application of this process's own, over the database."""
    if parsed.role is None:
        token = given_token(parsed, "asks")
    else:
        token = await role_token(parsed, settings, url)
    await database.require_migrated(url)

    async def pending() -> tuple[str, ...]:
        return await migrate.pending(url)

    app = application(
        {_DOOR: Graph.make()},
        settings.logins(url),
        trust.believed(settings),
        pending,
        pool_size=1,
        audit_key=audit_key(settings.audit_key_file),
        with_page=False,
        bounds=settings.bounds,
        stored_only=settings.stored_only,
    )
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            return await _asked(client, _DOOR, token, stated(parsed), question)


async def _served(
    address: str, token: str, headers: Mapping[str, str], question: Question
) -> Mapping[str, Any]:
    """Ask where the graph is served."""
    async with httpx.AsyncClient(timeout=120, trust_env=not is_loopback(address)) as client:
        try:
            return await _asked(client, address, token, headers, question)
        except FAULTS as error:
            raise QueryRefused(
                f"{address} did not answer ({type(error).__name__}): is the graph served there?"
            ) from error


async def _asked(
    client: httpx.AsyncClient,
    address: str,
    token: str,
    headers: Mapping[str, str],
    question: Question,
) -> Mapping[str, Any]:
    told = {"authorization": f"Bearer {token}", "accept": "application/json", **headers}

    async def ask(body: Mapping[str, Any]) -> Mapping[str, Any]:
        return _answer(address, await client.post(address, json=body, headers=told))

    if not question.wants_patient:
        return await ask(question.body())
    found = await ask({"query": _ANY_PATIENT})
    if found.get("errors"):
        return found
    nodes = found["data"]["patients"]["nodes"]
    if not nodes:
        raise QueryRefused(f"you may see no patient to stand for {A_PATIENT}: give --variables")
    return await ask(question.body(nodes[0]["id"]))


def _answer(address: str, response: httpx.Response) -> Mapping[str, Any]:
    try:
        answer = response.json()
    except (ValueError, RecursionError):
        answer = None
    if isinstance(answer, dict) and answer.keys() & {"data", "errors"}:
        return answer
    raise QueryRefused(
        f"{address} answered {response.status_code}, and not as a graph does: is it the address "
        f"of {_DOOR}?"
    )


def _address(given: str) -> str:
    """Complete the address of a server by the door's path; a token goes there safely or not."""
    try:
        parts = urlsplit(given)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise QueryRefused(f"{given} is no address: give one such as https://graph.example")
    if not is_safe(given):
        raise QueryRefused(f"{given} would have the token in the clear on its way: use https")
    return urlunsplit(parts) if parts.path.strip("/") else urlunsplit(parts._replace(path=_DOOR))


def _document(parsed: argparse.Namespace) -> str:
    if parsed.file == "-":
        return sys.stdin.read()
    return _read(Path(parsed.file))


def _variables(parsed: argparse.Namespace) -> str:
    """Give the variables as JSON that was looked at."""
    place, text = "--variables", "{}"
    if (given := parsed.variables) is not None:
        text = given
        if not given.lstrip().startswith("{"):
            place, text = given, _read(Path(given))
    elif parsed.file != "-" and (beside := Path(parsed.file).with_suffix(".json")).is_file():
        place, text = str(beside), _read(beside)
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise QueryRefused(f"{place} holds no JSON ({error}): write an object") from error
    if not isinstance(found, dict):
        raise QueryRefused(f'{place} holds no JSON object: write {{"name": value}}')
    return text


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise QueryRefused(f"{path} cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise QueryRefused(f"{path} is not UTF-8: save it as that") from error
