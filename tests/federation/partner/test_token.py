"""What the partner gets instead of the caller's token: one of the gateway's, good there alone."""

from __future__ import annotations

import base64
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
from joserfc import jwt
from joserfc.jwk import KeySet

from connect_graph.gateway import environment, start_gateway, stop
from schema.subgraph import SUBGRAPHS
from tests.federation.gateway.stack import NOWHERE
from tests.federation.gateway.test_settings import LOAD, run
from tests.federation.partner.program import GATEWAY, NAME, Joined, Partner, node
from tests.federation.partner.test_graph import DRUGS
from tests.federation.partner.test_port import REFUSED, SERVICE
from tests.http.client import Client, bearer
from tests.http.forgery import Forger
from tests.world import World

KEYS = "/.well-known/jwks.json"
ROLES = ("partner", "researcher", "authority", "clinician", "steward")


async def asked(joined: Joined, role: str) -> list[str]:
    """Ask for what the partner adds; give the tokens that it was asked with."""
    first = len(joined.tap.seen)
    body = await joined.ask(role, DRUGS)
    assert "errors" not in body
    return [
        headers["authorization"].removeprefix("Bearer ") for headers, _ in joined.tap.seen[first:]
    ]


async def jwks(url: str) -> dict[str, Any]:
    async with httpx.AsyncClient(base_url=url) as http:
        response = await http.get(KEYS)
    assert response.status_code == 200
    assert response.headers["cache-control"] == "public, max-age=300"
    found: dict[str, Any] = response.json()
    return found


async def test_the_keys_are_told_without_a_token(joined: Joined, keys: Path, key: str) -> None:
    """The public parts alone, as the tool prints them."""
    told = await jwks(joined.url)
    assert told == json.loads(keys.read_text())
    assert {name for each in told["keys"] for name in each} == {
        *("kty", "crv", "x", "y", "kid", "use", "alg")
    }
    assert json.loads(key)["d"] not in json.dumps(told)
    async with httpx.AsyncClient(base_url=joined.url) as http:
        assert (await http.post(KEYS)).status_code == 405


async def test_what_the_token_says(joined: Joined) -> None:
    public = KeySet.import_key_set(await jwks(joined.url))  # type: ignore[arg-type]
    caller = await joined.world.caller("researcher")
    subjects: dict[str, set[str]] = {}
    for role in ROLES:
        first, second = [*await asked(joined, role), *await asked(joined, role)]
        assert first != second
        for text in (first, second):
            token = jwt.decode(text, public, ["ES256"])
            assert token.header["typ"] == "partner+jwt"
            claims = token.claims
            assert set(claims) == {"iss", "aud", "sub", "org", "act", "iat", "exp", "jti"}
            assert (claims["iss"], claims["aud"], claims["act"]) == (
                GATEWAY,
                NAME,
                {"sub": GATEWAY},
            )
            assert claims["exp"] - claims["iat"] == 60
            assert abs(claims["iat"] - time.time()) < 30
            subjects.setdefault(role, set()).add(claims["sub"])
            if role == "researcher":
                assert claims["org"] == caller.organisation
                payload = json.dumps(claims)
                assert caller.subject not in payload
                assert caller.issuer not in payload
    assert all(len(each) == 1 for each in subjects.values())
    assert len(set().union(*subjects.values())) == len(ROLES)


async def test_no_token_of_a_caller_reaches_the_partner(joined: Joined) -> None:
    """Of every role, in any header or body, whole or in the part that grants."""
    first = len(joined.tap.seen)
    tokens = []
    async with httpx.AsyncClient(base_url=joined.url, timeout=30) as http:
        for role in ROLES:
            tokens.append(await joined.world.token(role))
            sent = {**bearer(tokens[-1]), "x-purpose-of-mine": tokens[-1], "cookie": tokens[-1]}
            response = await Client(http, sent).ask(DRUGS)
            assert "errors" not in response.json()
    seen = joined.tap.seen[first:]
    assert len(seen) == len(ROLES)
    text = json.dumps([[dict(headers), body.decode()] for headers, body in seen])
    for token in tokens:
        for part in token.split("."):
            assert part not in text


async def test_the_token_is_good_nowhere_else(
    joined: Joined, url: str, direct: httpx.AsyncClient
) -> None:
    (token,) = await asked(joined, "steward")
    assert (await Client(direct, bearer(token)).ask(SERVICE)).status_code == 200
    doors = [url, *(f"{url}/subgraphs/{name}" for name in SUBGRAPHS), joined.url]
    for door in doors:
        async with httpx.AsyncClient(base_url=door) as http:
            response = await Client(http, bearer(token)).ask("{ __typename }")
            assert response.status_code == 401, door
            assert response.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_another_partner_refuses_it(joined: Joined, keys: Path, tmp_path: Path) -> None:
    """The same program with another name, which believes the same gateway."""
    (token,) = await asked(joined, "steward")
    other = Partner(tmp_path, str(keys), name="other")
    other.start()
    try:
        async with httpx.AsyncClient(base_url=other.url.removesuffix("/graphql")) as http:
            response = await Client(http, bearer(token)).ask(SERVICE)
            assert (response.status_code, response.json()) == (401, REFUSED)
    finally:
        other.stop()


async def test_the_token_expires(joined: Joined, direct: httpx.AsyncClient, forger: Forger) -> None:
    """After its minute and the leeway of clocks: the same claims, of that long ago."""
    (token,) = await asked(joined, "authority")
    header, payload, _ = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    for ago, status in ((0, 200), (60 + 15, 200), (60 + 31, 401)):
        aged = {**claims, "iat": claims["iat"] - ago, "exp": claims["exp"] - ago}
        signed = forger.sign(json.loads(base64.urlsafe_b64decode(header + "==")), aged)
        assert (await Client(direct, bearer(signed)).ask(SERVICE)).status_code == status


SIGN = """
import { signingKeys } from "./settings.ts";
import { Signer } from "./signer.ts";
const caller = { issuer: "https://issuer.invalid", organisation: "999000259", subject: "x" };
for (const keys of JSON.parse(process.env.STEPS)) {
  const signer = await Signer.of("https://gateway.invalid", signingKeys(JSON.stringify({ keys })));
  console.log(JSON.stringify([signer.keys, await signer.token("partner", caller)]));
}
"""


def test_keys_are_changed_without_a_gap(key: str) -> None:
    """The new key is told beside the old one, then signs, then stands alone: at each step what was
    told before still verifies."""
    old, new = json.loads(key), json.loads(node("key.ts").stdout)
    steps = json.dumps([[old], [old, new], [new, old], [new]])
    told = [json.loads(line) for line in run(SIGN, {**os.environ, "STEPS": steps}).splitlines()]
    subjects = []
    for number, first in enumerate((old, old, new, new)):
        _, token = told[number]
        for known, _ in told[max(0, number - 1) : number + 2]:
            decoded = jwt.decode(token, KeySet.import_key_set(known), ["ES256"])
            assert decoded.header["kid"] == first["kid"]
        subjects.append(decoded.claims["sub"])
    assert subjects[0] == subjects[1] != subjects[2] == subjects[3]  # a new name by a new key


def test_a_gateway_without_a_key_does_not_start_before_a_partner(
    world: World, supergraph: Path, key: str
) -> None:
    urls = {name: [NOWHERE] for name in (*SUBGRAPHS, NAME)}
    given = environment(urls, [world.issuer.issuer()], supergraph=supergraph)
    with tempfile.TemporaryFile("w+") as log:
        child = start_gateway(given, log)
        try:
            assert child.process.wait(timeout=30) == 1
        finally:
            stop([child])
        log.seek(0)
        assert "GATEWAY_KEY is not set" in log.read()
    two = json.dumps({"keys": [json.loads(key)] * 2})
    assert "GATEWAY_NAME is not set" in run(LOAD, {**given, "GATEWAY_KEY": key})
    assert "must be a private key of P-256" in run(LOAD, {**given, "GATEWAY_KEY": two})
    told = run(LOAD, {**given, "GATEWAY_KEY": "secret"})
    assert "GATEWAY_KEY is not JSON" in told
    assert "secret" not in told
