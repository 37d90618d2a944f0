from __future__ import annotations

import pytest

from db.ingest.clinical import read_patients
from db.ingest.report import Journal
from db.ingest.sheet import parse
from db.ingest.study import PatientRecord

HEADER = "PATIENT_ID\tOS_STATUS\tOS_MONTHS\n"


def patients(*rows: tuple[str, str]) -> tuple[tuple[PatientRecord, ...], Journal]:
    journal = Journal()
    lines = "".join(f"{at}\t{status}\t{months}\n" for at, (status, months) in enumerate(rows, 1))
    return read_patients(parse((HEADER + lines).encode(), "p.txt"), journal), journal


def test_a_full_column_gives_events() -> None:
    found, journal = patients(
        ("1:DECEASED", "10"), ("0:LIVING", "20"), ("DECEASED", "1"), ("LIVING", "NA")
    )
    assert [each.overall_survival_event for each in found] == ["EVENT", "CENSORED", "EVENT", None]
    assert [each.vital_status for each in found] == ["DEAD", "ALIVE", "DEAD", "ALIVE"]
    assert journal.findings == []


def test_nine_in_ten_suffice_and_fewer_do_not() -> None:
    full, _ = patients(*[("1:DECEASED", "3")] * 9, ("NA", "3"))
    assert [each.overall_survival_event for each in full] == ["EVENT"] * 9 + ["UNKNOWN"]
    fewer, journal = patients(*[("1:DECEASED", "3")] * 8, ("NA", "3"))
    assert {each.overall_survival_event for each in fewer} == {"UNKNOWN"}
    assert [each.vital_status for each in fewer] == ["DEAD"] * 8 + [None]
    assert [(each.rule, each.value) for each in journal.findings] == [
        ("SURVIVAL_STATUS_PARTIAL", "8 of 9 with a time (8 DEAD, 0 ALIVE)")
    ]


@pytest.mark.parametrize(
    ("months", "days"),
    [("1", 30), ("12", 365), ("11,73", 357), ("0,125", 4), ("0", 0), ("1e1", 304), (".5", 15)],
)
def test_days(months: str, days: int) -> None:
    found, journal = patients(("1:DECEASED", months))
    assert found[0].overall_survival_days == days
    assert [each.rule for each in journal.findings] == ["DECIMAL_COMMA"] * ("," in months)


@pytest.mark.parametrize(
    ("status", "months", "rule", "column"),
    [
        ("LIVING", "-1", "NUMBER_OUT_OF_RANGE", "OS_MONTHS"),
        ("LIVING", "1201", "NUMBER_OUT_OF_RANGE", "OS_MONTHS"),
        ("LIVING", "ten", "NUMBER_UNREADABLE", "OS_MONTHS"),
        ("LIVING", "nan", "NUMBER_UNREADABLE", "OS_MONTHS"),
        ("LIVING", "1_0", "NUMBER_UNREADABLE", "OS_MONTHS"),
        ("LIVING", "1,234", "NUMBER_AMBIGUOUS", "OS_MONTHS"),
        ("ASLEEP", "10", "SURVIVAL_STATUS_UNKNOWN", "OS_STATUS"),
    ],
)
def test_what_cannot_be_read_is_set_aside(status: str, months: str, rule: str, column: str) -> None:
    found, journal = patients(("LIVING", "5"), (status, months))
    assert [each.source_key for each in found] == ["1"]
    finding = journal.rejections[0].finding
    assert (finding.row, finding.rule, finding.column) == (3, rule, column)
    assert journal.rejections[0].record == {
        "PATIENT_ID": "2",
        "OS_STATUS": status,
        "OS_MONTHS": months,
    }
    assert journal.files[0].read == 2
    assert journal.files[0].quarantined == 1
