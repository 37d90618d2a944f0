"""Cursors as anybody may write them: the tests forge some, and write what PostgreSQL writes."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from typing import Any


def encode(places: list[Any], belongs: str) -> str:
    """Write a cursor."""
    text = json.dumps([places, belongs], separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")
