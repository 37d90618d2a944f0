"""Cursors: a place in one list, for one scope; they hold no internal id and grant nothing."""

from __future__ import annotations

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256

from resolvers.errors import Code, Refusal


def digest(*parts: object) -> str:
    """Tell one list from another: scope, root, filter, order."""
    return sha256(json.dumps(parts, default=str).encode()).hexdigest()[:16]


def encode(place: str, belongs: str) -> str:
    """Write a cursor."""
    text = json.dumps([place, belongs], separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(cursor: str, belongs: str) -> str:
    """Read the place out of a cursor.

    Raises: Refusal BAD_USER_INPUT where it is damaged or of another list or scope.
    """
    try:
        text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        match json.loads(text):
            case [str(place), str(whose)] if whose == belongs:
                return place
    except (binascii.Error, ValueError, RecursionError):
        pass
    raise Refusal(
        Code.BAD_USER_INPUT, "The cursor is not one of this list: begin again without `after`."
    )
