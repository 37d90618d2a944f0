"""The gateway verifies tokens itself: before it reads, plans or tells anything."""

from __future__ import annotations

import json

import pytest
from joserfc.jwk import ECKey

from tests.http.client import Client, bearer
from tests.http.forgery import Forger
from tests.world import World

REFUSED = {
    "errors": [
        {
            "message": "The token is not valid: get a new one and try again.",
            "extensions": {"code": "UNAUTHENTICATED"},
        }
    ]
}
TELLING = [
    "{ __typename }",
    "{ __schema { types { name } } }",
    "{ viewer { role } }",
    "{ nothing }",
    "{",
    "#" * 1_000_001,
]
"""What would tell of the schema, be read, or be parsed."""


@pytest.fixture
async def forger(world: World) -> Forger:
    key = ECKey.import_key(json.loads((world.directory / "demo-issuer.key").read_text()))
    key.ensure_kid()
    caller = await world.caller("steward")
    return Forger(key, caller.organisation, caller.subject)


@pytest.mark.parametrize("kind", ["by_header", "by_key", "by_claims", "by_form"])
async def test_a_forged_token_is_refused_by_the_gateway_alone(
    joined: Client, forger: Forger, kind: str
) -> None:
    """No subgraph has a part in `__typename`."""
    wrong = {}
    for name, token in getattr(forger, kind)():
        response = await Client(joined.http, bearer(token)).ask("{ __typename }")
        right = (
            response.status_code == 401
            and response.json() == REFUSED
            and response.headers["www-authenticate"] == 'Bearer realm="connect-graph"'
        )
        if not right:
            wrong[name] = (response.status_code, response.text)
    assert not wrong


async def test_what_the_forger_does_not_change_is_believed(joined: Client, forger: Forger) -> None:
    right = [
        forger.sign(forger.header(), forger.claims()),
        forger.sign(forger.header(typ="AT+JWT"), forger.claims()),
        forger.sign(forger.header(), forger.claims(exp=forger.claims()["iat"] - 20)),
        forger.sign(forger.header(), forger.claims(nbf=forger.claims()["iat"] + 20)),
        forger.sign(forger.header(), forger.claims(role="PARTNER", scope="AGR-OLA-01")),
    ]
    for token in right:
        response = await Client(joined.http, bearer(token)).ask("{ viewer { role } }")
        assert response.json() == {"data": {"viewer": {"role": "STEWARD"}}}


@pytest.mark.parametrize("query", TELLING, ids=lambda query: query[:20])
async def test_without_a_token_nothing_is_told(joined: Client, query: str) -> None:
    response = await Client(joined.http, {}).ask(query)
    assert response.status_code == 401
    assert [each["extensions"]["code"] for each in response.json()["errors"]] == ["UNAUTHENTICATED"]
    assert "data" not in response.json()
    assert response.headers["www-authenticate"] == 'Bearer realm="connect-graph"'


async def test_two_tokens_are_none(joined: Client, forger: Forger) -> None:
    token = forger.sign(forger.header(), forger.claims())
    for pair in ((token, token), (token, "x"), ("x", token)):
        lines = [("authorization", f"Bearer {each}") for each in pair]
        response = await joined.http.get(
            "/graphql", params={"query": "{ __typename }"}, headers=lines
        )
        assert (response.status_code, response.json()) == (401, REFUSED)


@pytest.mark.parametrize("scheme", ["Basic {}", "{}", "Bearer", "Token {}", "Bearer {},{}"])
async def test_another_scheme_is_refused(joined: Client, forger: Forger, scheme: str) -> None:
    value = scheme.replace("{}", forger.sign(forger.header(), forger.claims()))
    response = await Client(joined.http, {"Authorization": value}).ask("{ __typename }")
    assert (response.status_code, response.json()) == (401, REFUSED)


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"X-Scope": "AGR-OLA-01"}, "SCOPE_REFUSED"),
        ({"X-Purpose": "MARKETING"}, "SCOPE_REFUSED"),
    ],
)
async def test_what_a_subgraph_refuses_is_refused_whole(
    joined: Client, headers: dict[str, str], code: str
) -> None:
    """The scope and the purpose go on to the subgraphs, and their refusal comes back."""
    response = await Client(joined.http, {**joined.headers, **headers}).ask(
        "{ viewer { role } cohorts { nodes { code treatments { totalCount } } } }"
    )
    assert response.status_code == 403
    assert set(response.json()) == {"errors"}
    assert [each["extensions"] for each in response.json()["errors"]] == [{"code": code}]


async def test_a_scope_that_is_held_goes_on(joined: Client) -> None:
    response = await Client(joined.http, {**joined.headers, "X-Scope": "CONNECT"}).ask(
        "{ viewer { scope { code } } }"
    )
    assert response.json() == {"data": {"viewer": {"scope": {"code": "CONNECT"}}}}
