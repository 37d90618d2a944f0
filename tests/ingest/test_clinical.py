from __future__ import annotations

import pytest

from db.ingest.clinical import read_patients, read_samples
from db.ingest.report import Journal
from db.ingest.sheet import parse
from db.ingest.study import PatientRecord, SampleRecord
from tests.ingest.study import Rows, tabbed


def patients(rows: Rows) -> tuple[tuple[PatientRecord, ...], Journal]:
    journal = Journal()
    return read_patients(parse(tabbed(rows).encode(), "p.txt"), journal), journal


def samples(*rows: tuple[str, ...]) -> tuple[tuple[SampleRecord, ...], Journal]:
    header = ("SAMPLE_ID", "PATIENT_ID", "SAMPLE_CLASS", "SAMPLE_TYPE", "ONCOTREE_CODE")
    known, _ = patients((("PATIENT_ID", "SEX"), ("1", "F"), ("2", "M")))
    journal = Journal()
    sheet = parse(tabbed((header, *rows)).encode(), "s.txt")
    return read_samples(sheet, known, journal), journal


def rules(journal: Journal) -> list[str]:
    return [each.rule for each in journal.findings]


@pytest.mark.parametrize(
    ("recorded", "expected"),
    [
        *(("POD", "PD"), ("pd", "PD"), ("Progressive Disease", "PD"), ("CR", "CR")),
        *(("Complete Response", "CR"), ("stable disease", "SD"), ("NE", "NE"), ("NA", None)),
        ("Not Evaluable", "NE"),
    ],
)
def test_responses(recorded: str, expected: str | None) -> None:
    found, _ = patients((("PATIENT_ID", "BOR"), ("1", recorded)))
    assert found[0].best_overall_response == expected
    assert found[0].treated is (expected is not None)


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("BOR", "XR", "RESPONSE_UNKNOWN"),
        ("SEX", "X", "SEX_UNKNOWN"),
        ("AGE", "130", "NUMBER_OUT_OF_RANGE"),
        ("AGE", "62.5", "NUMBER_OUT_OF_RANGE"),
        ("BIRTH_YEAR", "62", "NUMBER_OUT_OF_RANGE"),
    ],
)
def test_impossible_values_are_set_aside(column: str, value: str, rule: str) -> None:
    found, journal = patients((("PATIENT_ID", column), ("1", value)))
    assert found == ()
    assert [each.finding.rule for each in journal.rejections] == [rule]


@pytest.mark.parametrize(
    ("age", "band"), [("62", "60-64"), ("4", "0-4"), ("89", "85-89"), ("90", "90+"), ("NA", None)]
)
def test_ages_become_bands(age: str, band: str | None) -> None:
    found, _ = patients((("PATIENT_ID", "AGE_AT_ENROLMENT"), ("1", age)))
    assert found[0].age_band == band


def test_a_second_row_of_a_patient_is_set_aside() -> None:
    found, journal = patients((("PATIENT_ID", "SEX"), ("1", "F"), ("1", "M"), ("NA", "F")))
    assert [(each.source_key, each.sex) for each in found] == [("1", "FEMALE")]
    assert [each.finding.rule for each in journal.rejections] == ["DUPLICATE_ROW", "VALUE_MISSING"]


@pytest.mark.parametrize(
    ("specimen_class", "sample_type", "kind"),
    [
        ("cfDNA", "Unknown Tumor", "CTDNA"),
        ("FFPE", "Primary", "FFPE"),
        ("Whole Blood", "Normal", "NORMAL_BLOOD"),
        ("DNA", "Normal", "NORMAL_BLOOD"),
        ("NA", "NORMAL", "NORMAL_BLOOD"),
        ("Whole Blood", "NA", "NORMAL_BLOOD"),
        ("DNA", "Primary", "OTHER"),
    ],
)
def test_kinds(specimen_class: str, sample_type: str, kind: str) -> None:
    found, journal = samples(("A", "1", specimen_class, sample_type, "GBC"))
    assert found[0].kind == kind
    assert (found[0].tumour_key is None) is (kind == "NORMAL_BLOOD")
    assert [each.code for each in journal.codes()] == ["DNA"] * (kind == "OTHER")


def test_normal_is_no_tumour_type() -> None:
    found, _ = samples(("A", "1", "FFPE", "Primary", "Normal"))
    assert found[0].tumour_key is None


def test_order_by_suffix() -> None:
    found, journal = samples(
        ("P1_B", "1", "cfDNA", "x", "GBC"),
        ("P1_A", "1", "cfDNA", "x", "GBC"),
        ("P1_C", "1", "FFPE", "x", "GBC"),
        ("P1_N", "1", "cfDNA", "Normal", "GBC"),
    )
    assert {each.source_key: each.ordinal for each in found} == {
        "P1_A": 1,
        "P1_B": 2,
        "P1_C": 1,
        "P1_N": None,
    }
    assert "ORDER_FROM_SUFFIX" in rules(journal)


def test_no_order_without_suffixes() -> None:
    found, journal = samples(("X7", "1", "cfDNA", "x", "GBC"), ("X9", "1", "cfDNA", "x", "GBC"))
    assert [each.ordinal for each in found] == [None, None]
    assert "ORDER_UNKNOWN" in rules(journal)


def test_a_sample_of_nobody_is_set_aside() -> None:
    found, journal = samples(("A", "3", "FFPE", "x", "GBC"))
    assert found == ()
    assert journal.rejections[0].finding.rule == "PATIENT_UNKNOWN"


@pytest.mark.parametrize(
    ("values", "expected", "noticed"),
    [
        (("70", "30"), [70.0, 30.0], False),
        (("0.7", "0.3"), [70.0, 30.0], True),
        (("0.7", "30"), [0.7, 30.0], False),
        (("1", "30"), [1.0, 30.0], False),
        (("0,5", "NA"), [50.0, None], True),
    ],
)
def test_purity(values: tuple[str, str], expected: list[float | None], noticed: bool) -> None:
    known, _ = patients((("PATIENT_ID", "SEX"), ("1", "F")))
    rows = (
        ("SAMPLE_ID", "PATIENT_ID", "TUMOR_PURITY"),
        ("A", "1", values[0]),
        ("B", "1", values[1]),
    )
    journal = Journal()
    found = read_samples(parse(tabbed(rows).encode(), "s.txt"), known, journal)
    assert [each.tumour_cellularity_percent for each in found] == pytest.approx(expected)
    assert ("PURITY_AS_FRACTION" in rules(journal)) is noticed
