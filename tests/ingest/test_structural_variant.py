from __future__ import annotations

from pathlib import Path

import pytest

from db.ingest.cbioportal import read
from db.ingest.report import ImportRefused
from tests.ingest import study
from tests.ingest.conftest import Importer, Records

FUSIONS: study.Rows = (
    (
        *("Sample_Id", "SV_Status", "Site1_Hugo_Symbol", "Site2_Hugo_Symbol", "Site1_Position"),
        *("Site2_Position", "Tumor_Split_Read_Count", "Tumor_Paired_End_Read_Count"),
    ),
    ("P1_A", "SOMATIC", "CD74", "ROS1", "149784243", "117645578", "12", "30"),
    ("P1_B", "GERMLINE", "FGFR2", "NA", "", "", "", ""),
    ("P2_A", "SOMATIC", "INTERGENIC", "ALK", "", "", "3", ""),
)


def folder(path: Path, rows: study.Rows = FUSIONS) -> Path:
    made = study.write(path)
    (made / "data_sv.txt").write_text(study.tabbed(rows))
    return made


async def test_fusions_are_stored_once(
    tmp_path: Path, records: Records, importing: Importer
) -> None:
    report = await importing(folder(tmp_path / "s"))
    query = (
        "select y.source_key, b.label, g.symbol, o.symbol, b.origin::text, b.depth "
        "from connect.biomarker b join connect.specimen_identity y using (specimen_id) "
        "join connect.gene g on g.id = b.gene_id "
        "left join connect.gene o on o.id = b.partner_gene_id where b.kind = 'FUSION' order by 1"
    )
    stored = [
        ("P1_A", "CD74::ROS1 fusion", "ROS1", "CD74", "SOMATIC", 42),
        ("P1_B", "FGFR2 fusion, partner not determined", "FGFR2", None, "GERMLINE", None),
        ("P2_A", "ALK fusion, partner not determined", "ALK", None, "SOMATIC", 3),
    ]
    assert await records.rows(query) == stored
    assert [(each.rule, each.value) for each in report.findings if each.file == "data_sv.txt"] == [
        ("PARTNER_UNKNOWN", "2 of 3 rows")
    ]
    statuses = await records.rows(
        "select i.source_key, g.gene, connect.gene_status(i.patient_id, g.gene) from "
        "connect.patient_identity i, unnest(array['ALK', 'CD74']) g(gene) order by 1, 2"
    )
    assert statuses == [
        *(("1", "ALK", "UNKNOWN"), ("1", "CD74", "ALTERED")),
        *(("2", "ALK", "ALTERED"), ("2", "CD74", "UNKNOWN")),
    ]
    assert not (await importing(folder(tmp_path / "s"))).changed
    assert await records.rows(query) == stored


async def test_a_partner_that_becomes_known_changes_its_row_alone(
    tmp_path: Path, records: Records, importing: Importer
) -> None:
    await importing(folder(tmp_path / "s"))
    changed = [list(row) for row in FUSIONS]
    changed[1][6] = "20"
    report = await importing(folder(tmp_path / "s", changed))
    assert [
        (each.entity, each.inserted, each.updated)
        for each in report.changes
        if each.inserted or each.updated
    ] == [("biomarker", 0, 1)]


def test_what_does_not_fit_is_set_aside(tmp_path: Path) -> None:
    rows = (
        FUSIONS[0],
        FUSIONS[1],
        FUSIONS[1],
        ("P9_A", "SOMATIC", "CD74", "ROS1", "", "", "", ""),
        ("P1_A", "SOMATIC", "EGFR", "EGFR", "", "", "", ""),
        ("P1_A", "SOMATIC", "NA", "INTERGENIC", "", "", "", ""),
        ("P1_A", "SOMATIC", "A B", "ROS1", "", "", "", ""),
        ("P1_A", "SOMATIC", "CD74", "ROS1", "1", "-4", "", ""),
    )
    records, report = read(folder(tmp_path / "s", rows), study="S")
    assert [each.source_key for each in records.fusions] == ["SV:CD74@149784243::ROS1@117645578"]
    assert [each.finding.rule for each in records.rejections] == [
        *("DUPLICATE_ROW", "SAMPLE_UNKNOWN", "REARRANGED_WITHIN_GENE", "VALUE_MISSING"),
        *("GENE_SYMBOL_UNREADABLE", "NUMBER_OUT_OF_RANGE"),
    ]
    assert [(each.read, each.stored) for each in report.files if each.file == "data_sv.txt"] == [
        (7, 1)
    ]


async def test_a_cut_file_is_refused_and_nothing_stored(
    tmp_path: Path, records: Records, importing: Importer
) -> None:
    made = folder(tmp_path / "s")
    content = (made / "data_sv.txt").read_text()
    (made / "data_sv.txt").write_text(content[: content.rstrip("\n").rfind("\t")])
    with pytest.raises(ImportRefused, match="the file is cut"):
        await importing(made)
    assert await records.empty()


def test_a_meta_file_may_name_it(tmp_path: Path) -> None:
    made = folder(tmp_path / "s")
    (made / "data_sv.txt").rename(made / "joined.txt")
    (made / "meta_sv.txt").write_text(
        "genetic_alteration_type: STRUCTURAL_VARIANT\ndatatype: SV\ndata_filename: joined.txt\n"
    )
    assert len(read(made, study="S")[0].fusions) == 3
