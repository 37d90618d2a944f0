"""The gateway's settings: what is wrong with one is told in a sentence."""

from __future__ import annotations

import asyncio
import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey

from connect_graph.gateway import FOLDER, environment, node, start_gateway, stop
from schema.subgraph import SUBGRAPHS
from tests.federation.gateway.stack import NOWHERE
from tests.world import World

LOAD = """
import { load } from "./settings.ts";
import { namesOf } from "./supergraph.ts";
try {
  const settings = load(process.env);
  for (const name of namesOf(settings.supergraph)) settings.urls(name);
  console.log("right");
} catch (error) { console.log(`${error.constructor.name}: ${error.message}`); }
"""
VERIFY = """
import { load } from "./settings.ts";
import { verifier } from "./token.ts";
try {
  const verify = await verifier(load(process.env).issuers);
  for (const token of process.env.TOKENS.split(" ")) {
    console.log(await verify(`Bearer ${token}`).then(() => "believed", (error) => error.code));
  }
} catch (error) { console.log(`${error.constructor.name}: ${error.message}`); }
"""


def run(script: str, settings: dict[str, str]) -> str:
    """Run what a gateway runs with its settings, without the rest of it."""
    return subprocess.run(
        [node(), "--input-type=module", "--eval", script],
        cwd=FOLDER,
        env=settings,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    ).stdout.strip()


def right(world: World) -> dict[str, str]:
    return environment({name: [NOWHERE] for name in SUBGRAPHS}, [world.issuer.issuer()])


async def test_a_gateway_that_is_not_set_up_says_so_and_ends(world: World) -> None:
    with tempfile.TemporaryFile("w+") as log:
        child = start_gateway({**right(world), "GATEWAY_SUPERGRAPH": "none"}, log)
        try:
            code = await asyncio.to_thread(child.process.wait, 20)
        finally:
            stop([child])
        log.seek(0)
        sentence = "gateway: GATEWAY_SUPERGRAPH names a file that cannot be read (ENOENT)\n"
        assert (code, log.read()) == (1, sentence)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "right"),
        ({"GATEWAY_SUPERGRAPH": ""}, "GATEWAY_SUPERGRAPH is not set"),
        ({"GATEWAY_SUPERGRAPH": "none"}, "GATEWAY_SUPERGRAPH names a file that cannot be read"),
        ({"GATEWAY_SUPERGRAPH": "package.json"}, "GATEWAY_SUPERGRAPH names a file that is not"),
        ({"GATEWAY_SUPERGRAPH": "../schema/schema.graphql"}, "a file that is no supergraph"),
        ({"GATEWAY_SUBGRAPH_PATIENTS": ""}, "GATEWAY_SUBGRAPH_PATIENTS is not set"),
        ({"GATEWAY_SUBGRAPH_PATIENTS": "x"}, "GATEWAY_SUBGRAPH_PATIENTS must hold URLs"),
        ({"GATEWAY_SUBGRAPH_PATIENTS": "ftp://x"}, "GATEWAY_SUBGRAPH_PATIENTS must hold URLs"),
        ({"GATEWAY_SUBGRAPH_PATIENTS": "http://a:b@x"}, "and without a password"),
        ({"GATEWAY_PORT": "http"}, "GATEWAY_PORT must be a port"),
        ({"GATEWAY_PORT": "70000"}, "GATEWAY_PORT must be a port"),
        ({"GATEWAY_REQUESTS_PER_MINUTE": "0"}, "GATEWAY_REQUESTS_PER_MINUTE must be a whole"),
        ({"GATEWAY_COST_PER_MINUTE": "1999999"}, "GATEWAY_COST_PER_MINUTE must be a whole"),
        ({"GATEWAY_GET": "no"}, "GATEWAY_GET must be a whole number from 0 to 1"),
        ({"GATEWAY_ISSUERS": ""}, "Set one of GATEWAY_ISSUERS and GATEWAY_ISSUERS_FILE"),
        ({"GATEWAY_ISSUERS": "{"}, "GATEWAY_ISSUERS is not JSON"),
        ({"GATEWAY_ISSUERS": "[{}]"}, "GATEWAY_ISSUERS[0].issuer must be a text"),
    ],
)
async def test_a_wrong_setting_is_told_in_a_sentence(
    world: World, changes: dict[str, str], sentence: str
) -> None:
    said = run(LOAD, {**right(world), **changes})
    assert said.startswith("SettingsError: " if changes else "right")
    assert sentence in said


@pytest.mark.parametrize("kind", ["inline", "JWKS", "JWK", "PEM", "file of issuers"])
async def test_keys_may_be_in_a_file(world: World, tmp_path: Path, kind: str) -> None:
    settings = right(world)
    described: dict[str, Any]
    (described,) = json.loads(settings["GATEWAY_ISSUERS"])
    keys = described["keys"]
    (key,) = keys["keys"]
    place = tmp_path / "keys"
    if kind == "file of issuers":
        settings |= {"GATEWAY_ISSUERS": "", "GATEWAY_ISSUERS_FILE": str(place)}
        place.write_text(json.dumps([described]))
    elif kind != "inline":
        del described["keys"]
        settings["GATEWAY_ISSUERS"] = json.dumps([{**described, "file": str(place)}])
        pem = ECKey.import_key(key).as_pem(private=False).decode()
        place.write_text({"JWKS": json.dumps(keys), "JWK": json.dumps(key), "PEM": pem}[kind])
    token = await world.token("partner")
    said = run(VERIFY, {**settings, "TOKENS": f"{token} {token[:-4]}AAAA"})
    assert said.split() == ["believed", "UNAUTHENTICATED"]


@pytest.mark.parametrize("text", ["", "x", "{", "{}", "-----BEGIN PUBLIC KEY-----"])
async def test_keys_that_cannot_be_used(world: World, tmp_path: Path, text: str) -> None:
    settings = right(world)
    (described,) = json.loads(settings["GATEWAY_ISSUERS"])
    del described["keys"]
    (tmp_path / "keys").write_text(text)
    settings["GATEWAY_ISSUERS"] = json.dumps([{**described, "file": str(tmp_path / "keys")}])
    said = run(VERIFY, {**settings, "TOKENS": await world.token("partner")})
    assert said.startswith(f"SettingsError: The keys of the issuer {described['issuer']} cannot be")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("keys", "believed UNAUTHENTICATED"),
        ("other keys", "UNAUTHENTICATED UNAUTHENTICATED"),
        ("no JSON", "UNAVAILABLE UNAVAILABLE"),
        ("nothing", "UNAVAILABLE UNAVAILABLE"),
    ],
)
async def test_keys_may_be_behind_a_url(world: World, answer: str, said: str) -> None:
    """Where they cannot be had, no token is told to be wrong."""
    settings = right(world)
    (described,) = json.loads(settings["GATEWAY_ISSUERS"])
    keys = described.pop("keys")
    other = {"keys": [ECKey.generate_key("P-256", {"kid": "other"}).as_dict(private=False)]}
    bodies = {"keys": json.dumps(keys), "other keys": json.dumps(other), "no JSON": "<html>"}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if (body := bodies.get(answer, "").encode()) != b"":
            head = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: %d\r\n\r\n"
            writer.write(head % len(body) + body)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/jwks"
        settings["GATEWAY_ISSUERS"] = json.dumps([{**described, "url": url}])
        token = await world.token("partner")
        tokens = f"{token} {token[:-4]}AAAA"
        found = await asyncio.to_thread(run, VERIFY, {**settings, "TOKENS": tokens})
    assert found.split() == said.split()
