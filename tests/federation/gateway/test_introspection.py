"""Who is shown the schema of all subgraphs: stewards, and no token says who is one."""

from __future__ import annotations

import httpx
import pytest
from graphql import build_client_schema, get_introspection_query, print_schema

from connect_graph.gateway import SUPERGRAPH
from resolvers.execute import Graph
from tests.federation.gateway.stack import NOWHERE, before
from tests.http.client import GRAPHQL, Client, bearer, codes
from tests.world import World

ASKING = [
    "{ __schema { queryType { name } } }",
    '{ __type(name: "Patient") { fields { name } } }',
    "{ ... on Query { a: __schema { types { name } } } }",
    "query { ...a } fragment a on Query { __schema { types { name } } }",
    "{ __typename __schema { types { name } } }",
]


@pytest.mark.parametrize("query", ASKING)
@pytest.mark.parametrize("role", ["partner", "researcher", "authority", "clinician"])
async def test_others_are_told_nothing_of_the_schema(
    joined: Client, world: World, role: str, query: str
) -> None:
    other = Client(joined.http, bearer(await world.token(role)))
    response = await other.ask(query, Accept=GRAPHQL)
    assert response.json()["data"] is None
    assert codes(response) == ["FIELD_NOT_AVAILABLE"]


@pytest.mark.parametrize("query", ASKING)
async def test_stewards_are_shown_it(joined: Client, query: str) -> None:
    response = await joined.ask(query)
    assert set(response.json()) == {"data"}


async def test_the_schema_is_the_public_one(joined: Client) -> None:
    """What is for gateways alone is not in it."""
    response = await joined.ask(get_introspection_query())
    shown = build_client_schema(response.json()["data"])
    declared = Graph.make().binding.schema
    assert set(shown.type_map) == set(declared.type_map)
    assert "join__" in SUPERGRAPH.read_text()
    assert "join__" not in print_schema(shown)


async def test_it_is_not_asked_for_together_with_data(joined: Client) -> None:
    response = await joined.ask("{ viewer { role } __schema { queryType { name } } }")
    assert codes(response) == ["BAD_USER_INPUT"]


async def test_nobody_is_a_steward_while_nobody_can_say_so(world: World) -> None:
    names = ("patients", "biomarkers", "responses", "resistance")
    with before(world, {name: [NOWHERE] for name in names}) as other:
        async with httpx.AsyncClient(base_url=other.url) as http:
            client = Client(http, bearer(await world.token("steward")))
            response = await client.ask("{ __schema { queryType { name } } }")
            assert response.json()["data"] is None
            assert codes(response) == ["SUBGRAPH_UNAVAILABLE"]
