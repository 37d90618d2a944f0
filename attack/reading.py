"""Readers: whose records a partner or a researcher has in hand, by what row security gives them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence, Set
from typing import Final

from connect_graph import database
from connect_graph.demonstration import member_of
from connect_graph.issuer import DEMO_ISSUER
from connect_graph.settings import Settings
from db.address import Address
from db.pool import Pools
from db.statement import SETTINGS
from db.viewer import Caller, viewers

_READ: Final = "select id from connect.treatment"
_KEYS: Final = "select id, key from connect.treatment where id = any($1)"


def read_by(
    settings: Settings, url: str, role: str, key_file: str, linkages: Sequence[str]
) -> frozenset[int]:
    """Find the units whose records the demonstration's member of a role may read."""
    raise NotImplementedError
