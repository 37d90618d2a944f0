"""Cases: an operation with its variables and viewer, the statement that answers it, and the answer.

`plan.sql` is the one statement; `response.json` is there where an answer holds no id and no order
of a scope. Run as a program, this writes both anew.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from connect_graph.embedded import Server, running
from db.migrate import migrate
from db.viewer import Role
from db.vocabulary.load import load_vocabulary
from resolvers.execute import Request
from tests.world import Database, World, make

HERE = Path(__file__).resolve().parent
PATIENT = "<patient>"
"""Stands for a patient of the viewer's, whose id no file can know."""


@dataclass(frozen=True, slots=True)
class Case:
    """Hold what a folder holds."""

    folder: Path

    @property
    def query(self) -> str:
        return (self.folder / "request.graphql").read_text()

    @property
    def viewer(self) -> dict[str, str]:
        found: dict[str, str] = json.loads((self.folder / "viewer.json").read_text())
        return found

    async def variables(self, world: World) -> dict[str, Any]:
        """Give the variables, with a patient of the world."""
        text = (self.folder / "variables.json").read_text()
        if PATIENT in text:
            first = await world.answer(
                self.viewer["role"],
                "{ patients(first: 1, where: { treatments: { some: {} } }) { nodes { id } } }",
            )
            text = text.replace(PATIENT, first.body["data"]["patients"]["nodes"][0]["id"])
        found: dict[str, Any] = json.loads(text)
        return found

    async def plan(self, world: World) -> str:
        """Spell the statement."""
        graph = world.graph
        if (subgraph := self.viewer.get("subgraph")) is not None:
            graph = world.part(subgraph)
        viewer = await world.viewer(self.viewer["role"])
        request = Request(self.query, None, await self.variables(world))
        sql, _ = graph.statement(request, viewer, world.pools.roles[Role(viewer.role)])
        return f"{sql}\n"


def cases() -> list[Case]:
    """List the folders."""
    return [Case(each.parent) for each in sorted(HERE.glob("*/request.graphql"))]


async def _write(server: Server, directory: Path) -> None:
    await migrate(server.url)
    connection = await asyncpg.connect(server.url)
    await load_vocabulary(connection)
    await connection.close()
    world = await make(Database(server.url), directory)
    for case in cases():
        (case.folder / "plan.sql").write_text(await case.plan(world))
        response = case.folder / "response.json"
        if response.exists():
            viewer = case.viewer
            answer = await world.answer(viewer["role"], case.query, await case.variables(world))
            response.write_text(json.dumps(answer.body, indent=2, ensure_ascii=False) + "\n")
    await world.pools.close()


if __name__ == "__main__":
    with (
        tempfile.TemporaryDirectory(prefix="connect-cases-") as place,
        running(Path(place)) as started,
    ):
        asyncio.run(_write(started, Path(place)))
