"""Pulling over HTTP: a stored operation as JSON, as lines or as a table, with an ETag."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import httpx
import pytest

from connect_graph.database import connected
from db.operation import add
from db.viewer import Role
from tests.audit.stored import entries
from tests.http.client import bearer, codes, told
from tests.statistics.conftest import LATEST
from tests.statistics.publication import CELLS, DIGEST
from tests.world import World

CSV, JSONL = "text/csv", "application/jsonl"
NAME = "response-by-cohort"
DOCUMENT = """query ($by: [OutcomeDimension!] = [COHORT], $release: String) {
  outcomeStatistics(by: $by, release: $release) {
    citation { release digest }
    rows {
      group { dimension value }
      patients { value suppressed }
      response: objectiveResponse { numerator { lower upper } confidenceInterval { lower upper } }
    }
  }
}"""
HEAD = (
    "group.COHORT,patients.value,patients.suppressed,response.numerator.lower,"
    "response.numerator.upper,response.confidenceInterval.lower,"
    "response.confidenceInterval.upper,citation.release,citation.digest"
)


@pytest.fixture(scope="module")
async def token(world: World) -> str:
    async with connected(world.database.url) as connection, connection.transaction():
        await add(connection, NAME, DOCUMENT, tuple(Role), replace=True)
    return await world.token("authority")


async def pull(
    http: httpx.AsyncClient, token: str, media: str = CSV, method: str = "GET", **given: str
) -> httpx.Response:
    headers = {**bearer(token), "accept": media}
    if "held" in given:
        headers["if-none-match"] = given.pop("held")
    return await http.request(
        method, "/graphql", params={"operation": NAME, **given}, headers=headers
    )


async def test_a_table_has_a_row_for_each_group(http: httpx.AsyncClient, token: str) -> None:
    answer = await pull(http, token)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    head, *rows = answer.text.removesuffix("\r\n").split("\r\n")
    assert head == HEAD
    assert rows[1] == f"TRA-BRAF-CRC,8,false,0,1,0.0,0.5265096708752065,{LATEST},{DIGEST}"
    withheld = f",,true,,,,,{LATEST},{DIGEST}"
    assert rows[2:] == [f"'=EVIL(){withheld}", withheld]  # a formula is text
    assert (await pull(http, token)).text == answer.text


async def test_what_a_spreadsheet_would_run_is_text(http: httpx.AsyncClient, token: str) -> None:
    """Whatever a cell of the publication says."""
    answer = await pull(http, token)
    for row in csv.reader(io.StringIO(answer.text)):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)


async def test_lines_hold_what_the_rows_do(http: httpx.AsyncClient, token: str) -> None:
    answer = await pull(http, token, JSONL)
    assert answer.headers["content-type"] == "application/jsonl; charset=utf-8"
    whole = await pull(http, token, "application/json")
    found: dict[str, Any] = whole.json()["data"]["outcomeStatistics"]
    assert [json.loads(line) for line in answer.text.splitlines()] == [
        {**row, "citation": found["citation"]} for row in found["rows"]
    ]
    assert len(found["rows"]) == len(CELLS["COHORT"])


@pytest.mark.parametrize("media", [CSV, JSONL, "application/json"])
async def test_who_has_the_answer_is_told_so(
    http: httpx.AsyncClient, token: str, media: str
) -> None:
    """Until another release is the latest: what was published of one does not change."""
    first = await pull(http, token, media)
    tag = first.headers["etag"]
    again = await pull(http, token, media, held=tag)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == tag
    named = await pull(http, token, media, variables=json.dumps({"release": "2026.1"}))
    assert named.status_code == 200
    assert named.headers["etag"] != tag
    latest = await pull(http, token, media, variables=json.dumps({"release": LATEST}))
    assert latest.headers["etag"] == tag
    assert (await pull(http, token, media, method="HEAD")).headers["etag"] == tag


async def test_dimensions_are_columns_in_their_order(http: httpx.AsyncClient, token: str) -> None:
    answer = await pull(http, token, variables=json.dumps({"by": ["SEX", "COHORT"]}))
    head, first, *_ = answer.text.split("\r\n")
    assert head.startswith("group.COHORT,group.SEX,patients.value")
    assert first.startswith("OLA-BRCA-BTC,FEMALE,14,false,2,2,")


async def ask(http: httpx.AsyncClient, token: str, query: str, media: str) -> httpx.Response:
    headers = {**bearer(token), "accept": media}
    return await http.post("/graphql", json={"query": query}, headers=headers)


REFUSED = {
    "{ outcomeStatistics(by: []) { rows { responseDistribution { response } } } }": (
        400,
        "`responseDistribution` is a list of records",
    ),
    "{ outcomeStatistics(by: []) { basis } }": (400, "ask for `rows`"),
    "{ outcomeStatistics(by: []) { a: rows { stage } b: rows { stage } } }": (400, "once"),
    "{ outcomeStatistics(by: []) { a: basis rows { a: stage } } }": (400, "`a` names a field"),
    "{ outcomeStatistics(by: []) { rows { stage } } viewer { role } }": (400, "asks for 2 fields"),
    "{ outcomeStatistics(by: [DRUG]) { rows { stage } } }": (400, "[]; [COHORT]"),
    "{ outcomeStatistics(by: [SEX, SEX]) { rows { stage } } }": (400, "more than once"),
    '{ outcomeStatistics(by: [], release: "x") { rows { stage } } }': (400, "`releases` lists"),
}


@pytest.mark.parametrize("query", REFUSED)
async def test_what_no_table_holds_is_refused(
    http: httpx.AsyncClient, token: str, query: str
) -> None:
    status, message = REFUSED[query]
    answer = told(await ask(http, token, query, CSV))
    assert answer.status_code == status
    assert codes(answer) == ["BAD_USER_INPUT"]
    assert message in answer.json()["errors"][0]["message"]


async def test_what_is_hidden_is_refused_of_a_table(http: httpx.AsyncClient, world: World) -> None:
    query = "{ outcomeStatistics(by: [ACCRUAL_MONTH]) { rows { patients { value } } } }"
    answer = told(await ask(http, await world.token("partner"), query, CSV))
    assert answer.status_code == 400
    assert codes(answer) == ["BAD_USER_INPUT"]


async def test_live_statistics_are_a_table_too(http: httpx.AsyncClient, world: World) -> None:
    query = """{ outcomeStatistics(by: [SEX]) { release { version } rows {
        group { value } patients { value } survival: overallSurvival { median { value } } } } }"""
    answer = await ask(http, await world.token("steward"), query, CSV)
    head, *rows = answer.text.splitlines()
    assert head == "group.SEX,patients.value,survival.median.value,release.version"
    assert [row.split(",")[0] for row in rows] == ["FEMALE", "MALE"]


async def test_lists_are_lines_too(http: httpx.AsyncClient, world: World) -> None:
    query = """{ outcomeStatistics(by: []) { rows {
        overallSurvival { points { day survival } } responseDistribution { response } } } }"""
    answer = await ask(http, await world.token("steward"), query, JSONL)
    (line,) = answer.text.splitlines()
    assert json.loads(line)["overallSurvival"]["points"]


async def test_an_entry_counts_the_cells(http: httpx.AsyncClient, token: str, world: World) -> None:
    """In every form alike: two rows of two measures; what is withheld is none."""
    before = len(await entries(world.database.url))
    for media in (CSV, JSONL, "application/json"):
        assert (await pull(http, token, media)).status_code == 200
    found = (await entries(world.database.url))[before:]
    told = [(entry["operation_name"], entry["cells"], entry["release"]) for entry in found]
    assert told == [(NAME, 4, LATEST)] * 3


async def test_an_entry_of_live_statistics_counts_them_too(
    http: httpx.AsyncClient, world: World
) -> None:
    before = len(await entries(world.database.url))
    query = "{ outcomeStatistics(by: [SEX]) { rows { patients { value } evaluable { value } } } }"
    answer = await ask(http, await world.token("steward"), query, "application/json")
    rows = len(answer.json()["data"]["outcomeStatistics"]["rows"])
    (entry,) = (await entries(world.database.url))[before:]
    assert (entry["cells"], entry["release"]) == (2 * rows, None)
