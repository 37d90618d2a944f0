from __future__ import annotations

import pytest

from db.ingest.copy_number import CopyNumbers, read_copy_numbers
from db.ingest.report import ImportRefused, Journal
from db.ingest.sheet import parse
from db.ingest.study import SampleRecord
from tests.ingest.study import COPY_NUMBERS, Rows, tabbed


def sample(key: str) -> SampleRecord:
    return SampleRecord(key, key[:2], "FFPE", 1, None, None, None, "IMPACT468", None, None)


def copy_numbers(rows: Rows) -> tuple[CopyNumbers, Journal]:
    journal = Journal()
    samples = (sample("P1_A"), sample("P2_A"))
    return read_copy_numbers(parse(tabbed(rows).encode(), "c.txt"), samples, journal), journal


def calls(found: CopyNumbers) -> list[tuple[str, str, str]]:
    return [(each.sample, each.symbol, each.copy_number_type) for each in found.calls]


def assessed(found: CopyNumbers) -> set[tuple[str, str]]:
    return {(each.sample, each.symbol) for each in found.assessed}


def test_a_wide_matrix() -> None:
    found, journal = copy_numbers(COPY_NUMBERS)
    assert calls(found) == [
        ("P1_A", "ERBB2", "AMPLIFICATION"),
        ("P1_A", "CDKN2A", "DEEP_DELETION"),
        ("P2_A", "CDKN2A", "LOSS"),
        ("P1_A", "MYC", "GAIN"),
    ]
    # 0 is assessed without a call; NA is not assessed.
    assert assessed(found) == {
        ("P1_A", "ERBB2"),
        ("P2_A", "ERBB2"),
        ("P1_A", "CDKN2A"),
        ("P2_A", "CDKN2A"),
        ("P1_A", "MYC"),
    }
    assert journal.findings == []
    assert journal.files[0].stored == 3


def test_a_wide_matrix_with_what_does_not_fit() -> None:
    rows = (
        ("Hugo_Symbol", "Entrez_Gene_Id", "Cytoband", "P1_A", "P9_A"),
        ("ERBB2", "0", "17q12", "2.0", "2"),
        ("ERBB2", "0", "17q12", "2", "2"),
        ("MYC", "0", "8q24", "3", "0"),
        ("A B", "0", "", "2", "0"),
    )
    found, journal = copy_numbers(rows)
    assert calls(found) == [("P1_A", "ERBB2", "AMPLIFICATION")]
    assert found.calls[0].cytoband == "17q12"
    assert [(each.finding.rule, each.finding.row) for each in journal.rejections] == [
        ("DUPLICATE_ROW", 3),
        ("COPY_NUMBER_UNKNOWN", 4),
        ("GENE_SYMBOL_UNREADABLE", 5),
    ]
    noticed = {each.rule: each.value for each in journal.findings if each.row in {1, 2}}
    assert noticed == {"ENTREZ_ZERO": "4 of 4 rows", "SAMPLE_UNKNOWN": "P9_A"}
    assert journal.files[0].quarantined == 3


def test_neither_shape_is_refused() -> None:
    with pytest.raises(ImportRefused, match="genes in rows and samples in columns"):
        copy_numbers((("Hugo_Symbol", "X1"), ("ERBB2", "2")))


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        *(("AMP", "AMPLIFICATION"), ("DeepDel", "DEEP_DELETION"), ("Gain", "GAIN")),
        *(("HETLOSS", "LOSS"), ("HOMDEL", "DEEP_DELETION"), ("-2", "DEEP_DELETION")),
        *(("2", "AMPLIFICATION"), ("0", None), ("Diploid", None)),
    ],
)
def test_a_long_table(value: str, kind: str | None) -> None:
    rows = (("Samples", "Gene", "CNA"), ("P1_A", "MET", value))
    found, _ = copy_numbers(rows)
    assert [each.copy_number_type for each in found.calls] == ([] if kind is None else [kind])
    assert assessed(found) == {("P1_A", "MET")}


def test_a_long_table_with_what_does_not_fit() -> None:
    rows = (
        ("Sample_Id", "Hugo_Symbol", "Value"),
        ("P1_A", "MET", "2"),
        ("P1_A", "MET", "-2"),
        ("P9_A", "MET", "2"),
        ("P1_A", "MYC", "NA"),
        ("P1_A", "MYC", "BIG"),
    )
    found, journal = copy_numbers(rows)
    assert calls(found) == [("P1_A", "MET", "AMPLIFICATION")]
    assert [each.finding.rule for each in journal.rejections] == [
        *("DUPLICATE_ROW", "SAMPLE_UNKNOWN", "VALUE_MISSING", "COPY_NUMBER_UNKNOWN")
    ]


def test_panels_are_compared() -> None:
    rows = (
        ("Samples", "Gene", "Gene panel", "CNA"),
        ("P1_A", "MET", "impact_468", "AMP"),
        ("P2_A", "MET", "IMPACT410", "AMP"),
        ("P2_A", "MYC", "IMPACT410", "AMP"),
    )
    _, journal = copy_numbers(rows)
    assert [(each.rule, each.value) for each in journal.findings] == [
        ("PANEL_SPELLING", "impact_468 and IMPACT468"),
        ("PANEL_DISAGREES", "IMPACT410 here, IMPACT468 in the sample file: P2_A (2 rows)"),
    ]
