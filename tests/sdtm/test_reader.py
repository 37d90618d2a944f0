"""Which of several independent readers an outcome rests on."""

from __future__ import annotations

from pathlib import Path

from tests.sdtm.conftest import Connection, Importer
from tests.sdtm.study import rs, write


async def test_the_accepted_reader_rules(
    tmp_path: Path, importing: Importer, connection: Connection
) -> None:
    visits = [("WEEK 6", "2014-02-13"), ("WEEK 16", "2014-04-24")]
    readers = [("RADIOLOGIST 1", "PD", ""), ("RADIOLOGIST 2", "PR", "Y")]
    folder = write(
        tmp_path,
        rs=[
            rs(10 * at + n, result=said, RSEVAL="INDEPENDENT ASSESSOR", RSEVALID=who,
               RSACPTFL=accepted, VISIT=visit, RSDTC=day)
            for at, (visit, day) in enumerate(visits)
            for n, (who, said, accepted) in enumerate(readers, 1)
        ],
    )  # fmt: skip
    await importing(folder)
    found = await connection.fetchrow(
        "select best_overall_response::text, best_confirmed_response::text, "
        "clinical_benefit_16w::text, source::text from connect.outcome"
    )
    assert tuple(found or ()) == ("PR", "PR", "YES", "DERIVED")
    rested = await connection.fetch(
        "select distinct evaluator_id from connect.response_assessment where id in "
        "(select response_assessment_id from connect.outcome_assessment)"
    )
    assert [row[0] for row in rested] == ["RADIOLOGIST 2"]


async def test_two_readers_whom_nobody_accepted_are_not_merged(
    tmp_path: Path, importing: Importer, connection: Connection
) -> None:
    said = {"RADIOLOGIST 2": ("SD", "PD"), "RADIOLOGIST 1": ("PR", "PR")}
    days = ("2014-02-13", "2014-04-24")
    folder = write(
        tmp_path,
        rs=[
            rs(10 * at + n, result=responses[n], RSEVAL="INDEPENDENT ASSESSOR", RSEVALID=who,
               VISIT=day, RSDTC=day)
            for at, (who, responses) in enumerate(said.items(), 1)
            for n, day in enumerate(days)
        ],
    )  # fmt: skip
    await importing(folder)
    found = await connection.fetchrow(
        "select best_confirmed_response::text, evaluator::text from connect.outcome"
    )
    assert tuple(found or ()) == ("PR", "INDEPENDENT")
    rested = await connection.fetch(
        "select distinct evaluator_id from connect.response_assessment where id in "
        "(select response_assessment_id from connect.outcome_assessment)"
    )
    assert [row[0] for row in rested] == ["RADIOLOGIST 1"]
