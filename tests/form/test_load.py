"""Folders of forms into the database: what people write, and what goes wrong with it."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from db.form.catalogue import FORMS, RECORDS
from db.form.folder import FolderRefused
from db.form.template import write_templates
from db.ingest.report import ImportRefused, Severity
from tests.form.conftest import Connection, Importer, state
from tests.form.folder import Edit, add, examples, put, without, write
from tests.world import ROOT, Database, environment


async def test_the_examples_of_the_dictionary_are_a_study(
    tmp_path: Path, connection: Connection, importing: Importer
) -> None:
    report = await importing(write(tmp_path / "s"))
    assert [each.text() for each in report.findings] == []
    assert report.rows_stored == len(FORMS)
    after = await state(connection)
    assert all(after.values()), [name for name, rows in after.items() if not rows]
    again = await importing(tmp_path / "s")
    assert not again.changed
    assert await state(connection) == after
    assert await connection.fetchval("select count(*) from connect.import_batch") == 1


async def test_what_rules_derive_is_no_change(
    tmp_path: Path, connection: Connection, importing: Importer
) -> None:
    folder = write(
        tmp_path / "s",
        {"outcome.csv": list.clear, "treatment.csv": put("evaluability", "")},
    )
    first = await importing(folder)
    derived = await connection.fetchrow(
        "select source::text, rule_set, t.evaluability_rule_set from connect.outcome "
        "join connect.treatment t on t.id = treatment_id"
    )
    assert derived is not None
    assert derived["source"] == "DERIVED"
    assert derived["rule_set"] == derived["evaluability_rule_set"] != ""
    assert first.changed
    assert not (await importing(folder)).changed


@pytest.mark.parametrize(("curated", "kept"), [("no", 0), ("yes", 1)])
async def test_a_proposed_finding_is_read_where_a_person_judged_it(
    tmp_path: Path, connection: Connection, importing: Importer, curated: str, kept: int
) -> None:
    def propose(rows: list[dict[str, str]]) -> None:
        rows[0] |= {"rule_set": "older-rules", "basis": "UNPAIRED", "curated": curated}

    report = await importing(write(tmp_path / "s", {"resistance_finding.csv": propose}))
    assert report.findings == ()
    for table in ("resistance_finding", "finding_biomarker", "paired_evidence"):
        where = " where rule_set = 'older-rules'" if table == "resistance_finding" else ""
        assert await connection.fetchval(f"select count(*) from connect.{table}{where}") == kept


async def test_a_dry_run_tells_the_same_and_keeps_nothing(
    tmp_path: Path, connection: Connection, importing: Importer
) -> None:
    write(tmp_path / "s", {"treatment.csv": add(treatment="2", ecog="9")})
    before = await state(connection)
    dry = await importing(tmp_path / "s", dry_run=True)
    assert await state(connection) == before
    wet = await importing(tmp_path / "s")
    assert (dry.findings, dry.changes, dry.files) == (wet.findings, wet.changes, wet.files)


@pytest.mark.parametrize(
    ("file", "edit", "rule", "column", "value"),
    [
        ("treatment.csv", add(treatment="2", ecog="9"), "VALUE_REFUSED", "ecog", "9"),
        ("treatment.csv", add(treatment="2", ecog="good"), "NUMBER_UNREADABLE", "ecog", "good"),
        ("treatment.csv", add(treatment="2", cohort="X"), "CODE_UNKNOWN", "cohort", "X"),
        ("treatment.csv", add(treatment="2", drugs="olaparib;X"), "CODE_UNKNOWN", "drugs", "X"),
        ("treatment.csv", add(patient="P-9"), "REFERENCE_UNRESOLVED", "patient", "P-9"),
        ("treatment.csv", add(patient=""), "VALUE_MISSING", "patient", ""),
        ("treatment.csv", add(ecog="0"), "KEY_TWICE", "treatment", "1"),
        ("treatment.csv", add(treatment="2", end_reason="BORED"), "WORD_UNKNOWN", "end_reason",
         "BORED"),
        ("profile.csv", add(profile="2", gene_list="X"), "REFERENCE_UNRESOLVED", "gene_list", "X"),
        ("consent.csv", add(given_at="2022-02-nk"), "DATE_UNREADABLE", "given_at", "2022-02-nk"),
        ("biomarker.csv", add(biomarker="V2", vaf="12"), "VALUE_REFUSED", "vaf", "12"),
        ("biomarker.csv", add(biomarker="V2", specimen="X"), "REFERENCE_UNRESOLVED", "specimen",
         "X"),
    ],
)  # fmt: skip
async def test_a_row_that_cannot_be_taken_is_set_aside_whole(
    tmp_path: Path,
    connection: Connection,
    importing: Importer,
    file: str,
    edit: Edit,
    rule: str,
    column: str,
    value: str,
) -> None:
    await importing(write(tmp_path / "s"))
    before = await state(connection)
    report = await importing(write(tmp_path / "s", {file: edit}))
    (finding,) = report.findings
    assert (finding.file, finding.row, finding.column) == (file, 3, column)
    assert (finding.rule, finding.value, finding.severity) == (rule, value, Severity.QUARANTINED)
    assert finding.remedy
    assert report.rows_quarantined == 1
    assert await state(connection) == before
    kept = await connection.fetchrow(
        "select file, row_number, rule, record from connect.quarantine"
    )
    assert kept is not None
    assert (kept["file"], kept["row_number"], kept["rule"]) == (file, 3, rule)
    rows = examples()[file]
    edit(rows)
    assert all(f'"{name}"' in kept["record"] for name in rows[1])


@pytest.mark.parametrize(
    ("edits", "problem"),
    [
        ({"treatment.csv": without("treatment")}, "treatment.csv, line 1: .*no column treatment"),
        ({"patient.csv": put("synthetic", "yes")}, "patient.csv, line 2, column synthetic"),
        ({"study.csv": add()}, "study.csv: there are 2 rows"),
        ({"gene_list.csv": put("genes", "BRAF;no gene")}, "gene_list.csv, line 2: no gene"),
    ],
)
async def test_what_is_wrong_with_a_whole_file_refuses_the_folder(
    tmp_path: Path,
    connection: Connection,
    importing: Importer,
    edits: dict[str, Edit],
    problem: str,
) -> None:
    before = await state(connection)
    with pytest.raises(ImportRefused, match=problem):
        await importing(write(tmp_path / "s", edits))
    assert await state(connection) == before


async def test_what_is_not_read_is_told(tmp_path: Path, importing: Importer) -> None:
    folder = write(tmp_path / "s", {"patient.csv": put("shoe_size", "43")})
    (folder / "shoes.csv").write_text("a,b\n1,2\n")
    report = await importing(folder)
    assert {(each.file, each.rule, each.column) for each in report.findings} == {
        ("shoes.csv", "FILE_NOT_READ", None),
        ("patient.csv", "COLUMN_NOT_READ", "shoe_size"),
    }


async def test_a_column_or_file_that_is_left_out_stays(
    tmp_path: Path, connection: Connection, importing: Importer
) -> None:
    await importing(write(tmp_path / "s"))
    before = await state(connection)
    (tmp_path / "s" / "outcome.csv").unlink()
    report = await importing(write(tmp_path / "s", {"treatment.csv": without("ecog")}))
    assert not report.changed
    assert await state(connection) == before


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace(",", ";").replace("40;", "40,0;"),
        lambda text: text.replace(",", "\t"),
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\r\n", "\n"),
        lambda text: text.replace("\r\n", "\r"),
        lambda text: text.upper().replace("P-001-T1", "P-001-T1", 1),
    ],
    ids=["semicolons and decimal commas", "tabs", "mark", "LF", "CR", "capitals"],
)
async def test_other_spreadsheets_write_otherwise(
    tmp_path: Path, connection: Connection, importing: Importer, change: object
) -> None:
    assert callable(change)
    await importing(write(tmp_path / "s"))
    before = await state(connection)
    file = tmp_path / "s" / "specimen.csv"
    text = file.read_bytes().decode()
    if "P-001-T1" in change(text):
        file.write_bytes(change(text).replace("OVARY", "ovary").encode())
    report = await importing(tmp_path / "s")
    assert report.rows_quarantined == 0
    assert await state(connection) == before


async def test_the_words_of_the_forms_are_those_of_the_tables(connection: Connection) -> None:
    rows = await connection.fetch(
        "select a.attname, array_agg(e.enumlabel::text) as words from pg_enum e "
        "join pg_attribute a on a.atttypid = e.enumtypid "
        "join pg_class c on c.oid = a.attrelid and c.relkind = 'r' group by 1, c.oid"
    )
    known = [(row["attname"], set(row["words"])) for row in rows]
    for form in RECORDS:
        for column in form.columns:
            if column.words and (form.name, column.name) != ("consent", "purpose"):
                assert (column.field, set(column.words)) in known, (form.name, column.name)


def test_a_template_is_never_written_over_anything(tmp_path: Path) -> None:
    names = write_templates(tmp_path / "t")
    assert {form.file for form in FORMS} <= set(names)
    (tmp_path / "t" / "patient.csv").write_text("mine")
    with pytest.raises(FolderRefused, match="is there already"):
        write_templates(tmp_path / "t")
    assert (tmp_path / "t" / "patient.csv").read_text() == "mine"
    assert {each.name for each in tmp_path.iterdir()} == {"t"}


async def test_empty_templates_import_as_nothing(tmp_path: Path, importing: Importer) -> None:
    write_templates(tmp_path / "t")
    (tmp_path / "t" / "study.csv").unlink()
    report = await importing(tmp_path / "t")
    assert (report.rows_read, report.changed, report.findings) == (0, False, ())


async def test_from_the_command_line(tmp_path: Path, database: Database) -> None:
    write(tmp_path / "s")

    async def run(*arguments: str) -> tuple[int | None, str]:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "connect_graph", *arguments),
            cwd=ROOT,
            env=environment(database, tmp_path / "data"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        out, _ = await process.communicate()
        return process.returncode, out.decode()

    assert (await run("migrate"))[0] == 0
    code, text = await run("import", "csv", str(tmp_path / "s"), "--study", "S")
    assert code == 0, text
    assert f"{len(FORMS)} rows read" in text
    code, text = await run("import", "csv", str(tmp_path / "s"), "--study", "S", "--drug", "x")
    assert code == 1
    assert "treatment.csv" in text
    code, text = await run("template", str(tmp_path / "s"))
    assert code == 1
    assert "is there already" in text
