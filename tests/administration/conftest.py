"""A world of this folder's own, which its tests change, served in this process with its audit."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import httpx
import pytest

from connect_graph.http import application, graphs_of
from connect_graph.settings import ROLES
from db import migrate
from tests.conftest import Clone
from tests.http.client import bearer, told
from tests.world import AUDIT_KEY, World, make

PATIENTS = 120
WHOLE = "/graphql"
PART = "/subgraphs/patients/graphql"
_NUMBERS = itertools.count(10_000_000)
_WEIGHTS = (3, 2, 7, 6, 5, 4, 3, 2)
# Everything that the office writes, and how many changes the audit holds.
_STATE = """
select jsonb_build_array(
  (select jsonb_agg(to_jsonb(t) order by t.id) from connect.partner t),
  (select jsonb_agg(to_jsonb(t) order by t.id) from connect.agreement t),
  (select jsonb_agg(to_jsonb(t) order by t.agreement_id, t.drug_id) from connect.agreement_drug t),
  (select jsonb_agg(to_jsonb(t) order by t.id) from connect.project t),
  (select jsonb_agg(to_jsonb(t) order by t.project_id, t.cohort_id) from connect.project_cohort t),
  (select jsonb_agg(to_jsonb(t) order by t.project_id, t.onco_tree_code)
    from connect.project_tumour_type t),
  (select jsonb_agg(to_jsonb(t) order by t.id) from connect.scope t),
  (select jsonb_agg(to_jsonb(t) order by t.id) from connect.membership t),
  (select jsonb_agg(to_jsonb(t) order by t.id) from connect.consent t))::text
"""
CHANGES = """
select operation_name, variables, patients, role::text, scope, door from connect.audit_entry
where operation_name ~ '^(create|update|end|add|revoke|give|withdraw)_' order by at, ordinal
"""


@dataclass(slots=True)
class Bench:
    """Ask the served world, and look into its database as the owner."""

    world: World
    http: httpx.AsyncClient
    owner: asyncpg.Connection
    tokens: dict[tuple[str, str | None], str] = field(default_factory=dict)

    async def ask(
        self,
        document: str,
        variables: dict[str, Any] | None = None,
        *,
        role: str = "steward",
        scope: str | None = None,
        door: str = WHOLE,
    ) -> dict[str, Any]:
        """Ask over HTTP as a member of a role."""
        if (role, scope) not in self.tokens:
            self.tokens[role, scope] = await self.world.token(role, scope)
        sent = {"query": document, "variables": variables or {}}
        headers = bearer(self.tokens[role, scope])
        answer = told(await self.http.post(door, json=sent, headers=headers))
        body: dict[str, Any] = answer.json()
        return body

    async def change(self, name: str, payload: str, /, **given: Any) -> dict[str, Any]:
        """Make one change as the steward; give its payload."""
        body = await self.ask(document(name, payload), {"i": given})
        assert "errors" not in body, body
        found: dict[str, Any] = body["data"][name]
        return found

    async def refused(self, name: str, /, **given: Any) -> list[str]:
        """Ask for one change that is refused and leaves nothing; give the places it names."""
        before = await self.state()
        body = await self.ask(document(name, ""), {"i": given})
        assert body.get("data") == {name: None}, body
        assert await self.state() == before
        for error in body["errors"]:
            assert error["extensions"] == {"code": "BAD_USER_INPUT"}
            assert error["path"] == [name]
        return [error["message"].partition(":")[0] for error in body["errors"]]

    async def state(self) -> tuple[str, int]:
        """Give all that the office keeps, and how many entries of changes there are."""
        kept = await self.owner.fetchval(_STATE)
        return kept, len(await self.owner.fetch(CHANGES))


def document(name: str, payload: str) -> str:
    """Write a change of one variable."""
    kind = "End" if name.startswith("end") else name[0].upper() + name[1:]
    return f"mutation ($i: {kind}Input!) {{ {name}(input: $i) {{ {payload} changed }} }}"


@pytest.fixture(scope="package")
async def world(clone: Clone, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with clone() as copy:
        filled = await make(copy, tmp_path_factory.mktemp("office"), PATIENTS)
        try:
            yield filled
        finally:
            await filled.pools.close()


@pytest.fixture(scope="package")
async def bench(world: World) -> AsyncIterator[Bench]:
    async def pending() -> tuple[str, ...]:
        return await migrate.pending(world.database.url)

    logins = {role: world.database.login(role) for role in ROLES}
    issuers = [world.issuer.issuer()]
    app = application(
        graphs_of(None), logins, issuers, pending, pool_size=4, audit_key=AUDIT_KEY, with_page=False
    )
    owner = await asyncpg.connect(world.database.url)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://office"
        ) as http,
    ):
        yield Bench(world, http, owner)
    await owner.close()


def number() -> str:
    """Make an organisation number that no other test uses, with its check digit."""
    while True:
        digits = f"{next(_NUMBERS):08d}"
        rest = sum(int(one) * by for one, by in zip(digits, _WEIGHTS, strict=True)) % 11
        if rest != 1:
            return f"{digits}{(11 - rest) % 11}"


def moment(when: Any) -> str:
    """Spell a moment as callers do."""
    spelled: str = when.isoformat()
    return spelled
