"""The key of releases: it links treatments across them, drops cells, and signs what is published.

Not the key of the pseudonyms: that one is rotated so that nobody may be followed any longer, and
publications must know for ever who was in those before.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from db.key import load_key

_OTHERWISE: Final = "with a new key nothing can be published beside what is published already"


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

    @property
    def public(self) -> dict[str, str]:
        """Give the public key as a JWK."""
        raw = self._signing.public_key().public_bytes_raw()
        return {"crv": "Ed25519", "kty": "OKP", "x": _base64url(raw)}

    @cached_property
    def id(self) -> str:
        """Give the RFC 7638 thumbprint of the public key."""
        text = json.dumps(self.public, sort_keys=True, separators=(",", ":"))
        return _base64url(hashlib.sha256(text.encode()).digest())

    def sign(self, digest: str) -> str:
        """Sign a digest, as it is written."""
        return _base64url(self._signing.sign(digest.encode()))

    def signed(self, digest: str, signature: str) -> bool:
        """Tell whether a signature is this key's, of a digest."""
        try:
            raw = base64.urlsafe_b64decode(signature + "==")
            self._signing.public_key().verify(raw, digest.encode())
        except (InvalidSignature, ValueError):
            return False
        return True

    @cached_property
    def _signing(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self._for(b"signing"))

    def _for(self, use: bytes, what: bytes = b"") -> bytes:
        return hmac.digest(self.secret, use + b"\0" + what, "sha256")


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
