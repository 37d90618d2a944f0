"""The first statement of a connection: PostgreSQL plans it before any scope was set there."""

from __future__ import annotations

import pytest

from connect_graph.settings import ROLES
from db.pool import Pools
from db.viewer import Role
from resolvers.execute import Request
from tests.world import World


@pytest.mark.parametrize("condition", ["eq: $id", "in: [$id]"])
async def test_ids_of_what_hangs_on_a_patient(world: World, condition: str) -> None:
    """Their expression reads the scope, and estimating how many rows match evaluates it."""
    query = f"""query ($id: ID!) {{
      responses(first: 1, where: {{id: {{{condition}}}}}) {{ nodes {{ id }} }}
    }}"""
    one = (await world.answer("steward", "{ responses(first: 1) { nodes { id } } }")).body["data"]
    (node,) = one["responses"]["nodes"]
    fresh = await Pools.open({role: world.database.login(role) for role in ROLES}, size=1)
    try:
        request = Request(query, None, {"id": node["id"]})
        viewer = await world.viewer("steward")
        answer = await world.graph.answer(request, viewer, fresh.roles[Role.STEWARD])
    finally:
        await fresh.close()
    assert answer.body == {"data": {"responses": {"nodes": [node]}}}
