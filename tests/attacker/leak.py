"""A publication that tells what the usual rule does: counts below five hidden, the rest exact."""

from __future__ import annotations

import json
from collections.abc import Sequence

from attack.grouping import groups
from attack.policy import FEWEST
from attack.unit import Measure, Unit
from connect_graph import database

_PUBLICATION = """
insert into connect.publication
  (release_id, lattice, parameters, algorithm, digest, signature, key_id)
values ($1, $2, '{}', 'leak', $3, 'nobody', 'nobody')
"""
_GROUPING = """
insert into connect.published_grouping (release_id, name, dimensions) values ($1, $2, $3)
"""
_CELL = """
insert into connect.published_cell (release_id, grouping_name, place, dimension_values, patients,
  evaluable_lower, evaluable_upper, response_lower, response_upper, benefit_lower, benefit_upper)
values ($1, $2, $3, $4, $5, $6, $6, $7, $7, $8, $8)
"""


async def publish(
    url: str, version: str, units: Sequence[Unit], release: int, lattice: Sequence[tuple[str, ...]]
) -> None:
    """Store the cells as who publishes does, and open the release."""
    async with database.connected(url) as connection, connection.transaction():
        await connection.execute("set local role connect_loader")
        number = await connection.fetchval(
            "select id from connect.data_release where version = $1", version
        )
        for dimensions in lattice:
            name = ",".join(dimensions)
            await connection.execute(_GROUPING, number, name, list(dimensions))
            for place, (values, members) in enumerate(
                groups(units, release, dimensions).items(), start=1
            ):
                states = [units[each].states[release] for each in members]
                told = len(members) >= FEWEST
                counts = [sum(state.counts(measure) for state in states) for measure in Measure]
                shown = [len(members), *counts] if told else [None] * 4
                await connection.execute(_CELL, number, name, place, list(values), *shown)
        await connection.execute(_PUBLICATION, number, json.dumps(lattice), "0" * 64)
        await connection.execute(
            "update connect.data_release set published = true where id = $1", number
        )
