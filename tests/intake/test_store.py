"""Records into the tables: every type, in any order, once, and nothing that does not fit."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

from db.ingest.report import Change, ImportRefused
from db.intake import record as r
from db.intake import reference as f
from db.intake.store import Problem
from db.intake.table import TABLES, Record
from tests.intake.conftest import STORED, Connection, Intake, changed, state
from tests.intake.person import COHORT, records, references


async def test_every_table_of_patient_data_has_a_record(connection: Connection) -> None:
    rows = await connection.fetch(
        "select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid "
        "where c.relnamespace = 'connect'::regnamespace and c.relkind = 'r' "
        "and a.attname = 'patient_id'"
    )
    derived = {"outcome_assessment", "concordance"}
    assert {row["relname"] for row in rows} - {"pseudonym"} - derived == set(STORED) - {
        "patient",
        *(each.name for each in TABLES if each.fixed),
    }


async def test_every_column_is_told(connection: Connection) -> None:
    """A new column of a record costs a line in the record: this says which one is missing."""
    kept = {"id", "key", "study_id", "import_batch_id", "synthetic", "week", "partner_id"}
    for table in TABLES:
        names = {*table.type._fields, *(f"{each}_id" for each in table.type._fields)}
        for name in (table.name, table.side):
            rows = (
                await connection.fetch(
                    "select attname from pg_attribute where attrelid = $1::text::regclass "
                    "and attnum > 0 and not attisdropped",
                    f"connect.{name}",
                )
                if name
                else []
            )
            missing = {row["attname"] for row in rows} - names - kept
            assert missing <= {"screening_id", f"{table.name}_id"}, (name, missing)


async def test_a_whole_patient_is_stored_twice_as_once(
    connection: Connection, intake: Intake
) -> None:
    incoming = [*references(), *records("P1"), *records("P2")]
    random.Random(7).shuffle(incoming)
    first = await intake(incoming)
    after = await state(connection)
    assert all(after.values()), [name for name, rows in after.items() if not rows]
    assert changed(first)
    random.Random(8).shuffle(incoming)
    second = await intake(incoming)
    assert changed(second) == []
    assert await state(connection) == after


async def test_only_what_differs_changes_and_ids_stay(
    connection: Connection, intake: Intake
) -> None:
    await intake([*references(), *records()])
    before = await connection.fetch("select id, key, ecog from connect.treatment")
    incoming: list[Record] = [
        each._replace(ecog=0) if isinstance(each, r.Treatment) else each for each in records()
    ]
    assert changed(await intake(incoming)) == [Change("treatment", 0, 1)]
    after = await connection.fetch("select id, key, ecog from connect.treatment")
    assert [(row["id"], row["key"]) for row in after] == [(row["id"], row["key"]) for row in before]
    assert after[0]["ecog"] == 0


async def test_what_is_not_told_stays(connection: Connection, intake: Intake) -> None:
    await intake([*references(), *records()])
    only = r.Treatment("P1", "T1", ecog=2)
    stored = await intake([only], told={r.Treatment: ["ecog"]})
    assert changed(stored) == [Change("treatment", 0, 1)]
    row = await connection.fetchrow(
        "select ecog, line, end_day, started_on, cohort_id is not null as cohort "
        "from connect.treatment t join connect.treatment_identity i on i.treatment_id = t.id"
    )
    assert row is not None
    assert (row["ecog"], row["line"], row["end_day"], row["cohort"]) == (2, 2, 180, True)
    assert row["started_on"] is not None


async def test_a_set_is_replaced(connection: Connection, intake: Intake) -> None:
    await intake([*references(), *records()])
    incoming = [
        each for each in records() if not (isinstance(each, r.GeneAssessed) and each.gene == "TP53")
    ]
    assert changed(await intake(incoming)) == [Change("gene_assessed", 0, 0, 2)]
    assert await connection.fetchval("select count(*) from connect.gene_assessed") == 4


@pytest.mark.parametrize(
    ("record", "rule", "field", "value"),
    [
        (r.Consent("P9", "RESEARCH", datetime(2022, 1, 1, tzinfo=UTC)),
         "REFERENCE_UNRESOLVED", "patient", "P9"),
        (r.Diagnosis("P1", "D2", "x", "NOTREE"), "CODE_UNKNOWN", "onco_tree_code", "NOTREE"),
        (r.Diagnosis("P1", "D2", "x", None, "56"), "VALUE_REFUSED", "icd10", "56"),
        (r.Treatment("P1", "T2", "NO-COHORT"), "CODE_UNKNOWN", "cohort", "NO-COHORT"),
        (r.TreatmentDrug("P1", "T1", "nonesuch"), "CODE_UNKNOWN", "drug", "nonesuch"),
        (r.Biomarker("P1", "P1-X", "V", "SIGNATURE", "TMB"), "REFERENCE_UNRESOLVED", "specimen",
         "P1-X"),
        (r.Biomarker("P1", "P1-T", "V", "FUSION", "x", None, "not a gene"), "CODE_UNKNOWN", "gene",
         "not a gene"),
        (r.Funding("P1", "T1", -1, "PUBLIC"), "VALUE_REFUSED", "from_day", "-1"),
        (r.Offer("P1", "O1", "DECLINED", None), "KEY_TWICE", "source_key", "O1"),
        (r.Specimen("P2", "P1-T", "FFPE"), "RECORD_MOVED", "source_key", "P1-T"),
        (f.Site("TST", "Another name", "VEST"), "REFERENCE_DIFFERS", "code", "TST"),
        (f.CohortDrug(COHORT, "testinib"), "REFERENCE_DIFFERS", "cohort", COHORT),
        (r.AdverseEvent("P1", "T1", "AE2", "x", grade=6), "VALUE_REFUSED", "grade", "6"),
    ],
)  # fmt: skip
async def test_one_that_does_not_fit_is_told_and_the_others_are_stored(
    connection: Connection, intake: Intake, record: Record, rule: str, field: str, value: str
) -> None:
    await intake([*references(), *records(), r.Patient("P2")])
    before = await state(connection)
    incoming = [*records(), record]
    if isinstance(record, f.CohortDrug):
        incoming = [*references(), *incoming]
    with pytest.raises(ImportRefused, match=rule):
        await intake(incoming)
    assert await state(connection) == before
    found: list[Problem] = []
    stored = await intake(incoming, problem=found.append)
    assert (found[-1].rule, found[-1].field, found[-1].value) == (rule, field, value)
    assert found[-1].remedy
    if not isinstance(record, f.CohortDrug):
        assert [each.place for each in found] == [len(incoming) - 1]
    assert changed(stored) == []
    assert await state(connection) == before


async def test_what_hangs_on_a_refused_record_is_refused_too(
    connection: Connection, intake: Intake
) -> None:
    incoming: list[Record] = [
        each._replace(cohort="NONE") if isinstance(each, r.Treatment) else each
        for each in records()
    ]
    found: list[Problem] = []
    await intake([*references(), *incoming], problem=found.append)
    assert {each.table for each in found} == {
        *("treatment", "treatment_drug", "treatment_biomarker", "treatment_funding", "outcome"),
        *("response_assessment", "adverse_event", "resistance_finding", "finding_biomarker"),
        *("response_component", "lesion", "lesion_measurement", "paired_evidence"),
    }
    assert await connection.fetchval("select count(*) from connect.treatment") == 0
    assert await connection.fetchval("select count(*) from connect.biomarker") == 2


async def test_a_gene_that_no_vocabulary_has_is_kept_and_reported(
    connection: Connection, intake: Intake
) -> None:
    incoming = [
        *references(),
        *records(),
        r.GeneAssessed("P1", "P1-T", "TSO", "NOTAGENE1"),
        r.GeneAssessed("P1", "P1-T", "TSO", "C11orf30"),
    ]
    stored = await intake(incoming)
    assert [(each.system, each.code, each.count) for each in stored.unmapped] == [
        ("HGNC", "NOTAGENE1", 1)
    ]


async def test_two_studies_may_use_the_same_keys(connection: Connection, intake: Intake) -> None:
    await intake([*references(), *records()])
    await intake(records(), study="OTHER")
    assert await connection.fetchval("select count(*) from connect.biomarker") == 4
