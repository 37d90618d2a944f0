"""A world to test in: a database with the synthetic set and the demonstration's members."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import httpx

from connect_graph import database
from connect_graph.bounds import Bounds
from connect_graph.issuer import DEMO_ISSUER, DemoIssuer
from connect_graph.settings import ROLES, Settings
from db.address import Address
from db.office.change import Office, Record
from db.pool import Pools
from db.release.key import ReleaseKey
from db.synthetic.demo import add_membership, member
from db.synthetic.load import synthesize
from db.synthetic.release import publish
from db.viewer import Caller, Role, Viewer, viewers
from resolvers.answer import Answer
from resolvers.execute import Graph, Request
from resolvers.limits import MOST_COST

if TYPE_CHECKING:
    from db.catalog import Connection

ROOT = Path(__file__).resolve().parent.parent
PATIENTS = 240
SEED = 1
LAVISH = Bounds(requests_per_minute=1_000_000, cost_per_minute=1_000_000 * MOST_COST)
"""One member of the tests asks for what many would."""
AUDIT_KEY = bytes(range(32))
"""Of what is served in the tests' own process."""
RELEASE_KEY = bytes(range(32, 64))
"""Which measures of a publication are left out depends on it."""


@dataclass(frozen=True, slots=True)
class Database:
    """Hold a database of the tests: its superuser's URL, and the login of each role."""

    url: str
    password: str | None = None

    def login(self, role: str) -> str:
        """Give the URL of a role's login."""
        assert role in ROLES, role
        return Address.parse(self.url).login(f"connect_{role}_login", self.password).url


def environment(copy: Database, directory: Path) -> dict[str, str]:
    """Give what a process of connect-graph needs to use a database, as a demonstration."""
    kept = {name: value for name, value in os.environ.items() if "DATABASE_URL" not in name}
    logins = {f"DATABASE_URL_{role.upper()}": copy.login(role) for role in ROLES}
    return {
        **kept,
        **logins,
        "DATABASE_URL": copy.url,
        "CONNECT_DEMO": "1",
        "CONNECT_DATA_DIR": str(directory),
        "CONNECT_REQUESTS_PER_MINUTE": str(LAVISH.requests_per_minute),
        "CONNECT_COST_PER_MINUTE": str(LAVISH.cost_per_minute),
    }


@dataclass(frozen=True, slots=True)
class World:
    """Hold a filled database, the demonstration's issuer, and open pools."""

    database: Database
    directory: Path
    pools: Pools
    graph: Graph
    parts: dict[str, Graph] = field(default_factory=dict)

    def part(self, subgraph: str) -> Graph:
        """Give the graph of one subgraph, made when first asked for."""
        if subgraph not in self.parts:
            self.parts[subgraph] = self.graph.subgraph(subgraph)
        return self.parts[subgraph]

    @property
    def issuer(self) -> DemoIssuer:
        return DemoIssuer(self.directory)

    @property
    def environment(self) -> dict[str, str]:
        """Give what a process of connect-graph needs to use this database."""
        return environment(self.database, self.directory)

    async def caller(self, role: str, scope: str | None = None) -> Caller:
        """Give the demonstration's member of a role, in a scope of its own where one is named."""
        async with database.connected(self.database.url) as connection:
            if scope is None:
                organisation, subject = await member(connection, DEMO_ISSUER, role)
            else:
                organisation, subject = await add_membership(connection, DEMO_ISSUER, role, scope)
        return Caller(DEMO_ISSUER, organisation, subject)

    async def viewer(self, role: str, scope: str | None = None) -> Viewer:
        """Give that member as identification finds them."""
        (found,) = await viewers(self.pools.identity, await self.caller(role, scope))
        return found

    async def token(self, role: str, scope: str | None = None) -> str:
        """Give a token of that member."""
        caller = await self.caller(role, scope)
        return self.issuer.token(caller.organisation, caller.subject)

    async def answer(
        self,
        role: str,
        query: str,
        variables: dict[str, Any] | None = None,
        *,
        scope: str | None = None,
        subgraph: str | None = None,
    ) -> Answer:
        """Answer an operation in this process, as a role, of one subgraph where it is named."""
        viewer = await self.viewer(role, scope)
        request = Request(query, None, variables or {})
        graph = self.graph if subgraph is None else self.part(subgraph)
        pool, office = self.pools.roles[Role(role)], Office(self.pools.office, unrecorded)
        return await graph.answer(request, viewer, pool, office=office)


@asynccontextmanager
async def unrecorded(connection: Connection) -> AsyncIterator[Record]:
    """Begin a change that leaves no entry, of one who asks through no door."""
    async with connection.transaction():
        yield lambda name, given, outcome: None


async def make(
    copy: Database, directory: Path, patients: int = PATIENTS, *, published: bool = False
) -> World:
    """Fill a migrated database and open its pools; the caller closes them.

    Where it is wanted the release is published, as the demonstration's is.
    """
    settings = Settings.load({"CONNECT_DEMO": "1", "CONNECT_DATA_DIR": str(directory)})
    await database.prepare(settings, copy.url)
    async with database.connected(copy.url) as connection:
        await synthesize(connection, patients, SEED, database.pseudonyms(settings))
        await publish(connection, ReleaseKey(RELEASE_KEY) if published else None)
    pools = await Pools.open({role: copy.login(role) for role in ROLES}, size=4)
    return World(copy, directory, pools, Graph.make())


@contextmanager
def serving(
    environment: dict[str, str],
    *arguments: str,
    program: Sequence[str] = ("connect_graph", "serve"),
    root: Path = ROOT,
    log: IO[str] | None = None,
) -> Iterator[tuple[str, int]]:
    """Run `connect-graph serve`, or another program, as a process; give its address and its id.

    What it logs goes to `log` where that is given, which the caller closes.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # A pipe that nobody reads would fill.
    told = log or tempfile.TemporaryFile("w+")  # noqa: SIM115  closed below
    process = subprocess.Popen(
        [sys.executable, "-m", *program, "--port", str(port), *arguments],
        cwd=root,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=told,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line.startswith("ready: "):
            told.seek(0)
            raise AssertionError(line + process.stdout.read() + told.read())
        yield f"http://127.0.0.1:{port}", process.pid
    finally:
        process.terminate()
        process.communicate(timeout=30)
        if log is None:
            told.close()


async def until(reachable: str, *, seconds: float = 10) -> httpx.Response:
    """Wait until an address answers 200."""
    deadline = time.monotonic() + seconds
    async with httpx.AsyncClient() as client:
        while True:
            response = await client.get(reachable)
            if response.status_code == 200 or time.monotonic() > deadline:
                return response
            await asyncio.sleep(0.1)
