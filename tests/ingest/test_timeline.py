"""Days of a timeline count from nobody knows when; here they count from the study's treatment."""

from __future__ import annotations

from pathlib import Path

from db.ingest.cbioportal import read
from tests.ingest import study
from tests.ingest.conftest import Importer, Records

TREATMENTS: study.Rows = (
    ("PATIENT_ID", "START_DATE", "STOP_DATE", "EVENT_TYPE", "TREATMENT_TYPE", "AGENT"),
    ("1", "-100", "-10", "TREATMENT", "Medical Therapy", "Cisplatin"),
    ("1", "-100", "-10", "TREATMENT", "Medical Therapy", "Gemcitabine"),
    ("1", "0", "40", "TREATMENT", "Medical Therapy", "Pembrolizumab"),
    ("1", "60", "200", "TREATMENT", "Medical Therapy", "Neratinib"),
    ("1", "210", "", "TREATMENT", "Medical Therapy", "Neratinib"),
    ("2", "5", "9", "TREATMENT", "Radiation Therapy", ""),
    ("2", "30", "90", "TREATMENT", "Medical Therapy", "NERATINIB"),
)
SPECIMENS: study.Rows = (
    ("PATIENT_ID", "START_DATE", "STOP_DATE", "EVENT_TYPE", "SAMPLE_ID"),
    ("1", "50", "", "SPECIMEN", "P1_A"),
    ("1", "150", "", "SPECIMEN", "P1_B"),
    ("2", "60", "", "SPECIMEN", "P2_A"),
    ("2", "120", "", "SPECIMEN", "P2_B"),
)


def folder(
    path: Path, treatments: study.Rows = TREATMENTS, specimens: study.Rows = SPECIMENS
) -> Path:
    made = study.write(path)
    (made / "data_timeline_treatment.txt").write_text(study.tabbed(treatments))
    (made / "data_timeline_specimen.txt").write_text(study.tabbed(specimens))
    return made


STORED = {
    "select y.source_key, t.end_day from connect.treatment t "
    "join connect.patient_identity y using (patient_id) order by 1": [("1", None), ("2", 60)],
    "select y.source_key, p.regimen, p.start_day, p.end_day, d.tumour_type, "
    "(select array_agg(r.inn) from connect.prior_treatment_drug l join connect.drug r "
    "on r.id = l.drug_id where l.prior_treatment_id = p.id) from connect.prior_treatment p "
    "join connect.patient_identity y using (patient_id) "
    "left join connect.diagnosis d on d.id = p.diagnosis_id order by 1, 3": [
        ("1", "Cisplatin + Gemcitabine", -160, -70, "GBC", None),
        ("1", "Pembrolizumab", -60, -20, "GBC", ["pembrolizumab"]),
        ("2", "Radiation Therapy", -25, -21, "CHOL", None),
    ],
    "select y.source_key, s.day, s.timepoint::text from connect.specimen s "
    "join connect.specimen_identity y on y.specimen_id = s.id order by 1": [
        ("P1_A", -10, "BASELINE"),
        ("P1_B", 90, "UNKNOWN"),
        ("P1_N", None, "UNKNOWN"),
        ("P2_A", 30, "ON_TREATMENT"),
        ("P2_B", 90, "POST_TREATMENT"),
    ],
}


async def test_days_count_from_the_named_drug(
    tmp_path: Path, records: Records, importing: Importer
) -> None:
    made = folder(tmp_path / "s")
    report = await importing(made, drug="neratinib")
    assert report.rows_quarantined == 0
    assert [(each.system, each.code) for each in report.unmapped] == [
        *(("INN", "Cisplatin"), ("INN", "Gemcitabine"), ("INN", "Radiation Therapy"))
    ]
    for query, rows in STORED.items():
        assert await records.rows(query) == rows
    assert not (await importing(made, drug="neratinib")).changed
    # Without the drug nothing is read of the timelines, and what they gave before stays.
    assert not (await importing(made)).changed
    for query, rows in STORED.items():
        assert await records.rows(query) == rows


async def test_without_the_drug_nothing_is_placed(
    tmp_path: Path, records: Records, importing: Importer
) -> None:
    report = await importing(folder(tmp_path / "s"))
    told = [each.file for each in report.findings if each.rule == "TIMELINE_NOT_READ"]
    assert told == ["data_timeline_treatment.txt", "data_timeline_specimen.txt"]
    assert await records.value("select count(*) from connect.prior_treatment") == 0
    assert await records.value("select count(day) from connect.specimen") == 0


async def test_what_began_later_is_changed_alone(
    tmp_path: Path, records: Records, importing: Importer
) -> None:
    made = folder(tmp_path / "s")
    await importing(made, drug="neratinib")
    changed = [list(row) for row in TREATMENTS]
    changed[3][2] = "45"
    report = await importing(folder(tmp_path / "s", changed), drug="neratinib")
    assert {
        each.entity: (each.inserted, each.updated)
        for each in report.changes
        if each.inserted or each.updated
    } == {"prior_treatment": (0, 1)}


def test_what_does_not_fit_is_set_aside(tmp_path: Path) -> None:
    treatments = (
        *TREATMENTS[:5],
        TREATMENTS[4],
        ("1", "61", "", "TREATMENT", "Medical Therapy", "Capecitabine"),
        ("2", "5", "9", "TREATMENT", "Medical Therapy", "Cisplatin"),
        ("9", "5", "9", "TREATMENT", "Medical Therapy", "Cisplatin"),
        ("1", "5", "1", "TREATMENT", "Medical Therapy", "Cisplatin"),
        ("1", "NA", "1", "TREATMENT", "Medical Therapy", "Cisplatin"),
        ("1", "1.5", "2", "TREATMENT", "Medical Therapy", "Cisplatin"),
        ("1", "1", "2", "TREATMENT", "", ""),
    )
    specimens = (*SPECIMENS[:4], SPECIMENS[1], ("2", "1", "", "SPECIMEN", "P1_B"))
    records, report = read(
        folder(tmp_path / "s", treatments, specimens), study="S", drug="Neratinib"
    )
    found = [each.finding for each in records.rejections]
    assert sorted(each.rule for each in found if each.file == "data_timeline_treatment.txt") == [
        *("DUPLICATE_ROW", "NUMBER_OUT_OF_RANGE", "PATIENT_UNKNOWN", "STOP_BEFORE_START"),
        *("TREATMENT_NOT_PRIOR", "TREATMENT_START_UNKNOWN", "VALUE_MISSING", "VALUE_MISSING"),
    ]
    assert [each.rule for each in found if each.file == "data_timeline_specimen.txt"] == [
        *("TREATMENT_START_UNKNOWN", "DUPLICATE_ROW", "SAMPLE_UNKNOWN")
    ]
    counts = {each.file: (each.read, each.stored) for each in report.files}
    assert counts["data_timeline_treatment.txt"] == (12, 4)
    assert counts["data_timeline_specimen.txt"] == (5, 2)


def test_a_status_timeline_is_not_read(tmp_path: Path) -> None:
    made = folder(tmp_path / "s")
    (made / "data_timeline_status.txt").write_text("PATIENT_ID\tSTART_DATE\n1\t5\n")
    _, report = read(made, study="S", drug="neratinib")
    assert [each.file for each in report.findings if each.rule == "FILE_NOT_READ"] == [
        "data_timeline_status.txt"
    ]
