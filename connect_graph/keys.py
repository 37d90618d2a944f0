"""Keys of an issuer: public ones, found for a token by its algorithm and its key id."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, Key, OctKey, OKPKey, RSAKey

from connect_graph.kept import Kept, Unfetched
from connect_graph.provider import document, metadata

ALGORITHMS = (
    *(f"{family}{bits}" for family in ("RS", "PS", "ES") for bits in (256, 384, 512)),
    "EdDSA",
    "Ed25519",
)
"""The asymmetric ones: with a symmetric one whoever verifies could sign."""
_CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
_LEAST_BITS = 2_048
_PRIVATE = ("d", "k")
Fetch = Callable[[], Awaitable[tuple["PublicKey", ...]]]


class NoKey(ValueError):
    """Not exactly one key fits a token."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """Hold a key and what it is for."""

    key: Key
    kid: str | None = None
    algorithm: str | None = None
    any_kid: bool = False
    """It came as PEM, which has no place for an id."""

    def fits(self, algorithm: str, kid: str | None) -> bool:
        """Tell whether it may have signed what names an algorithm and perhaps a key."""
        if kid is not None and not self.any_kid and kid != self.kid:
            return False
        if self.algorithm is not None and self.algorithm != algorithm:
            return False
        return _is_for(self.key, algorithm)


class Keys:
    """Find the key of a token, as fresh as the issuer's keys can be had."""

    def __init__(self, kept: Kept[tuple[PublicKey, ...]]) -> None:
        self._kept = kept

    async def find(self, algorithm: str, kid: str | None) -> Key:
        """Find the one key that fits; where none does they are asked for again, at a limit.

        Raises: NoKey; Unfetched where the issuer's keys were never had.
        """
        found = _fitting(await self._kept.value(), algorithm, kid)
        if not found:
            found = _fitting(await self._kept.again(), algorithm, kid)
        if len(found) != 1:
            raise NoKey(f"{len(found)} keys fit")
        return found[0].key


def keys_of(name: str, description: Mapping[str, Any], algorithms: Sequence[str]) -> Keys:
    """Make what finds an issuer's keys, where its description says that they are.

    Raises: ValueError with what is wrong with keys that are here.
    """
    fetch: Fetch
    if "keys" in description:
        inline = _public(description["keys"])
        fetch = _giving(inline)
    elif "file" in description:
        path = Path(description["file"])
        _of_file(path, algorithms)
        fetch = _reading(path, algorithms)
    else:
        fetch = _fetching(name, description.get("url"))
    return Keys(Kept(fetch, f"the keys of the issuer {name}"))


def _giving(keys: tuple[PublicKey, ...]) -> Fetch:
    async def give() -> tuple[PublicKey, ...]:
        return keys

    return give


def _reading(path: Path, algorithms: Sequence[str]) -> Fetch:
    async def read() -> tuple[PublicKey, ...]:
        try:
            return _of_file(path, algorithms)
        except ValueError as error:
            raise Unfetched(str(error)) from error

    return read


def _fetching(issuer: str, url: str | None) -> Fetch:
    async def fetch() -> tuple[PublicKey, ...]:
        told = await document(url or (await metadata(issuer)).jwks_uri)
        return _usable(told)

    return fetch


def _of_file(path: Path, algorithms: Sequence[str]) -> tuple[PublicKey, ...]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ValueError(f"the file cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise ValueError("the file is not text") from error
    if text.lstrip().startswith("{"):
        try:
            told = json.loads(text)
        except ValueError as error:
            raise ValueError("the file is not JSON") from error
        return _public(told if "keys" in told else {"keys": [told]})
    return (PublicKey(_of_pem(text, algorithms), any_kid=True),)


def _of_pem(text: str, algorithms: Sequence[str]) -> Key:
    kinds: tuple[type[RSAKey] | type[ECKey] | type[OKPKey], ...] = (RSAKey, ECKey, OKPKey)
    for kind in kinds:
        try:
            key = kind.import_key(text)
        except (JoseError, ValueError, TypeError):
            continue
        if key.is_private:
            raise ValueError("it must be a public one")
        if not all(_is_for(key, algorithm) for algorithm in algorithms):
            raise ValueError(f"it is not for {', '.join(algorithms)}")
        return key
    raise ValueError("the file holds neither a JWKS, a JWK nor a public key in PEM")


def _public(told: object) -> tuple[PublicKey, ...]:
    """Read keys of our own settings, where each must be right."""
    listed = told.get("keys") if isinstance(told, Mapping) else None
    if not isinstance(listed, Sequence) or isinstance(listed, str) or not listed:
        raise ValueError("they must be a JWKS: an object with a list of keys")
    found = []
    for one in listed:
        if not _is_public(one):
            raise ValueError("they must be public ones, each with its kty")
        try:
            found.append(_imported(one))
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise ValueError("one of them is malformed") from error
    return tuple(found)


def _usable(told: object) -> tuple[PublicKey, ...]:
    """Read keys that a provider publishes: those that are of no use here are passed over."""
    listed = told.get("keys") if isinstance(told, Mapping) else None
    found = []
    for one in listed if isinstance(listed, Sequence) else ():
        if not _is_public(one) or one.get("use", "sig") != "sig":
            continue
        if "key_ops" in one and "verify" not in one["key_ops"]:
            continue
        try:
            found.append(_imported(one))
        except (JoseError, ValueError, TypeError, KeyError):
            continue
    if not found:
        raise Unfetched("its provider publishes no key that verifies")
    return tuple(found)


def _is_public(one: object) -> bool:
    if not isinstance(one, Mapping) or not isinstance(one.get("kty"), str):
        return False
    return not any(name in one for name in _PRIVATE)


def _imported(one: Mapping[str, Any]) -> PublicKey:
    key = JWKRegistry.import_key(dict(one))
    if isinstance(key, OctKey):
        raise TypeError("symmetric")
    return PublicKey(key, one.get("kid"), one.get("alg"))


def _is_for(key: Key, algorithm: str) -> bool:
    match key:
        case RSAKey():
            return algorithm[:2] in {"RS", "PS"} and key.raw_value.key_size >= _LEAST_BITS
        case ECKey():
            return _CURVES.get(algorithm) == key.curve_name
        case OKPKey():
            return algorithm in {"EdDSA", "Ed25519"} and key.curve_name == "Ed25519"
    return False


def _fitting(keys: tuple[PublicKey, ...], algorithm: str, kid: str | None) -> list[PublicKey]:
    return [key for key in keys if key.fits(algorithm, kid)]
