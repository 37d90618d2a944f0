"""One id for all that a request asks of our subgraphs: the audit joins what they did by it."""

from __future__ import annotations

import re

from connect_graph import database
from tests.federation.gateway.stack import Gateway
from tests.http.client import Client
from tests.world import World

QUERY = """{ viewer { role } patients(first: 100) { nodes { id biomarkers { label }
  treatments { id resistanceFindings { kind } } } } }"""
CHOSEN = "0123456789abcdef" * 2


async def test_the_entries_of_a_request_have_the_id_that_the_caller_got(
    world: World, gateway: Gateway, joined: Client
) -> None:
    """An id that the caller brings is not looked at, whatever header it comes in."""
    brought = {"x-request-id": CHOSEN, "x-federated-request-id": CHOSEN}
    client = Client(joined.http, {**joined.headers, **brought})
    responses = [await client.ask(QUERY) for _ in range(2)]
    ids = [response.headers["x-request-id"] for response in responses]
    assert len({*ids, CHOSEN}) == 3
    async with database.connected(world.database.url) as connection:
        for made in ids:
            assert re.fullmatch("[0-9a-f]{32}", made)
            (line,) = [each for each in gateway.logged() if each.get("request") == made]
            rows = await connection.fetch(
                "select door, request_id from connect.audit_entry where federated_request_id = $1",
                made,
            )
            assert len(rows) == line["requests"] >= 4
            assert len({row["request_id"] for row in rows}) == len(rows)
            assert {row["door"] for row in rows} == {
                f"/subgraphs/{name}/graphql"
                for name in ("patients", "biomarkers", "responses", "resistance")
            }
        claimed = await connection.fetchval(
            "select count(*) from connect.audit_entry where federated_request_id = $1", CHOSEN
        )
        assert claimed == 0
