"""The known truth of a published study, and what its files have wrong with them."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from db.ingest.cbioportal import import_cbioportal, read
from db.ingest.report import Finding, Report
from db.vocabulary.load import load_vocabulary
from tests.conftest import Clone
from tests.ingest.conftest import Records, nothing


@pytest.fixture(scope="module")
async def imported(clone: Clone, puma: Path) -> AsyncIterator[tuple[Records, Report]]:
    """Import once for the tests that only look."""
    async with clone() as database:
        connection = await asyncpg.connect(database.url)
        await load_vocabulary(connection)
        report = await import_cbioportal(
            connection,
            puma,
            study="PUMA",
            drug=None,
            cohort=None,
            dry_run=False,
            complete=nothing,
        )
        yield Records(connection), report
        await connection.close()


@pytest.fixture
def truth(imported: tuple[Records, Report]) -> Records:
    return imported[0]


@pytest.fixture
def report(imported: tuple[Records, Report]) -> Report:
    return imported[1]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("select count(*) from connect.patient where not synthetic", 25),
        ("select count(*) from connect.treatment where cohort_id is null", 25),
        ("select count(*) from connect.treatment_drug", 0),
        ("select count(*) from connect.outcome where source = 'REPORTED'", 25),
        ("select count(*) from connect.specimen", 54),
        ("select count(*) from connect.specimen where timepoint = 'UNKNOWN'", 54),
        ("select count(*) from connect.specimen where kind = 'CTDNA'", 21),
        ("select count(*) from connect.specimen where kind = 'NORMAL_BLOOD'", 20),
        ("select count(*) from connect.specimen where kind = 'FFPE'", 13),
        ("select count(*) from connect.biomarker where kind = 'SMALL_VARIANT'", 190),
        (
            "select count(distinct specimen_id) from connect.biomarker "
            "where kind = 'SMALL_VARIANT'",
            32,
        ),
        ("select count(*) from connect.biomarker where kind = 'COPY_NUMBER'", 204),
        ("select count(*) from connect.biomarker where copy_number_type = 'AMPLIFICATION'", 71),
        ("select count(*) from connect.biomarker where copy_number_type = 'DEEP_DELETION'", 133),
        ("select count(*) from connect.outcome where overall_survival_days > 0", 25),
        ("select count(*) from connect.outcome where overall_survival_event = 'UNKNOWN'", 25),
        ("select count(*) from connect.molecular_profile where not gene_list_complete", 34),
        (
            "select count(*) from connect.molecular_profile p join connect.specimen s "
            "on s.id = p.specimen_id where s.kind = 'NORMAL_BLOOD'",
            0,
        ),
        (
            "select count(*) from connect.specimen where kind = 'NORMAL_BLOOD' "
            "and diagnosis_id is not null",
            0,
        ),
        ("select count(*) from connect.biomarker where hgvsp is null", 0),
        ("select count(*) from connect.biomarker where hgvsp not like 'p.%'", 0),
        ("select count(*) from connect.diagnosis where onco_tree_code is null", 0),
        ("select count(*) from connect.patient where age_band is not null", 0),
        ("select count(*) from connect.consent", 0),
        ("select count(*) from connect.quarantine", 0),
    ],
)
async def test_known_figures(truth: Records, query: str, expected: int) -> None:
    if "hgvsp" in query:
        query += " and kind = 'SMALL_VARIANT'"
    assert await truth.value(query) == expected


async def test_best_overall_responses(truth: Records) -> None:
    found = await truth.rows(
        "select best_overall_response::text, count(*) from connect.outcome group by 1"
    )
    assert set(found) == {("PR", 4), ("SD", 8), ("PD", 7), ("NE", 6)}


async def test_one_treatment_for_each_patient(truth: Records) -> None:
    assert await truth.value("select count(distinct patient_id) from connect.treatment") == 25


async def test_survival_days_are_months_of_the_mean_length(truth: Records) -> None:
    found = await truth.value(
        "select o.overall_survival_days from connect.outcome o "
        "join connect.patient_identity i using (patient_id) where i.source_key = '15'"
    )
    assert found == round(11.73 * 30.4375)


async def test_a_status_of_few_is_kept_as_vital_status(truth: Records) -> None:
    found = await truth.rows("select vital_status::text, count(*) from connect.patient group by 1")
    assert set(found) == {("DEAD", 3), ("ALIVE", 1), (None, 21)}


async def test_the_variant_rises_over_the_serial_plasma(truth: Records) -> None:
    found = await truth.rows(
        "select s.ordinal, round(b.vaf::numeric, 3)::float8, b.depth from connect.biomarker b "
        "join connect.specimen s on s.id = b.specimen_id "
        "join connect.patient_identity i on i.patient_id = b.patient_id "
        "where i.source_key = '21' and b.label = 'ERBB2 p.V777L' and s.kind = 'CTDNA' "
        "order by s.ordinal"
    )
    assert found == [
        (1, 0.006, 1974),
        (2, 0.001, 745),
        (3, 0.003, 2026),
        (4, 0.015, 850),
        (5, 0.186, 2389),
    ]


async def test_series_are_ordered_within_their_kind(truth: Records) -> None:
    found = await truth.rows(
        "select i.source_key, s.kind::text, s.ordinal from connect.specimen s "
        "join connect.specimen_identity i on i.specimen_id = s.id "
        "where i.source_key like 'P15%' order by 1"
    )
    assert found == [
        ("P15_A", "FFPE", 1),
        ("P15_B", "FFPE", 2),
        ("P15_C", "CTDNA", 1),
        ("P15_D", "CTDNA", 2),
        ("P15_E", "CTDNA", 3),
        ("P15_F", "CTDNA", 4),
        ("P15_N", "NORMAL_BLOOD", None),
    ]


async def test_the_shifted_columns_are_read_as_they_are_meant(truth: Records) -> None:
    found = await truth.rows(
        "select consequence, reference_allele, alternate_allele, chromosome, position, hgvsc "
        "from connect.biomarker where label = 'TP53 p.E343Gfs*2' limit 1"
    )
    assert found == [("Frame_Shift_Del", "T", "-", "17", 7573999, "c.1028delA")]


async def test_labels(truth: Records) -> None:
    for label in ("MET amplification", "BRCA1 deep deletion", "H3C1 amplification"):
        assert await truth.value("select count(*) from connect.biomarker where label = $1", label)


async def test_every_gene_is_in_the_vocabulary(truth: Records, report: Report) -> None:
    assert await truth.value("select count(*) from connect.gene where hgnc_id is null") == 0
    assert report.unmapped == ()


async def test_a_gene_that_was_not_called_is_never_unaltered(truth: Records) -> None:
    found = await truth.rows(
        "select distinct connect.gene_status(p.id, 'ERBB2') from connect.patient p order by 1"
    )
    assert found == [("ALTERED",), ("UNKNOWN",)]
    assert (
        await truth.value(
            "select count(*) from connect.gene_assessed a where not exists (select from "
            "connect.biomarker b where (b.profile_id, b.gene_id) = (a.profile_id, a.gene_id))"
        )
        == 0
    )


async def test_provenance(truth: Records, report: Report, puma: Path) -> None:
    content = b"".join(path.read_bytes() for path in sorted(puma.glob("data_*")))
    found = await truth.rows(
        "select s.code, s.synthetic, b.format, b.digest, b.rows_read, b.rows_stored, "
        "b.rows_quarantined from connect.import_batch b join connect.study s on s.id = b.study_id"
    )
    digest = hashlib.sha256(content).hexdigest()
    assert found == [("PUMA", False, "cbioportal", digest, 473, 473, 0)]
    stored = "select jsonb_array_length(report -> 'findings') from connect.import_batch"
    assert await truth.value(stored) == len(report.findings)
    for table in ("patient", "diagnosis", "specimen", "molecular_profile", "biomarker"):
        query = f"select count(*) from connect.{table} where import_batch_id is null"
        assert await truth.value(query) == 0


PATIENT, SAMPLE = "data_clinical_patient.txt", "data_clinical_sample.txt"
MAF, CNA = "data_mutations_extended.txt", "data_CNA.tsv"


@pytest.mark.parametrize(
    ("file", "rule", "row", "column", "says"),
    [
        (MAF, "ALLELE_COUNTS_SWAPPED", None, "t_ref_count", "94 of 104"),
        (MAF, "HEADER_SHIFTED", 1, "Consequence", "Consequence to dbSNP_Val_Status"),
        (MAF, "STRAND_MISSING", 85, "Strand", "107 of 190"),
        (MAF, "HGVSC_MISSING", 85, "HGVSc", "107 of 190"),
        (MAF, "HGVSP_WITHOUT_PREFIX", 85, "HGVSp_Short", "107 of 190"),
        (MAF, "ENTREZ_ZERO", 2, "Entrez_Gene_Id", "190 of 190"),
        (MAF, "CHROMOSOME_NUMBER", 131, "Chromosome", "4 of 190"),
        (PATIENT, "SURVIVAL_STATUS_PARTIAL", None, "OS_STATUS", "4 of 25"),
        (PATIENT, "SURVIVAL_ORIGIN", None, "OS_MONTHS", "since initial diagnosis"),
        (PATIENT, "METADATA_CORRUPTED", 1, None, "IdentiFemaleier"),
        (PATIENT, "METADATA_CORRUPTED", 2, None, "speciFemaley"),
        (PATIENT, "COLUMN_NAME", 5, "Best Overall Response (BOR)", "Best Overall"),
        (PATIENT, "TRAILING_EMPTY_COLUMN", None, None, "one"),
        (PATIENT, "NO_FINAL_NEWLINE", 30, None, None),
        (PATIENT, "AGE_NOT_AT_ENROLMENT", None, "AGE_CURRENT", "4 of 25"),
        (SAMPLE, "TRAILING_EMPTY_COLUMN", None, None, "2"),
        (SAMPLE, "ORDER_FROM_SUFFIX", None, None, "4 series"),
        (SAMPLE, "PATIENT_WITHOUT_SAMPLE", None, None, "4, 5"),
        (SAMPLE, "PANEL_GENES_UNKNOWN", None, None, "MSK-ACCESS_v1"),
        (SAMPLE, "PANEL_ON_TWO_MATERIALS", None, "GENE_PANEL", "3 CTDNA, 7 FFPE"),
        (CNA, "PANEL_SPELLING", 205, "Gene panel", "MSK_ACCESS_V1 and MSK-ACCESS_v1"),
        (CNA, "PANEL_DISAGREES", None, "Gene panel", "P14_A (21 rows), P19_A (1 rows)"),
        ("vocabulary", "GENE_SYMBOL_FORMER", None, None, "HIST1H3A → H3C1"),
    ],
)
def test_every_trap_is_noticed(
    report: Report, file: str, rule: str, row: int | None, column: str | None, says: str | None
) -> None:
    found = [
        each
        for each in report.findings
        if (each.file, each.rule, each.row, each.column) == (file, rule, row, column)
    ]
    assert len(found) == 1
    assert says is None or says in (found[0].value or "")
    assert found[0].remedy
    assert found[0].text() in report.text()


def test_reading_is_pure(puma: Path) -> None:
    assert read(puma, study="PUMA") == read(puma, study="PUMA")


def test_findings_are_json(report: Report) -> None:
    found = report.as_json()
    assert found["rowsRead"] == 473
    assert {tuple(each) for each in found["findings"]} == {tuple(Finding.__dataclass_fields__)}
