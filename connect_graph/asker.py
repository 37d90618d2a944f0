"""Who asks on the command line: a token says, or in the demonstration a role."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from pathlib import Path

from connect_graph.demonstration import demo_issuer, member_of
from connect_graph.settings import Settings
from db.viewer import Role

TOKEN = "CONNECT_TOKEN"  # noqa: S105  the variable's name


class NobodyAsks(Exception):
    """Say in one sentence why it is not known who asks."""


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare how a command is told who asks, in which scope and for what."""
    who = parser.add_mutually_exclusive_group()
    who.add_argument(
        "--token-file", type=Path, metavar="FILE", help=f"the token; otherwise {TOKEN}"
    )
    who.add_argument(
        "--as",
        dest="role",
        choices=[role.value for role in Role],
        help="as the demonstration's member of a role",
    )
    parser.add_argument("--scope", metavar="CODE", help="in which scope, of several")
    parser.add_argument("--purpose", metavar="PURPOSE", help="for what, of several purposes")


def stated(parsed: argparse.Namespace) -> Mapping[str, str]:
    """Give the headers that choose scope and purpose."""
    given = {"x-scope": parsed.scope, "x-purpose": parsed.purpose}
    return {name: value for name, value in given.items() if value is not None}


async def role_token(parsed: argparse.Namespace, settings: Settings, url: str) -> str:
    """Sign a token of the demonstration's member of the role that is named.

    Raises: DemoOnly, ScopeRefused, NotMigrated.
    """
    return demo_issuer(settings).token(*await member_of(url, parsed.role, parsed.scope))


def given_token(parsed: argparse.Namespace, what: str) -> str:
    """Read the token that is given.

    Raises: NobodyAsks.
    """
    if parsed.token_file is not None:
        try:
            return str(parsed.token_file.read_text(encoding="utf-8").strip())
        except (OSError, UnicodeDecodeError) as error:
            raise NobodyAsks(
                f"the token cannot be read from {parsed.token_file}: check path and owner"
            ) from error
    if token := os.environ.get(TOKEN, "").strip():
        return token
    raise NobodyAsks(
        f"nobody says who {what}: give a token by --token-file or {TOKEN}, "
        "or in the demonstration --as ROLE"
    )
