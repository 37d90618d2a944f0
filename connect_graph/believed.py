"""What is believed again without asking: verified tokens, and the memberships of who showed them.

A token is verified anew once its issuer's key is another one, or its times do not hold. Memberships
are proved by the statement that reads as their viewer (`db.viewer.Proof`).
"""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from joserfc.jwk import Key

from connect_graph.issuer import Issuer
from db.viewer import Caller

MOST = 10_000
"""Tokens, and callers, that are kept: of more, those that did not ask for longest are forgotten."""
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class Recent(Generic[_Key, _Value]):
    """Keep what was used last."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._held: OrderedDict[_Key, _Value] = OrderedDict()

    def __len__(self) -> int:
        return len(self._held)

    def get(self, key: _Key) -> _Value | None:
        """Give what is kept."""
        found = self._held.get(key)
        if found is not None:
            self._held.move_to_end(key)
        return found

    def keep(self, key: _Key, value: _Value) -> None:
        """Keep it in the place of what was."""
        self._held[key] = value
        self._held.move_to_end(key)
        if len(self._held) > self._most:
            self._held.popitem(last=False)

    def forget(self, key: _Key) -> None:
        """Keep it no more."""
        self._held.pop(key, None)


@dataclass(frozen=True, slots=True)
class Verified:
    """Hold by what a token was verified, and whom it names."""

    caller: Caller
    issuer: Issuer
    algorithm: str
    kid: str | None
    key: Key
    since: float
    until: float
    """{Unix time} no longer, with what skew is forgiven."""


class Tokens:
    """Keep verified tokens by the digests of the headers that brought them."""

    def __init__(self, clock: Callable[[], float] = time.time, most: int = MOST) -> None:
        self._clock = clock
        self._kept: Recent[bytes, Verified] = Recent(most)

    def __len__(self) -> int:
        return len(self._kept)

    async def caller(self, authorization: str) -> Caller | None:
        """Give whom a header's token names that was verified; None where it must be verified.

        Raises: NoKey, Unfetched as its verification would.
        """
        digest = _digest(authorization)
        found = self._kept.get(digest)
        if found is None:
            return None
        # The same question as at a verification: a key that was withdrawn ends both alike.
        is_current = await found.issuer.keys.find(found.algorithm, found.kid) is found.key
        if is_current and found.since <= int(self._clock()) < found.until:
            return found.caller
        self._kept.forget(digest)
        return None

    def keep(self, authorization: str, verified: Verified) -> Caller:
        """Keep what was verified just now; give whom it names."""
        self._kept.keep(_digest(authorization), verified)
        return verified.caller


def _digest(authorization: str) -> bytes:
    return hashlib.sha256(authorization.encode("utf-8", "surrogatepass")).digest()
