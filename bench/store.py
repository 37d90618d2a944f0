"""The store: a database of invented patients, kept from one benchmark to the next.

It lies under `.data/bench`, one for each size, and is made anew when anything changes that it
follows from: a migration, or the rules by which patients are invented and what follows from them.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from connect_graph import database
from connect_graph.demonstration import demo_issuer, member_of
from connect_graph.issuer import DEMO_ISSUER
from connect_graph.progress import Bar
from connect_graph.settings import Settings
from db.address import Address
from db.pool import Pools
from db.synthetic.load import synthesize
from db.synthetic.raced import eligible, offer, settle
from db.viewer import Caller, Viewer, viewers
from resolvers.limits import MOST_COST

ROLE: Final = "researcher"
"""Who asks: a member of a project, whose rows policies choose by scope, consent and domain."""
_ROOT: Final = Path(__file__).resolve().parent.parent
PLACE: Final = _ROOT / ".data" / "bench"
_VIEWS: Final = Path(__file__).resolve().parent / "rivals" / "views.sql"
_SOURCES: Final = (
    "db/migrations",
    "db/synthetic",
    "db/outcome",
    "db/resistance",
    "db/vocabulary",
    "db/pseudonym.py",
)
_BESIDE: Final = {"attacked.py", "bare.py", "raced.py"}
"""They read, and invent nobody."""
_SEED: Final = 1
_MOST: Final = 1_000_000
LAVISH: Final = {
    "CONNECT_REQUESTS_PER_MINUTE": str(_MOST),
    "CONNECT_COST_PER_MINUTE": str(_MOST * MOST_COST),
    "CONNECT_STATEMENT_SECONDS": "300",
    "CONNECT_REQUEST_SECONDS": "300",
}
"""One member asks for what many would, and the slowest side is waited for."""


@dataclass(frozen=True, slots=True)
class Store:
    """Hold a database that runs, and who asks it."""

    url: str
    directory: Path
    environment: Mapping[str, str]
    """What a process of connect-graph needs to serve it."""
    patients: int
    token: str
    caller: Caller

    def login(self, user: str) -> str:
        """Give the URL of another user."""
        return Address.parse(self.url).login(user).url

    async def viewer(self) -> Viewer:
        """Find who asks as ours does."""
        pools = await Pools.open(Settings.load(self.environment).logins(self.url), size=1)
        try:
            (viewer,) = await viewers(pools.identity, self.caller)
            return viewer
        finally:
            await pools.close()

    async def eligible(self) -> list[str]:
        """List the patients who are asked for, as who asks sees them."""
        viewer = await self.viewer()
        async with database.connected(self.login(f"connect_{ROLE}_login")) as connection:
            return await eligible(connection, viewer.settings)

    @property
    def postmaster(self) -> int:
        """Give the process whose children answer."""
        (path,) = self.directory.glob("*/postmaster.pid")
        return int(path.read_text().partition("\n")[0])


@contextmanager
def kept(patients: int, place: Path = PLACE) -> Iterator[Store]:
    """Run the database of so many screened patients, made before or made now."""
    directory = place / str(patients)
    inherited = {name: text for name, text in os.environ.items() if "DATABASE_URL" not in name}
    demonstration = {"CONNECT_DEMO": "1", "CONNECT_DATA_DIR": str(directory)}
    environment = {**inherited, **LAVISH, **demonstration}
    settings = Settings.load(environment)
    stamp, wanted = directory / "made.from", digest()
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(directory, ignore_errors=True)  # half of one, or one of other rules
    with database.running(settings) as url:
        if not stamp.exists():
            asyncio.run(_fill(settings, url, patients))
            stamp.write_text(wanted)
        caller, token = asyncio.run(_open(settings, url))
        yield Store(url, directory, environment, patients, token, caller)


def digest(root: Path = _ROOT) -> str:
    """Name what the patients, and the tables that hold them, follow from."""
    found = hashlib.sha256()
    for source in _SOURCES:
        top = root / source
        files = [top] if top.is_file() else sorted(top.rglob("*"))
        for path in files:
            if path.is_file() and path.name not in _BESIDE and path.parent.name != "__pycache__":
                found.update(f"{path.relative_to(root)}\0".encode())
                found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


async def _fill(settings: Settings, url: str, patients: int) -> None:
    """Invent the patients, and let PostgreSQL know how many there are."""
    started = time.monotonic()
    bar = Bar(patients, "patients")
    await database.prepare(settings, url)
    async with database.connected(url) as connection:
        await synthesize(connection, patients, _SEED, database.pseudonyms(settings), bar.show)
        await settle(connection)
    print(f"{patients:,} patients invented in {time.monotonic() - started:.0f} s", flush=True)


async def _open(settings: Settings, url: str) -> tuple[Caller, str]:
    """Make what the rivals read, and a token."""
    organisation, subject = await member_of(url, ROLE, None)
    async with database.connected(url) as connection:
        await offer(connection, _VIEWS.read_text("utf-8"))
    token = demo_issuer(settings).token(organisation, subject)
    return Caller(DEMO_ISSUER, organisation, subject), token
