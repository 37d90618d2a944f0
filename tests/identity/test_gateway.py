"""The gateway's keys: found, kept and asked for again by the same rules as the API's."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from connect_graph.gateway import FOLDER, SUPERGRAPH, node
from tests.http.forgery import Forger
from tests.identity.authority import MACHINE, ORGANISATION, Provider, new_key, providing
from tests.identity.conftest import NOWHERE, installed

VERIFY = """
import { createInterface } from "node:readline";
import { load } from "./settings.ts";
import { verifier } from "./token.ts";
const verify = await verifier(load(process.env).issuers);
const said = (token) => verify(`Bearer ${token}`).then(() => "believed", ({ code }) => code);
for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await Promise.all(JSON.parse(line).map(said))));
}
"""


@pytest.fixture
def provider() -> Iterator[Provider]:
    installed()
    if not (FOLDER / "node_modules" / "jose").is_dir():
        pytest.skip("the gateway's Node packages are not there: run make setup")
    with providing("east") as made:
        yield made


class Verifier:
    """Ask the gateway's own verification, in a process that goes on."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def said(self, *tokens: str) -> list[str]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{json.dumps(tokens)}\n")
        self._process.stdin.flush()
        found: list[str] = json.loads(self._process.stdout.readline())
        return found


@contextmanager
def verifier(*issuers: dict[str, Any]) -> Iterator[Verifier]:
    """Run it, believing some issuers."""
    process = subprocess.Popen(
        [node(), "--input-type=module", "--eval", VERIFY],
        cwd=FOLDER,
        env={"GATEWAY_SUPERGRAPH": str(SUPERGRAPH), "GATEWAY_ISSUERS": json.dumps(issuers)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Verifier(process)
    finally:
        process.terminate()
        process.communicate(timeout=20)


@pytest.mark.parametrize("kind", ["the issuer asked", "a place told"])
async def test_keys_rotate_and_are_asked_for_at_a_limit(provider: Provider, kind: str) -> None:
    asked = kind == "the issuer asked"
    described = provider.described(**({} if asked else {"url": provider.jwks}))
    nowhere = {**described, "issuer": NOWHERE, **({} if asked else {"url": NOWHERE})}
    with verifier(described, nowhere) as verifying:
        old = Forger(
            provider.keys[0], ORGANISATION, MACHINE, issuer=provider.url, claim="organisation"
        )
        held = old.sign(old.header(), old.claims())
        assert verifying.said(*[held] * 5) == ["believed"] * 5
        assert provider.count("/jwks") == 1, "who asked together waited for one"

        provider.rotate(new_key("east-2"))
        fresh = await provider.token()
        assert verifying.said(*[fresh] * 5) == ["believed"] * 5
        assert verifying.said(held) == ["UNAUTHENTICATED"]
        made_up = [old.sign(old.header(kid=f"{place}"), old.claims()) for place in range(20)]
        assert verifying.said(*made_up) == ["UNAUTHENTICATED"] * 20
        assert provider.count("/jwks") == 2

        provider.stop()
        assert verifying.said(fresh, held) == ["believed", "UNAUTHENTICATED"]
        elsewhere = old.sign(old.header(), old.claims(iss=NOWHERE))
        began = time.monotonic()
        assert verifying.said(elsewhere, elsewhere) == ["UNAVAILABLE"] * 2
        assert time.monotonic() - began < 5
