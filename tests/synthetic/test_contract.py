"""What follows the contract: terms, options in own cohorts, numbers that are published."""

from __future__ import annotations

import asyncpg
import pytest

from tests.synthetic.test_visibility import CASES, expected, read, session
from tests.world import Database

RECORDS = [case for case in CASES if case[0] != "authority"]


@pytest.mark.parametrize(("role", "scope"), CASES)
async def test_small_counts_are_told_where_they_are_published(
    world: Database, reader: asyncpg.Connection, role: str, scope: str
) -> None:
    connection = await session(world, role, scope)
    query = "select id from connect.cohort_contribution{} order by id"
    published = await reader.fetch(query.format(" where published"))
    everything = await reader.fetch(query.format(""))
    assert 0 < len(published) < len(everything)
    seen = await connection.fetch(query.format(""))
    assert seen == (everything if role == "steward" else published)
    assert await connection.fetchval("select count(*) from connect.data_release") == 1
    await connection.execute("select set_config('app.scope', '', false)")
    assert await connection.fetch(query.format("")) == []
    await connection.close()


@pytest.mark.parametrize(("role", "scope"), RECORDS)
async def test_options_are_those_of_the_scopes_cohorts(
    world: Database, reader: asyncpg.Connection, role: str, scope: str
) -> None:
    facts = await read(reader, scope)
    patients, _ = expected(facts, role)
    listed = {
        cohort
        for cohort, drugs in facts.regimen.items()
        if role in {"clinician", "steward"}
        or (role == "partner" and drugs & facts.drugs)
        or (
            role == "researcher"
            and (facts.project["all_cohorts"] or cohort in facts.project_cohorts)
        )
    }
    options = await reader.fetch("select id, patient_id, cohort_id from connect.therapeutic_option")
    should = {
        row["id"] for row in options if row["patient_id"] in patients and row["cohort_id"] in listed
    }
    connection = await session(world, role, scope)
    seen = await connection.fetch("select id from connect.therapeutic_option")
    assert {row["id"] for row in seen} == should
    drugs = await connection.fetch("select option_id from connect.therapeutic_option_drug")
    assert {row["option_id"] for row in drugs} == should
    if role == "partner" and should:
        assert should < {row["id"] for row in options if row["patient_id"] in patients}
    await connection.close()


@pytest.mark.parametrize(("role", "scope"), CASES)
async def test_terms_are_told_to_the_parties_and_the_data_office(
    world: Database, reader: asyncpg.Connection, role: str, scope: str
) -> None:
    connection = await session(world, role, scope)
    query = (
        "select s.code from connect.scope_term t join connect.scope s on s.id = t.scope_id{} "
        "order by s.code"
    )
    if role in {"authority", "clinician"}:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch("select scope_id from connect.scope_term")
    elif role == "steward":
        ids = await connection.fetch("select scope_id from connect.scope_term order by 1")
        assert ids == await reader.fetch("select scope_id from connect.scope_term order by 1")
        assert len(await connection.fetch("select id from connect.scope")) == 1
        await connection.execute("select set_config('app.scope', 'SITE-OUS', false)")
        assert await connection.fetch("select scope_id from connect.scope_term") == []
    else:
        assert [row["code"] for row in await connection.fetch(query.format(""))] == [scope]
    await connection.close()
