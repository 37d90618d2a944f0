"""Genes that are known to be tested, and those that are known not to be."""

from __future__ import annotations

from pathlib import Path

import pytest

from db.ingest.cbioportal import read
from db.ingest.report import ImportRefused
from tests.ingest import study
from tests.ingest.conftest import Importer, Records

MATRIX: study.Rows = (
    ("SAMPLE_ID", "mutations", "cna"),
    ("P1_A", "P500", "P500"),
    ("P2_A", "P500", "NA"),
)
P500 = ("BRAF", "KRAS", "ERBB2", "CDKN2A", "MYC", "MLL2", "TP53")


def panel(path: Path, name: str, genes: tuple[str, ...], end: str = "\n") -> None:
    path.parent.mkdir(exist_ok=True)
    listed = "\t".join(genes)
    path.write_text(f"stable_id: {name}\ndescription: a: b\ngene_list: {listed}{end}")


def folder(path: Path, matrix: study.Rows | None = MATRIX, **options: object) -> Path:
    made = study.write(path, **options)  # type: ignore[arg-type]
    panel(made / "gene_panels" / "P500.txt", "P500", P500)
    if matrix is not None:
        (made / "data_gene_panel_matrix.txt").write_text(study.tabbed(matrix))
    return made


PROFILES = (
    "select y.source_key, p.panel, p.gene_list_complete, (select count(*) "
    "from connect.gene_assessed a where a.profile_id = p.id) from connect.molecular_profile p "
    "join connect.specimen_identity y using (specimen_id) order by 1"
)
STATUS = (
    "select g.gene, connect.gene_status(i.patient_id, g.gene) from connect.patient_identity i, "
    "unnest($2::text[]) g(gene) where i.source_key = $1 order by 1"
)


async def test_a_complete_list_tells_untested_from_unaltered(
    tmp_path: Path, records: Records, importing: Importer
) -> None:
    tissue = [row for row in study.SAMPLES if row[0] != "P1_B"]
    made = folder(tmp_path / "s", samples=tissue, mutations=study.MUTATIONS[:2])
    report = await importing(made)
    assert await records.rows(PROFILES) == [
        ("P1_A", "P500", True, 7),
        ("P2_A", "P500", True, 7),
        ("P2_B", "P74", False, 0),
    ]
    genes = ["BRAF", "KMT2D", "NTRK1", "TP53"]
    assert await records.rows(STATUS, "1", genes) == [
        *(("BRAF", "ALTERED"), ("KMT2D", "NOT_ALTERED")),
        *(("NTRK1", "NOT_ASSESSED"), ("TP53", "NOT_ALTERED")),
    ]
    # The second patient's plasma was tested with a panel whose genes nobody lists.
    assert await records.rows(STATUS, "2", genes) == [
        *(("BRAF", "NOT_ALTERED"), ("KMT2D", "NOT_ALTERED")),
        *(("NTRK1", "UNKNOWN"), ("TP53", "NOT_ALTERED")),
    ]
    told = {each.rule: each.value for each in report.findings}
    assert told["PANEL_GENES_UNKNOWN"] == "P74"
    assert told["GENE_SYMBOL_FORMER"] == "MLL2 → KMT2D"
    assert not (await importing(made)).changed


async def test_a_gene_that_leaves_a_list_is_unaltered_no_more(
    tmp_path: Path, records: Records, importing: Importer
) -> None:
    tissue = [row for row in study.SAMPLES if row[0] in {"SAMPLE_ID", "P1_A", "P2_A"}]
    made = folder(tmp_path / "s", samples=tissue, mutations=None)
    await importing(made)
    assert await records.rows(STATUS, "1", ["TP53"]) == [("TP53", "NOT_ALTERED")]
    panel(made / "gene_panels" / "P500.txt", "P500", P500[:-1])
    await importing(made)
    assert await records.rows(STATUS, "1", ["TP53"]) == [("TP53", "NOT_ASSESSED")]


def test_a_meta_file_names_a_panel_for_the_samples_of_its_data(tmp_path: Path) -> None:
    samples = [row[:5] for row in study.SAMPLES]
    made = folder(tmp_path / "s", None, samples=samples, copy_numbers=None)
    (made / "meta_mutations.txt").write_text(
        "genetic_alteration_type: MUTATION_EXTENDED\ndatatype: MAF\n"
        "data_filename: data_mutations.txt\ngene_panel: P500\n"
    )
    found = {each.source_key: each for each in read(made, study="S")[0].samples}
    assert {key for key, each in found.items() if each.gene_list_complete} == {
        *("P1_A", "P1_B", "P2_A")
    }
    assert found["P2_B"].panel is None


def test_a_called_gene_that_is_not_listed_leaves_the_list_open(tmp_path: Path) -> None:
    made = folder(tmp_path / "s")
    panel(made / "gene_panels" / "P500.txt", "P500", tuple(gene for gene in P500 if gene != "BRAF"))
    records, report = read(made, study="S")
    complete = {each.source_key for each in records.samples if each.gene_list_complete}
    assert complete == {"P2_A"}
    assert {each.rule: each.value for each in report.findings}["GENE_OUTSIDE_PANEL"] == "P1_A: BRAF"


def test_a_list_that_may_be_cut_is_not_complete(tmp_path: Path) -> None:
    made = folder(tmp_path / "s")
    panel(made / "gene_panels" / "P500.txt", "P500", P500, end="")
    records, report = read(made, study="S")
    assert not any(each.gene_list_complete for each in records.samples)
    assert ("P500", "TP53") not in records.panel_genes
    assert ("P500", "MLL2") in records.panel_genes
    assert [each.value for each in report.findings if each.rule == "NO_FINAL_NEWLINE"] == ["TP53"]


def test_a_matrix_with_what_does_not_fit(tmp_path: Path) -> None:
    matrix = (*MATRIX, ("P9_A", "P500", "P500"), MATRIX[1], ("P1_B", "P500", "NA"), ("", "P1", ""))
    records, report = read(folder(tmp_path / "s", matrix), study="S")
    assert [each.finding.rule for each in records.rejections] == [
        *("SAMPLE_UNKNOWN", "DUPLICATE_ROW", "VALUE_MISSING")
    ]
    told = {each.rule: each.value for each in report.findings}
    assert told["PANEL_DISAGREES"] == "P1_B (P74, P500)"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("stable_id: P\n", "no gene_list"),
        ("gene_list: TP53\n", "no stable_id"),
        ("stable_id: P\ngene_list: TP53\t(x)\n", "is no gene symbol"),
        ("stable_id: P500\ngene_list: TP53\n", "another file has the panel P500"),
        ("version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
    ],
)
async def test_a_panel_that_cannot_be_read_refuses_the_study(
    tmp_path: Path, records: Records, importing: Importer, text: str, says: str
) -> None:
    made = folder(tmp_path / "s")
    (made / "data_gene_panel_other.txt").write_text(text)
    with pytest.raises(ImportRefused, match=says):
        await importing(made)
    assert await records.empty()
