"""Three people of one organisation's provider: a partner, a researcher and an authority."""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from connect_graph import database
from connect_graph.issuer import DEMO_ISSUER
from tests.browser.conftest import chromium as chromium
from tests.conftest import Clone
from tests.identity.authority import ORGANISATION, PAGE, RESOURCE, SECRET, Provider, providing
from tests.identity.conftest import installed
from tests.statistics.publication import Cell, publish
from tests.world import make, serving

CELLS: dict[str, Sequence[Cell]] = {
    "COHORT": (
        Cell(("ALE-ALK-CUP",)),
        Cell(("ALP-PIK3CA-GYN",), 12, (6, 8), (0, 2), (0, 2)),
        Cell(("OLA-BRCA-BTC",), 26, (24, 24), (4, 4), (9, 9)),
    ),
    "DRUG": (Cell(("olaparib",), 30, (28, 28), (4, 6), (9, 9)), Cell(("selpercatinib",))),
    "GENE": (Cell(("BRCA1",), 15, (14, 14), (4, 4), (7, 7)), Cell(("RET",))),
}
# In the scope that the demonstration's member of the role has.
JOIN = """
insert into connect.membership (role, issuer, organisation_number, subject, scope_id)
select role, $2, $3, $4, scope_id from connect.membership
where issuer = $5 and role = $1::text::connect.role
"""
PEOPLE = {"pernille": "PARTNER", "rune": "RESEARCHER", "astrid": "AUTHORITY"}


@dataclass(frozen=True, slots=True)
class Site:
    """Hold a served graph, and the provider where its people sign in."""

    url: str
    provider: Provider


@pytest.fixture(scope="package")
async def site(clone: Clone, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """Serve the synthetic set with a publication to people who sign in, and not to a demo."""
    installed()
    directory = tmp_path_factory.mktemp("journey")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    url = f"http://127.0.0.1:{port}"
    with providing("oslo", tuple(PEOPLE), page=url) as provider:
        async with clone() as copy:
            world = await make(copy, directory, published=True)
            await world.pools.close()
            async with database.connected(copy.url) as connection:
                await publish(connection, "2026.1", CELLS)
                await _join(connection, provider)
            own = _settings(url, provider, directory)
            with serving(world.environment | own, "--port", str(port)):
                yield Site(url, provider)


async def _join(connection: asyncpg.Connection[asyncpg.Record], provider: Provider) -> None:
    for login, role in PEOPLE.items():
        given = (role, provider.url, ORGANISATION, login, DEMO_ISSUER)
        assert await connection.execute(JOIN, *given) == "INSERT 0 1"


def _settings(url: str, provider: Provider, directory: Path) -> dict[str, str]:
    secret = directory / "secret"
    secret.write_text(SECRET)
    registration = {
        "issuer": provider.url,
        "client_id": PAGE,
        "client_secret_file": str(secret),
        "resource": RESOURCE,
        "url": url,
    }
    return {
        "CONNECT_ISSUERS": json.dumps([provider.described()]),
        "CONNECT_SIGN_IN": json.dumps(registration),
    }
