"""A stream has what the pages have, in the same order, for whoever asks."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from tests.stream.conftest import CSV, Listener

ROLES = ("partner", "researcher", "clinician", "steward")
LISTS = {
    "patients": "id sex birthYear healthRegion diagnoses { oncoTreeCode } treatments { id "
    "cohort { code } outcome { bestOverallResponse } responses { day } } "
    "biomarkers { __typename id ... on SmallVariant { hgvsp gene { symbol } } }",
    "biomarkers": "__typename id gene { symbol } ... on SmallVariant { protein: hgvsp vaf }",
    "responses": "id day response",
    "resistanceFindings": "id",
    "drugs": "inn atc targets { symbol }",
}
FLAT = "id sex birthYear kind: __typename screening { discussedDay } study { code }"


def _paged(root: str, selected: str, size: int) -> tuple[str, str]:
    """Give the query of a stream, and that of its pages."""
    nodes = f"nodes {{ {selected} }}"
    beside = "pageInfo { hasNextPage endCursor }"
    pages = f"query ($after: String) {{ {root}(first: 100, after: $after) {{ {nodes} {beside} }} }}"
    return f"{{ {root}(first: {size}) {{ {nodes} }} }}", pages


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("root", LISTS)
async def test_the_lines_are_the_nodes_of_the_pages(
    listener: Listener, role: str, root: str
) -> None:
    stream, pages = _paged(root, LISTS[root], 7)
    expected, beside = await listener.pages(role, pages)
    found = await listener.lines(role, stream)
    told = found.pop() if beside else {}
    assert found == expected
    assert told.get("extensions") == beside.get("extensions")
    assert [each["message"] for each in told.get("errors", [])] == [
        each["message"] for each in beside.get("errors", [])
    ]
    assert expected or root != "patients"


async def test_a_list_that_fills_its_last_page_ends(listener: Listener) -> None:
    count = len(await listener.lines("steward", "{ drugs { nodes { inn } } }"))
    for size in (1, count - 1, count, count + 1):
        found = await listener.lines("steward", f"{{ drugs(first: {size}) {{ nodes {{ inn }} }} }}")
        assert len(found) == count


async def test_an_empty_list_is_an_empty_stream(listener: Listener) -> None:
    where = 'where: { inn: { eq: "none" } }'
    query = f"{{ drugs({where}) {{ nodes {{ inn }} }} }}"
    assert await listener.lines("steward", query) == []
    assert (await listener.ask("steward", query, CSV)).text == "inn\r\n"


async def test_edges_say_where_to_go_on(listener: Listener) -> None:
    query = """query ($after: String) { patients(first: 5, after: $after, orderBy: [{by: id,
      direction: DESC}]) { edges { cursor node { id } } } }"""
    whole = await listener.lines("steward", query)
    assert set(whole[0]) == {"cursor", "node"}
    rest = await listener.lines("steward", query, variables={"after": whole[41]["cursor"]})
    assert rest == whole[42:]


async def test_conditions_variables_and_fragments_hold(listener: Listener) -> None:
    query = """query Some($wanted: [Sex!], $size: Int = 3, $more: Boolean = false) {
      found: patients(first: $size, where: { sex: { in: $wanted } }) { ...Page } }
      fragment Page on PatientConnection { pageInfo: nodes { id sex @include(if: $more) } }"""
    some = await listener.lines("steward", query, variables={"wanted": ["FEMALE"], "more": True})
    assert some
    assert {each["sex"] for each in some} == {"FEMALE"}
    every = await listener.lines("steward", query)
    assert len(every) > len(some)
    assert set(every[0]) == {"id"}


@pytest.mark.parametrize("role", ["clinician", "steward"])
async def test_rows_are_the_nodes_of_the_pages(listener: Listener, role: str) -> None:
    stream, pages = _paged("patients", FLAT, 7)
    expected, _ = await listener.pages(role, pages)
    answer = await listener.ask(role, stream, CSV)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    head, *rows = csv.reader(io.StringIO(answer.text, newline=""))
    assert head == ["id", "sex", "birthYear", "kind", "screening.discussedDay", "study.code"]
    assert [dict(zip(head, row, strict=True)) for row in rows] == [
        {name: _cell(node, name) for name in head} for node in expected
    ]
    assert any(row[4] for row in rows)


def _cell(node: dict[str, Any], name: str) -> str:
    value: Any = node
    for part in name.split("."):
        value = None if value is None else value[part]
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)


async def test_kinds_share_a_table(listener: Listener) -> None:
    query = """{ biomarkers(first: 50) { nodes { id ... on Fusion { partnerGene { symbol } }
      ... on SmallVariant { vaf } type: __typename } } }"""
    rows = list(csv.DictReader(io.StringIO((await listener.ask("steward", query, CSV)).text)))
    lines = await listener.lines("steward", query)
    assert [row["type"] for row in rows] == [line["type"] for line in lines]
    assert {"Fusion", "SmallVariant"} <= {row["type"] for row in rows}
    assert list(rows[0]) == ["id", "partnerGene.symbol", "vaf", "type"]
    assert [row["partnerGene.symbol"] for row in rows] == [
        (line.get("partnerGene") or {}).get("symbol") or "" for line in lines
    ]
    assert [row["vaf"] for row in rows] == [
        "" if line.get("vaf") is None else json.dumps(line["vaf"]) for line in lines
    ]


async def test_get_and_head(listener: Listener) -> None:
    headers = {"authorization": f"Bearer {await listener.world.token('steward')}"}
    headers["accept"] = "text/csv, application/json;q=0.5"
    asked = {"query": "{ drugs(first: 2) { nodes { inn } } }"}
    got = await listener.http.get("/graphql", params=asked, headers=headers)
    assert got.text.startswith("inn\r\n")
    assert got.text.count("\r\n") > 3
    assert "etag" not in got.headers
    head = await listener.http.head("/graphql", params=asked, headers=headers)
    assert (head.status_code, head.text) == (200, "")
    assert head.headers["content-type"] == got.headers["content-type"]
    assert len(await listener.entries(head.headers["x-request-id"])) == 1
