"""Documents made to be expensive: each is refused in time, and the process answers the next."""

from __future__ import annotations

import time

import pytest
from graphql import get_introspection_query

from resolvers.limits import MOST_ALIASES, MOST_DEPTH, MOST_ROOTS
from tests.http.client import VIEWER, Client, codes

REFUSED = {
    "COST_EXCEEDED",
    "GRAPHQL_PARSE_FAILED",
    "GRAPHQL_VALIDATION_FAILED",
    "LIMIT_EXCEEDED",
    "BAD_USER_INPUT",
}
ROOT = "{ patients(first: 1) { nodes { specimens { ...f0 } } } } "
LONG = "{ patients(first: 1) { nodes { specimens {"


def chain(count: int, part: str) -> str:
    """Write fragments that each spread the next one, in the place that a part leaves."""
    links = (f"fragment f{i} on Specimen {{ {part % (i + 1)} }} " for i in range(count))
    return f"{ROOT}{''.join(links)} fragment f{count} on Specimen {{ id }}"


@pytest.mark.parametrize(
    "query",
    [
        "{a" * 4_900,
        "{ viewer " * 2_000 + "{ role }" + "}" * 2_000,
        "{ ...on Query " * 1_500 + VIEWER + "}" * 1_500,
        f"{{ patient(id: {'[' * 4_900}{']' * 4_900}) {{ id }} }}",
        f"{{ patient(id: {'{a:' * 2_400}1{'}' * 2_400}) {{ id }} }}",
        f"query ($a: {'[' * 3_000}Int{']' * 3_000}) {VIEWER}",
        LONG + "biomarkers { specimen {" * 60 + "id" + "}" * 124,
        LONG + "biomarkers { specimen {" * 9 + "id" + "}" * 22,
        chain(900, "...f%d"),
        chain(300, "biomarkers { specimen { ...f%d } }"),
        chain(20, "biomarkers { specimen { ...f%d } }"),
        "{ viewer { " + "role " * 9_000 + "} }",
        "{ " + "viewer { role } " * 2_000 + "}",
        "{ " + " ".join(f"a{i}: viewer {{ role }}" for i in range(1_001)) + "}",
        "{ "
        + " ".join(f"a{i}: patients(first: 1000) {{ totalCount }}" for i in range(1_001))
        + "}",
        "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
        "{ ...A } fragment A on Query { ...A }",
        "{ viewer { role @include(if: true) @include(if: true) } }",
        "{ viewer { role " + "@a " * 3_000 + "} }",
        "{ viewer { role } } " + "fragment A on Query { viewer { role } } " * 1_000,
        "#" * 900_000,
        '{ patient(id: """' + '\\"""' * 100_000,
    ],
    ids=lambda query: f"{query[:40]} {len(query)}",
)
async def test_what_would_grow_is_refused_in_time(client: Client, query: str) -> None:
    begun = time.monotonic()
    response = await client.ask(query)
    assert response.status_code == 200
    assert set(codes(response)) <= REFUSED
    assert "data" not in response.json()
    assert time.monotonic() - begun < 5
    assert (await client.ask(VIEWER)).is_success


@pytest.mark.parametrize("width", [2, 5])
async def test_fragments_cannot_multiply(client: Client, width: int) -> None:
    """Eight fragments that each spread the next one several times: 5 ** 8 fields."""
    links = "".join(
        f"fragment f{i} on Specimen {{"
        + " ".join(f"a{j}: biomarkers {{ label ...g{i} }}" for j in range(width))
        + f"}} fragment g{i} on Biomarker {{ specimen {{ ...f{i + 1} }} }} "
        for i in range(12)
    )
    begun = time.monotonic()
    response = await client.ask(f"{ROOT}{links} fragment f12 on Specimen {{ id }}")
    assert codes(response) == ["LIMIT_EXCEEDED"]
    assert time.monotonic() - begun < 2


async def test_what_may_be_asked_is_answered_up_to_the_limit(client: Client) -> None:
    wide = " ".join(f"a{i}: viewer {{ role }}" for i in range(min(MOST_ROOTS, MOST_ALIASES)))
    response = await client.ask(f"{{ {wide} }}")
    assert len(response.json()["data"]) == min(MOST_ROOTS, MOST_ALIASES)
    deep = "{ type" + "{ ofType" * (MOST_DEPTH - 5) + "{ name }" + "}" * (MOST_DEPTH - 4)
    query = f"{{ __schema {{ types {{ fields {deep} }} }} }}"
    assert "errors" not in (await client.ask(query)).json()
    too_deep = query.replace("{ name }", "{ ofType { name } }")
    assert codes(await client.ask(too_deep)) == ["LIMIT_EXCEEDED"]


async def test_introspection_is_answered_and_tells_nothing_of_the_inside(client: Client) -> None:
    response = await client.ask(get_introspection_query(input_value_deprecation=True))
    schema = response.json()["data"]["__schema"]
    assert schema["mutationType"]["name"] == "Mutation"  # a steward's; other roles see none
    assert schema["subscriptionType"] is None
    assert "extensions" not in response.json()
    for word in ("public_id", "pseudonym.", "connect_", "app."):
        assert word not in response.text


@pytest.mark.parametrize(
    "query",
    [
        "{ viewr { role } }",
        "{ viewer { rol } }",
        "{ patient(idd: 1) { id } }",
        "{ patients(frst: 1) { nodes { id } } }",
        "{ ...on Patint { id } }",
        "query ($a: Intt) { viewer { role } }",
        "{ viewer { role @incude(if: true) } }",
        "{ viewer { role @include(iff: true) } }",
        "{ __typ }",
        '{ __type(nme: "Patient") { name } }',
        "{ __schema { typs } }",
    ],
)
async def test_a_near_miss_gets_no_hint(client: Client, query: str) -> None:
    response = await client.ask(query)
    assert set(codes(response)) == {"GRAPHQL_VALIDATION_FAILED"}
    for name in ("viewer", '"role"', "'role'", "'first'", "Patient'", "include'", "__typename"):
        if name.strip("'\"") not in query:
            assert name not in response.text


async def test_an_answer_that_multiplies_is_refused_whole(client: Client) -> None:
    """Each biomarker leads to its specimen, and that to all of its biomarkers again."""
    query = LONG + "biomarkers { specimen {" * 7 + "id" + "}" * 18
    begun = time.monotonic()
    response = await client.ask(query.replace("first: 1", "first: 100"))
    assert set(codes(response)) <= {"LIMIT_EXCEEDED", "COST_EXCEEDED"}
    assert "data" not in response.json()
    assert time.monotonic() - begun < 15
