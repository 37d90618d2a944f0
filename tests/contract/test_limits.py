"""What a request may not do, however it is written; and the schema as a role may know it."""

from __future__ import annotations

import time
from typing import Any

import pytest
from graphql import build_client_schema, get_introspection_query

from resolvers import limits
from resolvers.selection import MOST_ERRORS
from tests.world import World

DEEP = (
    "{ patients(first: 1) { nodes { "
    + "treatments { patient { " * 10
    + "id"
    + " } }" * 10
    + " } } }"
)
WIDE = "fragment f0 on Patient { id }" + "".join(
    f" fragment f{i} on Patient {{ a{i}: treatments {{ patient {{ ...f{i - 1} }} }}"
    f" b{i}: treatments {{ patient {{ ...f{i - 1} }} }} }}"
    for i in range(1, 9)
)
KINDS = ("SmallVariant", "CopyNumber", "Fusion", "SpliceVariant", "Signature", "ProteinExpression")
OWN = "".join(f" ... on {kind} {{ patient {{ a{kind}: id }} }}" for kind in KINDS)
REFUSED = {
    "kinds that multiply": (
        "{ biomarkers(first: 1) { nodes { "
        + "patient { biomarkers { " * 8
        + "id"
        + " } }" * 8
        + " } } }",
        "COST_EXCEEDED",
    ),
    "kinds that multiply on their own": (
        "{ biomarkers(first: 1) { nodes { "
        + f"{OWN} patient {{ biomarkers {{ " * 8
        + "id"
        + " } }" * 8
        + " } } }",
        "LIMIT_EXCEEDED",
    ),
    "deep": (DEEP, "LIMIT_EXCEEDED"),
    "fragments that multiply": (
        "{ patients(first: 1) { nodes { ...g } } } fragment g on Patient { id }"
        + "".join(
            f" fragment g{i} on Patient {{ x{i}: sex ...g{i + 1} ...g{i + 1} }}" for i in range(40)
        )
        + " fragment g40 on Patient { id }",
        "LIMIT_EXCEEDED",
    ),
    "fragments in fragments": ("{ patients { nodes { ...f8 } } } " + WIDE, "LIMIT_EXCEEDED"),
    "aliases": (
        "{ " + " ".join(f"a{i}: viewer {{ role }}" for i in range(201)) + " }",
        "LIMIT_EXCEEDED",
    ),
    "roots": (
        "{ " + " ".join(f"a{i}: viewer {{ role }}" for i in range(201)) + " }",
        "LIMIT_EXCEEDED",
    ),
    "repeated fields": ("{ viewer { " + "role " * 300 + "} }", "LIMIT_EXCEEDED"),
    "directives": ("{ viewer { role " + "@include(if: true) " * 101 + "} }", "LIMIT_EXCEEDED"),
    "tokens": ("{ viewer { " + "role " * 11_000 + "} }", "GRAPHQL_PARSE_FAILED"),
    "page size": ("{ patients(first: 1001) { totalCount } }", "LIMIT_EXCEEDED"),
    "cost": (
        "{ patients(first: 1000) { nodes { biomarkers { specimen { biomarkers { specimen {"
        " biomarkers { specimen { biomarkers { label } } } } } } } } } }",
        "COST_EXCEEDED",
    ),
    "kinds in kinds": (
        "{ patients(first: 1) { nodes { specimens { "
        + "biomarkers { specimen { " * 8
        + "id"
        + " } }" * 8
        + " } } } }",
        "COST_EXCEEDED",
    ),
}


@pytest.mark.parametrize(("query", "code"), REFUSED.values(), ids=REFUSED)
async def test_a_request_within_limits(world: World, query: str, code: str) -> None:
    before = time.process_time()
    answer = await world.answer("steward", query)
    assert time.process_time() - before < 2
    assert answer.status == 400
    assert {error["extensions"]["code"] for error in answer.body["errors"]} == {code}
    assert "data" not in answer.body
    assert answer.statements == 0


def _nested(times: int) -> dict[str, Any]:
    return {"not": _nested(times - 1)} if times else {}


ALL = 199
MANY = {
    "conditions in every list": (
        "query ($x: PatientFilter) { "
        + " ".join(f"a{i}: patients(where: $x) {{ totalCount }}" for i in range(ALL))
        + " }",
        {"or": [{}] * 40_000},
    ),
    "ids in every list": (
        "query ($x: [ID!]) { "
        + " ".join(
            f"a{i}: patients(where: {{ id: {{ in: $x }} }}) {{ totalCount }}" for i in range(ALL)
        )
        + " }",
        ["0123456789abcdef"] * 40_000,
    ),
    "a long text in every measure": (
        "query ($x: String!) { patients { nodes { "
        + " ".join(f"a{i}: geneStatus(symbol: $x)" for i in range(ALL))
        + " } } }",
        "A" * 900_000,
    ),
    "a filter in itself": (
        "query ($x: PatientFilter!) { patients(where: { or: ["
        + "$x " * 3_000
        + "] }) { totalCount } }",
        {"or": [{}] * 10_000},
    ),
    "one condition in another": (
        "query ($x: PatientFilter) { patients(where: $x) { totalCount } }",
        _nested(150),
    ),
}


@pytest.mark.parametrize(("query", "given"), MANY.values(), ids=MANY)
async def test_arguments_are_counted_wherever_a_variable_stands(
    world: World, query: str, given: Any
) -> None:
    before = time.process_time()
    answer = await world.answer("steward", query, {"x": given})
    assert time.process_time() - before < 2
    (error,) = answer.body["errors"]
    assert error["extensions"]["code"] == "LIMIT_EXCEEDED"
    assert "argument" in error["message"]
    assert answer.statements == 0


async def test_arguments_up_to_the_limit_are_taken(world: World) -> None:
    query = "query ($x: [ID!]) { patients(where: { id: { in: $x } }) { totalCount } }"
    room = limits.MOST_INPUT - len(("arguments", "first", "where", "id", "in"))
    answer = await world.answer("steward", query, {"x": ["0"] * room})
    assert answer.body == {"data": {"patients": {"totalCount": 0}}}
    answer = await world.answer("steward", query, {"x": ["0"] * (room + 1)})
    assert answer.body["errors"][0]["extensions"]["code"] == "LIMIT_EXCEEDED"


async def test_wrong_values_are_told_up_to_a_number(world: World) -> None:
    query = "query ($x: PatientFilter) { patients(where: $x) { totalCount } }"
    answer = await world.answer("steward", query, {"x": {"or": [{"no": 1}] * 1_000}})
    assert answer.status == 400
    assert len(answer.body["errors"]) <= MOST_ERRORS + 1


async def test_the_schema_is_told_once(world: World) -> None:
    told = "__schema { types { inputFields { name description type { name } } } }"
    query = "{ " + " ".join(f"a{i}: {told}" for i in range(ALL)) + " }"
    answer = await world.answer("steward", query)
    assert [error["extensions"]["code"] for error in answer.body["errors"]] == ["LIMIT_EXCEEDED"]
    assert "data" not in answer.body


def test_depth_is_of_the_longest_way() -> None:
    assert DEEP.count("{") > limits.MOST_DEPTH


ROLES = ("partner", "researcher", "authority", "clinician", "steward")


@pytest.mark.parametrize("role", ROLES)
async def test_introspection_shows_what_the_role_has(world: World, role: str) -> None:
    answer = await world.answer(role, get_introspection_query())
    assert "errors" not in answer.body
    shown = build_client_schema(answer.body["data"])
    types = set(shown.type_map)
    patient = shown.type_map.get("Patient")
    if role == "authority":
        assert patient is None
        assert not types & {"Treatment", "Biomarker", "PatientFilter", "ResistanceFinding"}
        assert "treatments" not in shown.type_map["Cohort"].fields  # type: ignore[attr-defined]
        return
    fields = set(patient.fields)  # type: ignore[union-attr]
    filters = set(shown.type_map["PatientFilter"].fields)  # type: ignore[attr-defined]
    identifying = {"birthYear", "sourceId", "site", "enrolledOn", "ageAtEnrolment"}
    if role in {"partner", "researcher"}:
        assert not identifying & (fields | filters)
        assert "Site" not in types
    else:
        assert identifying <= fields & filters


async def test_schema_and_data_are_asked_apart(world: World) -> None:
    answer = await world.answer("steward", "{ __schema { types { name } } viewer { role } }")
    assert answer.status == 400
    assert "two operations" in answer.body["errors"][0]["message"]


HIDDEN = {
    "where": "{ patients(where: { birthYear: { gt: 1950 } }) { totalCount } }",
    "nested where": """{ biomarkers(where: { specimen: { sourceId: { isNull: false } } })
        { totalCount } }""",
    "orderBy": "{ patients(orderBy: [{ by: birthYear }]) { totalCount } }",
}


@pytest.mark.parametrize("query", HIDDEN.values(), ids=HIDDEN)
@pytest.mark.parametrize("role", ["partner", "researcher"])
async def test_no_filter_or_order_on_a_hidden_column(world: World, role: str, query: str) -> None:
    answer = await world.answer(role, query)
    (error,) = answer.body["errors"]
    assert error["extensions"]["code"] == "FIELD_NOT_AVAILABLE"
    assert list(answer.body["data"].values()) == [None]
    assert answer.statements == 0


async def test_aliases_with_other_arguments_never_mix(world: World) -> None:
    query = """{
      women: patients(first: 3, where: { sex: { eq: FEMALE } }) { nodes { sex } totalCount }
      men: patients(first: 3, where: { sex: { eq: MALE } }) { nodes { sex } totalCount }
      all: patients(first: 1) { totalCount nodes {
        braf: geneStatus(symbol: "BRAF") nosuch: geneStatus(symbol: "NOSUCH") } }
      one: cohorts(first: 2) { nodes { a: treatments(first: 1) { totalCount nodes { line } }
        b: treatments(first: 2, orderBy: [{ by: line, direction: DESC }]) { nodes { line } } } }
    }"""
    answer = await world.answer("steward", query)
    assert "errors" not in answer.body
    data = answer.body["data"]
    assert {node["sex"] for node in data["women"]["nodes"]} == {"FEMALE"}
    assert {node["sex"] for node in data["men"]["nodes"]} == {"MALE"}
    assert data["women"]["totalCount"] + data["men"]["totalCount"] <= data["all"]["totalCount"]
    assert data["all"]["nodes"][0]["nosuch"] != "ALTERED"
    for node in data["one"]["nodes"]:
        assert len(node["a"]["nodes"]) == min(1, node["a"]["totalCount"])
        assert len(node["b"]["nodes"]) == min(2, node["a"]["totalCount"])
