"""One trial: the battery on a world that another process made, until an answer differs."""

from __future__ import annotations

from pathlib import Path

from connect_graph.settings import ROLES
from db.pool import Pools
from resolvers.execute import Graph
from tests.compiled.battery import battery, differences, known
from tests.world import Database, World


async def tried(url: str, password: str | None, directory: str) -> str:
    """Tell how a mutant shows: in an answer, in a failure, or not."""
    copy = Database(url, password)
    pools = await Pools.open({role: copy.login(role) for role in ROLES}, size=1)
    try:
        world = World(copy, Path(directory), pools, Graph.make())
        ids = await known(world, ("steward",))
        for asked in battery(ids):
            if found := await differences(world, [asked]):
                return found[0]
    except Exception as error:  # noqa: BLE001  whatever fails shows
        return f"{type(error).__name__}: {error}"
    finally:
        await pools.close()
    return ""
