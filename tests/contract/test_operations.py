"""The contract's operations, unchanged, for every role."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.world import World

ROLES = ("partner", "researcher", "authority", "clinician", "steward")
EVERYTHING = """
fragment everything on Patient {
  id study { code } site @include(if: $identified) { code }
  diagnoses { id } molecularProfiles { id genesAssessed { symbol } }
  specimens { id biomarkers { label } }
  screening { matched offers { status cohort { code } } }
  biomarkers { label gene { symbol } specimen { id diagnosis { tumourType } } }
  treatments {
    drugs { inn targets { symbol } }
    cohort { code drugs { inn } design { n1 } biomarkerDefinition { text } }
    responses { week } outcome { bestOverallResponse }
    resistanceFindings {
      drug { inn } biomarkers { label }
      evidence { biomarker { label } baseline { kind } comparator { kind } }
    }
  }
}
"""
ALL = """query ($first: Int!, $identified: Boolean!) {
  patients(first: $first) { nodes { ...everything } } }"""
ONE = "query ($id: ID!, $identified: Boolean!) { patient(id: $id) { ...everything } }"
VARIABLES: dict[str, dict[str, Any]] = {
    "viewer": {},
    "cohort": {"code": "OLA-BRCA-BTC"},
    "patient": {"id": "<patient>"},
    "patients": {"first": 5, "gene": "TP53", "responses": ["PR", "SD", "PD", "CR", "NE"]},
    "resistance": {"drug": "olaparib"},
    "outcome_statistics": {"by": ["COHORT"]},
}
LATER = {"entities"}
RECORDS = {
    "patient": ["patient"],
    "patients": ["patients"],
    "resistance": ["resistanceFindings"],
    "outcome_statistics": ["outcomeStatistics"],  # where nothing is published: tests/statistics
}
"""The operations on records alone, and where their root stands in the answer."""
STAGES = {"STAGE_1", "STAGE_2"}  # few of these patients were treated in the cohort
LEVELS = 30  # baseline and comparator are one selection: they are read together


def operation(shared: Path, name: str) -> str:
    return (shared / "contract" / "operations" / f"{name}.graphql").read_text()


async def first_patient(world: World, role: str) -> str:
    """Find a patient with a finding that names biomarkers and evidence, if the role may see one."""
    query = """{ patients(first: 1000) { nodes { id
      treatments { resistanceFindings { biomarkers { label } } } } } }"""
    answer = await world.answer(role, query)
    nodes = answer.body["data"]["patients"]["nodes"]
    rich = [node["id"] for node in nodes if '"label"' in json.dumps(node)]
    return str((rich or [nodes[0]["id"]])[0])


def paths(value: Any, above: str = "") -> set[str]:
    """List where an answer holds an object; each asks for a level of its own."""
    if isinstance(value, list):
        return set().union(*(paths(item, above) for item in value))
    if not isinstance(value, dict):
        return set()
    below = (paths(item, f"{above}.{name}") for name, item in value.items())
    return {above}.union(*below)


def test_every_operation_of_the_contract_is_asked(shared: Path) -> None:
    files = {path.stem for path in (shared / "contract" / "operations").glob("*.graphql")}
    assert files == set(VARIABLES) | LATER


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", VARIABLES)
async def test_every_operation_answers_every_role(
    world: World, shared: Path, name: str, role: str
) -> None:
    """With something; an authority with a cohort and its stage, and with no record."""
    variables = dict(VARIABLES[name])
    if "id" in variables:
        variables["id"] = await first_patient(world, "steward" if role == "authority" else role)
    answer = await world.answer(role, operation(shared, name), variables)
    assert answer.status == 200
    data, errors = answer.body["data"], answer.body.get("errors", [])
    if role == "authority" and name != "viewer":
        (error,) = errors
        assert error["extensions"] == {"code": "FIELD_NOT_AVAILABLE"}
        assert error["path"] == RECORDS.get(name, ["cohort", "treatments"])
        if name in RECORDS:
            assert data == dict.fromkeys(RECORDS[name])
        else:
            assert data["cohort"].pop("treatments") is None
            assert data["cohort"]["stage"] is None  # no release tells of one that is so small
            assert "patient" not in json.dumps(data)
        return
    assert errors == []
    (root,) = data.values()
    assert root
    assert root.get("totalCount", 1) > 0
    assert root.get("nodes", [root])


@pytest.mark.parametrize("role", ROLES)
async def test_viewer(world: World, shared: Path, role: str) -> None:
    answer = await world.answer(role, operation(shared, "viewer"))
    assert "errors" not in answer.body
    viewer = answer.body["data"]["viewer"]
    granularity = {"authority": "AGGREGATE", "clinician": "RECORD", "steward": "RECORD"}
    assert viewer["role"] == role.upper()
    assert viewer["granularity"] == granularity.get(role, "PSEUDONYMISED_RECORD")
    assert len(viewer["purposes"]) == 1
    assert answer.statements == 1  # which proves that the membership still stands


@pytest.mark.parametrize("role", ["partner", "researcher", "clinician", "steward"])
async def test_patient(world: World, shared: Path, role: str) -> None:
    found = await first_patient(world, role)
    answer = await world.answer(role, operation(shared, "patient"), {"id": found})
    assert "errors" not in answer.body
    patient = answer.body["data"]["patient"]
    assert patient["id"] == found
    assert patient["braf"] in {"ALTERED", "NOT_ALTERED", "NOT_ASSESSED", "UNKNOWN"}
    assert patient["diagnoses"]


async def test_an_authority_gets_no_patient_and_no_hint(world: World, shared: Path) -> None:
    known = await first_patient(world, "steward")
    answers = [
        await world.answer("authority", operation(shared, "patient"), {"id": name})
        for name in (known, "0000000000000000", "")
    ]
    for answer in answers:
        assert answer.body["data"] == {"patient": None}
        (error,) = answer.body["errors"]
        assert error["extensions"]["code"] == "FIELD_NOT_AVAILABLE"
        assert error["path"] == ["patient"]
        assert answer.body == answers[0].body


@pytest.mark.parametrize("role", ["partner", "researcher", "clinician", "steward"])
async def test_hidden_and_absent_answer_alike(world: World, shared: Path, role: str) -> None:
    theirs = {
        other: await first_patient(world, other)
        for other in ("partner", "researcher", "clinician", "steward")
    }
    text = operation(shared, "patient")
    absent = await world.answer(role, text, {"id": "0000000000000000"})
    assert absent.body["data"] == {"patient": None}
    assert "errors" not in absent.body
    for other, found in theirs.items():
        if other != role:
            hidden = await world.answer(role, text, {"id": found})
            assert (hidden.body, hidden.status) == (absent.body, absent.status)
            assert hidden.statements == absent.statements


@pytest.mark.parametrize("role", ["partner", "researcher", "clinician", "steward"])
async def test_one_operation_is_one_statement(world: World, role: str) -> None:
    """For one patient as for 200, everything nested; field by field there is one for each level."""
    identified = role in {"clinician", "steward"}
    counts, nodes = [], []
    for first in (200, 1000):
        many = await world.answer(
            role, ALL + EVERYTHING, {"first": first, "identified": identified}
        )
        assert "errors" not in many.body
        counts.append(many.statements)
        nodes = many.body["data"]["patients"]["nodes"]
    fullest = max(nodes, key=lambda node: len(paths(node)))
    assert paths(fullest) == set().union(*map(paths, nodes)), "nobody has something everywhere"
    variables = {"id": fullest["id"], "identified": identified}
    one = await world.answer(role, ONE + EVERYTHING, variables)
    counts.append(one.statements)
    assert counts == [1] * 3
    field_by_field = replace(world, graph=replace(world.graph, compiles=False))
    one = await field_by_field.answer(role, ONE + EVERYTHING, variables)
    assert one.statements == (LEVELS if identified else LEVELS - 1)


@pytest.mark.parametrize(
    ("query", "statements"),
    [
        ("{ patients { totalCount } }", 1),
        ("{ patients { __typename } }", 0),
        ("{ patients { totalCount pageInfo { endCursor } } }", 2),
        ("{ cohorts { nodes { treatments { totalCount } } } }", 2),
        ("{ patients { nodes { biomarkers { patient { biomarkers { gene { symbol } } } } } } }", 5),
        (
            "{ biomarkers(first: 1000) { nodes { patient { sex }"
            " ... on Fusion { patient { id } depth } ... on SmallVariant { depth } } } }",
            3,
        ),
    ],
)
async def test_only_what_is_asked_is_read_and_once(
    world: World, query: str, statements: int
) -> None:
    """No page to count it; one selection for all kinds, another where a kind is asked for more."""
    field_by_field = replace(world, graph=replace(world.graph, compiles=False))
    answer = await field_by_field.answer("steward", query)
    assert "errors" not in answer.body
    assert answer.statements == statements
    whole = await world.answer("steward", query)
    assert (whole.body, whole.statements) == (answer.body, 1)


@pytest.mark.parametrize("role", ["partner", "researcher", "clinician", "steward"])
async def test_patients_with_a_gene_and_a_response(world: World, shared: Path, role: str) -> None:
    wanted = VARIABLES["patients"]
    ids: list[str] = []
    after = None
    while True:
        answer = await world.answer(role, operation(shared, "patients"), {**wanted, "after": after})
        assert "errors" not in answer.body
        page = answer.body["data"]["patients"]
        ids += [node["id"] for node in page["nodes"]]
        for node in page["nodes"]:
            assert any("TP53" in marker["label"] for marker in node["biomarkers"])
            assert any(item["outcome"] for item in node["treatments"])
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert ids
    assert ids == sorted(set(ids))
    assert len(ids) == page["totalCount"]


@pytest.mark.parametrize("role", ROLES)
async def test_a_cohort(world: World, shared: Path, role: str) -> None:
    answer = await world.answer(role, operation(shared, "cohort"), {"code": "OLA-BRCA-BTC"})
    cohort = answer.body["data"]["cohort"]
    knows = role in {"partner", "steward"}  # the stage as it is; no release tells of a small one
    assert (cohort["stage"] in STAGES) if knows else cohort["stage"] is None
    assert cohort["biomarkerDefinition"]["version"] == 2
    assert [drug["inn"] for drug in cohort["drugs"]] == ["olaparib"]
    if role == "authority":
        assert cohort["treatments"] is None
        (error,) = answer.body["errors"]
        assert error["path"] == ["cohort", "treatments"]
        assert error["extensions"]["code"] == "FIELD_NOT_AVAILABLE"
    else:
        treatments = cohort["treatments"]
        assert len(treatments["nodes"]) == treatments["totalCount"]
        assert (treatments["totalCount"] > 0) == (role in {"partner", "steward"}) or role in {
            "clinician",
            "researcher",
        }


@pytest.mark.parametrize("role", ["partner", "researcher", "clinician", "steward"])
async def test_resistance(world: World, shared: Path, role: str) -> None:
    answer = await world.answer(role, operation(shared, "resistance"), {"drug": "olaparib"})
    found = answer.body["data"]["resistanceFindings"]
    assert "errors" not in answer.body
    assert found["totalCount"] == len(found["nodes"])
    assert all(node["drug"] == {"inn": "olaparib"} for node in found["nodes"])
    if role in {"partner", "steward"}:
        assert found["nodes"]


async def test_a_partner_has_its_agreements_as_far_as_the_viewer_has_them(world: World) -> None:
    query = "{ partners { nodes { code agreements { totalCount nodes { code } } } } }"
    listed = "{ agreements { nodes { code partner { code } } } }"
    told = {}
    for role in ("partner", "steward"):
        answer = await world.answer(role, query)
        there = {
            (agreement["code"], partner["code"])
            for partner in answer.body["data"]["partners"]["nodes"]
            for agreement in partner["agreements"]["nodes"]
        }
        answer = await world.answer(role, listed)
        told[role] = {
            (agreement["code"], agreement["partner"]["code"])
            for agreement in answer.body["data"]["agreements"]["nodes"]
        }
        assert there == told[role]
    assert len(told["partner"]) == 1
    assert told["partner"] < told["steward"]
