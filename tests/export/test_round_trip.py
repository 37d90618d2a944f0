"""A study out of one database and into another: invented, of cBioPortal, and of SDTM."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

import asyncpg
import pytest

from connect_graph import database as own
from connect_graph.issuer import DEMO_ISSUER
from connect_graph.settings import ROLES, Settings
from db.export.export import export
from db.expression import scoped_id
from db.form.load import import_csv
from db.ingest.cbioportal import import_cbioportal
from db.intake.table import TABLES
from db.pool import Pools
from db.sdtm.load import import_sdtm
from db.synthetic.catalogue import STUDY
from db.synthetic.demo import member, seed
from db.viewer import Caller, Role, viewers
from db.vocabulary.load import load_vocabulary
from tests.conftest import Clone
from tests.export.table import Rows, read, renamed, unsettled
from tests.form.conftest import nothing
from tests.world import Database, World

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
SCOPE = "CONNECT"
_PATIENTS = """
select y.public_id as now, i.source_key as before
from connect.pseudonym y join connect.scope s on s.id = y.scope_id and s.code = $1
join connect.patient_identity i using (patient_id)
"""
FILLED = {
    STUDY[0]: {"cohort", "treatment", "outcome", "resistance_finding", "adverse_event"},
    "PUMA": {"biomarker", "outcome", "resistance_finding", "paired_evidence"},
    "PHV": {"response_component", "lesion", "lesion_measurement", "outcome", "adverse_event"},
}
"""Forms that must have rows, so that the comparison is one."""


async def names(connection: Connection) -> dict[str, str]:
    """Find the id in the first export of every id in the second: its source key."""
    await connection.execute("select set_config('app.scope', $1, false)", SCOPE)
    found = {row["now"]: row["before"] for row in await connection.fetch(_PATIENTS, SCOPE)}
    for table in TABLES:
        if "source_key" not in table.type._fields or table.name == "patient":
            continue
        keyed = table.side if table.side in {"specimen_identity", "treatment_identity"} else None
        join = f"join connect.{keyed} k on k.{table.name}_id = t.id" if keyed else ""
        rows = await connection.fetch(
            f"select {scoped_id('t', 'y')} as now, "
            f"{'k' if keyed else 't'}.source_key as before from connect.{table.name} t {join} "
            "join connect.pseudonym y on y.patient_id = t.patient_id "
            "join connect.scope s on s.id = y.scope_id and s.code = $1",
            SCOPE,
        )
        found |= {row["now"]: row["before"] for row in rows}
    return found


def proposed(tables: dict[str, Rows]) -> dict[str, str]:
    """Name the findings that rules proposed by what they say: one of a mechanism each."""
    found = {
        row["finding"]: f"{row['mechanism']} of {row['treatment']}"
        for row in tables["resistance_finding.csv"]
        if row["rule_set"] and row["curated"] != "yes"
    }
    assert len(set(found.values())) == len(found)
    return found


async def establish(connection: Connection, settings: Settings) -> None:
    """Make the demonstration's members, and pseudonyms in their scopes."""
    await seed(connection, DEMO_ISSUER)
    async with connection.transaction():
        await own.pseudonyms(settings)(connection)


async def exported(database: Database, study: str, path: Path) -> dict[str, Rows]:
    """Export as the steward."""
    async with own.connected(database.url) as connection:
        caller = Caller(DEMO_ISSUER, *await member(connection, DEMO_ISSUER, "steward"))
    pools = await Pools.open({role: database.login(role) for role in ROLES}, size=1)
    try:
        (viewer,) = await viewers(pools.identity, caller)
        await export(pools.roles[Role.STEWARD], viewer, study, "csv", path, unsettled)
    finally:
        await pools.close()
    return read(path)


async def filled(database: Database, study: str, shared: Path, settings: Settings) -> None:
    """Import a real set."""
    async with own.connected(database.url) as connection:
        await load_vocabulary(connection)
        if study == "PUMA":
            path = shared / "data" / "puma_biliary"
            await import_cbioportal(
                connection,
                path,
                study=study,
                drug=None,
                cohort=None,
                dry_run=False,
                complete=nothing,
            )
        else:
            path = shared / "data" / "pharmaversesdtm"
            await import_sdtm(connection, path, study=study, dry_run=False, complete=nothing)
        await establish(connection, settings)


@pytest.mark.parametrize("study", FILLED)
async def test_out_in_and_out_again_is_the_same_study(
    world: World, clone: Clone, request: pytest.FixtureRequest, tmp_path: Path, study: str
) -> None:
    def demo(name: str) -> Settings:
        return Settings.load({"CONNECT_DEMO": "1", "CONNECT_DATA_DIR": str(tmp_path / name)})

    if study == STUDY[0]:
        first = await exported(world.database, study, tmp_path / "first")
    else:
        async with clone() as source:
            await filled(source, study, request.getfixturevalue("shared"), demo("own"))
            first = await exported(source, study, tmp_path / "first")
    assert all(first[f"{name}.csv"] for name in FILLED[study])
    async with clone() as copy:
        async with own.connected(copy.url) as connection:
            await load_vocabulary(connection)
            assert await connection.fetchval("select count(*) from connect.cohort") == 0
            report = await import_csv(
                connection, tmp_path / "first", study="COPY", dry_run=False, complete=nothing
            )
            assert report.findings == ()
            assert report.rows_read == sum(map(len, first.values()))
            await establish(connection, demo("other"))
            again = await names(connection)
            synthetic = await connection.fetch(
                "select distinct p.synthetic, s.synthetic as study "
                "from connect.patient p join connect.study s on s.id = p.study_id"
            )
            assert [tuple(row) for row in synthetic] == [(study == STUDY[0],) * 2]
        second = await exported(copy, "COPY", tmp_path / "second")
    ids = {row["patient"] for row in first["patient.csv"]}
    assert ids.isdisjoint(row["patient"] for row in second["patient.csv"])
    anew = proposed(second)
    after = renamed(second, {now: was for now, was in again.items() if now not in anew})
    before, after = renamed(first, proposed(first)), renamed(after, proposed(after))
    assert before.keys() == after.keys()
    for file, rows in before.items():
        assert after[file] == rows, file
