"""A study of a few treatments in a database of one test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import asyncpg
import pytest

from db.vocabulary.load import load_vocabulary
from tests.world import Database

STARTED = date(2024, 1, 1)


class Study:
    """Write treatments and read what was derived of them."""

    def __init__(self, connection: asyncpg.Connection[asyncpg.Record], id_: int) -> None:
        self.connection = connection
        self.id = id_

    async def patient(self, vital_status: str | None = "ALIVE") -> int:
        found: int = await self.connection.fetchval(
            "insert into connect.patient (study_id, vital_status) values ($1, $2) returning id",
            self.id,
            vital_status,
        )
        return found

    async def treatment(
        self, patient: int, *, started: date | None = STARTED, **values: Any
    ) -> int:
        names = "".join(f", {name}" for name in values)
        places = "".join(f", ${at}" for at in range(2, 2 + len(values)))
        found: int = await self.connection.fetchval(
            f"insert into connect.treatment (patient_id{names}) values ($1{places}) returning id",
            patient,
            *values.values(),
        )
        await self.connection.execute(
            "insert into connect.treatment_identity values ($1, $2, $3, $4)",
            found,
            patient,
            str(found),
            started,
        )
        return found

    async def assess(
        self, treatment: int, *seen: tuple[int, str], criteria: str = "RECIST_1_1"
    ) -> list[int]:
        made = []
        for day, response in seen:
            made.append(
                await self.connection.fetchval(
                    "insert into connect.response_assessment (patient_id, treatment_id, day, "
                    "criteria, response, normalised_response, source_key) "
                    "select patient_id, id, $2, $3, $4, $5, gen_random_uuid()::text "
                    "from connect.treatment where id = $1 returning id",
                    treatment,
                    day,
                    criteria,
                    response,
                    response if len(response) == 2 else None,
                )
            )
        return made

    async def give(self, treatment: int, *drugs: str) -> None:
        await self.connection.execute(
            "insert into connect.treatment_drug (treatment_id, drug_id, patient_id) "
            "select t.id, d.id, t.patient_id from connect.treatment t, connect.drug d "
            "where t.id = $1 and d.inn = any ($2)",
            treatment,
            list(drugs),
        )

    async def cut_off(self, day: int | None) -> None:
        await self.connection.execute(
            "update connect.study set data_cut_off = $2 where id = $1",
            self.id,
            None if day is None else STARTED + timedelta(days=day),
        )

    async def outcome(self, treatment: int) -> dict[str, Any]:
        row = await self.connection.fetchrow(
            "select * from connect.outcome where treatment_id = $1", treatment
        )
        assert row is not None
        return dict(row)

    async def evaluability(self, treatment: int) -> tuple[Any, ...]:
        row = await self.connection.fetchrow(
            "select evaluability, not_evaluable_reason, evaluability_rule_set "
            "from connect.treatment where id = $1",
            treatment,
        )
        assert row is not None
        return tuple(row)

    async def used(self, treatment: int) -> list[int]:
        rows = await self.connection.fetch(
            "select response_assessment_id from connect.outcome_assessment where treatment_id = $1 "
            "order by 1",
            treatment,
        )
        return [row["response_assessment_id"] for row in rows]


@pytest.fixture
async def study(database: Database) -> AsyncIterator[Study]:
    connection = await asyncpg.connect(database.url)
    await load_vocabulary(connection)
    id_ = await connection.fetchval(
        "insert into connect.study (code) values ('TRIAL') returning id"
    )
    yield Study(connection, id_)
    await connection.close()
