"""What the rules propose of the invented specimens, and what a person made of it."""

from __future__ import annotations

from collections import Counter

import asyncpg
import pytest

from db.derivation import derive_study
from db.resistance.case import RULE_SET
from tests.conftest import Clone
from tests.synthetic.conftest import furnish
from tests.world import PATIENTS, Database

DERIVED = ("resistance_finding", "finding_biomarker", "paired_evidence", "concordance")
PROGRESSED = """
select treatment_id from connect.response_assessment
where normalised_response = 'PD' and evaluator = 'INVESTIGATOR' group by treatment_id
"""
EVIDENCE = """
select e.*, b.kind = 'SMALL_VARIANT' as small, x.timepoint::text as first,
  y.timepoint::text as last,
  (select bool_and(exists (select from connect.molecular_profile m
      join connect.gene_assessed a on a.profile_id = m.id
      where m.specimen_id = s and a.gene_id = b.gene_id))
    from unnest(array[e.baseline_specimen_id, e.comparator_specimen_id]) s) as assessed
from connect.paired_evidence e join connect.biomarker b on b.id = e.biomarker_id
join connect.specimen x on x.id = e.baseline_specimen_id
join connect.specimen y on y.id = e.comparator_specimen_id
"""
RESPONDER = """
select exists (select from connect.paired_evidence e
  join connect.resistance_finding f on f.id = e.finding_id
  join connect.outcome o using (treatment_id) where o.best_overall_response in ('CR', 'PR'))
"""


async def test_every_progression_is_explained_or_said_not_to_be(
    reader: asyncpg.Connection,
) -> None:
    findings = await reader.fetch(
        "select treatment_id, mechanism::text, rule_set from connect.resistance_finding"
    )
    progressed = {row["treatment_id"] for row in await reader.fetch(PROGRESSED)}
    assert progressed == {row["treatment_id"] for row in findings}
    assert {row["rule_set"] for row in findings} == {RULE_SET}
    mechanisms = Counter(row["mechanism"] for row in findings)
    explained = mechanisms.total() - mechanisms["UNKNOWN_PROFILED"] - mechanisms["NOT_PROFILED"]
    assert mechanisms["UNKNOWN_PROFILED"] > 0
    assert mechanisms["NOT_PROFILED"] > 0
    assert explained > len(progressed) / 10
    assert len(mechanisms) > 4


async def test_evidence_is_honest_and_of_all_kinds(reader: asyncpg.Connection) -> None:
    evidence = await reader.fetch(EVIDENCE)
    for item in evidence:
        assert item["tested_in_both"] == item["assessed"]
        assert (item["first"], item["last"]) == ("BASELINE", "PROGRESSION")
        if item["change"] == "EMERGENT" and item["small"]:
            assert item["vaf_before"] == 0
        if item["change"] == "RISING":
            assert item["vaf_before"] < item["vaf_after"]
    assert {item["change"] for item in evidence} >= {"EMERGENT", "RISING", "PERSISTING", None}


async def test_a_person_judged_whole_treatments(reader: asyncpg.Connection) -> None:
    rows = await reader.fetch(
        "select status::text, curated, count(*) over (partition by treatment_id) = count(*) filter "
        "(where curated) over (partition by treatment_id) as whole, mechanism in "
        "('UNKNOWN_PROFILED', 'NOT_PROFILED') as open from connect.resistance_finding"
    )
    assert {row["status"] for row in rows} == {"SUSPECTED", "LIKELY", "CONFIRMED", "REFUTED"}
    for row in rows:
        assert row["curated"] == (row["status"] != "SUSPECTED")
        assert not row["curated"] or (row["whole"] and not row["open"])


async def test_deriving_again_changes_nothing(world: Database, reader: asyncpg.Connection) -> None:
    query = "select to_jsonb(t)::text from connect.{} t order by 1"
    before = {table: await reader.fetch(query.format(table)) for table in DERIVED}
    assert all(before.values())
    other = await asyncpg.connect(world.url)
    await derive_study(other, "SYNTHETIC")
    await other.close()
    assert {table: await reader.fetch(query.format(table)) for table in DERIVED} == before


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_few_patients_have_every_status_and_a_responder_with_evidence(
    clone: Clone, seed: int
) -> None:
    async with clone() as database:
        await furnish(database.url, PATIENTS, seed)
        connection = await asyncpg.connect(database.url)
        assert await connection.fetchval(RESPONDER)
        statuses = await connection.fetch("select distinct status from connect.resistance_finding")
        assert len(statuses) == 4
        await connection.close()
