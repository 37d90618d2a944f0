"""`_entities`: what gateways ask of a subgraph, as every role."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from resolvers.representation import MOST_REPRESENTATIONS
from tests.world import World

RECORDS = ("partner", "researcher", "clinician", "steward")
BIOMARKERS = "... on Patient { id biomarkers { label } }"
ABSENT = "0000000000000000"


def entities(selection: str) -> str:
    return (
        "query ($representations: [_Any!]!) "
        f"{{ _entities(representations: $representations) {{ __typename {selection} }} }}"
    )


def patients(ids: list[str]) -> dict[str, Any]:
    return {"representations": [{"__typename": "Patient", "id": each} for each in ids]}


async def ids_of(world: World, role: str, number: int = 1000) -> list[str]:
    answer = await world.answer(role, f"{{ patients(first: {number}) {{ nodes {{ id }} }} }}")
    return [node["id"] for node in answer.body["data"]["patients"]["nodes"]]


@pytest.mark.parametrize("role", RECORDS)
async def test_the_contract_operation(world: World, shared: Path, role: str) -> None:
    """In the order asked for, the same record twice, null for what is not there."""
    text = (shared / "contract" / "operations" / "entities.graphql").read_text()
    first, second = (await ids_of(world, role, 2))[:2]
    asked = [second, ABSENT, first, second]
    answer = await world.answer(role, text, patients(asked), subgraph="biomarkers")
    assert "errors" not in answer.body
    found = answer.body["data"]["_entities"]
    assert [each and each["id"] for each in found] == [second, None, first, second]
    for each in (found[0], found[2]):
        whole = await world.answer(
            role,
            "query ($id: ID!) { patient(id: $id) { __typename id biomarkers { label } } }",
            {"id": each["id"]},
        )
        assert each == whole.body["data"]["patient"]


@pytest.mark.parametrize("role", RECORDS)
async def test_one_statement_for_500_as_for_one(world: World, role: str) -> None:
    known = await ids_of(world, role)
    rich = [
        node["id"]
        for node in (
            await world.answer(
                role, "{ patients(first: 1000) { nodes { id biomarkers { gene { symbol } } } } }"
            )
        ).body["data"]["patients"]["nodes"]
        if any(each["gene"] for each in node["biomarkers"])
    ]
    many = (rich + known + known * 500)[:500]
    selection = "... on Patient { biomarkers { label gene { symbol } } molecularProfiles { id } }"
    counts = []
    for asked in (rich[:1], many):
        answer = await world.answer(
            role, entities(selection), patients(asked), subgraph="biomarkers"
        )
        assert "errors" not in answer.body
        assert all(answer.body["data"]["_entities"])
        counts.append(answer.statements)
    assert counts == [1, 1]


async def test_types_and_keys_in_one_operation(world: World) -> None:
    """One statement for all of them."""
    asked = [
        {"__typename": "Gene", "symbol": "BRAF", "hgncId": "HGNC:1097"},
        {"__typename": "Gene", "hgncId": "HGNC:1097"},
        {"__typename": "Drug", "inn": "olaparib", "atc": "ignored", "other": {"than": ["known"]}},
        {"__typename": "Gene", "symbol": None, "hgncId": "HGNC:1097"},
        {"__typename": "Gene", "symbol": "NONE"},
    ]
    answer = await world.answer(
        "partner",
        entities("... on Gene { symbol name } ... on Drug { inn targets { symbol } }"),
        {"representations": asked},
        subgraph="biomarkers",
    )
    assert "errors" not in answer.body
    braf, again, drug, third, none = answer.body["data"]["_entities"]
    assert braf == again == third
    assert braf["symbol"] == "BRAF"
    assert {"symbol": "PARP1"} in drug["targets"]
    assert none is None
    assert answer.statements == 1


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"__typename": "Nobody", "id": "1"}, "no type that this subgraph finds"),
        ({"__typename": "Query", "id": "1"}, "no type that this subgraph finds"),
        ({"id": "1"}, "an object with a __typename"),
        ("Patient", "an object with a __typename"),
        ([], "an object with a __typename"),
        ({"__typename": "Patient"}, "Patient needs { id }"),
        ({"__typename": "Patient", "id": None}, "Patient needs { id }"),
        ({"__typename": "Patient", "id": {"eq": "1"}}, "Patient needs { id }"),
        ({"__typename": "Patient", "id": True}, "Patient needs { id }"),
        ({"__typename": "Gene", "name": "BRAF"}, "Gene needs { symbol } or { hgncId }"),
        ({"__typename": "Patient", "id": "a\0b"}, "a character that no text may hold"),
        ({"__typename": "Patient", "id": "\ud800"}, "a character that no text may hold"),
    ],
)
async def test_a_bad_representation_is_an_error_for_itself_alone(
    world: World, given: Any, sentence: str
) -> None:
    (known,) = await ids_of(world, "partner", 1)
    asked = [*patients([known])["representations"], given]
    answer = await world.answer(
        "partner", entities(BIOMARKERS), {"representations": asked}, subgraph="biomarkers"
    )
    found = answer.body["data"]["_entities"]
    assert found[0]["id"] == known
    assert found[1] is None
    (error,) = answer.body["errors"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}
    assert error["path"] == ["_entities", 1]
    assert sentence in error["message"]


async def test_too_many_representations_are_refused(world: World) -> None:
    for number in (MOST_REPRESENTATIONS + 1, 10_000):
        answer = await world.answer(
            "partner", entities(BIOMARKERS), patients([ABSENT] * number), subgraph="biomarkers"
        )
        (error,) = answer.body["errors"]
        assert error["extensions"] == {"code": "LIMIT_EXCEEDED"}
        assert "data" not in answer.body
        assert (answer.status, answer.statements) == (400, 0)


async def test_what_they_cost_counts_each(world: World) -> None:
    """21 objects each at 4,000 is within the limit, 1,000 times dearer ones are not."""
    dear = (
        "... on Patient { biomarkers { patient { biomarkers { patient { biomarkers { id } } } } } }"
    )
    for number, refused in ((1, False), (300, True)):
        answer = await world.answer(
            "partner", entities(dear), patients([ABSENT] * number), subgraph="biomarkers"
        )
        codes = [error["extensions"]["code"] for error in answer.body.get("errors", [])]
        assert codes == (["COST_EXCEEDED"] if refused else [])


@pytest.mark.parametrize("role", RECORDS)
async def test_hidden_and_absent_answer_alike(world: World, role: str) -> None:
    others = [(await ids_of(world, other, 1))[0] for other in RECORDS if other != role]
    asked = [*others, ABSENT]
    query, empty = entities(BIOMARKERS), [ABSENT] * len(asked)
    answer = await world.answer(role, query, patients(asked), subgraph="biomarkers")
    absent = await world.answer(role, query, patients(empty), subgraph="biomarkers")
    assert answer.body["data"] == {"_entities": [None] * len(asked)}
    assert answer.body == absent.body


async def test_a_child_of_another_scope_is_absent(world: World) -> None:
    """A patient's own prefix with another scope's hash, and the reverse, name nobody."""
    query = "{ patients(first: 50) { nodes { treatments { id } } } }"
    found = {}
    for role in ("partner", "researcher"):
        answer = await world.answer(role, query)
        nodes = answer.body["data"]["patients"]["nodes"]
        found[role] = next(each["id"] for node in nodes for each in node["treatments"])
    mine, theirs = found["partner"], found["researcher"]
    crossed = [
        theirs,
        f"{mine.split('.')[0]}.{theirs.split('.')[1]}",
        f"{theirs.split('.')[0]}.{mine.split('.')[1]}",
        mine.split(".")[0],
        f"{mine}0",
        mine,
    ]
    answer = await world.answer(
        "partner",
        entities("... on Treatment { id line }"),
        {"representations": [{"__typename": "Treatment", "id": each} for each in crossed]},
        subgraph="responses",
    )
    places = answer.body["data"]["_entities"]
    assert places[:-1] == [None] * 5
    assert places[-1]["id"] == mine


async def test_a_kind_is_found_by_its_own_type_alone(world: World) -> None:
    listed = await world.answer("researcher", "{ biomarkers { nodes { __typename id } } }")
    nodes = listed.body["data"]["biomarkers"]["nodes"]
    known = next(node for node in nodes if node["__typename"] == "SmallVariant")
    answer = await world.answer(
        "researcher",
        entities("... on Biomarker { id label } ... on SmallVariant { hgvsp }"),
        {"representations": [known, {**known, "__typename": "Fusion"}]},
        subgraph="biomarkers",
    )
    found, none = answer.body["data"]["_entities"]
    assert found["id"] == known["id"]
    assert none is None


@pytest.mark.parametrize("subgraph", ["patients", "biomarkers", "responses"])
async def test_an_authority_finds_no_patient(world: World, subgraph: str) -> None:
    asked = patients([ABSENT, *await ids_of(world, "steward", 1)])
    answer = await world.answer(
        "authority", entities("... on Patient { id }"), asked, subgraph=subgraph
    )
    assert answer.body["data"] == {"_entities": [None, None]}
    (error,) = answer.body["errors"]
    assert error["extensions"] == {"code": "FIELD_NOT_AVAILABLE"}
    assert answer.statements == 0
