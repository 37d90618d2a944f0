"""The rules over a study in a real database: stored once, kept up, never over a person's word."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import asyncpg
import pytest

from db.resistance.store import propose_findings
from db.vocabulary.load import load_vocabulary
from tests.world import Database

Connection = asyncpg.Connection
TABLES = ("resistance_finding", "finding_biomarker", "paired_evidence", "concordance")

# A patient on dabrafenib from 1 March 2024 with a response, progression on day 200, tissue and
# plasma before, tissue after; NRAS Q61K is new. $1 tells the patients apart.
PATIENT = """
with p as (
  insert into connect.patient (study_id) select id from connect.study where code = 'S' returning id
), t as (
  insert into connect.treatment (patient_id) select id from p returning id, patient_id
), i as (
  insert into connect.treatment_identity (treatment_id, patient_id, source_key, started_on)
  select id, patient_id, $1::text, date '2024-03-01' from t
), d as (
  insert into connect.treatment_drug (treatment_id, drug_id, patient_id)
  select t.id, d.id, t.patient_id from t, connect.drug d where d.inn = 'dabrafenib'
), a as (
  insert into connect.response_assessment
    (patient_id, treatment_id, day, criteria, normalised_response, source_key)
  select t.patient_id, t.id, r.day, 'RECIST_1_1', r.seen::connect.response, r.day::text
  from t, (values (56, 'PR'), (112, 'SD'), (200, 'PD'), (220, 'PD')) r (day, seen)
), s as (
  insert into connect.specimen (patient_id, kind, day)
  select t.patient_id, k.kind::connect.specimen_kind, k.day
  from t, (values ('FFPE', -10), ('CTDNA', -2), ('FFPE', 207)) k (kind, day)
  returning id, patient_id, kind, day
), m as (
  insert into connect.molecular_profile
    (patient_id, specimen_id, assay, qc_status, gene_list_complete, source_key)
  select patient_id, id, 'panel', 'PASSED', true, '1' from s returning id, patient_id, specimen_id
), g as (
  insert into connect.gene_assessed (profile_id, gene_id, patient_id)
  select m.id, g.id, m.patient_id from m, connect.gene g
  where g.symbol in ('BRAF', 'NRAS', 'TP53')
), b as (
  insert into connect.biomarker
    (patient_id, specimen_id, profile_id, kind, gene_id, label, hgvsp, vaf, depth, source_key)
  select s.patient_id, s.id, m.id, 'SMALL_VARIANT', g.id, g.symbol || ' ' || v.change, v.change,
    v.vaf, 800, v.change
  from (values ('FFPE', -10, 'BRAF', 'p.V600E', 0.4), ('CTDNA', -2, 'BRAF', 'p.V600E', 0.04),
    ('CTDNA', -2, 'TP53', 'p.R175H', 0.02), ('FFPE', 207, 'BRAF', 'p.V600E', 0.45),
    ('FFPE', 207, 'NRAS', 'p.Q61K', 0.3)) v (kind, day, gene, change, vaf)
  join s on s.kind::text = v.kind and s.day = v.day
  join m on m.specimen_id = s.id
  join connect.gene g on g.symbol = v.gene
)
select id from t
"""


@pytest.fixture
async def connection(database: Database) -> AsyncIterator[Connection]:
    found = await asyncpg.connect(database.url)
    await load_vocabulary(found)
    await found.execute("insert into connect.study (code) values ('S')")
    yield found
    await found.close()


async def derive(connection: Connection) -> dict[str, int]:
    async with connection.transaction():
        await connection.execute("set local role connect_loader")
        study = await connection.fetchval("select id from connect.study where code = 'S'")
        assert study is not None
        return await propose_findings(connection, study)


async def state(connection: Connection) -> dict[str, list[object]]:
    """Give every row of what is derived, ids and keys included."""
    return {
        table: [
            json.loads(row[0])
            for row in await connection.fetch(
                f"select to_jsonb(t) from connect.{table} t order by 1"
            )
        ]
        for table in TABLES
    }


async def findings(connection: Connection) -> list[tuple[object, ...]]:
    rows = await connection.fetch(
        "select mechanism::text, kind::text, status::text, basis::text, day_after_progression"
        " from connect.resistance_finding order by 1"
    )
    return [tuple(row) for row in rows]


async def test_a_study_without_patients(connection: Connection) -> None:
    assert await derive(connection) == {"undecided": 0, "judged": 0, "concordance": 0}


async def test_what_follows_is_stored_once(connection: Connection) -> None:
    await connection.fetchval(PATIENT, "1")
    counts = await derive(connection)
    assert counts == {"BYPASS_MAPK": 1, "undecided": 0, "judged": 0, "concordance": 1}
    assert await findings(connection) == [
        ("BYPASS_MAPK", "ACQUIRED", "SUSPECTED", "SAME_MATERIAL", 7)
    ]
    evidence = await connection.fetch(
        "select b.label, e.change::text, f.change::text as named, e.vaf_before, e.vaf_after,"
        " x.day, y.day as later, e.tested_in_both from connect.paired_evidence e"
        " join connect.biomarker b on b.id = e.biomarker_id"
        " join connect.finding_biomarker f using (finding_id, biomarker_id)"
        " join connect.specimen x on x.id = e.baseline_specimen_id"
        " join connect.specimen y on y.id = e.comparator_specimen_id order by 1"
    )
    assert [tuple(row) for row in evidence] == [
        ("BRAF p.V600E", "PERSISTING", "PERSISTING", 0.4, 0.45, -10, 207, True),
        ("NRAS p.Q61K", "EMERGENT", "EMERGENT", 0.0, 0.3, -10, 207, True),
    ]
    beside = await connection.fetchrow(
        "select days_apart, genes_assessed_in_both, altered_in_both, altered_in_tissue_only,"
        " altered_in_plasma_only from connect.concordance"
    )
    assert beside is not None
    assert tuple(beside) == (8, 3, ["BRAF"], [], ["TP53"])
    once = await state(connection)
    assert await derive(connection) == counts
    assert await state(connection) == once


async def test_a_curated_finding_is_never_overwritten(connection: Connection) -> None:
    await connection.fetchval(PATIENT, "1")
    await derive(connection)
    await connection.execute(
        "update connect.resistance_finding set curated = true, status = 'CONFIRMED'"
    )
    judged = await state(connection)
    await connection.execute("update connect.biomarker set vaf = 0.9 where hgvsp = 'p.Q61K'")
    assert (await derive(connection))["judged"] == 1
    assert await state(connection) == judged


@pytest.mark.parametrize("curated", [True, False])
async def test_a_finding_of_somebody_else_takes_the_place_of_proposals(
    connection: Connection, *, curated: bool
) -> None:
    treatment = await connection.fetchval(PATIENT, "1")
    await derive(connection)
    await connection.execute(
        "insert into connect.resistance_finding (patient_id, treatment_id, kind, mechanism, status,"
        " curated, source_key) select patient_id, id, 'ACQUIRED', 'PHARMACOLOGICAL', 'LIKELY', $2,"
        " 'board' from connect.treatment where id = $1",
        treatment,
        curated,
    )
    assert (await derive(connection))["judged"] == 1
    assert await findings(connection) == [("PHARMACOLOGICAL", "ACQUIRED", "LIKELY", None, None)]


async def test_what_no_longer_follows_goes(connection: Connection) -> None:
    await connection.fetchval(PATIENT, "1")
    await derive(connection)
    await connection.execute("delete from connect.finding_biomarker")
    await connection.execute("delete from connect.paired_evidence")
    await connection.execute("delete from connect.biomarker where hgvsp = 'p.Q61K'")
    await derive(connection)
    assert [row[0] for row in await findings(connection)] == ["UNKNOWN_PROFILED"]
    await connection.execute(
        "update connect.response_assessment set normalised_response = 'NE'"
        " where normalised_response = 'PD'"
    )
    await connection.execute("update connect.specimen set day = -60 where day = -10")
    assert await derive(connection) == {"undecided": 0, "judged": 0, "concordance": 0}
    assert not any((await state(connection)).values())


@pytest.mark.parametrize(
    "without",
    [
        "update connect.molecular_profile set qc_status = 'FAILED' where specimen_id = $1",
        "update connect.biomarker set kind = 'PROTEIN_EXPRESSION', hgvsp = null, vaf = null,"
        " depth = null where specimen_id = $1",
    ],
)
async def test_a_profile_without_a_result_assessed_nothing(
    connection: Connection, without: str
) -> None:
    await connection.fetchval(PATIENT, "1")
    later = await connection.fetchval("select id from connect.specimen where day = 207")
    await connection.execute(without, later)
    await derive(connection)
    assert await findings(connection) == [
        ("NOT_PROFILED", "ACQUIRED", "SUSPECTED", "NO_SECOND_SPECIMEN", None)
    ]


async def test_the_next_treatment_has_days_of_its_own(connection: Connection) -> None:
    """By dates, the tissue of day 207 is from before the second treatment, whatever its day."""
    treatment = await connection.fetchval(PATIENT, "1")
    await connection.execute(
        "insert into connect.specimen_identity (specimen_id, patient_id, study_id, source_key,"
        " collected_on) select s.id, s.patient_id, p.study_id, s.id::text,"
        " date '2024-03-01' + s.day from connect.specimen s join connect.patient p"
        " on p.id = s.patient_id"
    )
    second = await connection.fetchval(
        "with t as (insert into connect.treatment (patient_id, end_day, end_reason) select"
        " patient_id, 50, 'PROGRESSION' from connect.treatment where id = $1"
        " returning id, patient_id), i as (insert into connect.treatment_identity (treatment_id,"
        " patient_id, source_key, started_on) select id, patient_id, '2', date '2024-10-01' from t)"
        " select id from t",
        treatment,
    )
    counts = await derive(connection)
    assert (counts["BYPASS_MAPK"], counts["NOT_PROFILED"]) == (1, 1)
    kind = "select kind::text from connect.resistance_finding where treatment_id = $1"
    assert await connection.fetchval(kind, second) == "PRIMARY"
    await connection.execute("update connect.specimen_identity set collected_on = null")
    counts = await derive(connection)  # days without dates are nobody's where there are several
    assert counts["undecided"] == 2
    assert await findings(connection) == []


async def test_the_database_refuses_a_proposal_that_is_more_than_suspected(
    connection: Connection,
) -> None:
    await connection.fetchval(PATIENT, "1")
    await derive(connection)
    for change in ("status = 'CONFIRMED'", "status = 'LIKELY'", "basis = null"):
        with pytest.raises(asyncpg.CheckViolationError):
            await connection.execute(f"update connect.resistance_finding set {change}")
    with pytest.raises(asyncpg.CheckViolationError):
        await connection.execute("update connect.paired_evidence set tested_in_both = false")


async def test_the_statements_do_not_grow_with_the_patients(connection: Connection) -> None:
    counted = []
    for patients in (1, 1, 9):  # once more at first: the driver asks for the types that it meets
        have = await connection.fetchval("select count(*) from connect.patient")
        for number in range(have, patients):
            await connection.fetchval(PATIENT, str(number))
        seen: list[str] = []
        with connection.query_logger(lambda record, seen=seen: seen.append(record.query)):
            assert (await derive(connection))["BYPASS_MAPK"] == patients
        counted.append(len(seen))
    assert counted[1] == counted[2] <= 12
