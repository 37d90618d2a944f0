"""The example partner beside ours, and the gateway before them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from joserfc.jwk import ECKey

from connect_graph.gateway import FOLDER
from schema.subgraph import SUBGRAPHS
from tests.federation.gateway.stack import before
from tests.federation.partner.program import (
    GATEWAY,
    NAME,
    PROGRAM,
    Joined,
    Partner,
    node,
    tapped,
)
from tests.http.forgery import Forger
from tests.world import World

SIGNED = (GATEWAY, NAME, "partner+jwt")


@pytest.fixture(scope="session", autouse=True)
def installed() -> None:
    """Skip where the gateway's packages are missing."""
    if not (FOLDER / "node_modules" / "@graphql-hive").is_dir():
        pytest.skip("the gateway's Node packages are not there: run make setup")


@pytest.fixture(scope="session")
def key() -> str:
    """Make the gateway's key."""
    done = node("key.ts")
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.fixture(scope="session")
def keys(key: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write its public part as the tool prints it."""
    directory = tmp_path_factory.mktemp("keys")
    (directory / "key.json").write_text(key)
    file = directory / "keys.json"
    file.write_text(node("key.ts", str(directory / "key.json")).stdout)
    return file


@pytest.fixture(scope="session")
def partner(keys: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Partner]:
    """Run the partner's program, which has the public keys alone."""
    made = Partner(tmp_path_factory.mktemp("partner"), str(keys))
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="session")
def parts(world: World, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Give each subgraph's SDL as an argument for the composers, the partner's first."""
    directory = tmp_path_factory.mktemp("parts")
    done = subprocess.run(
        [sys.executable, str(PROGRAM), "--sdl"], capture_output=True, text=True, check=True
    )
    texts = {NAME: done.stdout, **{name: world.part(name).sdl for name in SUBGRAPHS}}
    for name, text in texts.items():
        (directory / f"{name}.graphql").write_text(text)
    return {name: f"{name}={directory / name}.graphql" for name in texts}


@pytest.fixture(scope="session")
def supergraph(parts: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compose the graph with the partner in it."""
    done = node("admit.ts", *parts.values())
    assert (done.returncode, done.stderr) == (0, "")
    file = tmp_path_factory.mktemp("supergraph") / "supergraph.graphql"
    file.write_text(done.stdout)
    return file


@pytest.fixture(scope="session")
def joined(
    world: World, url: str, partner: Partner, supergraph: Path, key: str
) -> Iterator[Joined]:
    """Run a gateway before ours and the partner's; what it sends there is kept."""
    with tapped(partner.url) as tap:
        urls = {name: [f"{url}/subgraphs/{name}/graphql"] for name in SUBGRAPHS}
        settings = {"supergraph": supergraph, "name": GATEWAY, "key": key}
        with before(world, {**urls, NAME: [tap.url]}, **settings) as gateway:
            yield Joined(gateway.url, partner, tap, world)


@pytest.fixture
async def direct(partner: Partner) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client of the partner's own port."""
    async with httpx.AsyncClient(base_url=partner.url.removesuffix("/graphql")) as http:
        yield http


@pytest.fixture
def forger(key: str) -> Forger:
    """Sign with the gateway's key what the gateway would not."""
    return Forger(ECKey.import_key(json.loads(key)), "999000259", "somebody", *SIGNED)
