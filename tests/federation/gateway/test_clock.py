"""The clock at the gateway: a membership that ends is obeyed by the next request."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import asyncpg

from connect_graph.issuer import DEMO_ISSUER
from tests.http.client import Client, bearer, codes
from tests.world import World

ACROSS = "{ patients(first: 5) { nodes { id biomarkers { id } treatments { responses { id } } } } }"
"""Of three subgraphs: each identifies the caller anew."""
JOIN = """
insert into connect.membership
  (role, issuer, organisation_number, subject, scope_id, valid_from, revoked_at)
select role, issuer, organisation_number, 'clock', scope_id, now() - interval '1 day', $2
from connect.membership where issuer = $1 and subject = 'demo-partner'
returning organisation_number
"""


async def test_a_membership_ends_with_no_write_in_between(joined: Client, world: World) -> None:
    connection = await asyncpg.connect(world.database.url)
    try:
        for seconds in (3, 15):
            await connection.execute("delete from connect.membership where subject = 'clock'")
            moment = await connection.fetchval(
                "select clock_timestamp() + $1", timedelta(seconds=seconds)
            )
            organisation = await connection.fetchval(JOIN, DEMO_ISSUER, moment)
            client = Client(joined.http, bearer(world.issuer.token(organisation, "clock")))
            before = await client.ask(ACROSS)
            left = await connection.fetchval(
                "select extract(epoch from $1 - clock_timestamp())::float8", moment
            )
            if left > 0:
                break
        assert "errors" not in before.json()
        assert before.json()["data"]["patients"]["nodes"]
        await asyncio.sleep(left + 0.02)
        after = await client.ask(ACROSS)
    finally:
        await connection.execute("delete from connect.membership where subject = 'clock'")
        await connection.close()
    assert set(codes(after)) == {"SCOPE_REFUSED"}
    assert not (after.json().get("data") or {}).get("patients")
