"""What is no stream is refused before anything is sent, as JSON with its status."""

from __future__ import annotations

import pytest

from tests.http.client import GRAPHQL, LEAKS, bearer, codes
from tests.stream.conftest import CSV, JSONL, Listener

IDS = "{ patients(first: 2) { nodes { id } } }"
WRONG = {
    "{ patients { nodes { id } } drugs { nodes { inn } } }": "asks for 2 fields",
    "{ viewer { role } }": "`viewer` is no list with pages",
    "{ __typename }": "`__typename` is no list with pages",
    "{ __schema { queryType { name } } }": "`__schema` is no list with pages",
    '{ patient(id: "x") { id } }': "`patient` is no list with pages",
    "{ patients { totalCount } }": "ask for `nodes`, or for `edges`",
    "{ patients { nodes { id } totalCount } }": "ask for `nodes`, or for `edges`",
    "{ patients { nodes { id } pageInfo { endCursor } } }": "ask for `nodes`, or for `edges`",
    "{ patients { nodes { id } edges { cursor } } }": "ask for `nodes`, or for `edges`",
    "{ patients { nodes @skip(if: true) { id } } }": "ask for `nodes`, or for `edges`",
    "{ patients { ... on PatientConnection { __typename } } }": "ask for `nodes`, or for `edges`",
    "{ patients @skip(if: true) { nodes { id } } }": "asks for 0 fields",
    "{ patients { nodes { errors: id } } }": "name the field otherwise",
    "{ patients { nodes { extensions: id } } }": "name the field otherwise",
    "{ patients(first: 0) { nodes { id } } }": "`first` is from 1",
    '{ patients(after: "x") { nodes { id } } }': "The cursor is not one of this list",
    "mutation { __typename }": "Only a query",
}
UNFLAT = {
    "{ patients { nodes { id diagnoses { topography } } } }": "`diagnoses`",
    "{ patients { nodes { id a: screening { b: offers { id } } } } }": "`a.b`",
    "{ patients { edges { node { treatments { id } } } } }": "`node.treatments`",
    "{ biomarkers { nodes { ... on Fusion { evidence { id } } } } }": "`evidence`",
}


@pytest.mark.parametrize("query", WRONG)
async def test_what_is_no_list_is_refused(listener: Listener, query: str) -> None:
    for media in (JSONL, CSV):
        answer = await listener.ask("steward", query, media)
        if "otherwise" in WRONG[query] and media == CSV:
            assert answer.status_code == 200
            continue
        assert answer.headers["content-type"] == f"{GRAPHQL}; charset=utf-8"
        found = answer.json()
        assert (answer.status_code, list(found)) == (400, ["errors"])
        assert WRONG[query] in found["errors"][0]["message"]
        assert LEAKS.search(answer.text) is None


@pytest.mark.parametrize("query", UNFLAT)
async def test_a_list_within_a_record_is_no_cell(listener: Listener, query: str) -> None:
    answer = await listener.ask("steward", query, CSV)
    assert (answer.status_code, codes(answer)) == (400, ["BAD_USER_INPUT"])
    assert answer.json()["errors"][0]["message"].startswith(UNFLAT[query])


async def test_limits_hold_for_a_page(listener: Listener) -> None:
    answer = await listener.ask("steward", "{ patients(first: 1001) { nodes { id } } }")
    assert (answer.status_code, codes(answer)) == (400, ["LIMIT_EXCEEDED"])
    again = "responses { treatment { " * 4
    dear = f"{{ patients {{ nodes {{ treatments {{ {again} id {'} } ' * 4} }} }} }} }}"
    answer = await listener.ask("steward", dear)
    assert (answer.status_code, codes(answer)) == (400, ["COST_EXCEEDED"])


@pytest.mark.parametrize("root", ["patients", "biomarkers", "responses", "resistanceFindings"])
async def test_who_may_have_no_records_gets_no_stream(listener: Listener, root: str) -> None:
    for media in (JSONL, CSV):
        answer = await listener.ask("authority", f"{{ {root} {{ nodes {{ id }} }} }}", media)
        assert answer.headers["content-type"] == f"{GRAPHQL}; charset=utf-8"
        assert (answer.status_code, codes(answer)) == (403, ["FIELD_NOT_AVAILABLE"])
        (entry,) = await listener.entries(answer.headers["x-request-id"])
        assert (entry["decision"], entry["codes"]) == ("REFUSED", ["FIELD_NOT_AVAILABLE"])
    drugs = await listener.lines("authority", "{ drugs { nodes { inn } } }")
    assert drugs


async def test_a_table_says_nothing_of_what_it_lacks_and_is_refused(listener: Listener) -> None:
    query = "{ patients { nodes { id birthYear } } }"
    answer = await listener.ask("partner", query, CSV)
    assert (answer.status_code, codes(answer)) == (403, ["FIELD_NOT_AVAILABLE"])
    *lines, last = await listener.lines("partner", query)
    assert {line["birthYear"] for line in lines} == {None}
    assert [each["path"] for each in last["errors"]] == [["patients", "nodes", "birthYear"]]


async def test_who_is_not_known_gets_nothing(listener: Listener) -> None:
    headers = {**bearer("x.y.z"), "accept": CSV}
    answer = await listener.http.post("/graphql", json={"query": IDS}, headers=headers)
    assert (answer.status_code, codes(answer)) == (401, ["UNAUTHENTICATED"])


async def test_a_subgraph_streams_nothing(listener: Listener) -> None:
    for media in (JSONL, CSV):
        answer = await listener.ask("steward", IDS, media, path="/subgraphs/patients/graphql")
        assert answer.status_code == 406
        assert JSONL not in answer.text
    answer = await listener.ask("steward", IDS, "text/html")
    assert answer.status_code == 406
    assert JSONL in answer.text
