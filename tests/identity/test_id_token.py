"""Id tokens: what a provider says of a person is believed when all of it is right."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, OctKey

from connect_graph import registration, trust
from connect_graph.relying_party import ProviderRefused, RelyingParty
from connect_graph.settings import Settings
from tests.http.forgery import DROPPED, encoded

ISSUER, CLIENT, NONCE = "https://issuer.example", "page", "n-0S6_WzA2Mj"
KEY = ECKey.generate_key("P-256", {"kid": "one"}, private=True)
OTHER = ECKey.generate_key("P-256", {"kid": "one"}, private=True)


@pytest.fixture
def party() -> RelyingParty:
    description = {
        "issuer": ISSUER,
        "audience": "connect-graph",
        "algorithms": ["ES256"],
        "organisation": "org",
        "keys": {"keys": [KEY.as_dict(private=False)]},
    }
    (issuer,) = trust.believed(Settings.load({"CONNECT_ISSUERS": json.dumps([description])}))
    agreed = {"issuer": ISSUER, "client_id": CLIENT, "client_secret": "x", "url": "https://g"}
    return RelyingParty(registration.read(json.dumps(agreed)), issuer)


def token(header: dict[str, Any] | None = None, key: Any = KEY, **changes: Any) -> str:
    now = int(time.time())
    right = {"iss": ISSUER, "aud": CLIENT, "sub": "kari", "nonce": NONCE}
    claims = {**right, "iat": now, "exp": now + 60, **changes}
    given = {name: value for name, value in claims.items() if value is not DROPPED}
    shown = {"alg": "ES256", "kid": "one", **(header or {})}
    text = f"{encoded(shown)}.{encoded(given)}"
    algorithm = jws.JWSRegistry.algorithms[str(shown["alg"])]
    return f"{text}.{encoded(algorithm.sign(text.encode(), key))}"


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({}, "kari"),
        ({"name": "Kari Nordmann"}, "Kari Nordmann"),
        ({"email": "kari@example.no"}, "kari@example.no"),
        ({"preferred_username": "kari1", "email": "kari@example.no"}, "kari1"),
        ({"name": "a\nb", "email": "kari@example.no"}, "kari@example.no"),
        ({"name": "x" * 400}, "x" * 100),
        ({"aud": [CLIENT]}, "kari"),
        ({"aud": [CLIENT, "other"], "azp": CLIENT}, "kari"),
    ],
)
async def test_a_right_one_names_the_person(
    party: RelyingParty, claims: dict[str, Any], name: str
) -> None:
    assert await party.person(token(**claims), NONCE) == ("kari", name)
    assert await party.person(token({"typ": "JWT"}, **claims), NONCE) == ("kari", name)


WRONG: dict[str, dict[str, Any]] = {
    "another nonce": {"nonce": "other"},
    "no nonce": {"nonce": DROPPED},
    "a nonce that is a list": {"nonce": [NONCE]},
    "another issuer": {"iss": f"{ISSUER}/"},
    "no issuer": {"iss": DROPPED},
    "for another client": {"aud": "other"},
    "for the graph": {"aud": "connect-graph"},
    "for several, and not said for whom": {"aud": [CLIENT, "other"]},
    "authorized for another": {"azp": "other"},
    "no audience": {"aud": DROPPED},
    "over": {"exp": int(time.time()) - 60},
    "never over": {"exp": DROPPED},
    "not yet": {"iat": int(time.time()) + 86_400},
    "no time": {"iat": DROPPED},
    "no subject": {"sub": DROPPED},
    "a subject that is a number": {"sub": 1},
    "a subject of two lines": {"sub": "a\nb"},
    "another key": {"key": OTHER},
    "an unknown key": {"header": {"kid": "two"}},
    "an access token": {"header": {"typ": "at+jwt"}},
    "an access token, spelled out": {"header": {"typ": "application/AT+JWT"}},
    "signed with what everybody knows": {
        "header": {"alg": "HS256"},
        "key": OctKey.import_key(KEY.as_pem(private=False)[27:64]),
    },
}


@pytest.mark.parametrize("name", WRONG)
async def test_a_wrong_one_signs_nobody_in(party: RelyingParty, name: str) -> None:
    with pytest.raises(ProviderRefused):
        await party.person(token(**WRONG[name]), NONCE)


@pytest.mark.parametrize("text", [None, "", "x", "a.b.c", f"{encoded({'alg': 'none'})}.e30."])
async def test_none_signs_nobody_in(party: RelyingParty, text: str | None) -> None:
    with pytest.raises(ProviderRefused):
        await party.person(text, NONCE)
