"""Names in the answer: whatever callers choose, the gateway answers as the one process does."""

from __future__ import annotations

import pytest

from tests.http.client import Client, bearer, codes
from tests.world import World

DOCUMENTS = {
    "an alias that is a key": "{ patients(first: 2) { nodes { id: sex biomarkers { label } } } }",
    "another type's key": "{ drugs(first: 3) { nodes { inn: atc targets { symbol: name } } } }",
    "keys exchanged": "{ patients(first: 2) { nodes { sex: id id: sex treatments { id } } } }",
    "a name of JavaScript's": "{ constructor: patients(first: 2) { nodes {"
    " id toString: sex biomarkers { __proto__: label _typename: id } } } }",
    "siblings": "{ patients(first: 2) { nodes { biomarkers { label } biomarkers { id } } } }",
    "siblings in depth": "{ patients(first: 2) { nodes { specimens { biomarkers { label } }"
    " specimens { kind biomarkers { patient { id } } biomarkers { patient { sex } } } } } }",
    "siblings by an alias": "{ patients(first: 2) { nodes {"
    " x: biomarkers { label } x: biomarkers { id } } } }",
    "an alias that is the name": "{ patients(first: 2) { nodes {"
    " biomarkers { label } biomarkers: biomarkers { id } } } }",
    "siblings in fragments": "{ patients(first: 2) { nodes { ...A ... { biomarkers { id } } ...B"
    " } } } fragment A on Patient { biomarkers { label } }"
    " fragment B on Patient { biomarkers { ... on SmallVariant { vaf } gene { symbol } } }",
    "siblings of a kind": "{ biomarkers(first: 9) { nodes { patient { id }"
    " ... on SmallVariant { patient { sex } vaf } ... on CopyNumber { patient { id sex } } } } }",
    "a sibling left out": "query ($no: Boolean = false) { patients(first: 2) { nodes {"
    " biomarkers @include(if: $no) { label } biomarkers { id gene @skip(if: $no) { name } } } } }",
    "a sibling let in": "query ($yes: Boolean = true) { patients(first: 2) { nodes {"
    " biomarkers @include(if: $yes) { label } biomarkers { gene @skip(if: $yes) { name } } } } }",
    "all left out": "query ($no: Boolean = false) { patients(first: 2) { nodes {"
    " biomarkers @include(if: $no) { label } } } cohorts @include(if: $no) { totalCount } }",
    "an error under aliases": "{ _x: patients(first: 2) { _: nodes { z: __typename"
    " y: birthYear specimens { _id: sourceId biomarkers { label } } } } }",
}


@pytest.mark.parametrize("name", DOCUMENTS)
async def test_the_answers_are_the_same(joined: Client, alone: Client, name: str) -> None:
    one, other = await alone.ask(DOCUMENTS[name]), await joined.ask(DOCUMENTS[name])
    assert other.json() == one.json()
    assert other.status_code == one.status_code == 200


@pytest.mark.parametrize("role", ["partner", "researcher"])
async def test_places_of_errors_have_the_names_that_were_chosen(
    joined: Client, alone: Client, world: World, role: str
) -> None:
    headers = bearer(await world.token(role))
    answers = [
        (await Client(client.http, headers).ask(DOCUMENTS["an error under aliases"])).json()
        for client in (alone, joined)
    ]
    paths = [sorted(error["path"] for error in answer["errors"]) for answer in answers]
    assert paths[0] == paths[1] == [["_x", "_", "specimens", "_id"], ["_x", "_", "y"]]
    assert answers[0]["data"] == answers[1]["data"]


async def test_a_long_alias_is_refused(joined: Client, alone: Client) -> None:
    """It stands beside each value: a megabyte of it in a thousand rows is a gigabyte."""
    for client, length, found in (
        (alone, 100, []),
        (alone, 101, ["LIMIT_EXCEEDED"]),
        (joined, 97, []),
        (joined, 98, ["LIMIT_EXCEEDED"]),
    ):
        response = await client.ask(f"{{ patients {{ nodes {{ {'a' * length}: sex }} }} }}")
        assert (codes(response) if "errors" in response.json() else []) == found
