"""Who asks, and as what: forged tokens, scopes and purposes that are not one's own."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator

import httpx
import pytest
from joserfc.jwk import ECKey

from tests.conftest import Clone
from tests.http.client import VIEWER, Client, bearer, codes
from tests.http.desk import Office, desk_of
from tests.http.forgery import Forger
from tests.world import ROOT, World, serving

REFUSED = {
    "errors": [
        {
            "message": "The token is not valid: get a new one and try again.",
            "extensions": {"code": "UNAUTHENTICATED"},
        }
    ]
}
NOT_HELD = "The scope in X-Scope is not one that you hold, or not valid now."


@pytest.fixture
async def forger(world: World) -> Forger:
    key = ECKey.import_key(json.loads((world.directory / "demo-issuer.key").read_text()))
    key.ensure_kid()
    caller = await world.caller("steward")
    return Forger(key, caller.organisation, caller.subject)


@pytest.mark.parametrize("kind", ["by_header", "by_key", "by_claims", "by_form"])
async def test_a_forged_token_is_refused_and_not_told_why(
    client: Client, forger: Forger, kind: str
) -> None:
    wrong = {}
    for name, token in getattr(forger, kind)():
        response = await Client(client.http, bearer(token)).ask(VIEWER)
        right = (
            response.status_code == 401
            and response.json() == REFUSED
            and response.headers["www-authenticate"] == 'Bearer realm="connect-graph"'
        )
        if not right:
            wrong[name] = (response.status_code, response.text)
    assert not wrong


async def test_what_the_forger_does_not_change_is_believed(client: Client, forger: Forger) -> None:
    """Otherwise the test above would show nothing; and a few seconds of skew are forgiven."""
    right = [
        forger.sign(forger.header(), forger.claims()),
        forger.sign(forger.header(typ="AT+JWT"), forger.claims()),
        forger.sign(forger.header(), forger.claims(exp=forger.claims()["iat"] - 20)),
        forger.sign(forger.header(), forger.claims(nbf=forger.claims()["iat"] + 20)),
        forger.sign(forger.header(), forger.claims(role="PARTNER", scope="AGR-OLA-01")),
    ]
    for token in right:
        response = await Client(client.http, bearer(token)).ask(VIEWER)
        assert response.json() == {"data": {"viewer": {"role": "STEWARD"}}}


async def test_a_claim_gives_no_role(client: Client, forger: Forger, world: World) -> None:
    partner = await world.caller("partner")
    claims = forger.claims(
        sub=partner.subject, org=partner.organisation, role="STEWARD", roles=["steward"]
    )
    token = forger.sign(forger.header(), claims)
    response = await Client(client.http, bearer(token)).ask(VIEWER)
    assert response.json() == {"data": {"viewer": {"role": "PARTNER"}}}


@pytest.mark.parametrize(
    "scheme", ["Basic {}", "{}", "Bearer", "Bearer  {}", "Token {}", "DPoP {}", "Bearer {},{}"]
)
async def test_another_scheme_is_refused(client: Client, forger: Forger, scheme: str) -> None:
    token = forger.sign(forger.header(), forger.claims())
    value = scheme.replace("{}", token)
    response = await Client(client.http, {"Authorization": value}).ask(VIEWER)
    assert (response.status_code, response.json()) == (401, REFUSED)


async def test_two_tokens_are_none(client: Client, forger: Forger) -> None:
    token = forger.sign(forger.header(), forger.claims())
    for pair in ((token, token), (token, "x"), ("x", token)):
        lines = [("authorization", f"Bearer {each}") for each in pair]
        response = await client.http.get("/graphql", params={"query": VIEWER}, headers=lines)
        assert (response.status_code, response.json()) == (401, REFUSED)


async def test_a_token_travels_in_the_header_alone(client: Client, forger: Forger) -> None:
    token = forger.sign(forger.header(), forger.claims())
    for parameters, headers in (
        ({"query": VIEWER, "access_token": token}, {}),
        ({"query": VIEWER}, {"cookie": f"Authorization=Bearer {token}; token={token}"}),
        ({"query": VIEWER}, {"x-authorization": f"Bearer {token}"}),
    ):
        response = await client.http.get("/graphql", params=parameters, headers=headers)
        assert response.status_code == 401
        assert codes(response) == ["UNAUTHENTICATED"]


async def test_nothing_is_read_before_it_is_known_who_asks(client: Client) -> None:
    stranger = Client(client.http, {})
    answers = [
        await stranger.post(b"{"),
        await stranger.ask("{ nothing }"),
        await stranger.ask("{ __schema { types { name } } }"),
        await stranger.ask("{ __typename }"),
        await stranger.ask(VIEWER, content_type="text/plain"),
        await stranger.post(b" " * 2_000_000),
        await stranger.ask(VIEWER, X_Scope="CONNECT"),
        await stranger.get(),
    ]
    assert {response.status_code for response in answers} == {401}
    assert len({response.text for response in answers}) == 1


async def test_without_the_demo_its_tokens_are_worth_nothing(world: World) -> None:
    """Nor does `token` make any."""
    environment = {**world.environment, "CONNECT_DEMO": "0"}
    token = await world.token("steward")
    with serving(environment) as (address, _):
        async with httpx.AsyncClient(base_url=address) as http:
            response = await Client(http, bearer(token)).ask(VIEWER)
            assert (response.status_code, response.json()) == (401, REFUSED)
    refused = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "connect_graph", "token", "steward"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.count("\n") == 1
    assert "CONNECT_DEMO=1" in refused.stderr


@pytest.fixture(scope="module")
async def desk(clone: Clone, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    async with desk_of(clone, tmp_path_factory.mktemp("desk")) as opened:
        yield opened


async def test_a_scope_is_ones_own_or_refused_alike(desk: Office) -> None:
    agreements = await desk.scopes("AGREEMENT")
    mine, theirs = agreements[:2], agreements[2]
    member = await desk.join("two", "PARTNER", *mine)

    required = await member.ask(VIEWER)
    assert (required.status_code, codes(required)) == (403, ["SCOPE_REQUIRED"])
    (message,) = (error["message"] for error in required.json()["errors"])
    assert message == f"Name one of your scopes in X-Scope: {', '.join(mine)}."

    for scope in mine:
        response = await member.ask("{ viewer { scope { code } } }", X_Scope=scope)
        assert response.json() == {"data": {"viewer": {"scope": {"code": scope}}}}

    wrong = [
        theirs,
        "CONNECT",
        "nothing",
        "",
        mine[0].lower(),
        f"{mine[0]}, {mine[1]}",
        "%",
        "a" * 5000,
    ]
    answers = [await member.ask(VIEWER, X_Scope=scope) for scope in wrong]
    assert {(r.status_code, r.text) for r in answers} == {(403, answers[0].text)}
    assert codes(answers[0]) == ["SCOPE_REFUSED"]
    assert answers[0].json()["errors"][0]["message"] == NOT_HELD

    lines = [("x-scope", mine[0]), ("x-scope", mine[1]), *member.headers.items()]
    twice = await desk.http.get("/graphql", params={"query": VIEWER}, headers=lines)
    assert (twice.status_code, twice.text) == (403, answers[0].text)


async def test_who_holds_nothing_learns_nothing(desk: Office) -> None:
    stranger = desk.client("nobody")
    assert codes(await stranger.ask(VIEWER)) == ["SCOPE_REFUSED"]
    agreement = (await desk.scopes("AGREEMENT"))[0]
    answers = [await stranger.ask(VIEWER, X_Scope=code) for code in (agreement, "nothing")]
    assert answers[0].text == answers[1].text
    assert answers[0].json()["errors"][0]["message"] == NOT_HELD


async def test_a_membership_ends_at_the_next_request(desk: Office) -> None:
    agreement = (await desk.scopes("AGREEMENT"))[0]
    member = await desk.join("ending", "PARTNER", agreement)
    assert (await member.ask(VIEWER)).is_success
    for change in (
        "update connect.membership set revoked_at = now() where subject = 'ending'",
        "delete from connect.membership where subject = 'ending'",
    ):
        await desk.connection.execute(change)
        for response in (await member.ask(VIEWER), await member.ask(VIEWER, X_Scope=agreement)):
            assert (response.status_code, codes(response)) == (403, ["SCOPE_REFUSED"])


async def test_a_purpose_is_the_scopes_own_or_the_only_one(desk: Office) -> None:
    first, *_, second = await desk.scopes("AGREEMENT")
    one = await desk.join("one", "PARTNER", first)
    (held,) = (await one.ask("{ viewer { purposes } }")).json()["data"]["viewer"]["purposes"]
    assert (await one.ask(VIEWER, X_Purpose=held)).is_success
    for purpose in ("", "nothing", held.lower(), f"{held}, {held}"):
        response = await one.ask(VIEWER, X_Purpose=purpose)
        assert (response.status_code, codes(response)) == (403, ["SCOPE_REFUSED"])

    names = [
        row[0]
        for row in await desk.connection.fetch(
            "select unnest(enum_range(null::connect.purpose))::text"
        )
    ]
    await desk.connection.execute(
        "update connect.scope set purposes = $1::text[]::connect.purpose[] where code = $2",
        names[:2],
        second,
    )
    two = await desk.join("more", "PARTNER", second)
    response = await two.ask(VIEWER)
    assert (response.status_code, codes(response)) == (403, ["PURPOSE_REQUIRED"])
    message = response.json()["errors"][0]["message"]
    assert message == f"State a purpose in X-Purpose: {', '.join(names[:2])}."
    for purpose in names[:2]:
        assert (await two.ask(VIEWER, X_Purpose=purpose)).is_success
    assert codes(await two.ask(VIEWER, X_Purpose=names[2])) == ["SCOPE_REFUSED"]
