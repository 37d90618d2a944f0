"""One meaning: the gateway answers what the one process does, the same data and the same codes."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from graphql import GraphQLSchema
from hypothesis import HealthCheck, Phase, given, seed, settings

from db.viewer import Role
from resolvers.answer import Answer
from resolvers.execute import Request
from resolvers.projection import project
from tests.contract.test_operations import VARIABLES, first_patient, operation
from tests.extent import REPEATABLE, count
from tests.federation.gateway.stack import Gateway
from tests.generated.lexicon import Lexicon, lexicon
from tests.generated.operation import Operation, operations
from tests.generated.test_operations import ROLES, is_dear
from tests.http.client import GRAPHQL, JSON, bearer, told
from tests.world import World

EXAMPLES = count(ci=100, nightly=2_000) // len(ROLES)
"""For each role."""


def codes(body: dict[str, Any]) -> set[tuple[str, tuple[str, ...]]]:
    """Give the errors' codes, each with the fields that lead to it."""
    return {
        (
            error["extensions"]["code"],
            tuple(each for each in error.get("path", ()) if isinstance(each, str)),
        )
        for error in body.get("errors", ())
    }


def leads_somewhere(data: Any, path: tuple[str, ...]) -> bool:
    """Tell whether a path of fields leads to any object of an answer.

    Where it leads to none the gateway asks no subgraph, which then cannot say what the role lacks.
    """
    if isinstance(data, list):
        return any(leads_somewhere(each, path) for each in data)
    if data is None or not path:
        return data is not None
    return leads_somewhere(data.get(path[0]), path[1:])


@dataclass(slots=True)
class Comparison:
    """Ask operations of both, as one role."""

    world: World
    role: str
    token: str
    http: httpx.AsyncClient
    asked: set[str] = field(default_factory=set)

    async def alone(self, text: str, variables: dict[str, Any]) -> Answer:
        viewer = await self.world.viewer(self.role)
        pool = self.world.pools.roles[Role(self.role)]
        return await self.world.graph.answer(Request(text, None, variables), viewer, pool)

    async def joined(self, text: str, variables: dict[str, Any]) -> httpx.Response:
        response = await self.http.post(
            "/graphql",
            content=json.dumps({"query": text, "variables": variables}),
            headers={**bearer(self.token), "accept": GRAPHQL, "content-type": JSON},
        )
        return told(response)

    async def check(self, generated: Operation) -> None:
        """Raises AssertionError where the answers differ."""
        if generated.text in self.asked or is_dear(generated):
            return
        await self.compare(generated.text, generated.variables)

    async def compare(self, text: str, variables: dict[str, Any]) -> None:
        one = await self.alone(text, variables)
        other = await self.joined(text, variables)
        assert other.status_code == one.status, other.text
        assert other.json().get("data") == one.body.get("data")
        assert ("data" in other.json()) == ("data" in one.body)
        assert other.json().get("extensions") == one.body.get("extensions")
        told_by_one, told_by_other = codes(one.body), codes(other.json())
        assert told_by_other <= told_by_one
        for code, path in told_by_one - told_by_other:
            assert code == "FIELD_NOT_AVAILABLE"
            assert not leads_somewhere(one.body["data"], path[:-1]), path
        self.asked.add(text)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", VARIABLES)
async def test_the_contracts_operations(
    world: World, gateway: Gateway, shared: Path, name: str, role: str
) -> None:
    variables = dict(VARIABLES[name])
    if "id" in variables:
        variables["id"] = await first_patient(world, "steward" if role == "authority" else role)
    async with httpx.AsyncClient(base_url=gateway.url, timeout=60) as http:
        comparison = Comparison(world, role, await world.token(role), http)
        await comparison.compare(operation(shared, name), variables)


@pytest.fixture(scope="module")
def projections(world: World) -> dict[str, GraphQLSchema]:
    """Give the schema as each role is shown it."""
    pools = world.pools.roles
    return {role: project(world.graph.binding, pools[Role(role)].grants) for role in ROLES}


@pytest.fixture(scope="module")
async def lexicons(world: World, projections: dict[str, GraphQLSchema]) -> dict[str, Lexicon]:
    """Give the values that each role finds."""
    return {role: await lexicon(world, role, projections[role]) for role in ROLES}


@pytest.mark.property
@pytest.mark.parametrize("role", ROLES)
async def test_generated_operations(
    world: World,
    gateway: Gateway,
    projections: dict[str, GraphQLSchema],
    lexicons: dict[str, Lexicon],
    record_property: Callable[[str, object], None],
    role: str,
) -> None:
    """By turns on all roots and on each alone, on what the role is shown and on all there is."""
    others = Lexicon()
    for each, found in lexicons.items():
        if each != role:
            others.add(found)
    schemas = projections[role], world.graph.binding.schema
    loop = asyncio.get_running_loop()
    first = 0 if REPEATABLE else random.getrandbits(64)
    async with httpx.AsyncClient(base_url=gateway.url, timeout=60) as http:
        comparison = Comparison(world, role, await world.token(role), http)
        for round_ in itertools.count():
            schema = schemas[round_ // 2 % 2]
            assert schema.query_type is not None
            roots = list(schema.query_type.fields)
            chosen = (roots[round_ // 4 % len(roots)],) if round_ % 2 else tuple(roots)

            @seed(first + round_)
            @settings(
                max_examples=10,
                deadline=None,
                database=None,
                phases=[Phase.generate, Phase.shrink],
                suppress_health_check=list(HealthCheck),
            )
            @given(operations(schema, lexicons[role], others, chosen))
            def ten(generated: Operation) -> None:
                asyncio.run_coroutine_threadsafe(comparison.check(generated), loop).result()

            await asyncio.to_thread(ten)
            if len(comparison.asked) >= EXAMPLES:
                break
    record_property("examples", len(comparison.asked))
