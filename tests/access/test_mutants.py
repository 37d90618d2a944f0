"""Every condition is needed: without any one of them a door differs from the oracle."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import asyncpg
import pytest

from tests.access.equivalent import EQUIVALENT, reason
from tests.access.mutant import Mutant, mutants
from tests.access.random_world import draw_world
from tests.access.sql_door import Snapshot
from tests.access.trial import caught
from tests.conftest import Clone
from tests.extent import WHOLE

WORLDS = 9
LAST = (
    "scope", "project_cohort", "consent", "agreement_drug", "diagnosis", "cohort_drug", "treatment",
    "project", "onco_tree",
)  # fmt: skip
"""What is written last in each of them, where a mutant does not say."""
SHARES = {"revoke": 24, "grant": 16, "function": 5, "view": 5, "trigger": 3, "policy": 4}
"""Of these kinds, every so many is tried with every change; all are in the night."""
LATER = timedelta(hours=1)
NOTHING = Mutant("nothing", (), shows_in=("pseudonym", "patient"), writes=True)
_KEPT = "vacuum " + ", ".join(
    f"connect.{table}"
    for table in (
        "pseudonym",
        "scope",
        "scope_term",
        "consent",
        "treatment",
        "diagnosis",
        "patient",
    )
)


@pytest.fixture(scope="module")
async def owner(clone: Clone) -> AsyncIterator[asyncpg.Connection]:
    """Connect as the superuser to a migrated database in which nothing is ever committed."""
    async with clone() as copy:
        connection = await asyncpg.connect(copy.url)
        try:
            yield connection
        finally:
            await connection.close()


def chosen(found: list[Mutant]) -> list[Mutant]:
    """Take all of them in the night, otherwise some of each kind."""
    if WHOLE:
        return found
    place: Counter[str] = Counter()
    taken = []
    for mutant in found:
        place[mutant.kind] += 1
        if place[mutant.kind] % SHARES.get(mutant.kind, 1) == 0:
            taken.append(mutant)
    return taken


async def survivors(owner: asyncpg.Connection, tried: list[Mutant], world: int) -> list[Mutant]:
    """Try mutants in one world; give those that nothing tells from the rules."""
    left = []
    transaction = owner.transaction()
    await transaction.start()
    try:
        drawn = draw_world(world, await owner.fetchval("select now()"), LATER, rich=True)
        await drawn.write(owner)
        snapshot = await Snapshot.take(owner)
        left += [
            mutant
            for mutant in tried
            if not mutant.writes and await caught(owner, mutant, drawn, snapshot) is None
        ]
    finally:
        await transaction.rollback()
    orders = {mutant.last: list[Mutant]() for mutant in tried if mutant.writes}
    for mutant in tried:
        if mutant.writes:
            orders[mutant.last].append(mutant)
    for last, mutants_of in orders.items():
        for one in (None, *mutants_of):  # without a mutant it can be written, and all agree
            await owner.execute(_KEPT)  # what was rolled back slows the next down
            transaction = owner.transaction()
            await transaction.start()
            try:
                now = await owner.fetchval("select now()")
                table = last or LAST[world % len(LAST)]
                drawn = draw_world(world, now, LATER, rich=True, last=table)
                difference = await caught(owner, one or NOTHING, drawn, snapshot)
            finally:
                await transaction.rollback()
            if one is None:
                assert difference is None
            elif difference is None:
                left.append(one)
    return left


@pytest.mark.property
async def test_every_mutant_is_caught(
    owner: asyncpg.Connection, record_property: Callable[[str, object], None]
) -> None:
    everything = await mutants(owner)
    tried = chosen(everything)
    assert {mutant.kind for mutant in tried} == {mutant.kind for mutant in everything}
    argued = [each for each in tried if reason(each.name)]
    left = [each for each in tried if not reason(each.name)]
    silent = {each.name for each in await survivors(owner, argued, 0)}
    wrong = [each.name for each in argued if each.name not in silent]
    assert not wrong, "these were caught: their lines in equivalent.py must go"
    for world in range(WORLDS):
        left = await survivors(owner, left, world) if left else []
    assert not [each.name for each in left], "nothing tells these from the rules"
    assert len(tried) - len(argued) >= 25
    record_property("examples", len(tried))


async def test_every_argument_is_about_a_mutant(owner: asyncpg.Connection) -> None:
    names = [mutant.name for mutant in await mutants(owner)]
    for pattern in EQUIVALENT:
        assert any(re.fullmatch(pattern, name) for name in names), pattern
