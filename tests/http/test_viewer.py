"""Who asks: the same of every role at every door, as the membership and its scope have it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import httpx
import pytest

from connect_graph import database
from tests.conftest import Clone
from tests.http.client import Client, bearer, codes
from tests.world import World, make, serving

VIEWER = """{ viewer { role granularity subject organisation { code name } purpose purposes
  scope { kind code validFrom validTo embargoUntil dataDomains } } }"""
ROLES = ("partner", "researcher", "authority", "clinician", "steward")
SCOPE = """select s.*, p.code as organisation, p.name from connect.scope s, connect.partner p
where s.code = $1 and p.organisation_number = $2"""


async def ask(address: str, token: str, door: str = "", **stated: Any) -> httpx.Response:
    async with httpx.AsyncClient(base_url=address + door, timeout=30) as http:
        return await Client(http, bearer(token)).ask(VIEWER, **stated)


def moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


@pytest.mark.parametrize("role", ROLES)
async def test_who_asks_is_told_as_the_database_has_it(world: World, url: str, role: str) -> None:
    token, caller = await world.token(role), await world.caller(role)
    whole = (await ask(url, token)).json()
    assert (await ask(url, token, "/subgraphs/patients")).json() == whole
    assert set(whole) == {"data"}
    told: dict[str, Any] = whole["data"]["viewer"]
    scope = told["scope"]
    async with database.connected(world.database.url) as connection:
        row = await connection.fetchrow(SCOPE, scope["code"], caller.organisation)
    assert row is not None
    assert (told["role"], told["subject"]) == (role.upper(), caller.subject)
    assert told["organisation"] == {"code": row["organisation"], "name": row["name"]}
    assert told["purposes"] == row["purposes"] == [told["purpose"]]
    assert scope["kind"] == row["kind"]
    assert moment(scope["validFrom"]) == row["valid_from"]
    assert moment(scope["validTo"]) == row["valid_to"]
    assert moment(scope["embargoUntil"]) == row["embargo_until"]
    contract = row["kind"] in {"AGREEMENT", "PROJECT"}
    assert scope["dataDomains"] == (row["data_domains"] if contract else None)
    assert caller.issuer not in json.dumps(whole)
    assert caller.organisation not in json.dumps(whole)


@pytest.fixture(scope="module")
async def several(clone: Clone, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """Give a world whose scopes have two purposes and an embargo."""
    async with clone() as copy:
        made = await make(copy, tmp_path_factory.mktemp("several"), patients=12)
        try:
            async with database.connected(copy.url) as connection:
                await connection.execute(
                    "update connect.scope set purposes = '{RESEARCH,STATISTICS}',"
                    " embargo_until = '2999-01-01', data_domains = '{RESISTANCE}'"
                )
            yield made
        finally:
            await made.pools.close()


async def test_the_purpose_is_the_one_that_the_request_states(several: World) -> None:
    with serving(several.environment) as (address, _):
        token = await several.token("researcher")
        for purpose in ("RESEARCH", "STATISTICS"):
            viewer = (await ask(address, token, X_Purpose=purpose)).json()["data"]["viewer"]
            assert viewer["purpose"] == purpose
            assert viewer["purposes"] == ["RESEARCH", "STATISTICS"]
            assert viewer["scope"]["dataDomains"] == ["RESISTANCE"]
            assert moment(viewer["scope"]["embargoUntil"]) == moment("2999-01-01T00:00:00+00:00")
        assert codes(await ask(address, token)) == ["PURPOSE_REQUIRED"]
        assert codes(await ask(address, token, X_Purpose="CARE")) == ["SCOPE_REFUSED"]
