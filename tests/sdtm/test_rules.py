"""Each rule of docs/import-sdtm.md on a few rows written by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from db.ingest.report import ImportRefused, Report
from db.intake.record import (
    AdverseEvent,
    Assessment,
    Component,
    Lesion,
    Measurement,
    Patient,
    Treatment,
)
from db.sdtm.study import Study, read
from tests.sdtm.conftest import Connection, Importer, state
from tests.sdtm.study import ONE, TWO, ae, dm, ds, ex, rs, tr, tu, write


def of(study: Study, kind: type, subject: str | None = None) -> list[object]:
    return [
        each
        for each in study.records
        if isinstance(each, kind)
        and subject in (None, getattr(each, "patient", getattr(each, "source_key", None)))
    ]


def only(study: Study, kind: type, subject: str | None = ONE) -> object:
    (found,) = of(study, kind, subject)
    return found


def assessments(study: Study) -> list[Assessment]:
    return [each for each in study.records if isinstance(each, Assessment)]


def rules(report: Report) -> set[str]:
    noise = {"FILE_ABSENT", "COLUMN_NOT_READ"}
    return {each.rule for each in report.findings} - noise


def counted(report: Report, domain: str) -> tuple[int, int, int]:
    (found,) = [each for each in report.domains if each.domain == domain]
    return found.read, found.stored, found.quarantined


def test_a_subject_is_a_patient_and_only_the_treated_have_a_treatment(tmp_path: Path) -> None:
    study, report = read(write(tmp_path), study="S")
    patient = only(study, Patient)
    assert patient == Patient(ONE, "FEMALE", "60-64", birth_year=1950, age_at_enrolment_years=63)
    treatment = only(study, Treatment, None)
    assert isinstance(treatment, Treatment)
    assert (treatment.patient, treatment.end_day, treatment.route) == (ONE, None, "ORAL")
    assert str(treatment.started_on) == "2014-01-02"
    assert [(each.patient, each.drug) for each in study.agents] == [(ONE, "OLAPARIB")]
    assert counted(report, "DM") == (2, 2, 0)
    assert rules(report) == set()


@pytest.mark.parametrize(
    ("values", "year", "age", "rule"),
    [
        ({"BRTHDTC": "1980-02-nk"}, 1980, 63, "DATE_PARTIAL"),
        ({"BRTHDTC": "1980"}, 1980, 63, "DATE_PARTIAL"),
        ({"BRTHDTC": "NA", "AGE": "-"}, None, None, None),
        ({"AGE": "700", "AGEU": "MONTHS"}, None, None, None),
        ({"AGE": "70", "AGEU": "MONTHS"}, 1950, None, "AGE_UNIT"),
    ],
)
def test_a_year_of_birth_needs_no_whole_date(
    tmp_path: Path, values: dict[str, str], year: int | None, age: int | None, rule: str | None
) -> None:
    folder = write(tmp_path, {"dm": [dm(**values), dm(TWO, RFXSTDTC="")], "ex": []})
    study, report = read(folder, study="S")
    if values.get("AGE") == "700":
        assert of(study, Patient, ONE) == []
        assert "NUMBER_OUT_OF_RANGE" in rules(report)
        return
    patient = only(study, Patient)
    assert isinstance(patient, Patient)
    assert (patient.birth_year, patient.age_at_enrolment_years) == (year, age)
    assert rules(report) == ({rule} if rule else set())


def test_subjects_are_needed_and_are_of_one_study(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match=r"no dm\.csv"):
        read(write(tmp_path / "a", {"dm": []}), study="S")
    with pytest.raises(ImportRefused, match="several studies"):
        read(write(tmp_path / "b", {"dm": [dm(), dm(TWO, STUDYID="T")]}), study="S")
    folder = write(tmp_path / "c", {"dm_2": [dm(TWO, SEX="M")]})
    with pytest.raises(ImportRefused, match="in several files"):
        read(folder, study="S")


def test_a_row_that_has_no_place_is_set_aside_with_the_reason(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        dm=[dm(), dm(SEX="M"), dm(TWO, RFXSTDTC="")],
        ae=[
            ae(1, "S-99"),
            ae(2, TWO),
            ae(3, DOMAIN="CM"),
            ae(4, STUDYID="OTHER"),
            ae(5, AESTDTC="2014-02-30"),
            ae(6, AEENDTC="2013-01-01"),
            ae(7, AETOXGR="6"),
            ae(8, AETOXGR="5"),
            ae(9),
            {**ae(), "AESEQ": ""},
        ],
    )
    study, report = read(folder, study="S")
    assert counted(report, "DM") == (3, 2, 1)
    assert counted(report, "AE") == (10, 1, 9)
    found = {(each.row, each.finding.rule) for each in study.rejections}
    assert found == {
        (3, "DUPLICATE_ROW"), (2, "SUBJECT_UNKNOWN"), (3, "NOT_TREATED"), (4, "DOMAIN_OTHER"),
        (5, "STUDY_OTHER"), (6, "DATE_UNREADABLE"), (7, "END_BEFORE_START"),
        (8, "NUMBER_OUT_OF_RANGE"), (9, "SERIOUS_CONTRADICTED"), (11, "VALUE_MISSING"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("doses", "started", "start", "end", "rule"),
    [
        ([ex(1), ex(2, EXSTDTC="2013-12-30")], "", "2013-12-30", 185, None),
        ([ex(1, EXSTDTC="2014-01"), ex(2)], "2014-01-01", "2014-01-01", 183, "DATE_PARTIAL"),
        ([ex(1, EXSTDTC="2014-01")], "", None, None, "START_UNKNOWN"),
        ([ex(1)], "2014-01-05", "2014-01-02", 182, "START_DISAGREES"),
        ([ex(1, EXENDTC="")], "2014-01-02", "2014-01-02", 182, None),
        ([], "2014-01-02", "2014-01-02", 182, None),
    ],
)
def test_treatment_starts_with_the_first_dose(
    tmp_path: Path,
    doses: list[dict[str, str]],
    started: str,
    start: str | None,
    end: int | None,
    rule: str | None,
) -> None:
    subjects = [dm(RFXSTDTC=started), dm(TWO, RFXSTDTC="")]
    ended = [ds("COMPLETED", "2014-07-02")]
    folder = write(tmp_path, {"dm": subjects, "ex": doses, "ds": ended})
    study, report = read(folder, study="S")
    treatment = only(study, Treatment)
    assert isinstance(treatment, Treatment)
    assert (treatment.started_on and str(treatment.started_on), treatment.end_day) == (start, end)
    assert rule is None or rule in rules(report)


def test_dispositions_tell_the_end_the_enrolment_and_the_last_contact(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        ds=[
            ds("RANDOMIZED", "2014-01-01", 1, DSCAT="PROTOCOL MILESTONE"),
            ds("INFORMED CONSENT OBTAINED", "2013-12-20", 2, DSCAT="PROTOCOL MILESTONE"),
            ds("FINAL LAB VISIT", "2014-07-10", 3, DSCAT="OTHER EVENT"),
            ds("PROGRESSIVE DISEASE", "2014-07-01", 4, DSSCAT="TREATMENT DISCONTINUATION"),
            ds("LOST TO FOLLOW-UP", "2014-12-01", 5, DSSCAT="STUDY"),
            ds("SCREEN FAILURE", "2013-12-30", 1, TWO),
        ],
    )
    study, report = read(folder, study="S")
    patient, treatment = only(study, Patient), only(study, Treatment)
    assert isinstance(patient, Patient)
    assert isinstance(treatment, Treatment)
    assert str(patient.enrolled_on) == "2013-12-20"
    assert patient.vital_status is None
    assert (treatment.end_reason, treatment.last_known_alive_day) == ("PROGRESSION", 189)
    assert counted(report, "DS") == (6, 5, 1)


def test_death_is_taken_from_the_demographics_first(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        dm=[dm(DTHFL="Y", DTHDTC="2014-08-01"), dm(TWO, RFXSTDTC="", DTHFL="Y")],
        ds=[
            ds("DEATH", "2014-08-02", 1),
            ds("FINAL VISIT", "2014-08-05", 2, DSCAT="OTHER EVENT"),
        ],
    )
    study, report = read(folder, study="S")
    treatment = only(study, Treatment)
    assert isinstance(treatment, Treatment)
    assert (treatment.death_day, treatment.end_reason) == (211, "DEATH")
    assert treatment.last_known_alive_day is None
    assert {"DEATH_DISAGREES", "SEEN_AFTER_DEATH"} <= rules(report)
    other = only(study, Patient, TWO)
    assert isinstance(other, Patient)
    assert other.vital_status == "DEAD"


def test_a_severity_is_no_grade(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        ae=[ae(1), ae(2, AETOXGR="3", AESER="Y", AEREL="NONE"), ae(3, AEREL="RELATED", AESDTH="Y")],
    )
    study, report = read(folder, study="S")
    found = [each for each in study.records if isinstance(each, AdverseEvent)]
    assert [(each.grade, each.serious, each.relatedness) for each in found] == [
        (None, False, "POSSIBLE"), (3, True, "UNRELATED"), (None, False, None),
    ]  # fmt: skip
    assert {each.start_day for each in found} == {1}
    assert {"SEVERITY_WITHOUT_GRADE", "SERIOUS_CONTRADICTED"} <= rules(report)
    assert ("AEREL", "RELATED", 1) in {(e.system, e.code, e.count) for e in report.unmapped}


def test_the_rows_of_a_visit_are_one_assessment(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        rs=[
            rs(1, "TRGRESP", "SD"),
            rs(2, "NTRGRESP", "NON-CR/NON-PD"),
            rs(3, "OVRLRESP", "PD"),
            rs(4, "NEWLPROG", "UNEQUIVOCAL"),
        ],
    )
    study, report = read(folder, study="S")
    (found,) = assessments(study)
    assert (found.criteria, found.response, found.day) == ("RECIST_1_1", "PD", 42)
    assert (found.new_lesion, found.source_key) == (True, "rs.csv/3")
    parts = [each for each in study.records if isinstance(each, Component)]
    assert {(each.test, each.response, each.assessment) for each in parts} == {
        ("TRGRESP", "SD", "rs.csv/3"),
        ("NTRGRESP", "NON-CR/NON-PD", "rs.csv/3"),
        ("NEWLPROG", "UNEQUIVOCAL", "rs.csv/3"),
    }
    assert counted(report, "RS") == (4, 4, 0)
    assert rules(report) == set()


def test_criteria_readers_methods_and_dates_make_assessments_of_their_own(tmp_path: Path) -> None:
    reader = {"RSEVAL": "INDEPENDENT ASSESSOR"}
    folder = write(
        tmp_path,
        rs=[
            rs(1),
            rs(2, RSEVALID="RADIOLOGIST 1", RSACPTFL="Y", **reader),
            rs(3, RSEVALID="RADIOLOGIST 2", **reader),
            rs(4, result="iUPD", RSCAT="iRECIST"),
            rs(5, result="PMR", RSCAT="LUGANO 2014", RSMETHOD="PET-CT"),
            rs(6, result="SAD", RSCAT="LUGANO 2014", RSMETHOD="CT"),
            rs(7, RSDTC="2014-02"),
            rs(8, RSCAT="CA125"),
            rs(9, RSCAT="RECIST 1.1 - CA125"),
        ],
    )
    study, report = read(folder, study="S")
    found = {each.source_key[-1]: each for each in assessments(study)}
    assert len(found) == 9
    assert [found[each].evaluator_id for each in "123"] == [None, "RADIOLOGIST 1", "RADIOLOGIST 2"]
    assert [found[each].accepted for each in "123"] == [None, True, None]
    assert found["2"].evaluator == "INDEPENDENT"
    assert (found["4"].normalised_response, found["4"].confirmed) == (None, False)
    assert (found["5"].normalised_response, found["5"].method) == ("PR", "PET-CT")
    assert (found["6"].normalised_response, found["6"].method) == ("SD", "CT")
    assert found["7"].day is None
    assert [found[each].criteria for each in "89"] == ["GCIG_CA125", "RECIST_1_1_GCIG_CA125"]
    assert rules(report) == {"DATE_PARTIAL"}


def test_criteria_are_never_guessed(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        rs=[
            rs(1, RSCAT=""),
            rs(2, RSCAT="RECIST 1.0"),
            rs(3, result="", RSSTAT="NOT DONE"),
            rs(4, "BESTRESP"),
        ],
    )
    study, report = read(folder, study="S")
    assert assessments(study) == []
    assert counted(report, "RS") == (4, 0, 4)
    assert [each.finding.rule for each in study.rejections] == [
        "CRITERIA_MISSING", "CRITERIA_UNKNOWN", "RESULT_MISSING", "TEST_NOT_READ",
    ]  # fmt: skip


def test_the_same_row_in_two_files_is_stored_once_and_another_beside_it(tmp_path: Path) -> None:
    folder = write(tmp_path, {"rs": [rs(1), rs(1)], "rs_more": [rs(1), rs(1, result="SD")]})
    study, report = read(folder, study="S")
    assert {each.source_key for each in assessments(study)} == {"rs.csv/1", "rs_more.csv/1"}
    assert counted(report, "RS") == (4, 4, 0)
    assert {"ROW_REPEATED", "SEQUENCE_IN_SEVERAL_FILES", "RESPONSES_CONTRADICT"} == rules(report)
    values = {each.file: each.value for each in report.findings if each.rule == "ROW_REPEATED"}
    assert values == {
        "rs.csv": "1 row: rs.csv line 2 (line 3)",
        "rs_more.csv": "1 row: rs.csv line 2 (line 2)",
    }


def test_a_sequence_number_twice_gets_an_ordinal_whatever_the_order(tmp_path: Path) -> None:
    twice = [rs(1, "OVRLRESP", "PR"), rs(1, "TRGRESP", "PR"), rs(2, VISIT="WEEK 12")]
    one, report = read(write(tmp_path / "a", rs=twice), study="S")
    other, _ = read(write(tmp_path / "b", rs=twice[::-1]), study="S")
    assert set(one.records) == set(other.records)
    keys = {each.source_key for each in one.records if isinstance(each, Assessment | Component)}
    assert keys == {"rs.csv/1", "rs.csv/1#2", "rs.csv/2"}
    assert "SEQUENCE_REPEATED" in rules(report)


def test_a_test_twice_at_a_visit_is_two_assessments(tmp_path: Path) -> None:
    folder = write(tmp_path, rs=[rs(1), rs(2, result="SD"), rs(3, "TRGRESP", "PR")])
    study, report = read(folder, study="S")
    assert [each.response for each in assessments(study)] == ["PR", "SD"]
    assert "ASSESSMENT_REPEATED" in rules(report)


def test_lesions_and_measurements_are_of_one_evaluator(tmp_path: Path) -> None:
    reader = {"TUEVAL": "INDEPENDENT ASSESSOR", "TUEVALID": "RADIOLOGIST 1"}
    same = {"TREVAL": "INDEPENDENT ASSESSOR", "TREVALID": "RADIOLOGIST 1"}
    folder = write(
        tmp_path,
        tu=[
            tu(1),
            tu(2, TULOC="LYMPH NODE", TUACPTFL="Y", **reader),
            tu(3, "NT01", TUSTRESC="NON-TARGET", TUDTC="2013-12"),
            tu(4, "X01", TUSTRESC="BENIGN"),
            tu(5, "T01", TUTESTCD="TUSPLIT"),
        ],
        tr=[
            tr(1, "LDIAM", "21"),
            tr(2, "LPERP", "1.1", TRSTRESU="cm"),
            tr(3, "LDIAM", "19", **same),
            tr(4, "TUMSTATE", "PRESENT", TRLNKID="NT01", TRSTRESU=""),
            tr(5, "LDIAM", "20", TRLNKID="T09"),
            tr(6, "LDIAM", "20", TRSTRESU="pixel"),
            tr(7, "LDIAM", "", TRSTAT="NOT DONE"),
            tr(8, "VOLUME", "20"),
        ],
    )
    study, report = read(folder, study="S")
    lesions = {each.source_key: each for each in study.records if isinstance(each, Lesion)}
    assert set(lesions) == {"tu.csv/1", "tu.csv/2", "tu.csv/3"}
    assert lesions["tu.csv/1"].day == -3
    assert lesions["tu.csv/2"].accepted is True
    assert (lesions["tu.csv/3"].kind, lesions["tu.csv/3"].day) == ("NON_TARGET", None)
    found = {
        (each.lesion, each.diameter_mm, each.perpendicular_mm, each.state, each.day)
        for each in study.records
        if isinstance(each, Measurement)
    }
    assert found == {
        ("tu.csv/1", 21.0, 11.0, None, 42),
        ("tu.csv/2", 19.0, None, None, 42),
        ("tu.csv/3", None, None, "PRESENT", 42),
    }
    assert counted(report, "TU") == (5, 3, 2)
    assert counted(report, "TR") == (8, 4, 4)
    assert {each.finding.rule for each in study.rejections} == {
        "LESION_KIND_UNKNOWN", "TEST_NOT_READ", "LESION_UNKNOWN", "UNIT_UNKNOWN", "RESULT_MISSING",
    }  # fmt: skip


def test_a_lesion_of_several_files_is_the_one_of_the_twin(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        {
            "tu_a": [tu(1)],
            "tu_b": [tu(1, TULOC="BONE")],
            "tr_b": [tr(1, "LDIAM", "21")],
            "tr_c": [tr(1, "LDIAM", "22")],
        },
    )
    study, _ = read(folder, study="S")
    measured = [each for each in study.records if isinstance(each, Measurement)]
    assert [(each.lesion, each.diameter_mm) for each in measured] == [("tu_b.csv/1", 21.0)]
    assert [each.finding.rule for each in study.rejections] == ["LESION_UNKNOWN"]


def test_changes_are_counted_from_recorded_sums_alone(tmp_path: Path) -> None:
    baseline = {"VISIT": "SCREENING", "TRDTC": "2013-12-30"}
    later = [{"VISIT": f"WEEK {week}"} for week in (12, 18)]
    dates = ["2014-03-27", "2014-05-08"]
    folder = write(
        tmp_path,
        rs=[
            rs(1),
            *(rs(n, RSDTC=dates[n - 2], **later[n - 2]) for n in (2, 3)),
            rs(4, RSEVAL="INDEPENDENT ASSESSOR"),
            rs(5, RSCAT="CA125"),
        ],
        tr=[
            tr(1, "SUMDIAM", "100", **baseline),
            tr(2, "SUMDIAM", "60"),
            tr(3, "SUMDIAM", "90", TRDTC=dates[0], **later[0]),
            tr(
                4,
                "PCBSD",
                "-10.5",
                TRDTC=dates[0],
                TRSTRESU="%",
                **{**later[0], "TRSTRESN": "-10.5"},
            ),
            tr(5, "SUMDIAM", "30", TRDTC=dates[1], **later[1]),
            tr(6, "SUMDIAM", "77", VISIT="WEEK 30", TRDTC="2014-08-01"),
            tr(7, "SUMDIAM", "61"),
        ],
    )
    study, report = read(folder, study="S")
    found = {
        each.source_key: (each.target_sum_mm, each.change_from_baseline, each.change_from_nadir)
        for each in assessments(study)
    }
    assert found == {
        "rs.csv/1": (60.0, -40.0, -40.0),
        "rs.csv/2": (90.0, -10.5, 50.0),
        "rs.csv/3": (30.0, -70.0, -50.0),
        "rs.csv/4": (None, None, None),
        "rs.csv/5": (None, None, None),
    }
    assert counted(report, "TR") == (7, 5, 2)
    aside = {(each.row, each.finding.rule) for each in study.rejections}
    assert aside == {(7, "SUM_WITHOUT_ASSESSMENT"), (8, "SUM_REPEATED")}


def test_a_sum_without_a_baseline_has_no_change(tmp_path: Path) -> None:
    study, _ = read(write(tmp_path, rs=[rs(1)], tr=[tr(1, "SUMDIAM", "60")]), study="S")
    (found,) = assessments(study)
    assert (found.target_sum_mm, found.change_from_baseline) == (60.0, None)


def test_files_that_are_not_read_are_told(tmp_path: Path) -> None:
    folder = write(tmp_path, {"lb": [rs(1)], "suppae": [ae(1)]})
    for name in ("tr.rda", "dm.xpt", "readme.md"):
        (folder / name).write_bytes(b"x")
    _, report = read(folder, study="S")
    told = {each.file: each.remedy for each in report.findings if each.rule == "FILE_NOT_READ"}
    assert set(told) == {"lb.csv", "suppae.csv", "tr.rda", "dm.xpt"}
    assert "write.csv(tr, 'tr.csv', row.names = FALSE)" in told["tr.rda"]
    absent = {each.file for each in report.findings if each.rule == "FILE_ABSENT"}
    assert absent == {"ds.csv", "ae.csv", "tu.csv", "tr.csv", "rs.csv"}


async def test_what_another_source_knows_stays(
    tmp_path: Path, importing: Importer, connection: Connection
) -> None:
    folder = write(tmp_path, rs=[rs(1)])
    await importing(folder)
    await connection.execute("update connect.treatment set ecog = 1, line = 3")
    await connection.execute("update connect.patient set health_region = 'VEST'")
    write(folder, dm=[dm(SEX="M"), dm(TWO, RFXSTDTC="")], rs=[rs(1, result="SD")])
    report = await importing(folder)
    changed = {each.entity: (each.inserted, each.updated) for each in report.changes if each}
    assert changed["response_assessment"] == (0, 1)
    assert changed["patient"] == (0, 1)
    assert tuple(await connection.fetchrow("select ecog, line from connect.treatment") or ()) == (
        1,
        3,
    )
    kept = await connection.fetch("select distinct health_region::text from connect.patient")
    assert [row[0] for row in kept] == ["VEST"]
    drug = "select inn from connect.treatment_drug join connect.drug on drug.id = drug_id"
    assert await connection.fetchval(drug) == "olaparib"


async def test_a_synthetic_study_is_never_mixed(
    tmp_path: Path, importing: Importer, connection: Connection
) -> None:
    await connection.execute("insert into connect.study (code, synthetic) values ('S', true)")
    before = await state(connection)
    with pytest.raises(ImportRefused, match="never mixed"):
        await importing(write(tmp_path))
    assert await state(connection) == before
