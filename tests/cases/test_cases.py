"""Each case is one statement, which stands in its folder, and answers what is written there."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from db.viewer import Role
from resolvers.execute import Request
from tests.cases.case import Case, cases
from tests.world import World

CASES = cases()


@pytest.mark.parametrize("case", CASES, ids=[each.folder.name for each in CASES])
async def test_a_case_is_its_statement(world: World, case: Case) -> None:
    assert await case.plan(world) == (case.folder / "plan.sql").read_text(), "run `make snapshots`"


@pytest.mark.parametrize("case", CASES, ids=[each.folder.name for each in CASES])
async def test_a_case_is_answered_by_it_alone(world: World, case: Case) -> None:
    """And as graphql-core answers it."""
    subgraph = case.viewer.get("subgraph")
    graph = world.graph if subgraph is None else world.part(subgraph)
    viewer = await world.viewer(case.viewer["role"])
    pool = world.pools.roles[Role(viewer.role)]
    request = Request(case.query, None, await case.variables(world))
    answer = await graph.answer(request, viewer, pool)
    assert answer.statements == 1
    other = await replace(graph, compiles=False).answer(request, viewer, pool)
    assert answer.body == other.body
    response = case.folder / "response.json"
    if response.exists():
        assert answer.body == json.loads(response.read_text()), "run `make snapshots`"
