"""The scene: a scratch database of invented patients, its releases, and the server that is asked.

Releases are made by the product's own commands, in processes of their own: what they decide shares
nothing with the attack but the database.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import httpx

from attack.asking import Door
from connect_graph import database
from connect_graph.demonstration import demo_issuer, member_of
from connect_graph.gateway import start, stop
from connect_graph.settings import Settings
from db.synthetic import attacked
from db.synthetic.attacked import Connection
from db.synthetic.load import synthesize

_Told = TypeVar("_Told")

_ROOT: Final = Path(__file__).resolve().parent.parent
_MOST: Final = 1_000_000
_LAVISH: Final = {
    "CONNECT_REQUESTS_PER_MINUTE": str(_MOST),
    "CONNECT_COST_PER_MINUTE": str(_MOST * 1_000),
}
"""One attacker asks as much as many would."""
SCREENED_FOR_EACH: Final = 6.25
"""Of those screened about one in six is treated."""
_SHARES: Final[Mapping[int, Sequence[float]]] = {
    1: (1.0,),
    2: (0.75, 1.0),
    3: (0.6, 0.8, 1.0),
}
"""How many of the treated have begun by the cut-off of each release."""
_WITHDRAW: Final = """
mutation Withdraw($input: WithdrawConsentInput!) { withdrawConsent(input: $input) { changed } }
"""


class SceneFailed(Exception):
    """Say in one sentence what of the product did not do what the attack needs."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Hold a database that is served, and how its commands are run."""

    url: str
    environment: Mapping[str, str]
    settings: Settings
    address: str

    def command(self, *arguments: str) -> str:
        """Run a command of the product, and give what it says.

        Raises: SceneFailed.
        """
        ended = subprocess.run(
            [sys.executable, "-m", "connect_graph", *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=_ROOT,
            env=dict(self.environment),
        )
        if ended.returncode:
            raise SceneFailed(f"connect-graph {' '.join(arguments)}: {ended.stderr.strip()}")
        return ended.stdout

    def door(self, role: str, scope: str | None = None) -> Door:
        """Give the way in of a member of a role."""
        who = asyncio.run(member_of(self.url, role, scope))
        return Door(self.address, demo_issuer(self.settings).token(*who))

    def freeze(self, version: str, cut_off: date) -> None:
        """Freeze a release."""
        self.command("release", "--release-version", version, "--cut-off", cut_off.isoformat())

    def publish(self, version: str) -> None:
        """Publish a release: what it tells is decided here."""
        self.command("release", "--publish", version)

    def withdraw(self, one_in: int, turn: int, day: date) -> int:
        """Let some who were treated by a day withdraw, as the data office notes it."""
        patients = asyncio.run(_asked(self.url, partial(attacked.consenting, day=day)))
        leaving = patients[turn % one_in :: one_in]
        office = self.door("steward")
        with httpx.Client() as http:
            for patient in leaving:
                given = {"input": {"patient": patient, "purpose": "RESEARCH"}}
                office.ask(http, _WITHDRAW, given)
        return len(leaving)

    def cut_offs(self, releases: int) -> list[date]:
        """Choose cut-offs so that each release has more of the treated than the one before."""
        started, last = asyncio.run(_asked(self.url, attacked.started))
        days = [started[int(share * len(started)) - 1] for share in _SHARES[releases]]
        return [*days[:-1], last]


@contextmanager
def served(treated: int, seed: int) -> Iterator[Scene]:
    """Invent about so many treated in a database that is gone afterwards, and serve it."""
    inherited = {name: text for name, text in os.environ.items() if "DATABASE_URL" not in name}
    with tempfile.TemporaryDirectory(prefix="connect-attack-") as directory:
        own = {"CONNECT_DEMO": "1", "CONNECT_DATA_DIR": directory}
        environment = {**inherited, **_LAVISH, **own}
        settings = Settings.load(environment)
        with database.running(settings) as url:
            asyncio.run(_fill(settings, url, round(treated * SCREENED_FOR_EACH), seed))
            port = str(_free_port())
            command = [sys.executable, "-m", "connect_graph", "serve", "--port", port]
            with (
                (Path(directory) / "server.log").open("w") as log,
                _child(command, environment, log) as address,
            ):
                yield Scene(url, environment, settings, address)


@contextmanager
def _child(command: Sequence[str], environment: Mapping[str, str], log: Any) -> Iterator[str]:
    child = start("server", command, environment, _ROOT, log)
    try:
        yield child.until_ready()
    finally:
        stop([child])


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


async def _fill(settings: Settings, url: str, patients: int, seed: int) -> None:
    await database.prepare(settings, url)
    async with database.connected(url) as connection:
        await synthesize(connection, patients, seed, database.pseudonyms(settings))


async def _asked(url: str, question: Callable[[Connection], Awaitable[_Told]]) -> _Told:
    async with database.connected(url) as connection:
        return await question(connection)
