"""A token that was verified is believed again: never longer than its times, nor than its key."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from connect_graph import kept
from connect_graph.auth import LEEWAY_SECONDS, Authenticator
from connect_graph.believed import Recent, Tokens
from connect_graph.issuer import AUDIENCE, TOKEN_TYPE, Issuer
from connect_graph.kept import Kept
from connect_graph.keys import Keys, PublicKey
from db.viewer import Caller
from resolvers.errors import Code, Refusal
from tests.world import World

NAME = "https://issuer.example"


@dataclass(slots=True)
class Provider:
    """Sign tokens, and publish keys that are fetched again when they are old."""

    key: ECKey
    published: tuple[PublicKey, ...]
    now: float = 0.0

    @classmethod
    def make(cls) -> Provider:
        key = ECKey.generate_key("P-256")
        return cls(key, (PublicKey(key, "first"),))

    def issuer(self) -> Issuer:
        async def fetch() -> tuple[PublicKey, ...]:
            return self.published

        keys = Keys(Kept(fetch, "keys", clock=lambda: self.now))
        return Issuer(NAME, AUDIENCE, "org", ("ES256",), keys, {})

    def token(self, **claims: object) -> str:
        now = int(time.time())
        given = {"iss": NAME, "aud": AUDIENCE, "sub": "one", "org": "999000259", "exp": now + 60}
        header = {"alg": "ES256", "typ": TOKEN_TYPE, "kid": "first"}
        return f"Bearer {jwt.encode(header, {**given, **claims}, self.key)}"


@pytest.fixture
def provider() -> Provider:
    return Provider.make()


@pytest.fixture
def authenticator(provider: Provider, world: World) -> Authenticator:
    return Authenticator([provider.issuer()], world.pools.identity)


@pytest.fixture
def verified(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """List the tokens whose signatures were verified."""
    told: list[str] = []
    decode = jwt.decode

    def decoding(token: str, *given: Any, **named: Any) -> Any:
        told.append(token)
        return decode(token, *given, **named)

    monkeypatch.setattr(jwt, "decode", decoding)
    return told


async def refused(authenticator: Authenticator, token: str) -> bool:
    try:
        await authenticator.caller(token)
    except Refusal as refusal:
        return refusal.code is Code.UNAUTHENTICATED
    return False


async def test_a_token_is_verified_once(
    provider: Provider, authenticator: Authenticator, verified: list[str]
) -> None:
    one, other = provider.token(), provider.token(sub="other")
    for _ in range(3):
        assert await authenticator.caller(one) == Caller(NAME, "999000259", "one")
        assert await authenticator.caller(other) == Caller(NAME, "999000259", "other")
    assert len(verified) == 2
    assert await refused(authenticator, one[:-6] + "AAAAAA")
    assert await refused(authenticator, f"{one}, {one}")


@pytest.mark.parametrize(
    ("begins", "moves"), [(False, 60 + LEEWAY_SECONDS), (True, -LEEWAY_SECONDS - 600)]
)
async def test_its_times_hold_at_each_request(
    provider: Provider,
    authenticator: Authenticator,
    monkeypatch: pytest.MonkeyPatch,
    begins: bool,
    moves: int,
) -> None:
    now = int(time.time())
    token = provider.token(exp=now + 60, **({"nbf": now} if begins else {}))
    clock = [float(now)]
    monkeypatch.setattr(authenticator, "_tokens", Tokens(lambda: clock[0]))
    monkeypatch.setattr(time, "time", lambda: clock[0])
    await authenticator.caller(token)
    clock[0] += moves - (1 if moves > 0 else 0)
    assert await refused(authenticator, token) is (moves < 0)
    clock[0] += 1 if moves > 0 else 0
    assert await refused(authenticator, token)


async def test_a_key_that_was_withdrawn_verifies_nothing_more(
    provider: Provider, authenticator: Authenticator, verified: list[str]
) -> None:
    """From when the keys are fetched again, as of a token that comes for the first time."""
    known, fresh = provider.token(), provider.token(sub="fresh")
    await authenticator.caller(known)
    provider.published = (PublicKey(ECKey.generate_key("P-256"), "second"),)
    assert not await refused(authenticator, known)
    provider.now += kept.FRESH_SECONDS + 1
    assert await refused(authenticator, known)
    assert await refused(authenticator, fresh)
    assert len(verified) == 1


async def test_another_key_of_the_same_name_verifies_anew(
    provider: Provider, authenticator: Authenticator, verified: list[str]
) -> None:
    token = provider.token()
    await authenticator.caller(token)
    provider.published = (PublicKey(ECKey.import_key(provider.key.as_dict()), "first"),)
    provider.now += kept.FRESH_SECONDS + 1
    await authenticator.caller(token)
    assert len(verified) == 2
    provider.published = (PublicKey(ECKey.generate_key("P-256"), "first"),)
    provider.now += kept.FRESH_SECONDS + 1
    assert await refused(authenticator, token)


def test_what_was_not_used_for_longest_is_forgotten() -> None:
    recent: Recent[int, str] = Recent(most=3)
    for number in range(3):
        recent.keep(number, str(number))
    assert recent.get(0) == "0"
    recent.keep(3, "3")
    assert [recent.get(number) for number in range(4)] == ["0", None, "2", "3"]
    recent.forget(0)
    assert (recent.get(0), len(recent)) == (None, 2)
