"""A publication written by hand: cells of every kind, as the publisher would leave them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from db.release.freeze import freeze

DIGEST = "ab" * 32


@dataclass(frozen=True, slots=True)
class Cell:
    """Hold the numbers of a cell; None is withheld."""

    values: tuple[str, ...]
    patients: int | None = None
    evaluable: tuple[int, int] | None = None
    response: tuple[int, int] | None = None
    benefit: tuple[int, int] | None = None

    @property
    def numbers(self) -> list[int | None]:
        bounds = (self.evaluable, self.response, self.benefit)
        return [self.patients, *(each for pair in bounds for each in (pair or (None, None)))]


CELLS: dict[str, Sequence[Cell]] = {
    "": (Cell((), 40, (34, 34), (6, 6), (14, 14)),),
    "COHORT": (
        Cell(("OLA-BRCA-BTC",), 26, (24, 24), (4, 4), (9, 9)),
        Cell(("TRA-BRAF-CRC",), 8, (8, 8), (0, 1), (0, 1)),
        Cell(("=EVIL()",)),
        Cell(("",)),
    ),
    "SEX": (Cell(("FEMALE",), 22, (20, 20), (3, 3), None), Cell(("MALE",))),
    "COHORT,SEX": (
        Cell(("OLA-BRCA-BTC", "FEMALE"), 14, (13, 13), (2, 2), (13, 13)),
        Cell(("OLA-BRCA-BTC", "MALE")),
    ),
}
STAGES = {"OLA-BRCA-BTC": "EXPANSION"}


async def publish(
    connection: asyncpg.Connection[asyncpg.Record],
    version: str,
    cells: dict[str, Sequence[Cell]] = CELLS,
    stages: dict[str, str] = STAGES,
    digest: str = DIGEST,
) -> None:
    """Freeze a release and publish cells of it, whatever it holds, as the owner."""
    await freeze(connection, version)
    async with connection.transaction():
        await connection.execute("set local role connect_loader")
        release = await connection.fetchval(
            "select id from connect.data_release where version = $1", version
        )
        for name, found in cells.items():
            dimensions = name.split(",") if name else []
            await connection.execute(
                "insert into connect.published_grouping values ($1, $2, $3)",
                *(release, name, dimensions),
            )
            for place, cell in enumerate(found, start=1):
                await connection.execute(
                    "insert into connect.published_cell "
                    "values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
                    *(release, name, place, list(cell.values), *cell.numbers),
                )
        for code, stage in stages.items():
            await connection.execute(
                "insert into connect.published_stage "
                "values ($1, $2, $3::text::connect.cohort_stage)",
                *(release, code, stage),
            )
        await connection.execute(
            "insert into connect.publication (release_id, lattice, parameters, algorithm, digest, "
            "signature, key_id) values ($1, $2, '{}', 'by-hand', $3, 'none', 'none')",
            *(release, json.dumps(list(cells)), digest),
        )
        await connection.execute(
            "update connect.data_release set published = true where id = $1", release
        )
