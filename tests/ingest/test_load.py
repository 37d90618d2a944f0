from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import asyncpg
import pytest

from db.ingest.cbioportal import import_cbioportal
from db.ingest.report import ImportRefused, Report
from tests.ingest import study
from tests.ingest.conftest import Importer, Records, nothing
from tests.world import ROOT, Database


def changes(report: Report) -> dict[str, tuple[int, int]]:
    return {
        each.entity: (each.inserted, each.updated)
        for each in report.changes
        if each.inserted or each.updated
    }


async def test_twice_is_once(puma: Path, records: Records, importing: Importer) -> None:
    first = await importing(puma)
    state = await records.all()
    second = await importing(puma)
    assert await records.all() == state
    assert first.changed
    assert not second.changed
    assert "none, everything was there already" in second.text()
    assert second.findings == first.findings
    assert len(state["import_batch"]) == 1


async def test_a_dry_run_tells_the_same_and_keeps_nothing(
    puma: Path, records: Records, importing: Importer
) -> None:
    dry = await importing(puma, dry_run=True)
    assert await records.empty()
    assert "dry run" in dry.text()
    assert dry.as_json()["dryRun"] is True
    wet = await importing(puma)
    assert changes(dry) == changes(wet)
    assert dry.findings == wet.findings


async def test_only_what_differs_is_changed(
    tmp_path: Path, records: Records, importing: Importer
) -> None:
    folder = study.write(tmp_path / "s")
    await importing(folder)
    before = await records.all()
    mutations = [list(row) for row in study.MUTATIONS]
    mutations[1][mutations[0].index("t_alt_count")] = "30"
    patients = [list(row) for row in study.PATIENTS]
    patients[2][patients[0].index("BOR")] = "SD"
    report = await importing(study.write(folder, patients=patients, mutations=mutations))
    after = await records.all()
    assert changes(report) == {"biomarker": (0, 1), "outcome": (0, 1)}
    assert len(after["import_batch"]) == 2
    for table in ("biomarker", "outcome", "patient", "specimen", "treatment"):
        assert len(after[table]) == len(before[table])
        assert {(row.get("id"), row["key"]) for row in after[table]} == {
            (row.get("id"), row["key"]) for row in before[table]
        }
    second = max(int(str(row["id"])) for row in after["import_batch"])
    touched = [row["label"] for row in after["biomarker"] if row["import_batch_id"] == second]
    assert touched == ["BRAF p.V600E"]


async def test_what_is_absent_now_is_kept_and_reported(
    tmp_path: Path, records: Records, importing: Importer
) -> None:
    folder = study.write(tmp_path / "s")
    await importing(folder)
    before = await records.all()
    report = await importing(
        study.write(
            folder,
            patients=study.PATIENTS[:2],
            samples=study.SAMPLES[:4],
            mutations=study.MUTATIONS[:3],
            copy_numbers=[row[:3] for row in study.COPY_NUMBERS],
        )
    )
    after = await records.all()
    assert {table: len(rows) for table, rows in after.items() if table != "import_batch"} == {
        table: len(rows) for table, rows in before.items() if table != "import_batch"
    }
    absent = {each.rule: each.value for each in report.findings if each.rule.endswith("ABSENT_NOW")}
    assert absent == {
        "PATIENT_ABSENT_NOW": "1: 2",
        "SPECIMEN_ABSENT_NOW": "2: P2_A, P2_B",
        "DIAGNOSIS_ABSENT_NOW": "1: 2 CHOL",
        "TREATMENT_ABSENT_NOW": "1: 2",
        "BIOMARKER_ABSENT_NOW": "2: P2_A CDKN2A loss, P2_A KRAS c.35G>T",
    }


async def test_rows_in_quarantine_are_kept_whole(
    tmp_path: Path, records: Records, importing: Importer
) -> None:
    mutations = [list(row) for row in study.MUTATIONS]
    mutations[1][mutations[0].index("Tumor_Sample_Barcode")] = "P9_Å"
    folder = study.write(tmp_path / "s", mutations=mutations)
    report = await importing(folder)
    assert (report.rows_read, report.rows_stored, report.rows_quarantined) == (13, 12, 1)
    found = await records.rows(
        "select q.file, q.row_number, q.column_name, q.rule, q.value, q.record ->> 'Hugo_Symbol', "
        "b.rows_quarantined from connect.quarantine q "
        "join connect.import_batch b on b.id = q.import_batch_id"
    )
    column = "Tumor_Sample_Barcode"
    assert found == [("data_mutations.txt", 2, column, "SAMPLE_UNKNOWN", "P9_Å", "BRAF", 1)]
    assert "Quarantined:" in report.text()
    await importing(folder)
    assert await records.value("select count(*) from connect.quarantine") == 1


async def test_a_wide_matrix_says_what_was_assessed(
    tmp_path: Path, records: Records, importing: Importer
) -> None:
    await importing(study.write(tmp_path / "s", mutations=None))
    found = await records.rows(
        "select i.source_key, g.gene, connect.gene_status(i.patient_id, g.gene) "
        "from connect.patient_identity i, unnest(array['ERBB2', 'MYC', 'KRAS']) g(gene) "
        "order by 1, 2"
    )
    assert found == [
        ("1", "ERBB2", "ALTERED"),
        ("1", "KRAS", "UNKNOWN"),
        ("1", "MYC", "ALTERED"),
        ("2", "ERBB2", "NOT_ALTERED"),
        ("2", "KRAS", "UNKNOWN"),
        ("2", "MYC", "UNKNOWN"),
    ]


async def test_unknown_codes_are_null_and_reported(
    tmp_path: Path, records: Records, importing: Importer
) -> None:
    samples = [list(row) for row in study.SAMPLES]
    samples[1][samples[0].index("ONCOTREE_CODE")] = "NOSUCH"
    mutations = [list(row) for row in study.MUTATIONS]
    mutations[1][0] = "LOC123"
    mutations[2][0] = "WHSC1"
    report = await importing(study.write(tmp_path / "s", samples=samples, mutations=mutations))
    assert [(each.system, each.code, each.count) for each in report.unmapped] == [
        ("HGNC", "LOC123", 1),
        ("OncoTree", "NOSUCH", 1),
    ]
    assert await records.rows(
        "select tumour_type, onco_tree_code from connect.diagnosis order by source_key"
    ) == [("CHOL", "CHOL"), ("GBC", "GBC"), ("NOSUCH", None)]
    labels = await records.rows(
        "select b.label, g.hgnc_id is null from connect.biomarker b "
        "join connect.gene g on g.id = b.gene_id where b.kind = 'SMALL_VARIANT' order by 1"
    )
    assert labels == [
        ("KRAS c.35G>T", False),
        ("LOC123 p.V600E", True),
        ("NSD2 p.V600E", False),
    ]


async def test_a_named_drug_and_cohort(
    tmp_path: Path, records: Records, importing: Importer
) -> None:
    await records.connection.execute(
        "insert into connect.cohort (code, tumour_type, stage, synthetic) "
        "values ('BTC-ERBB2', 'Biliary', 'STAGE_1', true)"
    )
    folder = study.write(tmp_path / "s")
    await importing(folder)
    report = await importing(folder, drug="Neratinib", cohort="BTC-ERBB2")
    assert changes(report) == {"treatment": (0, 2), "treatment_drug": (2, 0)}
    rules = {each.rule for each in report.findings}
    assert {"COHORT_SYNTHETIC", "DRUG_NOT_IN_COHORT"} <= rules
    query = (
        "select c.code, d.inn from connect.treatment t join connect.cohort c on c.id = t.cohort_id "
        "join connect.treatment_drug r on r.treatment_id = t.id "
        "join connect.drug d on d.id = r.drug_id"
    )
    assert await records.rows(query) == [("BTC-ERBB2", "neratinib")] * 2
    assert not (await importing(folder)).changed
    assert await records.rows(query) == [("BTC-ERBB2", "neratinib")] * 2


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("drug", "aspirin", "neratinib"),
        ("cohort", "NONE", "there are none yet"),
        ("study", "a b", "not a study code"),
        ("study", "", "not a study code"),
        ("study", "x" * 41, "not a study code"),
        ("study", "INVENTED", "synthetic"),
    ],
)
async def test_what_is_not_there_is_refused(
    tmp_path: Path, records: Records, importing: Importer, name: str, value: str, says: str
) -> None:
    await records.connection.execute(
        "insert into connect.study (code, synthetic) values ('INVENTED', true)"
    )
    with pytest.raises(ImportRefused, match=says):
        await importing(study.write(tmp_path / "s"), **{name: value})
    assert await records.value("select count(*) from connect.patient") == 0
    assert await records.value("select count(*) from connect.study") == 1


async def test_a_sample_does_not_move_to_another_patient(
    tmp_path: Path, importing: Importer
) -> None:
    folder = study.write(tmp_path / "s")
    await importing(folder)
    samples = [list(row) for row in study.SAMPLES]
    samples[1][1] = "2"
    with pytest.raises(ImportRefused, match="P1_A is patient 2's here, and was patient 1's"):
        await importing(study.write(folder, samples=samples))


async def test_two_studies_do_not_mix(
    tmp_path: Path, records: Records, importing: Importer
) -> None:
    folder = study.write(tmp_path / "s")
    await importing(folder, study="A")
    report = await importing(folder, study="B")
    assert changes(report)["patient"] == (2, 0)
    assert await records.value("select count(*) from connect.patient") == 4


async def test_two_imports_at_a_time_are_as_one(
    tmp_path: Path, database: Database, records: Records
) -> None:
    folder = study.write(tmp_path / "s")

    async def once() -> Report:
        connection = await asyncpg.connect(database.url)
        try:
            return await import_cbioportal(
                connection,
                folder,
                study="S",
                drug=None,
                cohort=None,
                dry_run=False,
                complete=nothing,
            )
        finally:
            await connection.close()

    reports = await asyncio.gather(*(once() for _ in range(4)))
    assert sorted(report.changed for report in reports) == [False, False, False, True]
    assert await records.value("select count(*) from connect.patient") == 2


async def test_the_completion_runs_as_the_loader_before_the_commit(
    tmp_path: Path, records: Records
) -> None:
    seen: list[object] = []

    async def complete(connection: asyncpg.Connection[asyncpg.Record]) -> None:
        seen.append(await connection.fetchval("select current_user"))
        seen.append(await connection.fetchval("select count(*) from connect.patient"))
        raise KeyError

    with pytest.raises(KeyError):
        await import_cbioportal(
            records.connection,
            study.write(tmp_path / "s"),
            study="S",
            drug=None,
            cohort=None,
            dry_run=False,
            complete=complete,
        )
    assert seen == ["connect_loader", 2]
    assert await records.empty()
    assert await records.value("select current_user = session_user")


async def test_a_killed_import_leaves_nothing(
    puma: Path, database: Database, records: Records
) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.ingest.stalled", database.url, str(puma)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert await asyncio.wait_for(process.stdout.readline(), 60) == b"25 patients inside\n"
    assert await records.empty()
    process.send_signal(signal.SIGKILL)
    await process.wait()
    assert process.returncode == -signal.SIGKILL
    # What the dead session held is free only when the server has rolled it back.
    await records.connection.execute("set lock_timeout = '30s'")
    await records.connection.execute(
        "select pg_advisory_lock(hashtextextended('PUMA', 0)); select pg_advisory_unlock_all()"
    )
    assert await records.empty()
