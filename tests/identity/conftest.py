"""Two providers, and a served graph that believes both: one person of each is a member."""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import httpx
import pytest

from connect_graph import database as office
from connect_graph.settings import Settings
from tests.browser.conftest import chromium as chromium
from tests.conftest import Clone
from tests.http.client import Client, bearer
from tests.identity.authority import (
    FOLDER,
    MACHINE,
    ORGANISATION,
    PAGE,
    RESOURCE,
    SECRET,
    Provider,
    providing,
)
from tests.world import environment, serving

NORTH, SOUTH = "kari", "ola"
STRANGER, HOMELESS = "nobody", "homeless"
NOWHERE = "http://127.0.0.1:9"
"""Where nothing listens."""
JOIN = """
insert into connect.membership (role, issuer, organisation_number, subject, scope_id)
select $1::text::connect.role, $2, $3, $4, id from connect.scope where kind = $5::connect.scope_kind
order by code limit 1
"""
ROLES = {NORTH: ("STEWARD", "CONSORTIUM"), SOUTH: ("PARTNER", "AGREEMENT")}


@dataclass(frozen=True, slots=True)
class Served:
    """Hold a served graph, its providers and its database."""

    url: str
    north: Provider
    south: Provider
    west: Provider
    connection: asyncpg.Connection[asyncpg.Record] = field(repr=False)
    http: httpx.AsyncClient = field(repr=False)

    def client(self, token: str) -> Client:
        return Client(self.http, bearer(token))


@pytest.fixture(scope="session")
def port() -> int:
    """Reserve the port that the page's address, which providers must know first, has."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture(scope="session")
def north(port: int) -> Iterator[Provider]:
    """Run the provider where people sign in; its tokens last little."""
    installed()
    page = f"http://127.0.0.1:{port}"
    with providing("north", (NORTH, STRANGER, HOMELESS), seconds=61, page=page) as made:
        yield made


@pytest.fixture(scope="session")
def south() -> Iterator[Provider]:
    installed()
    with providing("south", (SOUTH,)) as made:
        yield made


@pytest.fixture(scope="session")
def west() -> Iterator[Provider]:
    """Run the provider whose keys rotate."""
    installed()
    with providing("west") as made:
        yield made


@pytest.fixture(scope="session")
async def served(
    clone: Clone,
    port: int,
    north: Provider,
    south: Provider,
    west: Provider,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Served]:
    directory = tmp_path_factory.mktemp("identity")
    async with clone() as copy:
        settings = Settings.load({"CONNECT_DEMO": "1", "CONNECT_DATA_DIR": str(directory)})
        await office.prepare(settings, copy.url)
        async with office.connected(copy.url) as connection:
            for provider, logins in (
                (north, (NORTH, MACHINE)),
                (south, (SOUTH,)),
                (west, (MACHINE,)),
            ):
                for login in logins:
                    role, kind = ROLES.get(login, ROLES[NORTH])
                    await connection.execute(JOIN, role, provider.url, ORGANISATION, login, kind)
            role, kind = ROLES[SOUTH]
            await connection.execute(JOIN, role, south.url, ORGANISATION, MACHINE, kind)
            given = environment(copy, directory) | settings_of(
                port, north, [south, west], directory
            )
            with serving(given, "--port", str(port)):
                url = f"http://127.0.0.1:{port}"
                async with httpx.AsyncClient(base_url=url, timeout=30) as http:
                    yield Served(url, north, south, west, connection, http)


def settings_of(
    port: int, north: Provider, others: Sequence[Provider], directory: Path
) -> dict[str, str]:
    """Describe one provider to be asked for its keys, the others with the place of theirs."""
    described = [north.described(), *(other.described(url=other.jwks) for other in others)]
    described.append({**north.described(), "issuer": NOWHERE})
    secret = directory / "secret"
    secret.write_text(SECRET)
    return {
        "CONNECT_ISSUERS": json.dumps(described),
        "CONNECT_SIGN_IN": json.dumps(
            {
                "issuer": north.url,
                "client_id": PAGE,
                "client_secret_file": str(secret),
                "resource": RESOURCE,
                "url": f"http://127.0.0.1:{port}",
            }
        ),
    }


def installed() -> None:
    """Skip where the provider's packages are missing."""
    if not (FOLDER / "node_modules" / "oidc-provider").is_dir():
        pytest.skip("the test provider's Node packages are not there: make test installs them")
