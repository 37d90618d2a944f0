"""Several issuers at once: whose tokens are believed, by which of their keys, as they change."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import re
import shutil
from pathlib import Path

import pytest

from tests.http.client import VIEWER, codes
from tests.http.forgery import Forger
from tests.identity.authority import MACHINE, ORGANISATION, RESOURCE, SECRET, Provider, new_key
from tests.identity.conftest import NOWHERE, Served
from tests.world import ROOT

STEWARD = {"data": {"viewer": {"role": "STEWARD"}}}
PARTNER = {"data": {"viewer": {"role": "PARTNER"}}}
KINDS = ["north", "south"]
"""One is asked for its keys itself, of the other their place is told."""


def forger(provider: Provider) -> Forger:
    return Forger(
        provider.keys[0], ORGANISATION, MACHINE, issuer=provider.url, claim="organisation"
    )


async def test_a_machine_of_each_issuer_is_believed_and_the_demonstration_too(
    served: Served,
) -> None:
    """Machines get their tokens by client credentials; the two have one name, and are two."""
    for provider, answer in ((served.north, STEWARD), (served.south, PARTNER)):
        response = await served.client(await provider.token()).ask(VIEWER)
        assert (response.status_code, response.json()) == (200, answer)


async def test_a_program_gets_its_token_as_the_document_says(
    served: Served, tmp_path: Path
) -> None:
    if not (shutil.which("curl") and shutil.which("jq")):
        pytest.skip("curl or jq is not there: install them with apt-get")
    text = (ROOT / "docs" / "clients.md").read_text()
    found = re.search(
        r"```bash\n(TOKEN=.+?)```", text.split("## Tokens for programs")[1], re.DOTALL
    )
    assert found is not None
    (tmp_path / "client_secret.txt").write_text(SECRET)
    told = {
        "TOKEN_ENDPOINT": f"{served.north.url}/token",
        "RESOURCE": RESOURCE,
        "CLIENT_ID": MACHINE,
        "PATH": os.environ["PATH"],
    }
    process = await asyncio.create_subprocess_exec(
        *("bash", "-euo", "pipefail", "-c", f'{found[1]}\nprintf %s "$TOKEN"'),
        cwd=tmp_path,
        env=told,
        stdout=asyncio.subprocess.PIPE,
    )
    token, _ = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 0
    assert (await served.client(token.decode()).ask(VIEWER)).json() == STEWARD


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("kind", ["by_header", "by_key", "by_claims", "by_form"])
async def test_a_forged_token_is_refused_whoever_its_issuer(
    served: Served, name: str, kind: str
) -> None:
    forging = forger(getattr(served, name))
    believed = forging.sign(forging.header(), forging.claims())
    assert (await served.client(believed).ask(VIEWER)).status_code == 200
    forged = dict(getattr(forging, kind)())
    assert len(forged) > 12
    wrong = []
    for case, token in forged.items():
        response = await served.client(token).ask(VIEWER)
        if (response.status_code, codes(response)) != (401, ["UNAUTHENTICATED"]):
            wrong.append((case, response.text))
    assert not wrong


async def test_an_issuer_speaks_for_itself_alone(served: Served) -> None:
    """Whose key it is, counts: a provider cannot name the people of another."""
    for name, other in (KINDS, KINDS[::-1]):
        own, foreign = forger(getattr(served, name)), getattr(served, other)
        lying = dataclasses.replace(own, issuer=foreign.url)
        for kid in (own.key.kid, foreign.keys[0].kid):
            token = lying.sign(lying.header(kid=kid), lying.claims())
            assert (await served.client(token).ask(VIEWER)).status_code == 401


async def test_a_token_without_a_key_id_is_believed_by_the_only_key(served: Served) -> None:
    forging = forger(served.south)
    header = {"alg": "ES256", "typ": "application/at+jwt"}
    token = forging.sign(header, forging.claims())
    assert (await served.client(token).ask(VIEWER)).json() == PARTNER


async def test_keys_rotate_while_it_runs(served: Served) -> None:
    """The new one is found at once, and the one that was taken away holds no longer."""
    provider = served.west
    old = forger(provider)
    assert (await served.client(await provider.token()).ask(VIEWER)).json() == STEWARD
    before = provider.count("/jwks")

    provider.rotate(new_key("west-2"))
    tokens = [await provider.token() for _ in range(3)]
    answers = await asyncio.gather(*(served.client(token).ask(VIEWER) for token in tokens * 4))
    assert {answer.text for answer in answers} == {answers[0].text}
    assert answers[0].json() == STEWARD
    assert provider.count("/jwks") == before + 1, "who asked together waited for one"

    refused = await served.client(old.sign(old.header(), old.claims())).ask(VIEWER)
    assert codes(refused) == ["UNAUTHENTICATED"]

    # From here on the limit holds: whoever makes up key ids makes no requests.
    for place in range(20):
        token = old.sign(old.header(kid=f"made-up-{place}"), old.claims())
        assert (await served.client(token).ask(VIEWER)).status_code == 401
    assert provider.count("/jwks") == before + 1


async def test_while_the_provider_is_down_its_keys_hold(served: Served) -> None:
    provider = served.north
    forging = forger(provider)
    token = forging.sign(forging.header(), forging.claims())
    assert (await served.client(token).ask(VIEWER)).json() == STEWARD
    provider.stop()
    try:
        assert (await served.client(token).ask(VIEWER)).json() == STEWARD
        unknown = forging.sign(forging.header(kid="unknown"), forging.claims())
        assert codes(await served.client(unknown).ask(VIEWER)) == ["UNAUTHENTICATED"]
    finally:
        provider.start()


async def test_without_any_key_nothing_is_said_of_the_token(served: Served) -> None:
    """It is the provider that is missing, and the remedy is to wait, not to get a token."""
    forging = dataclasses.replace(forger(served.north), issuer=NOWHERE)
    for _ in range(2):
        token = forging.sign(forging.header(), forging.claims())
        response = await served.client(token).ask(VIEWER)
        assert (response.status_code, codes(response)) == (503, ["UNAVAILABLE"])
        assert response.headers["retry-after"] == "5"
