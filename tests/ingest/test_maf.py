from __future__ import annotations

import pytest

from db.ingest.hgvs import protein
from db.ingest.maf import Mutations, read_variants
from db.ingest.report import ImportRefused, Journal
from db.ingest.sheet import parse
from db.ingest.study import SampleRecord
from tests.ingest.study import MUTATIONS, Rows, tabbed


def sample(key: str, kind: str = "FFPE") -> SampleRecord:
    return SampleRecord(key, key[:2], kind, 1, None, None, None, None, None, None)


SAMPLES = (sample("P1_A"), sample("P1_B", "CTDNA"), sample("P2_A"))


def variants(rows: Rows) -> tuple[Mutations, Journal]:
    journal = Journal()
    return read_variants(parse(tabbed(rows).encode(), "m.txt"), SAMPLES, journal), journal


def changed(row: int, column: str, value: str) -> Rows:
    """Give the small study's rows with one field changed."""
    at = MUTATIONS[0].index(column)
    rows = [list(each) for each in MUTATIONS]
    rows[row][at] = value
    return rows


def test_variants() -> None:
    found, journal = variants(MUTATIONS)
    assert [(each.change, each.hgvsp, each.vaf, each.depth) for each in found.variants] == [
        ("p.V600E", "p.V600E", 0.2, 100),
        ("p.V600E", "p.V600E", 0.01, 100),
        ("c.35G>T", None, 0.4, 100),
    ]
    assert {each.chromosome for each in found.variants} == {"7", "12"}
    assert found.builds == {"P1_A": "GRCh37", "P1_B": "GRCh37", "P2_A": "GRCh37"}
    assert journal.rejections == []


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("Tumor_Sample_Barcode", "P9_A", "SAMPLE_UNKNOWN"),
        ("Tumor_Sample_Barcode", "NA", "VALUE_MISSING"),
        ("Hugo_Symbol", "BRAF;KRAS", "GENE_SYMBOL_UNREADABLE"),
        ("Chromosome", "44", "CHROMOSOME_UNKNOWN"),
        ("Start_Position", "12a", "NUMBER_UNREADABLE"),
        ("Start_Position", "0", "NUMBER_OUT_OF_RANGE"),
        ("t_alt_count", "many", "NUMBER_UNREADABLE"),
        ("t_alt_count", "-4", "NUMBER_OUT_OF_RANGE"),
        ("Reference_Allele", "ZZ", "ALLELE_UNREADABLE"),
        ("NCBI_Build", "mm10", "GENOME_BUILD_UNKNOWN"),
    ],
)
def test_bad_rows_are_set_aside_and_the_others_go_on(column: str, value: str, rule: str) -> None:
    found, journal = variants(changed(1, column, value))
    assert len(found.variants) == 2
    finding = journal.rejections[0].finding
    assert (finding.rule, finding.column, finding.row) == (rule, column, 2)
    assert journal.rejections[0].record[column] == value


def test_the_same_variant_twice() -> None:
    found, journal = variants([*MUTATIONS, MUTATIONS[1]])
    assert len(found.variants) == 3
    assert journal.rejections[0].finding.rule == "DUPLICATE_ROW"


def test_an_unknown_class_is_kept_and_reported() -> None:
    found, journal = variants(changed(1, "Variant_Classification", "Odd_Mutation"))
    assert found.variants[0].consequence == "Odd_Mutation"
    assert [(each.system, each.code) for each in journal.codes()] == [
        ("MAF Variant_Classification", "Odd_Mutation")
    ]


def test_a_dash_is_an_allele() -> None:
    found, _ = variants(changed(1, "Tumor_Seq_Allele2", "-"))
    assert found.variants[0].alternate_allele == "-"


def test_no_fraction_without_both_counts() -> None:
    found, _ = variants(changed(1, "t_ref_count", ""))
    assert (found.variants[0].vaf, found.variants[0].depth) == (None, None)


def shifted(rows: Rows) -> Rows:
    """Put a name too many into the header, before the class of the variant."""
    at = MUTATIONS[0].index("Variant_Classification")
    end = MUTATIONS[0].index("Tumor_Sample_Barcode")
    header = [*rows[0][:at], "Consequence", *rows[0][at:end], "dbSNP_RS", *rows[0][end:]]
    body = [[*row[:end], "", "", *row[end:]] for row in rows[1:]]
    return [header, *body]


def test_a_shifted_header_is_realigned() -> None:
    found, journal = variants(shifted(MUTATIONS))
    assert found == variants(MUTATIONS)[0]
    finding = next(each for each in journal.findings if each.rule == "HEADER_SHIFTED")
    assert finding.value == "Consequence to dbSNP_RS"


def test_a_shift_without_room_is_refused() -> None:
    rows = [list(row) for row in shifted(MUTATIONS)]
    for row in rows[1:]:
        row[rows[0].index("dbSNP_RS")] = "rs1"
    with pytest.raises(ImportRefused, match="not clear which"):
        variants(rows)


def test_another_shift_is_refused() -> None:
    at = MUTATIONS[0].index("Variant_Classification")
    header = [*MUTATIONS[0], "Extra"]
    body = [[*row[:at], "x", *row[at:]] for row in MUTATIONS[1:]]
    with pytest.raises(ImportRefused, match="correct the header"):
        variants([header, *body])


def test_a_header_alone_is_a_study_without_variants() -> None:
    found, _ = variants(MUTATIONS[:1])
    assert found.variants == ()


@pytest.mark.parametrize(
    ("short", "long", "expected"),
    [
        ("p.V600E", None, "p.V600E"),
        ("V600E", "p.Val600Glu", "p.V600E"),
        (None, "p.Val600Glu", "p.V600E"),
        (None, "ENSP00000288602.6:p.Glu343GlyfsTer2", "p.E343Gfs*2"),
        ("X2151_splice", None, "p.X2151_splice"),
        (None, "p.Arg2520Ter", "p.R2520*"),
        (None, None, None),
        ("p.", None, None),
    ],
)
def test_protein_changes(short: str | None, long: str | None, expected: str | None) -> None:
    assert protein(short, long) == expected
