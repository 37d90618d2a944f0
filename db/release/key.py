"""The key of releases: it links treatments across them, drops cells, and signs what is published.

Not the key of the pseudonyms: that one is rotated so that nobody may be followed any longer, and
publications must know for ever who was in those before.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from db.key import load_key

_OTHERWISE: Final = "with a new key nothing can be published beside what is published already"
_ALGORITHM: Final = "Ed25519"
# What stands before the 32 bytes of an Ed25519 key in RFC 8410.
_PKCS8: Final = bytes.fromhex("302e020100300506032b657004220420")


@dataclass(frozen=True)
class ReleaseKey:
    """Hold the key, from which one for each use is made."""

    secret: bytes = field(repr=False)

    @classmethod
    def load(cls, path: Path) -> ReleaseKey:
        """Read the key from its file, or make it there.

        Raises: KeyRefused.
        """
        return cls(load_key(path, otherwise=_OTHERWISE))

    def linkage(self, treatment: UUID) -> str:
        """Digest a treatment's key: the same in every release, and nothing without this key."""
        return self._for(b"linkage", treatment.bytes).hex()[:32]

    @cached_property
    def dropping(self) -> bytes:
        """Give the key that decides which measures are left out."""
        return self._for(b"dropping")

    @cached_property
    def id(self) -> str:
        """Give the RFC 7638 thumbprint of the public key."""
        return str(self._signing.thumbprint())

    @property
    def public(self) -> dict[str, Any]:
        """Give the public key as a JWK."""
        return {**self._signing.as_dict(private=False), "kid": self.id, "alg": _ALGORITHM}

    def sign(self, digest: str) -> str:
        """Sign a digest as a compact JWS."""
        header = {"alg": _ALGORITHM, "kid": self.id}
        return jws.serialize_compact(header, digest, self._signing, algorithms=[_ALGORITHM])

    def signed(self, digest: str, signature: str) -> bool:
        """Tell whether a signature is this key's, of a digest."""
        try:
            told = jws.deserialize_compact(signature, self._signing, algorithms=[_ALGORITHM])
        except (JoseError, ValueError):
            return False
        return bool(told.payload == digest.encode())

    @cached_property
    def _signing(self) -> OKPKey:
        return OKPKey.import_key(_PKCS8 + self._for(b"signing"))

    def _for(self, use: bytes, what: bytes = b"") -> bytes:
        return hmac.digest(self.secret, use + b"\0" + what, "sha256")
