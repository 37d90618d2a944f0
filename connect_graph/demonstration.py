"""The demonstration's members and their tokens, for the commands that need somebody to be."""

from __future__ import annotations

from collections.abc import Mapping

from connect_graph import database
from connect_graph.database import connected
from connect_graph.issuer import DEMO_ISSUER, DemoIssuer
from connect_graph.page import Tokens
from connect_graph.settings import Settings
from db.synthetic.demo import add_membership, member
from db.viewer import Role


class DemoOnly(Exception):
    """Say in one sentence that a command is for the demonstration alone."""


def demo_issuer(settings: Settings) -> DemoIssuer:
    """Give the issuer of the demonstration.

    Raises: DemoOnly.
    """
    if not settings.demo:
        raise DemoOnly(
            "tokens and their keys are made for the demonstration alone: set CONNECT_DEMO=1, "
            "or use those of your organisation's provider"
        )
    return DemoIssuer(settings.data_dir)


def tokens_of_all(settings: Settings, url: str) -> Tokens:
    """Make a token of each role, anew with each call."""
    issuer = demo_issuer(settings)

    async def make() -> Mapping[str, str]:
        return {role.value: issuer.token(*await member_of(url, role.value, None)) for role in Role}

    return make


async def member_of(url: str, role: str, scope: str | None) -> tuple[str, str]:
    """Find the member of a role, in a scope of its own where one is named."""
    await database.require_migrated(url)
    async with connected(url) as connection:
        if scope is None:
            return await member(connection, DEMO_ISSUER, role)
        return await add_membership(connection, DEMO_ISSUER, role, scope)
