"""What stewards change, asked through the gateway: made once, told as by the one process."""

from __future__ import annotations

import httpx

from connect_graph import database
from tests.administration.conftest import number
from tests.federation.gateway.stack import Gateway
from tests.http.client import Client, bearer
from tests.world import World

CREATE = """mutation ($first: CreatePartnerInput!, $second: CreatePartnerInput!) {
  one: createPartner(input: $first) { changed partner { code name } }
  two: createPartner(input: $second) { changed partner { code } }
}"""


async def test_changes_go_through_the_gateway(world: World, gateway: Gateway) -> None:
    """The second fails, and the first stands; who may not is refused as by the one process."""
    right = {"code": "GW-1", "organisationNumber": number(), "name": "By way", "sector": "INDUSTRY"}
    given = {"first": right, "second": {**right, "code": "no code"}}
    count = "select count(*) from connect.partner where code = 'GW-1'"
    async with (
        httpx.AsyncClient(base_url=gateway.url, timeout=30) as http,
        database.connected(world.database.url) as owner,
    ):
        for role in ("partner", "researcher", "authority", "clinician"):
            client = Client(http, bearer(await world.token(role)))
            body = (await client.ask(CREATE, given)).json()
            assert {each["extensions"]["code"] for each in body["errors"]} == {
                "FIELD_NOT_AVAILABLE"
            }
            assert body["data"] == {"one": None, "two": None}
            (rule,) = body["extensions"]["withheld"]
            assert (rule["rule"], rule["paths"]) == ("ROLE", ["one", "two"])
        assert await owner.fetchval(count) == 0
        client = Client(http, bearer(await world.token("steward")))
        response = await client.ask(CREATE, given)
        body = response.json()
        made = {"changed": True, "partner": {"code": "GW-1", "name": "By way"}}
        assert body["data"] == {"one": made, "two": None}
        assert {each["extensions"]["code"] for each in body["errors"]} == {"BAD_USER_INPUT"}
        assert all(each["path"] == ["two"] for each in body["errors"])
        assert "extensions" not in body
        assert await owner.fetchval(count) == 1
        again = (await client.ask(CREATE, {**given, "second": right})).json()
        assert again["data"]["one"]["changed"] is False
        ids = await owner.fetch(
            "select federated_request_id from connect.audit_entry"
            " where federated_request_id = $1 and operation_name = 'create_partner'",
            response.headers["x-request-id"],
        )
        assert ids
        await owner.execute("delete from connect.partner where code = 'GW-1'")
