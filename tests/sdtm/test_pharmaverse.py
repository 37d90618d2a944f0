"""The real set: every row accounted for, and what is stored equals what the csv module counts."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from db.ingest.report import Report
from db.sdtm.load import import_sdtm
from db.sdtm.study import read
from tests.conftest import Clone
from tests.ingest.conftest import nothing
from tests.sdtm.conftest import Connection, state

CRITERIA = {
    "RECIST 1.1": "RECIST_1_1",
    "iRECIST": "IRECIST",
    "LUGANO 2014": "LUGANO",
    "IMWG": "IMWG",
    "PCWG SCHER PROSTATE CANCER 2016": "PCWG3",
    "CA125": "GCIG_CA125",
    "RECIST 1.1 - CA125": "RECIST_1_1_GCIG_CA125",
}
EVALUATOR = {"INVESTIGATOR": "INVESTIGATOR", "INDEPENDENT ASSESSOR": "INDEPENDENT"}


def rows(path: Path, pattern: str) -> list[tuple[str, dict[str, str]]]:
    """Read files without the importer; NA is missing."""
    found: list[tuple[str, dict[str, str]]] = []
    for file in sorted(path.glob(pattern)):
        with file.open(newline="", encoding="utf-8") as lines:
            found += (
                (file.name, {key: value for key, value in row.items() if value != "NA"})
                for row in csv.DictReader(lines)
            )
    return found


@pytest.fixture(scope="module")
async def imported(
    stocked_clone: Clone, pharmaverse: Path
) -> AsyncIterator[tuple[Connection, Report]]:
    """Import once for the tests that only look."""
    async with stocked_clone() as database:
        connection = await asyncpg.connect(database.url)
        report = await import_sdtm(
            connection, pharmaverse, study="PHV", dry_run=False, complete=nothing
        )
        yield connection, report
        await connection.close()


@pytest.fixture
def stored(imported: tuple[Connection, Report]) -> Connection:
    return imported[0]


@pytest.fixture
def report(imported: tuple[Connection, Report]) -> Report:
    return imported[1]


@pytest.mark.parametrize("domain", ["DM", "EX", "DS", "AE", "TU", "TR", "RS"])
async def test_every_row_is_stored_or_quarantined(
    stored: Connection, report: Report, pharmaverse: Path, domain: str
) -> None:
    (count,) = [each for each in report.domains if each.domain == domain]
    assert count.read == len(rows(pharmaverse, f"{domain.lower()}*.csv"))
    assert count.read == count.stored + count.quarantined
    assert f"  {count.text()}\n" in report.text()
    aside = await stored.fetchval(
        "select count(*) from connect.quarantine where file ~ ('^' || $1)", domain.lower()
    )
    assert aside == count.quarantined
    told = {
        "domain": domain,
        "read": count.read,
        "stored": count.stored,
        "quarantined": count.quarantined,
    }
    assert told in report.as_json()["domains"]


async def test_what_is_quarantined_has_its_reason(stored: Connection, report: Report) -> None:
    found = await stored.fetch(
        "select file, rule, count(*) as count from connect.quarantine group by 1, 2 order by 1"
    )
    assert [tuple(row) for row in found] == [
        ("ds.csv", "NOT_TREATED", 52),
        ("rs_onco_lymphoma.csv", "RESULT_MISSING", 3),
        ("rs_onco_recist.csv", "CRITERIA_MISSING", 66),
    ]
    assert report.rows_quarantined == 121


async def test_306_subjects_of_whom_254_were_treated(stored: Connection, pharmaverse: Path) -> None:
    subjects = {row["USUBJID"] for _, row in rows(pharmaverse, "dm.csv")}
    found = await stored.fetch("select source_key from connect.patient_identity")
    assert {row["source_key"] for row in found} == subjects
    assert len(found) == 306
    treated = {row["USUBJID"] for _, row in rows(pharmaverse, "ex.csv")}
    found = await stored.fetch(
        "select source_key, started_on::text from connect.patient_identity i join ("
        "select patient_id, started_on from connect.treatment_identity) t using (patient_id)"
    )
    first: dict[str, str] = {}
    for _, row in rows(pharmaverse, "ex.csv"):
        first[row["USUBJID"]] = min(first.get(row["USUBJID"], "9"), row["EXSTDTC"])
    assert {tuple(row) for row in found} == set(first.items())
    assert len(treated) == len(found) == 254


async def test_criteria_and_evaluators_stay_apart(stored: Connection, pharmaverse: Path) -> None:
    """One assessment for each verdict, counted by criteria, evaluator, reader and response."""
    expected = Counter(
        (
            CRITERIA[row["RSCAT"]],
            EVALUATOR[row["RSEVAL"]],
            row.get("RSEVALID"),
            {"Y": True}.get(row.get("RSACPTFL", "")),
            row["RSORRES"],
        )
        for _, row in rows(pharmaverse, "rs*.csv")
        if row["RSTESTCD"] == "OVRLRESP" and "RSCAT" in row and "RSSTRESC" in row
    )
    found = await stored.fetch(
        "select criteria::text, evaluator::text, evaluator_id, accepted, response, "
        "count(*)::integer from connect.response_assessment where response is not null "
        "group by 1, 2, 3, 4, 5"
    )
    assert {tuple(row)[:5]: row["count"] for row in found} == expected
    assert len({key[0] for key in expected}) == 7
    assert len({key[1:3] for key in expected}) == 3


async def test_parts_of_a_verdict_are_all_there(stored: Connection, pharmaverse: Path) -> None:
    expected = Counter(
        (row["RSTESTCD"], row["RSORRES"])
        for _, row in rows(pharmaverse, "rs*.csv")
        if row["RSTESTCD"] != "OVRLRESP"
    )
    found = await stored.fetch(
        "select test, response, count(*)::integer from connect.response_component group by 1, 2"
    )
    assert {(row["test"], row["response"]): row["count"] for row in found} == expected
    silent = await stored.fetchval(
        "select count(*) from connect.response_assessment where response is null"
    )
    assert silent == 31  # 30 soft tissue responses by RECIST beside PCWG3, one split by its date


async def test_readers_are_never_mixed(stored: Connection) -> None:
    """What an assessment is made of was said by the same reader at the same visit."""
    found = await stored.fetchval(
        "select count(*) from (select from connect.response_assessment "
        "where criteria = 'RECIST_1_1' and source_key ~ '^rs_onco.csv' "
        "group by treatment_id, visit, day having count(*) <> 3 "
        "or count(distinct (evaluator, evaluator_id)) <> 3) x"
    )
    assert found == 0


async def test_normalised_responses(stored: Connection) -> None:
    found = await stored.fetch(
        "select distinct criteria::text, response, normalised_response::text "
        "from connect.response_assessment where response is not null"
    )
    known = {(row[0], row[1]): row[2] for row in found}
    assert known["IRECIST", "iUPD"] is None
    assert known["IRECIST", "iCPD"] == "PD"
    assert known["LUGANO", "PMR"] == "PR"
    assert known["IMWG", "sCR"] == "CR"
    assert known["IMWG", "MR"] is None
    assert known["GCIG_CA125", "Response But Not Within Normal Range"] == "PR"
    assert known["RECIST_1_1", "CHECK"] is None
    assert all(value is None or value in {"CR", "PR", "SD", "PD", "NE"} for value in known.values())


async def test_keys_in_several_files_are_kept_apart(
    stored: Connection, report: Report, pharmaverse: Path
) -> None:
    files: dict[tuple[str, str], Counter[str]] = {}
    for file, row in rows(pharmaverse, "rs*.csv"):
        files.setdefault((row["USUBJID"], row["RSSEQ"]), Counter())[file] += 1
    assert sum(len(each) > 1 for each in files.values()) == 432
    assert sum(max(each.values()) > 1 for each in files.values()) == 3
    values = {each.rule: each.value or "" for each in report.findings if each.file.startswith("rs")}
    assert values["SEQUENCE_IN_SEVERAL_FILES"].startswith("432 keys")
    repeated = [each.value for each in report.findings if each.rule == "SEQUENCE_REPEATED"]
    assert [(value or "").split(":")[0] for value in repeated] == ["4 rows", "2 rows"]
    twice = await stored.fetchval(
        "select (select count(*) from connect.response_assessment where source_key ~ '#2$') + "
        "(select count(*) from connect.response_component where source_key ~ '#2$')"
    )
    assert twice == 3


async def test_lesions_and_what_was_measured(stored: Connection, pharmaverse: Path) -> None:
    expected = Counter(
        (row["TULNKID"], row["TUSTRESC"].replace("-", "_"), EVALUATOR[row["TUEVAL"]],
         row.get("TUEVALID"), row.get("TULOC"))
        for _, row in rows(pharmaverse, "tu*.csv")
    )  # fmt: skip
    found = await stored.fetch(
        "select number, kind::text, evaluator::text, evaluator_id, location, count(*)::integer "
        "from connect.lesion group by 1, 2, 3, 4, 5"
    )
    assert {tuple(row)[:5]: row["count"] for row in found} == expected
    measured = [row for _, row in rows(pharmaverse, "tr*.csv")]
    sums = await stored.fetchrow(
        "select count(diameter_mm), sum(diameter_mm), count(perpendicular_mm), "
        "sum(perpendicular_mm), count(state) from connect.lesion_measurement"
    )
    assert sums is not None
    for test, count, total in (("LDIAM", sums[0], sums[1]), ("LPERP", sums[2], sums[3])):
        values = [float(row["TRSTRESN"]) for row in measured if row["TRTESTCD"] == test]
        assert (count, total) == (len(values), pytest.approx(sum(values)))
    assert sums[4] == sum(row["TRTESTCD"] == "TUMSTATE" for row in measured)
    strangers = await stored.fetchval(
        "select count(*) from connect.lesion_measurement m join connect.lesion l on l.id = "
        "m.lesion_id where l.source_key !~ '^tu_onco_recist.csv' "
        "or l.treatment_id <> m.treatment_id"
    )
    assert strangers == 0


async def test_adverse_events(stored: Connection, pharmaverse: Path) -> None:
    words = {"NONE": "UNRELATED", "REMOTE": "UNLIKELY"}
    expected = Counter(
        (row["AETERM"], words.get(row.get("AEREL", ""), row.get("AEREL")), row["AESER"] == "Y")
        for _, row in rows(pharmaverse, "ae.csv")
    )
    found = await stored.fetch(
        "select term, relatedness::text, serious, count(*)::integer from connect.adverse_event "
        "where grade is null group by 1, 2, 3"
    )
    assert {tuple(row)[:3]: row["count"] for row in found} == expected


async def test_a_partial_date_is_no_day(stored: Connection, pharmaverse: Path) -> None:
    for table, pattern, column in (
        ("adverse_event where start_day is null", "ae.csv", "AESTDTC"),
        ("lesion where day is null", "tu*.csv", "TUDTC"),
    ):
        expected = sum(len(row.get(column, "")) < 10 for _, row in rows(pharmaverse, pattern))
        assert await stored.fetchval(f"select count(*) from connect.{table}") == expected


async def test_ends_deaths_and_the_cut_off(stored: Connection) -> None:
    found = await stored.fetch(
        "select end_reason::text, count(*)::integer from connect.treatment group by 1"
    )
    assert {tuple(row) for row in found} == {
        ("COMPLETED", 110), ("TOXICITY", 92), ("PATIENT_CHOICE", 27), ("OTHER", 19), ("DEATH", 3),
        ("PHYSICIAN_CHOICE", 3),
    }  # fmt: skip
    deaths = await stored.fetch(
        "select i.source_key, t.death_day, p.vital_status::text from connect.treatment t "
        "join connect.patient p on p.id = t.patient_id "
        "join connect.patient_identity i on i.patient_id = p.id where t.death_day is not null"
    )
    assert {tuple(row) for row in deaths} == {
        ("01-701-1211", 60, "DEAD"), ("01-704-1445", 174, "DEAD"), ("01-710-1083", 11, "DEAD"),
    }  # fmt: skip
    assert str(await stored.fetchval("select data_cut_off from connect.study")) == "2015-03-05"
    assert await stored.fetchval("select count(*) from connect.treatment where route = 'OTHER'")


async def test_every_treatment_gets_a_derived_outcome(stored: Connection) -> None:
    found = await stored.fetch(
        "select source::text, clinical_benefit_16w::text, count(*)::integer "
        "from connect.outcome group by 1, 2"
    )
    assert {row[0] for row in found} == {"DERIVED"}
    assert sum(row[2] for row in found) == 254
    assert {row[1] for row in found} >= {"YES", "NO", "NOT_EVALUABLE"}


def test_a_file_that_is_not_read_is_told_with_the_remedy(report: Report) -> None:
    found = {each.file: each.remedy for each in report.findings if each.rule == "FILE_NOT_READ"}
    assert set(found) == {"ae.rda", "tr_onco.rda"}
    assert "write.csv(tr_onco, 'tr_onco.csv', row.names = FALSE)" in found["tr_onco.rda"]
    assert "ae.csv is read" in found["ae.rda"]


def test_what_does_not_map_is_listed(report: Report) -> None:
    found = {(each.system, each.code): each.count for each in report.unmapped}
    assert found["EXTRT", "XANOMELINE"] == 168
    assert found["EXTRT", "PLACEBO"] == 86
    assert found["RSSTRESC IRECIST", "iUPD"] == 21
    assert found["RSSTRESC RECIST_1_1", "CHECK"] == 3


def test_reading_is_pure(pharmaverse: Path) -> None:
    assert read(pharmaverse, study="PHV") == read(pharmaverse, study="PHV")


async def test_twice_is_once_to_the_byte_and_a_dry_run_changes_nothing(
    connection: Connection, pharmaverse: Path
) -> None:
    empty = await state(connection)
    tried = await import_sdtm(connection, pharmaverse, study="PHV", dry_run=True, complete=nothing)
    assert await state(connection) == empty
    first = await import_sdtm(connection, pharmaverse, study="PHV", dry_run=False, complete=nothing)
    assert tried == replace(first, dry_run=True)
    once = await state(connection)
    assert all(once[table] != empty[table] for table in once if table != "treatment_drug")
    second = await import_sdtm(
        connection, pharmaverse, study="PHV", dry_run=False, complete=nothing
    )
    assert not second.changed
    assert await state(connection) == once
