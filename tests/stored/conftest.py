"""A world of this folder's own, whose operations its tests store, served as a process."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import Clone
from tests.http.client import bearer, told
from tests.world import ROOT, World, make, serving

PATIENTS = 120
RESTRICTED = "authority"
"""The role that runs stored operations alone."""
_NUMBERS = itertools.count(1)


@dataclass(slots=True)
class Desk:
    """Store operations by the command line, and ask the served world for them."""

    world: World
    http: httpx.AsyncClient
    directory: Path
    tokens: dict[tuple[str, str | None], str] = field(default_factory=dict)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `connect-graph operation …`."""
        return subprocess.run(
            [sys.executable, "-m", "connect_graph", "operation", *arguments],
            cwd=ROOT,
            env=self.world.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def file(self, document: str) -> str:
        """Write a document into a file of its own."""
        path = self.directory / f"document-{next(_NUMBERS)}.graphql"
        path.write_text(document)
        return str(path)

    def add(self, document: str, name: str, *arguments: str) -> dict[str, Any]:
        """Store a document, which succeeds; give what is answered."""
        ran = self.run("add", self.file(document), "--name", name, "--json", *arguments)
        assert ran.returncode == 0, ran.stderr
        found: dict[str, Any] = json.loads(ran.stdout)
        return found

    async def headers(self, role: str, scope: str | None = None) -> dict[str, str]:
        """Give the header of a member of a role."""
        if (role, scope) not in self.tokens:
            self.tokens[role, scope] = await self.world.token(role, scope)
        return bearer(self.tokens[role, scope])

    async def ask(
        self,
        name: str,
        role: str = "steward",
        *,
        method: str = "GET",
        scope: str | None = None,
        held: str | None = None,
        headers: dict[str, str] | None = None,
        **parameters: str,
    ) -> httpx.Response:
        """Ask for a stored operation by GET, with what is held already."""
        sent = {**await self.headers(role, scope), **(headers or {})}
        if held is not None:
            sent["if-none-match"] = held
        asked = {"operation": name, **parameters}
        answer = await self.http.request(method, "/graphql", params=asked, headers=sent)
        return told(answer) if answer.content else answer

    async def post(self, content: object, role: str = "steward") -> httpx.Response:
        """Post a body."""
        headers = await self.headers(role)
        return told(await self.http.post("/graphql", json=content, headers=headers))


@pytest.fixture(scope="package")
async def world(clone: Clone, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with clone() as copy:
        filled = await make(copy, tmp_path_factory.mktemp("stored"), PATIENTS)
        try:
            yield filled
        finally:
            await filled.pools.close()


@pytest.fixture(scope="package")
def served(world: World) -> Iterator[str]:
    with serving({**world.environment, "CONNECT_STORED_ONLY": RESTRICTED}) as (address, _):
        yield address


@pytest.fixture(scope="package")
async def desk(
    world: World, served: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Desk]:
    async with httpx.AsyncClient(base_url=served, timeout=30) as http:
        yield Desk(world, http, tmp_path_factory.mktemp("documents"))
