"""Forms of an eCRF export, written by hand: codes, repeats, partial dates, several events."""

from __future__ import annotations

from pathlib import Path

import pytest

from db.form.load import import_csv
from db.form.mapping import OWN
from db.ingest.report import ImportRefused
from tests.form.conftest import Connection, Importer, nothing, state

EVENT = "Subject,Event,Event name,Event date"
KEYS = "SubjectId,EventId,EventName,EventDate"
FILES = {
    "Demography": """
Sex,Sex code,Date of birth
Sex,SexCD,BirthDate
S-1,E1,Screening,2022-01-03,Woman,2,1960-nk-nk
S-2,E1,Screening,2022-02-01,,1,1955-05-17
""",
    "TreatmentStart": """
Start,Line,ECOG,Drug,Drug 2
StartDate,Line,ECOG,Drug,Drug__2
S-1,E2,Start,2022-01-10,2022-01-10,3,1,Dabrafenib,Trametinib
S-2,E2,Start,2022-02-10,2022-02-nk,1,0,Olaparib,
""",
    "TreatmentEnd": """
End,Reason,Reason code
EndDate,EndReason,EndReasonCD
S-1,E9,End,2022-07-09,2022-07-09,Progressive disease,1
S-9,E9,End,2022-07-09,2022-07-09,Other,99
""",
    "ResponseAssessment": """
Criteria,Criteria code,Response,Response code,Sum
Criteria,CriteriaCD,OverallResponse,OverallResponseCD,TargetSum
S-1,E3,Week 8,2022-03-07,RECIST 1.1,1,Partial response,2,"31,5"
S-1,E4,Week 16,2022-05-02,RECIST 1.1,,POD,,NK
S-2,E3,Week 8,2022-04-07,RECIST 1.1,1,Stable disease,3,40
""",
    "AdverseEvent": """
Term,Grade,From,To,Term 2,Grade 2,From 2,To 2
AETerm,Grade,AEStartDate,AEEndDate,AETerm__2,Grade__2,AEStartDate__2,AEEndDate__2
S-1,E5,AE,2022-02-01,Fever,2,2022-01-15,2022-01-17,Rash,1,2022-01-nk,
S-2,E5,AE,2022-03-01,Nausea,7,2022-02-15,,,,,
""",
    "SurvivalFollowUp": """
Status,Status code,Last contact,Death
VitalStatus,VitalStatusCD,ContactDate,DeathDate
S-1,E8,Follow-up 2,2023-01-10,Dead,2,2022-12-01,2023-01-02
S-1,E7,Follow-up 1,2022-09-10,Alive,1,2022-09-10,
""",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        labels, names, *rows = text.strip().splitlines()
        lines = [f"{EVENT},{labels}", f"{KEYS},{names}", *rows]
        (tmp_path / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path


async def test_the_forms_of_a_trial(
    folder: Path, connection: Connection, importing: Importer
) -> None:
    report = await importing(folder)
    patients = await connection.fetch(
        "select i.source_key, p.sex::text, p.vital_status::text, i.birth_year "
        "from connect.patient p join connect.patient_identity i on i.patient_id = p.id order by 1"
    )
    assert [tuple(row) for row in patients] == [
        ("S-1", "FEMALE", "DEAD", 1960),
        ("S-2", "MALE", None, 1955),
    ]
    treatments = await connection.fetch(
        "select line, ecog, end_day, end_reason::text, death_day, last_known_alive_day, "
        "started_on::text, array(select inn from connect.treatment_drug join connect.drug d "
        "on d.id = drug_id where treatment_id = t.id order by 1) as drugs from connect.treatment t "
        "join connect.treatment_identity i on i.treatment_id = t.id order by line desc"
    )
    assert [tuple(row) for row in treatments] == [
        (3, 1, 180, "PROGRESSION", 357, 325, "2022-01-10", ["dabrafenib", "trametinib"]),
        (1, 0, None, None, None, None, None, ["olaparib"]),
    ]
    assessments = await connection.fetch(
        "select source_key, day, criteria::text, target_sum_mm, response, "
        "normalised_response::text from connect.response_assessment order by day nulls last"
    )
    assert [tuple(row) for row in assessments] == [
        ("E3-1", 56, "RECIST_1_1", 31.5, "Partial response", "PR"),
        ("E4-1", 112, "RECIST_1_1", None, "POD", "PD"),
        ("E3-1", None, "RECIST_1_1", 40, "Stable disease", "SD"),
    ]
    events = await connection.fetch(
        "select source_key, term, grade, start_day, end_day from connect.adverse_event order by 1"
    )
    assert [tuple(row) for row in events] == [
        ("E5-1", "Fever", 2, 5, 7),
        ("E5-2", "Rash", 1, None, None),
    ]
    told = {(each.file, each.row, each.rule, each.column, each.value) for each in report.findings}
    assert told >= {
        ("TreatmentEnd.csv", 4, "REFERENCE_UNRESOLVED", "subjectid", "S-9"),
        ("AdverseEvent.csv", 4, "VALUE_REFUSED", "grade", "7"),
        ("TreatmentStart.csv", None, "DATE_PARTIAL", "startdate", "1 rows"),
        ("AdverseEvent.csv", None, "DATE_PARTIAL", "aestartdate", "2 rows"),
    }
    assert report.rows_quarantined == 2
    counted = await connection.fetchval("select count(*) from connect.quarantine")
    assert counted == report.rows_quarantined


async def test_twice_is_once(folder: Path, connection: Connection, importing: Importer) -> None:
    await importing(folder)
    before = await state(connection)
    assert not (await importing(folder)).changed
    assert await state(connection) == before


async def test_a_mapping_of_ones_own(folder: Path, connection: Connection) -> None:
    (folder / "Demography.csv").rename(folder / "DM01.csv")
    mapping = folder / "own.toml"
    mapping.write_text(OWN.read_text().replace('name = "Demography"', 'name = "DM01"'))
    await import_csv(
        connection, folder, study="S", dry_run=False, mapping=mapping, complete=nothing
    )
    assert await connection.fetchval("select count(*) from connect.patient") == 2


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (('becomes = "patient"', 'becomes = "person"'), "there is no form person"),
        (('sex = "Sex"', 'gender = "Sex"'), "the form patient has no column gender"),
        (('as = "year"', 'as = "century"'), "century is not one of"),
        (("[start]", "[begin]"), "'start'"),
        (("[start]", "start]"), "not understood"),
    ],
)
async def test_a_mapping_that_is_wrong(
    folder: Path, connection: Connection, change: tuple[str, str], problem: str
) -> None:
    mapping = folder / "own.toml"
    mapping.write_text(OWN.read_text().replace(*change))
    with pytest.raises(ImportRefused, match=problem):
        await import_csv(
            connection, folder, study="S", dry_run=True, mapping=mapping, complete=nothing
        )


async def test_a_form_comes_once(folder: Path, importing: Importer) -> None:
    (folder / "patient.csv").write_text("patient\nS-1\n")
    with pytest.raises(ImportRefused, match="both hold the form patient"):
        await importing(folder)
