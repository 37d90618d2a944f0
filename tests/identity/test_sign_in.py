"""Signing in on the page: the code flow against a real provider, and what is refused on the way."""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
from collections.abc import AsyncIterator
from http.cookies import SimpleCookie
from urllib.parse import urlencode

import httpx
import pytest
from starlette.applications import Starlette

from connect_graph import trust
from connect_graph.settings import Settings
from tests.http.client import VIEWER
from tests.identity.authority import PAGE, RESOURCE
from tests.identity.conftest import HOMELESS, NORTH, STRANGER, Served
from tests.identity.journey import Journey, browser, parameters

STEWARD = {"data": {"viewer": {"role": "STEWARD"}}}


@pytest.fixture
async def journey(served: Served) -> AsyncIterator[Journey]:
    async with browser() as http:
        yield Journey(http, served.url)


def failed(response: httpx.Response, served: Served, reason: str) -> bool:
    """Tell whether a sign-in came to nothing for a reason, and left no session."""
    assert "connect_session" not in response.headers.get("set-cookie", "")
    location = response.headers["location"]
    return (response.status_code, location) == (303, f"{served.url}/graphiql#sign-in={reason}")


@pytest.mark.parametrize(
    ("place", "target"),
    [
        ("/", "/"),
        ("/release", "/release"),
        ("/cohorts/OLA-BRCA-BTC", "/cohorts/OLA-BRCA-BTC"),
        ("/cohorts/a%20b", "/cohorts/a%20b"),
        ("/graphql", "/graphiql"),
        ("/cohorts/a/b", "/graphiql"),
        ("//foreign.example/", "/graphiql"),
        ("https://foreign.example/", "/graphiql"),
        ("/cohorts/a\r\nset-cookie: a=b", "/graphiql"),
        ("@foreign.example/", "/graphiql"),
        ("", "/graphiql"),
    ],
)
async def test_one_comes_back_to_a_page_and_nowhere_else(
    served: Served, journey: Journey, place: str, target: str
) -> None:
    left = await journey.http.get(f"{served.url}/graphiql/sign-in", params={"from": place})
    assert left.status_code == 303
    state = parameters(left.headers["location"])["state"]
    query = {"state": state, "error": "access_denied"}
    back = await journey.http.get(f"{served.url}/graphiql/callback", params=query)
    assert back.headers["location"].split("#")[0] == f"{served.url}{target}"


async def test_what_the_provider_is_asked(served: Served, journey: Journey) -> None:
    first, second = parameters(await journey.leave()), parameters(await journey.leave())
    for name in ("state", "nonce", "code_challenge"):
        assert first[name] != second[name]
        assert len(first[name]) == 43
        del first[name], second[name]
    assert (
        first
        == second
        == {
            "response_type": "code",
            "client_id": PAGE,
            "redirect_uri": f"{served.url}/graphiql/callback",
            "scope": "openid profile",
            "code_challenge_method": "S256",
            "resource": RESOURCE,
        }
    )


async def test_from_sign_in_to_an_answer_and_out(served: Served, journey: Journey) -> None:
    ended = await journey.sign_in(NORTH)
    assert (ended.status_code, ended.headers["location"]) == (303, f"{served.url}/graphiql")
    assert ended.headers["cache-control"] == "no-store"
    assert ended.headers["referrer-policy"] == "no-referrer"
    for line in ended.headers.get_list("set-cookie"):
        ((name, cookie),) = SimpleCookie(line).items()
        assert (cookie["path"], cookie["httponly"]) == ("/graphiql", True)
        assert cookie["samesite"] == ("lax" if name == "connect_sign_in" else "strict")
        # What it holds is for nobody else to read.
        assert NORTH not in base64.urlsafe_b64decode(
            line.split("=")[1].split(";")[0] + "==="
        ).decode(errors="ignore")

    told = (await journey.post("token")).json()
    assert (told["state"], told["name"]) == ("signed-in", "Kari of north")
    assert 0 < told["expiresIn"] <= 61
    assert (await served.client(told["token"]).ask(VIEWER)).json() == STEWARD

    # It ends so soon that it is replaced, each time with a refresh token that works once.
    used = [told["token"]]
    for _ in range(2):
        await asyncio.sleep(1.1)
        before = journey.cookies["connect_session"]
        fresh = (await journey.post("token")).json()
        assert fresh["token"] not in used
        used.append(fresh["token"])
        assert (await served.client(fresh["token"]).ask(VIEWER)).json() == STEWARD
        assert journey.cookies["connect_session"] != before

    out = await journey.post("sign-out")
    assert out.json()["state"] == "absent"
    farewell = parameters(out.json()["next"])
    assert farewell == {
        "client_id": PAGE,
        "post_logout_redirect_uri": f"{served.url}/graphiql",
    }
    assert (await journey.post("token")).json() == {"state": "absent"}


async def test_the_graph_takes_no_cookie(served: Served, journey: Journey) -> None:
    await journey.sign_in(NORTH)
    for cookie in journey.http.cookies.jar:
        cookie.path = "/"
    response = await journey.http.post(f"{served.url}/graphql", json={"query": VIEWER})
    assert "cookie" in response.request.headers
    assert response.status_code == 401


async def test_who_is_no_member_is_signed_in_and_sees_nothing(
    served: Served, journey: Journey
) -> None:
    await journey.sign_in(STRANGER)
    told = (await journey.post("token")).json()
    assert told["state"] == "signed-in"
    response = await served.client(told["token"]).ask(VIEWER)
    assert response.status_code == 403


async def test_over_https_cookies_travel_encrypted_alone(served: Served) -> None:
    """And in a folder of a host they are for that folder."""
    agreed = {
        "issuer": served.north.url,
        "client_id": PAGE,
        "client_secret": "x",
        "url": "https://graph.example/trial",
    }
    settings = Settings.load(
        {
            "CONNECT_ISSUERS": json.dumps([served.north.described()]),
            "CONNECT_SIGN_IN": json.dumps(agreed),
        }
    )
    made = trust.sign_in(settings, trust.believed(settings))
    assert made is not None
    transport = httpx.ASGITransport(Starlette(routes=made.routes()))
    async with httpx.AsyncClient(transport=transport, base_url="https://graph.example") as http:
        response = await http.get("/graphiql/sign-in")
    ((name, cookie),) = SimpleCookie(response.headers["set-cookie"]).items()
    assert (name, cookie["secure"]) == ("__Secure-connect_sign_in", True)
    assert cookie["path"] == "/trial/graphiql"
    sent = parameters(response.headers["location"])
    assert sent["redirect_uri"] == "https://graph.example/trial/graphiql/callback"


async def test_a_token_that_the_graph_would_not_take_signs_nobody_in(
    served: Served, journey: Journey
) -> None:
    """The provider says of this person no organisation: better told now than at every query."""
    assert failed(await journey.sign_in(HOMELESS), served, "unfit")
    assert (await journey.post("token")).json() == {"state": "absent"}


async def test_tabs_that_refresh_together_stay_signed_in(served: Served, journey: Journey) -> None:
    """A refresh token works once; whoever used it twice would be signed out by the provider."""
    await journey.sign_in(NORTH)
    await asyncio.sleep(1.1)
    kept = journey.cookies
    before = served.north.count("/token")

    async def tab() -> str:
        async with browser(kept) as http:
            told = (await Journey(http, served.url).post("token")).json()
            return str(told["token"])

    tokens = await asyncio.gather(*(tab() for _ in range(5)))
    assert len(set(tokens)) == 1
    assert served.north.count("/token") == before + 1
    assert (await served.client(tokens[0]).ask(VIEWER)).json() == STEWARD


FOREIGN: list[dict[str, str | None]] = [
    {"origin": None},
    {"origin": "null"},
    {"origin": "https://graph.example"},
    {"origin": "http://127.0.0.1"},
    {"sec_fetch_site": "cross-site"},
    {"sec_fetch_site": "same-site"},
    {"sec_fetch_site": "none"},
    {"x_connect_graph": None},
    {"x_connect_graph": "other"},
]


@pytest.mark.parametrize("name", ["token", "sign-out"])
async def test_a_foreign_page_gets_nothing(journey: Journey, name: str) -> None:
    await journey.sign_in(NORTH)
    for headers in FOREIGN:
        response = await journey.post(name, **headers)
        assert response.status_code == 403, headers
        assert set(response.json()) == {"message"}
        assert "set-cookie" not in response.headers
        assert not [each for each in response.headers if each.startswith("access-control")]
    assert (await journey.post("token")).json()["state"] == "signed-in"


async def test_no_other_method_reaches_them(served: Served, journey: Journey) -> None:
    for name in ("token", "sign-out"):
        for method in ("GET", "HEAD", "OPTIONS", "PUT"):
            response = await journey.http.request(method, f"{served.url}/graphiql/{name}")
            assert response.status_code == 405


async def test_an_answer_that_nobody_asked_for_is_refused(served: Served, journey: Journey) -> None:
    """Its state, its browser and its sender must be those that the way there was begun with."""
    back = await journey.arrive(await journey.leave(), NORTH)
    place, given = back.split("?")[0], parameters(back)
    changes: list[tuple[dict[str, str | None], str]] = [
        ({"state": None}, "stale"),
        ({"state": secrets.token_urlsafe(32)}, "stale"),
        ({"state": "ø"}, "stale"),
        ({"iss": None}, "refused"),
        ({"iss": served.south.url}, "refused"),
        ({"iss": f"{served.north.url}/"}, "refused"),
        ({"code": None}, "refused"),
        ({"code": "made-up"}, "refused"),
        ({"error": "access_denied", "error_description": "<script>"}, "refused"),
    ]
    kept = journey.cookies
    for change, reason in changes:
        query = {name: text for name, text in {**given, **change}.items() if text is not None}
        async with browser(kept) as http:
            response = await http.get(f"{place}?{urlencode(query)}")
        assert failed(response, served, reason), (change, response.headers)
    async with browser() as stranger:
        assert failed(await stranger.get(back), served, "stale")
    assert (await journey.http.get(back)).headers["location"] == f"{served.url}/graphiql"
    # And once only: its cookie is gone, and so is its code.
    assert failed(await journey.http.get(back), served, "stale")
    async with browser(kept) as http:
        assert failed(await http.get(back), served, "refused")


async def test_a_code_of_another_journey_is_refused(served: Served, journey: Journey) -> None:
    """What PKCE is for: a stolen code is of no use without the verifier."""
    async with browser() as http:
        other = Journey(http, served.url)
        stolen = parameters(await other.arrive(await other.leave(), NORTH))["code"]
    own = await journey.arrive(await journey.leave(), NORTH)
    query = {**parameters(own), "code": stolen}
    response = await journey.http.get(f"{own.split('?')[0]}?{urlencode(query)}")
    assert failed(response, served, "refused")


@pytest.mark.parametrize("name", ["connect_session", "connect_token"])
async def test_a_cookie_that_was_touched_is_no_session(journey: Journey, name: str) -> None:
    await journey.sign_in(NORTH)
    kept = journey.cookies
    text = kept[name]
    middle = len(text) // 2
    swapped = text[:middle] + ("A" if text[middle] != "A" else "B") + text[middle + 1 :]
    others = {"connect_session": kept["connect_token"], "connect_token": kept["connect_session"]}
    for wrong in (swapped, others[name], "x", ".", "....", text[:-1]):
        async with browser({**kept, name: wrong}) as http:
            told = (await Journey(http, journey.url).post("token")).json()
        # Without the token the session gets another; without the session there is none.
        assert told["state"] == ("expired" if name == "connect_session" else "signed-in")


async def test_while_the_provider_is_down(served: Served, journey: Journey) -> None:
    """Who is signed in stays so, as long as the token lasts; and it says what is the matter."""
    await journey.sign_in(NORTH)
    kept = journey.cookies
    back = await journey.arrive(await journey.leave(), NORTH)
    served.north.stop()
    try:
        without = {name: text for name, text in kept.items() if name != "connect_token"}
        async with browser(without) as http:
            told = (await Journey(http, journey.url).post("token")).json()
            assert told == {"state": "unavailable"}
        assert failed(await journey.http.get(back), served, "unavailable")
        async with browser(kept) as http:
            assert (await Journey(http, journey.url).post("sign-out")).json()["state"] == "absent"
    finally:
        served.north.start()


async def test_a_verifier_is_sent_and_no_secret_leaves(served: Served, journey: Journey) -> None:
    """The challenge is of a verifier that the browser never reads."""
    place = await journey.leave()
    sealed = journey.cookies["connect_sign_in"]
    assert parameters(place)["code_challenge"] not in sealed
    header = json.loads(base64.urlsafe_b64decode(sealed.split(".")[0] + "=="))
    assert header == {"alg": "dir", "enc": "A256GCM"}
    page = await journey.http.get(f"{served.url}/graphiql")
    assert f'data-sign-in="{served.url}/graphiql/sign-in"' in page.text
    assert "form-action 'none'" in page.headers["content-security-policy"]
