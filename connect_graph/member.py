"""The command `member`: memberships, before there is a steward to make them, and afterwards."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from connect_graph import database
from connect_graph.recording import Recorder, recording
from connect_graph.settings import Settings
from connect_graph.study import Command, say
from db.office.change import Begin, Record, command
from db.office.membership import KINDS, memberships
from db.office.outcome import Outcome
from db.office.problem import Rejected
from db.office.value import spelled

if TYPE_CHECKING:
    from db.catalog import Connection

FLAGS: Mapping[str, str] = {
    "organisation_number": "--organisation",
    "valid_from": "--from",
    "valid_to": "--until",
}
"""The flags whose names are not those of the input."""


class MemberRefused(Exception):
    """Say in one sentence for each problem why a membership is not as it was asked for."""

    @classmethod
    def of(cls, rejected: Rejected) -> MemberRefused:
        """Name the flags in the place of the input's fields."""
        told = []
        for problem in rejected.problems:
            place = str(problem.place[0]) if problem.place else "member"
            told.append(f"{FLAGS.get(place, f'--{place}')}: {problem.sentence}")
        return cls("; ".join(told))


def declare(command_: Callable[..., Any]) -> None:
    """Declare the command and what it takes."""
    member = command_("member", None, "add, list or revoke memberships")
    actions = member.add_subparsers(dest="action", required=True, metavar="ACTION")

    def action(name: str, run: Command, help_: str) -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = actions.add_parser(name, help=help_, description=help_)
        made.set_defaults(run=run)
        made.add_argument("--json", action="store_true", help="answer as JSON")
        return made

    adding = action("add", _add, "let somebody act in a role and scope; the same again is no error")
    revoking = action("revoke", _revoke, "end a membership, now or later; it is never removed")
    for each in (adding, revoking):
        each.add_argument("--issuer", required=True, help="as the person's tokens name it")
        each.add_argument(
            "--organisation", required=True, metavar="NUMBER", help="nine digits, as in the tokens"
        )
        each.add_argument("--subject", required=True, help="the person, as the issuer names them")
        each.add_argument("--scope", required=True, metavar="CODE", help="in which scope")
    adding.add_argument(
        "--role", required=True, choices=[role.lower() for role in KINDS], help="as what"
    )
    adding.add_argument("--from", dest="begin", metavar="MOMENT", help="when it begins; else now")
    adding.add_argument("--until", metavar="MOMENT", help="when it ends; else once it is revoked")
    revoking.add_argument("--at", metavar="MOMENT", help="when; else now")
    listing = action("list", _list, "list memberships, ended ones among them")
    listing.add_argument("--scope", metavar="CODE", help="of that scope alone")


def _add(parsed: argparse.Namespace, settings: Settings) -> int:
    given = {"role": parsed.role.upper(), "valid_from": parsed.begin, "valid_to": parsed.until}
    return _change(parsed, settings, "add_membership", given)


def _revoke(parsed: argparse.Namespace, settings: Settings) -> int:
    return _change(parsed, settings, "revoke_membership", {"at": parsed.at})


def _change(
    parsed: argparse.Namespace, settings: Settings, name: str, given: Mapping[str, Any]
) -> int:
    holder = {
        "issuer": parsed.issuer,
        "organisation_number": parsed.organisation,
        "subject": parsed.subject,
        "scope": parsed.scope,
    }

    async def run(url: str) -> Outcome:
        await database.require_migrated(url)
        door = f"connect-graph member {parsed.action}"
        async with (
            recording(settings, url, door) as recorder,
            database.connected(url) as connection,
        ):
            return await command(connection, _recorded(recorder), name, {**holder, **given})

    with database.running(settings) as url:
        try:
            outcome = asyncio.run(run(url))
        except Rejected as rejected:
            raise MemberRefused.of(rejected) from rejected
    word = "done" if outcome.changed else "it was so already"
    say(parsed, {"id": outcome.key, "changed": outcome.changed}, word)
    return 0


def _list(parsed: argparse.Namespace, settings: Settings) -> int:
    async def run(url: str) -> list[dict[str, Any]]:
        await database.require_migrated(url)
        async with database.connected(url) as connection:
            return await memberships(connection, parsed.scope)

    with database.running(settings) as url:
        found = asyncio.run(run(url))
    plain = [{_camel(name): _spelled(value) for name, value in one.items()} for one in found]
    say(parsed, plain, "\n".join(map(_line, found)) or "no memberships")
    return 0


def _line(one: Mapping[str, Any]) -> str:
    until = "" if one["revoked_at"] is None else f" until {spelled(one['revoked_at'])}"
    state = "" if one["valid"] else " (not valid now)"
    return (
        f"{one['scope']} {one['role'].lower()}: {one['subject']} of {one['organisation']} "
        f"({one['organisation_number']}), {one['issuer']}, "
        f"from {spelled(one['valid_from'])}{until}{state}"
    )


def _spelled(value: Any) -> Any:
    return spelled(value) if isinstance(value, datetime) else value


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def _recorded(recorder: Recorder) -> Begin:
    """Begin transactions that end with an entry of the change."""

    @asynccontextmanager
    async def begin(connection: Connection) -> AsyncIterator[Record]:
        async with recorder.within(connection) as record:
            yield lambda name, given, outcome: record(
                name, {"input": given, "changed": outcome.changed}, None
            )

    return begin
