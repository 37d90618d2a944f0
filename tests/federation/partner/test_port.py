"""The partner's own port: tokens verified by the partner's program alone, by public keys."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.federation.partner.program import NAME, PROGRAM
from tests.http.client import Client, bearer
from tests.http.forgery import Forger
from tests.world import ROOT, World

SERVICE = "{ _service { sdl } }"
ENTITIES = (
    "query ($of: [_Any!]!) { _entities(representations: $of) "
    "{ ... on Gene { curatedEvidence { level } } ... on Drug { supply { packages } } } }"
)
REFUSED = {
    "errors": [{"message": "Give a valid token.", "extensions": {"code": "UNAUTHENTICATED"}}]
}
IGNORED = re.compile(r"org |sub '[a\\]|crit empty$")
"""What no partner's program looks at: who asks is for ours to know, and an empty list is empty."""


def test_the_program_needs_nothing_of_ours() -> None:
    """Its own two files, Python's library, and what it requires; strawberry brings graphql."""
    files = sorted(PROGRAM.parent.glob("*.py"))
    required = (PROGRAM.parent / "requirements.txt").read_text()
    names = {name.split("-")[0] for name in re.findall(r"^[\w-]+", required, re.MULTILINE)}
    allowed = {*names, "graphql", *(file.stem for file in files), *sys.stdlib_module_names}
    found = {name.partition(".")[0] for file in files for name in imported(file)}
    assert "strawberry" in found
    assert found <= allowed


def imported(file: Path) -> Iterator[str]:
    for each in ast.walk(ast.parse(file.read_text())):
        if isinstance(each, ast.Import):
            yield from (alias.name for alias in each.names)
        elif isinstance(each, ast.ImportFrom):
            yield each.module or ""


def test_the_keys_are_public_and_verify(world: World) -> None:
    """Those of the demonstration's issuer, which a gateway elsewhere believes."""
    done = subprocess.run(
        [sys.executable, "-m", "connect_graph", "keys"],
        cwd=ROOT,
        env=world.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    (key,) = json.loads(done.stdout)["keys"]
    assert set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"}
    token = world.issuer.token("999000259", "somebody")
    decoded = jwt.decode(token, KeySet.import_key_set(json.loads(done.stdout)), ["ES256"])
    assert decoded.claims["sub"] == "somebody"
    assert decoded.header["kid"] == key["kid"]


async def test_it_tells_what_it_prints(
    direct: httpx.AsyncClient, forger: Forger, parts: dict[str, str]
) -> None:
    client = Client(direct, bearer(forger.sign(forger.header(), forger.claims())))
    told = (await client.ask(SERVICE)).json()["data"]["_service"]["sdl"]
    assert told == Path(parts[NAME].partition("=")[2]).read_text().rstrip("\n")


@pytest.mark.parametrize("kind", ["by_header", "by_key", "by_claims", "by_form"])
async def test_the_partners_own_port_refuses_a_forged_token(
    direct: httpx.AsyncClient, forger: Forger, kind: str
) -> None:
    wrong = {}
    for name, token in getattr(forger, kind)():
        if IGNORED.match(name):
            continue
        response = await Client(direct, bearer(token)).ask(SERVICE)
        challenge = response.headers.get("www-authenticate")
        if (response.status_code, response.json(), challenge) != (401, REFUSED, "Bearer"):
            wrong[name] = (response.status_code, response.text)
    assert not wrong


async def test_the_partners_own_port_tells_nothing_without_a_token(
    direct: httpx.AsyncClient,
) -> None:
    for headers in ({}, {"authorization": "Bearer"}, {"authorization": "Basic eDp4"}):
        stranger = Client(direct, headers)
        answers = [
            *[await stranger.ask(query) for query in (SERVICE, "{ __typename }", "{ nothing }")],
            await stranger.ask(ENTITIES, {"of": [{"__typename": "Gene", "symbol": "BRAF"}]}),
            await stranger.post(b"{"),
            await stranger.get(query=SERVICE),
        ]
        assert {(each.status_code, each.text) for each in answers} == {(401, answers[0].text)}
        assert answers[0].json() == REFUSED


async def test_the_partners_own_port_answers_a_right_token(
    direct: httpx.AsyncClient, forger: Forger
) -> None:
    """Otherwise the tests above would show nothing."""
    asked = {
        "of": [{"__typename": "Gene", "symbol": "BRCA1"}, {"__typename": "Gene", "symbol": "-"}]
    }
    for header in (forger.header(), forger.header(typ="PARTNER+JWT")):
        token = forger.sign(header, forger.claims())
        for scheme in ("Bearer", "bearer"):
            client = Client(direct, {"authorization": f"{scheme} {token}"})
            found = (await client.ask(ENTITIES, asked)).json()["data"]["_entities"]
            assert found == [{"curatedEvidence": [{"level": "A"}]}, {"curatedEvidence": []}]
