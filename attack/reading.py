"""Readers: whose records a partner or a researcher has in hand, by what row security gives them."""

from __future__ import annotations

from collections.abc import Sequence

from connect_graph import database
from connect_graph.demonstration import member_of
from connect_graph.issuer import DEMO_ISSUER
from connect_graph.settings import Settings
from db.address import Address
from db.pool import Pools
from db.release.key import ReleaseKey
from db.synthetic import attacked
from db.viewer import Caller, viewers


async def read_by(
    settings: Settings, url: str, role: str, linkages: Sequence[str]
) -> frozenset[int]:
    """Find the units whose records the demonstration's member of a role may read."""
    caller = Caller(DEMO_ISSUER, *await member_of(url, role, None))
    pools = await Pools.open(settings.logins(url), size=1)
    try:
        (viewer,) = await viewers(pools.identity, caller)
    finally:
        await pools.close()
    async with database.connected(Address.parse(url).login(f"connect_{role}_login").url) as own:
        keys = await attacked.read_by(own, viewer.settings)
    key = ReleaseKey.load(settings.release_key_file)
    read = {key.linkage(each) for each in keys}
    return frozenset(number for number, linkage in enumerate(linkages) if linkage in read)
