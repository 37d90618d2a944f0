from __future__ import annotations

import hashlib

import asyncpg
import pytest

from db.derivation import derive_study
from db.outcome.derive import RULE_SET
from db.outcome.store import Counts
from db.pseudonym import FillRefused, fill, public_id
from db.synthetic.assumptions import CUT_OFF
from db.synthetic.load import SynthesisRefused, synthesize
from tests.conftest import Clone
from tests.synthetic.conftest import KEY, PATIENTS, complete, furnish
from tests.world import Database

# Rows without what PostgreSQL stamps or draws; a release says when it was frozen, and its digest
# seals it.
TABLES = """
select c.relname from pg_class c
where c.relnamespace = 'connect'::regnamespace and c.relkind = 'r'
  and c.relname not in ('data_release', 'release_manifest', 'viewer_version') order by c.relname
"""
ROWS = """
select coalesce(string_agg(r, E'\\n' order by r collate "C"), '') from (
  select (to_jsonb(t) - array['imported_at', 'valid_from']
    - case when '{0}' = 'membership' then 'key' else '' end)::text as r from connect.{0} t) rows
"""


async def digests(url: str) -> dict[str, str]:
    connection = await asyncpg.connect(url)
    try:
        tables = [row["relname"] for row in await connection.fetch(TABLES)]
        return {
            table: hashlib.sha256(
                (await connection.fetchval(ROWS.format(table))).encode()
            ).hexdigest()
            for table in tables
        }
    finally:
        await connection.close()


async def test_a_seed_gives_the_same_rows_in_two_databases(clone: Clone) -> None:
    async with clone() as one, clone() as other, clone() as third:
        assert await furnish(one.url, 120, 5) == await furnish(other.url, 120, 5)
        assert await digests(one.url) == await digests(other.url)
        await furnish(third.url, 120, 6)
        assert (await digests(third.url))["patient"] != (await digests(one.url))["patient"]


async def test_the_same_again_is_a_no_op_and_others_are_refused(database: Database) -> None:
    stored = await furnish(database.url, 60)
    before = await digests(database.url)
    assert await furnish(database.url, 60) == stored
    assert await digests(database.url) == before
    for patients, seed in ((61, 1), (60, 2)):
        with pytest.raises(SynthesisRefused, match="already has study SYNTHETIC, with 60 patients"):
            await furnish(database.url, patients, seed)
    assert await digests(database.url) == before


async def test_a_table_without_rows_is_counted(database: Database) -> None:
    counts = await furnish(database.url, 1)
    assert counts["patient"] == 1
    assert counts["treatment"] == counts["resistance_finding"] == 0


async def test_nothing_stays_when_completing_fails(database: Database) -> None:
    connection = await asyncpg.connect(database.url)

    async def fail(_: object) -> None:
        raise RuntimeError("no key")

    with pytest.raises(RuntimeError, match="no key"):
        await synthesize(connection, 30, 1, fail)
    assert await connection.fetchval("select count(*) from connect.patient") == 0
    assert await connection.fetchval("select count(*) from connect.study") == 0
    assert await connection.fetchval("select current_setting('role')") == "none"
    with pytest.raises(SynthesisRefused, match="at least one"):
        await synthesize(connection, 0, 1, complete)
    await connection.close()


async def test_counts_are_those_of_the_tables(world: Database, reader: asyncpg.Connection) -> None:
    for table, rows in (await furnish(world.url, PATIENTS)).items():
        assert await reader.fetchval(f"select count(*) from connect.{table}") == rows
        assert rows > 0


async def test_everything_says_that_it_is_synthetic(reader: asyncpg.Connection) -> None:
    for table in ("patient", "cohort", "study"):
        assert await reader.fetchval(f"select bool_and(synthetic) from connect.{table}")
    sources = await reader.fetch("select distinct source::text, rule_set from connect.outcome")
    assert [tuple(row) for row in sources] == [("DERIVED", RULE_SET)]


async def test_the_rules_derive_what_was_stored(
    world: Database, reader: asyncpg.Connection
) -> None:
    cut_off = await reader.fetchval("select data_cut_off from connect.study")
    assert cut_off == CUT_OFF
    treatments = await reader.fetchval("select count(*) from connect.treatment")
    other = await asyncpg.connect(world.url)
    assert (await derive_study(other, "SYNTHETIC")).outcomes == Counts(0, 0, 0, treatments)
    await other.close()


async def test_a_profile_that_passed_lists_its_genes_and_no_other_does(
    reader: asyncpg.Connection,
) -> None:
    wrong = await reader.fetchval(
        "select count(*) from connect.molecular_profile p where (p.qc_status = 'PASSED') <> "
        "exists (select from connect.gene_assessed a where a.profile_id = p.id) "
        "or not p.gene_list_complete"
    )
    assert wrong == 0
    untested = await reader.fetchval(
        "select count(*) from connect.biomarker b where b.gene_id is not null and not exists "
        "(select from connect.gene_assessed a where (a.profile_id, a.gene_id) = "
        "(b.profile_id, b.gene_id))"
    )
    assert untested == 0


async def test_treatments_have_the_drugs_of_their_cohort(reader: asyncpg.Connection) -> None:
    difference = await reader.fetch(
        "(select t.id, c.drug_id from connect.treatment t join connect.cohort_drug c using "
        "(cohort_id) except select treatment_id, drug_id from connect.treatment_drug) union all "
        "(select treatment_id, drug_id from connect.treatment_drug except select t.id, c.drug_id "
        "from connect.treatment t join connect.cohort_drug c using (cohort_id))"
    )
    assert difference == []


async def test_pseudonyms_are_of_every_fact_and_hashed_by_scope(
    reader: asyncpg.Connection,
) -> None:
    facts = await reader.fetch(
        "select f.during, y.during as stored, y.public_id, s.code, p.key from connect.scope_fact f "
        "join connect.scope s on s.id = f.scope_id join connect.patient p on p.id = f.patient_id "
        "left join connect.pseudonym y on (y.scope_id, y.patient_id) = (f.scope_id, f.patient_id)"
    )
    assert len(facts) == await reader.fetchval("select count(*) from connect.pseudonym")
    assert {row["code"] for row in facts} >= {"AGR-OLA-01", "AGR-DAB-01", "PRJ-CRC-01", "CONNECT"}
    for row in facts:
        assert row["stored"] == row["during"]
        assert row["public_id"] == public_id(KEY, row["code"], row["key"])
    assert len({row["public_id"] for row in facts}) == len(facts)


async def test_filling_again_adds_nothing_and_gives_the_role_back(
    reader: asyncpg.Connection,
) -> None:
    with pytest.raises(FillRefused, match="inside a transaction"):
        await fill(reader, KEY)
    async with reader.transaction():
        assert await fill(reader, KEY) == 0
        assert await fill(reader, KEY) == 0
        assert await reader.fetchval("select current_setting('role')") == "none"
        await reader.execute("set local role connect_loader")
        assert await fill(reader, KEY) == 0
        assert await reader.fetchval("select current_setting('role')") == "connect_loader"


async def test_filling_adds_what_is_missing(loader: asyncpg.Connection) -> None:
    await loader.execute("create temporary table before as select * from connect.pseudonym")
    gone = await loader.execute("delete from connect.pseudonym where patient_id % 3 = 0")
    assert await fill(loader, KEY) == int(gone.split()[1])
    changed = "select * from {} except select * from {}"
    assert await loader.fetch(changed.format("before", "connect.pseudonym")) == []
    assert await loader.fetch(changed.format("connect.pseudonym", "before")) == []
