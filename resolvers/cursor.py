"""Cursors: a place in one list, for one scope; they hold no internal id and grant nothing."""

from __future__ import annotations

import binascii
import json
from base64 import urlsafe_b64decode
from hashlib import sha256
from typing import Any

from resolvers.errors import Code, Refusal


def digest(*parts: object) -> str:
    """Tell one list from another: scope, root, filter, order."""
    return sha256(json.dumps(parts, default=str).encode()).hexdigest()[:16]


def decode(cursor: str, belongs: str, length: int) -> list[Any]:
    """Read the places out of a cursor: as many as the order has keys, each a value or null.

    Raises: Refusal BAD_USER_INPUT where it is damaged or of another list or scope.
    """
    try:
        text = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        match json.loads(text):
            case [list(places), str(whose)] if whose == belongs and len(places) == length:
                if all(isinstance(place, str | int | float | bool | None) for place in places):
                    return places
    except (binascii.Error, ValueError, RecursionError):
        pass
    raise Refusal(
        Code.BAD_USER_INPUT, "The cursor is not one of this list: begin again without `after`."
    )
