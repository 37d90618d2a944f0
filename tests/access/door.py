"""The doors to records: each tells which patients a member finds behind it, by public id.

A door is opened with what was known before: who asks, ids, a cursor. Refused and absent are alike.
"""

from __future__ import annotations

import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from db.export.export import export
from db.export.viewing import ExportRefused
from db.synthetic.catalogue import STUDY
from db.viewer import Viewer
from resolvers.execute import Request
from tests.access.oracle import Who
from tests.access.session import session
from tests.export.table import read, unsettled
from tests.http.client import bearer
from tests.world import World

LIST = "{ patients(first: 1000) { totalCount nodes { id treatments { id } biomarkers { id } } } }"
ROOT = "{ biomarkers(first: 1000) { nodes { id } } }"
PAGE = "query ($after: String) { patients(first: 1000, after: $after) { nodes { id } } }"
FIRST = "{ patients(first: 1) { nodes { id } pageInfo { endCursor } } }"
ENTITIES = """query ($representations: [_Any!]!) {
  _entities(representations: $representations) { ... on Patient { id biomarkers { id } } } }"""
Found = frozenset[str]
Ask = Callable[[str, dict[str, Any] | None], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Member:
    """Hold a member of one scope, and what they learned while it was open."""

    world: World
    viewer: Viewer
    token: str
    http: httpx.AsyncClient
    ids: tuple[str, ...]
    """Of the patients, in order."""
    cursor: str
    """Of the place after the first."""

    @classmethod
    async def learn(cls, world: World, role: str, scope: str, http: httpx.AsyncClient) -> Member:
        """Identify a member and let them look around."""
        viewer = await world.viewer(role, scope)
        new = cls(world, viewer, await world.token(role, scope), http, (), "")
        listed = await new.ask(LIST, None)
        page = (await new.ask(FIRST, None))["patients"]
        ids = tuple(node["id"] for node in listed["patients"]["nodes"])
        return cls(world, viewer, new.token, http, ids, page["pageInfo"]["endCursor"])

    async def ask(self, query: str, variables: dict[str, Any] | None) -> dict[str, Any]:
        """Ask in this process, as who was identified before."""
        pool = self.world.pools.roles[self.viewer.role]
        request = Request(query, None, variables or {})
        answer = await self.world.graph.answer(request, self.viewer, pool)
        assert "errors" not in answer.body, answer.body
        return dict(answer.body["data"])

    async def ask_part(self, query: str, variables: dict[str, Any] | None) -> dict[str, Any]:
        """Ask one of the four subgraphs likewise."""
        pool = self.world.pools.roles[self.viewer.role]
        request = Request(query, None, variables or {})
        answer = await self.world.part("biomarkers").answer(request, self.viewer, pool)
        assert "errors" not in answer.body, answer.body
        return dict(answer.body["data"])

    def over(self, path: str) -> Ask:
        """Ask a server, which identifies anew; what is refused for the scope is nothing."""

        async def ask(query: str, variables: dict[str, Any] | None) -> dict[str, Any]:
            body = {"query": query, "variables": variables}
            answer = (await self.http.post(path, json=body, headers=bearer(self.token))).json()
            if "errors" in answer:
                codes = [error["extensions"]["code"] for error in answer["errors"]]
                assert codes == ["SCOPE_REFUSED"], answer
                return {}
            return dict(answer["data"])

        return ask

    async def doors(self) -> dict[str, Found]:
        """Go through every door, one after another; tell whom each showed."""
        return {
            "list": await listed(self.ask),
            "list of children": await rooted(self.ask),
            "id": await named(self.ask, self.ids),
            "cursor": await after(self.ask, self.cursor, self.ids[0]),
            "_entities": await entities(self.ask_part, self.ids),
            "export": await self._exported(),
            "SQL": await self._selected(),
            "HTTP": await listed(self.over("/graphql")),
            "HTTP id": await named(self.over("/graphql"), self.ids),
            "HTTP cursor": await after(self.over("/graphql"), self.cursor, self.ids[0]),
            "HTTP subgraph": await entities(self.over("/subgraphs/biomarkers/graphql"), self.ids),
        }

    async def _exported(self) -> Found:
        with tempfile.TemporaryDirectory() as parent:
            path = Path(parent) / "study"
            pool = self.world.pools.roles[self.viewer.role]
            try:
                await export(pool, self.viewer, STUDY[0], "csv", path, unsettled)
            except ExportRefused:  # with the scope goes the study
                return frozenset()
            return frozenset(row["patient"] for row in read(path)["patient.csv"])

    async def _selected(self) -> Found:
        viewer, caller = self.viewer, self.viewer.caller
        who = Who(
            viewer.role.value, caller.issuer, caller.organisation, caller.subject, viewer.scope
        )
        async with session(self.world.database, viewer.role.value, who) as connection:
            rows = await connection.fetch(
                "select y.public_id from connect.patient p"
                " join connect.pseudonym y on y.patient_id = p.id"
            )
            return frozenset(row["public_id"] for row in rows)


async def listed(ask: Ask) -> Found:
    """List patients, with what hangs on them."""
    page = (await ask(LIST, None)).get("patients", {"totalCount": 0, "nodes": []})
    assert page["totalCount"] == len(page["nodes"])
    for node in page["nodes"]:
        for child in (*node["treatments"], *node["biomarkers"]):
            assert child["id"].startswith(node["id"])
    return frozenset(node["id"] for node in page["nodes"])


async def rooted(ask: Ask) -> Found:
    """List what hangs on patients, from the root; tell of whom."""
    page = (await ask(ROOT, None)).get("biomarkers", {"nodes": []})
    return frozenset(node["id"].split(".")[0] for node in page["nodes"])


async def named(ask: Ask, ids: tuple[str, ...]) -> Found:
    """Look ids up, one after another in one request."""
    some = ids[:12] if len(ids) <= 12 else (*ids[:6], *ids[-6:])
    words = " ".join(f'p{place}: patient(id: "{each}") {{ id }}' for place, each in enumerate(some))
    found = await ask(f"{{ {words} }}", None)
    return frozenset(one["id"] for one in found.values() if one is not None)


async def after(ask: Ask, cursor: str, first: str) -> Found:
    """Go on after a cursor; the first patient, which it is of, is told where anybody is."""
    page = (await ask(PAGE, {"after": cursor})).get("patients", {"nodes": []})
    found = {node["id"] for node in page["nodes"]}
    return frozenset(found | {first} if found else found)


async def entities(ask: Ask, ids: tuple[str, ...]) -> Found:
    """Ask as a gateway does."""
    named_ = [{"__typename": "Patient", "id": each} for each in ids]
    found = (await ask(ENTITIES, {"representations": named_})).get("_entities", [])
    return frozenset(one["id"] for one in found if one is not None)
