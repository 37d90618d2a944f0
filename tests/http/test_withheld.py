"""What a gateway asks a subgraph of rules beside an operation, as it goes over HTTP."""

from __future__ import annotations

import httpx

from tests.http.client import Client, bearer
from tests.world import World


async def test_a_gateway_is_told_over_http_of_what_it_names_alone(world: World, url: str) -> None:
    """What is no list of coordinates is not looked at."""
    async with httpx.AsyncClient(base_url=f"{url}/subgraphs/patients", timeout=30) as http:
        client = Client(http, bearer(await world.token("partner")))
        query = "{ patients(first: 1) { totalCount } }"
        for wanted, told in (
            (["Patient", 1, None, "x" * 1_000], {"coordinates": ["Patient"]}),
            ("Patient", {"paths": ["patients"]}),
            (None, {"paths": ["patients"]}),
            ({}, {"paths": ["patients"]}),
        ):
            response = await client.post({"query": query, "extensions": {"withheld": wanted}})
            (consent,) = response.json()["extensions"]["withheld"]
            assert {key: consent[key] for key in told} == told
            assert set(consent) == {"rule", "message", *told}
        response = await client.post({"query": query, "extensions": {"withheld": []}})
        assert "extensions" not in response.json()
