"""What the gateway refuses before it asks a subgraph: what the one process does, and as it does."""

from __future__ import annotations

import re

import pytest

from connect_graph.exchange import MOST_BYTES
from connect_graph.gateway import FOLDER
from resolvers import limits, selection
from resolvers.errors import Code
from resolvers.representation import MOST_REPRESENTATIONS
from schema.connection import MOST
from tests.federation.gateway.stack import Gateway
from tests.http.client import GRAPHQL, Client, codes

CONSTANT = re.compile(r"^export const (MOST_\w+) = ([\d_]+);$", re.MULTILINE)
STATUS = re.compile(r"^  ([A-Z_]+): (\d{3}),$", re.MULTILINE)
DEAR = """{ patients(first: 1000) { nodes { biomarkers { specimen { biomarkers {
  specimen { biomarkers { specimen { biomarkers { label } } } } } } } } } }"""
DEEP = "{ patients { nodes " + "{ treatments { patient " * 10 + "{ id }" + " } }" * 10 + " } }"
DOUBLING = " ".join(
    f"fragment {one} on Patient {{ ...{two} ...{two} x{one}: id }}"
    for one, two in zip("abcdefghijk", "bcdefghijkz", strict=True)
)
ALIASED = " ".join(f"a{number}: __typename" for number in range(201))
SCHEMAS = " ".join(f"a{number}: __schema {{ types {{ name }} }}" for number in range(140))
MANY = {
    "COST_EXCEEDED": DEAR,
    "LIMIT_EXCEEDED deep": DEEP,
    "LIMIT_EXCEEDED aliases": f"{{ {ALIASED} }}",
    "LIMIT_EXCEEDED repeated": f"{{ {'__typename ' * 102} }}",
    "LIMIT_EXCEEDED directives": f"{{ __typename {'@include(if: true) ' * 101} }}",
    "LIMIT_EXCEEDED fields": "{ patients { nodes { ...a } } } fragment z on Patient { id } "
    + DOUBLING,
    "LIMIT_EXCEEDED introspection": f"{{ {SCHEMAS} }}",
    "GRAPHQL_PARSE_FAILED tokens": f"{{ {'__typename ' * 10_001} }}",
    "PAYLOAD_TOO_LARGE": "#" * (MOST_BYTES + 1),
}


def declared(file: str) -> dict[str, int]:
    found = CONSTANT.findall((FOLDER / file).read_text())
    return {name: int(number.replace("_", "")) for name, number in found}


def test_the_numbers_are_those_of_the_process() -> None:
    assert declared("limits.ts") == {
        name: getattr(limits, name)
        for name in (
            *("MOST_TOKENS", "MOST_DEPTH", "MOST_FIELDS", "MOST_ALIASES", "MOST_DIRECTIVES"),
            *("MOST_DUPLICATES", "MOST_ROOTS", "MOST_INTROSPECTED"),
            "MOST_INTROSPECTED_ALIASES",
        )
    } | {"MOST_BYTES": MOST_BYTES, "MOST_NAME": limits.MOST_NAME - len("_a_")}
    assert declared("cost.ts") == {"MOST_COST": limits.MOST_COST, "MOST_ROWS": MOST}
    assert declared("selection.ts") == {"MOST_ERRORS": selection.MOST_ERRORS}
    assert declared("subgraph.ts") == {"MOST_REPRESENTATIONS": MOST_REPRESENTATIONS}


def test_the_codes_are_those_of_the_process() -> None:
    found = {
        name: int(status) for name, status in STATUS.findall((FOLDER / "refusal.ts").read_text())
    }
    assert found == {code.value: code.status for code in Code}


@pytest.mark.parametrize("name", MANY)
async def test_what_is_too_much_is_refused_as_the_process_does(
    joined: Client, alone: Client, gateway: Gateway, name: str
) -> None:
    code = name.split()[0]
    response = await joined.ask(MANY[name], Accept=GRAPHQL)
    assert codes(response) == [code]
    assert set(response.json()) == {"errors"}
    single = await alone.ask(MANY[name], Accept=GRAPHQL)
    assert (single.status_code, codes(single)) == (response.status_code, [code])
    if code != "GRAPHQL_PARSE_FAILED":
        assert single.json()["errors"][0]["message"] == response.json()["errors"][0]["message"]
    request = response.headers["x-request-id"]
    (line,) = [each for each in gateway.logged() if each.get("request") == request]
    assert line["requests"] == 0


@pytest.mark.parametrize(
    "query",
    [
        "{ patients(first: 1000) { nodes { treatments { responses { week } } } } }",
        "query ($n: Int!) { patients(first: $n) { nodes { biomarkers { evidence { level } } } } }",
        "{ patients(first: 1000) { nodes { biomarkers { evidence { level } } } edges { node { "
        "biomarkers { specimen { biomarkers { evidence { level } } } } } } } }",
        "{ cohorts(first: 1000) { nodes { treatments(first: 900) { nodes { drugs { atc } } } } } }",
        "{ patients(first: 1000) { nodes { biomarkers @skip(if: true) { specimen { biomarkers { "
        "specimen { biomarkers { label } } } } } id } } }",
    ],
)
async def test_the_price_is_the_same(joined: Client, alone: Client, query: str) -> None:
    """The sentence names it, where it is too high; cheap ones are answered by both."""
    variables = {"n": 1000} if "$n" in query else None
    one = await alone.ask(query, variables, Accept=GRAPHQL)
    other = await joined.ask(query, variables, Accept=GRAPHQL)
    assert one.status_code == other.status_code
    if one.status_code == 400:
        assert codes(one) == ["COST_EXCEEDED"]
        assert one.json()["errors"][0]["message"] == other.json()["errors"][0]["message"]
