"""The seal: what a cookie holds is read and written here alone."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from collections.abc import Mapping
from typing import Any

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

_HEADER = {"alg": "dir", "enc": "A256GCM"}
_ALGORITHMS = ["dir", "A256GCM"]


class Seal:
    """Encrypt and date what is sent to a browser and comes back."""

    def __init__(self, key: str | None) -> None:
        """Take a key, or make one that lasts as long as this process."""
        material = secrets.token_bytes(32) if key is None else key.encode()
        digest = hashlib.sha256(b"connect-graph cookies\0" + material).digest()
        self._key = OctKey.import_key(digest)

    def close(self, purpose: str, content: Mapping[str, Any], until: int) -> str:
        """Seal a content for one purpose, until a time."""
        text = json.dumps({**content, "purpose": purpose, "until": until}, separators=(",", ":"))
        return jwe.encrypt_compact(_HEADER, text, self._key, _ALGORITHMS)

    def open(self, purpose: str, text: str | None) -> Mapping[str, Any] | None:
        """Open what was sealed here for that purpose and is not over; otherwise None."""
        if not text:
            return None
        try:
            opened = jwe.decrypt_compact(text, self._key, _ALGORITHMS)
            content = json.loads(opened.plaintext or b"")
        except (JoseError, ValueError, TypeError, KeyError):
            return None
        if content.get("purpose") != purpose or content["until"] <= time.time():
            return None
        found: Mapping[str, Any] = content
        return found
