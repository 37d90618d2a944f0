"""Keys of an issuer: which fits a token, where they come from, and how long they are kept."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey

from connect_graph import kept
from connect_graph.kept import Kept, Unfetched
from connect_graph.keys import ALGORITHMS, Keys, NoKey, PublicKey, keys_of

EC = ECKey.generate_key("P-256", {"kid": "ec"}, private=True)
OTHER = ECKey.generate_key("P-256", {"kid": "other"}, private=True)
CURVE = ECKey.generate_key("P-384", {"kid": "curve"}, private=True)
RSA = RSAKey.generate_key(2048, {"kid": "rsa"}, private=True)
ED = OKPKey.generate_key("Ed25519", {"kid": "ed"}, private=True)


def public(key: Any, **changes: Any) -> dict[str, Any]:
    return {**key.as_dict(private=False), **changes}


@dataclass(slots=True)
class Source:
    """Count what is fetched, by a clock that the test moves."""

    now: float = 1_000.0
    fetches: int = 0
    fails: bool = False
    waits: asyncio.Event | None = None
    value: list[str] = field(default_factory=lambda: ["first"])

    async def fetch(self) -> str:
        self.fetches += 1
        if self.waits is not None:
            await self.waits.wait()
        if self.fails:
            raise Unfetched("it is down")
        return self.value[-1]

    @property
    def kept(self) -> Kept[str]:
        return Kept(self.fetch, "a thing", clock=lambda: self.now)


async def test_it_is_fetched_when_first_wanted_and_kept() -> None:
    source = Source()
    held = source.kept
    assert source.fetches == 0
    assert [await held.value() for _ in range(3)] == ["first"] * 3
    source.now += kept.FRESH_SECONDS - 1
    assert (await held.value(), source.fetches) == ("first", 1)
    source.now += 2
    source.value.append("second")
    assert (await held.value(), source.fetches) == ("second", 2)


async def test_who_asks_together_waits_for_one_fetch_and_leaves_alone() -> None:
    source = Source(waits=asyncio.Event())
    held = source.kept
    waiting = [asyncio.create_task(held.value()) for _ in range(10)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await asyncio.sleep(0)
    assert source.waits is not None
    source.waits.set()
    assert await asyncio.gather(*waiting[1:]) == ["first"] * 9
    assert source.fetches == 1
    with pytest.raises(asyncio.CancelledError):
        await waiting[0]


async def test_it_is_asked_for_again_at_a_limit() -> None:
    source = Source()
    held = source.kept
    await held.value()
    source.value.append("second")
    assert await held.again() == "second"
    source.value.append("third")
    for _ in range(50):
        assert await held.again() == "second"
    assert source.fetches == 2
    source.now += kept.LIMIT_SECONDS
    assert (await held.again(), source.fetches) == ("third", 3)


async def test_what_is_held_serves_while_it_cannot_be_had_but_not_for_ever() -> None:
    source = Source()
    held = source.kept
    await held.value()
    source.fails = True
    source.now += kept.FRESH_SECONDS + 1
    assert (await held.value(), source.fetches) == ("first", 2)
    for _ in range(9):
        assert (await held.value(), source.fetches) == ("first", 2)
    source.now += kept.LIMIT_SECONDS
    source.waits = asyncio.Event()
    assert await asyncio.wait_for(held.value(), 1) == "first", "nobody waits a second time"
    source.waits.set()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert source.fetches == 3
    source.now += kept.LONGEST_SECONDS
    with pytest.raises(Unfetched):
        await held.value()


async def test_where_it_was_never_had_it_is_asked_for_at_a_limit_too() -> None:
    source = Source(fails=True)
    held = source.kept
    for _ in range(9):
        with pytest.raises(Unfetched):
            await held.value()
    assert source.fetches == 1
    source.now += kept.RETRY_SECONDS
    source.fails = False
    assert (await held.value(), source.fetches) == ("first", 2)


def holding(*keys: PublicKey) -> Keys:
    async def give() -> tuple[PublicKey, ...]:
        return keys

    return Keys(Kept(give, "keys"))


FITTING: list[tuple[list[PublicKey], str, str | None, Key | None]] = [
    ([PublicKey(EC, "ec")], "ES256", "ec", EC),
    ([PublicKey(EC, "ec")], "ES256", None, EC),
    ([PublicKey(EC, "ec")], "ES256", "other", None),
    ([PublicKey(EC, None)], "ES256", "ec", None),
    ([PublicKey(EC, any_kid=True)], "ES256", "whatever", EC),
    ([PublicKey(EC, "ec"), PublicKey(OTHER, "other")], "ES256", None, None),
    ([PublicKey(EC, "ec"), PublicKey(OTHER, "other")], "ES256", "other", OTHER),
    ([PublicKey(EC, "ec"), PublicKey(OTHER, "ec")], "ES256", "ec", None),
    ([PublicKey(EC, "ec"), PublicKey(RSA, "rsa")], "ES256", None, EC),
    ([PublicKey(EC, "ec"), PublicKey(RSA, "rsa")], "PS256", None, RSA),
    ([PublicKey(RSA, "rsa", "RS256")], "PS256", "rsa", None),
    ([PublicKey(CURVE, "curve")], "ES256", "curve", None),
    ([PublicKey(CURVE, "curve")], "ES384", "curve", CURVE),
    ([PublicKey(ED, "ed")], "EdDSA", "ed", ED),
    ([PublicKey(ED, "ed")], "Ed25519", "ed", ED),
    ([PublicKey(RSA, "rsa")], "HS256", "rsa", None),
    ([PublicKey(EC, "ec")], "none", "ec", None),
]


@pytest.mark.parametrize(("keys", "algorithm", "kid", "found"), FITTING)
async def test_exactly_one_key_fits(
    keys: list[PublicKey], algorithm: str, kid: str | None, found: Key | None
) -> None:
    if found is None:
        with pytest.raises(NoKey):
            await holding(*keys).find(algorithm, kid)
    else:
        assert await holding(*keys).find(algorithm, kid) is found


@pytest.mark.parametrize("kind", ["keys", "JWKS", "JWK", "PEM"])
async def test_keys_may_be_given(kind: str, tmp_path: Path) -> None:
    inline = {"keys": [public(EC)]}
    file = tmp_path / "keys"
    file.write_bytes(
        {
            "keys": b"",
            "JWKS": json.dumps(inline).encode(),
            "JWK": json.dumps(public(EC)).encode(),
            "PEM": EC.as_pem(private=False),
        }[kind]
    )
    place = {"keys": inline} if kind == "keys" else {"file": str(file)}
    key = await keys_of("an issuer", place, ["ES256"]).find("ES256", "ec")
    assert key.as_dict(private=False)["x"] == EC.as_dict(private=False)["x"]


async def test_a_file_may_change(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text(json.dumps(public(EC)))
    keys = keys_of("an issuer", {"file": str(file)}, ["ES256"])
    await keys.find("ES256", "ec")
    file.write_text(json.dumps(public(OTHER)))
    await keys.find("ES256", "other")
    with pytest.raises(NoKey):
        await keys.find("ES256", "ec")


WRONG: dict[str, Callable[[], str | bytes]] = {
    "nothing": lambda: "",
    "a word": lambda: "keys",
    "half of JSON": lambda: "{",
    "an empty object": lambda: "{}",
    "no keys": lambda: '{"keys": []}',
    "keys that are no list": lambda: '{"keys": "x"}',
    "a private key": lambda: json.dumps(EC.as_dict(private=True)),
    "a private key in PEM": lambda: EC.as_pem(private=True),
    "a symmetric key": lambda: json.dumps(OctKey.generate_key(256).as_dict(private=True)),
    "a key that is half there": lambda: json.dumps({**public(EC), "x": "AA"}),
    "a key for another algorithm": lambda: RSA.as_pem(private=False),
    "bytes": lambda: b"\xff\xfe",
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_file_is_refused_at_the_start(name: str, tmp_path: Path) -> None:
    content = WRONG[name]()
    file = tmp_path / "keys"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ValueError, match=r"^[a-z].{10,80}$") as caught:
        keys_of("an issuer", {"file": str(file)}, ["ES256"])
    assert "PRIVATE" not in str(caught.value)


def test_every_algorithm_has_a_key_that_it_is_for() -> None:
    large = ECKey.generate_key("P-521", private=True)
    for algorithm in ALGORITHMS:
        found = [key for key in (EC, CURVE, large, RSA, ED) if PublicKey(key).fits(algorithm, None)]
        assert len(found) == 1, algorithm


def test_a_short_key_is_none() -> None:
    with pytest.warns(UserWarning, match="2048"):
        short = RSAKey.generate_key(1024, private=True)
    assert not PublicKey(short).fits("RS256", None)
