"""The check of answers refuses what is wrong: each case is one fault in an answer that is right."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from graphql import build_schema

from tests.generated.validity import Invalid, Validator

SCHEMA = build_schema("""
scalar Date
enum Colour { RED GREEN }
interface Animal { name: String! owner: Owner }
type Cat implements Animal { name: String! owner: Owner lives: Int }
type Dog implements Animal { name: String! owner: Owner born: Date! }
type Owner { id: ID! colours: [Colour!]! }
type Query { animals: [Animal!]! }
""")
TEXT = """
query ($yes: Boolean!) {
  animals {
    called: name ...A ... on Dog { born } ... on Cat { lives kept: __typename }
    name @skip(if: $yes)
  }
}
fragment A on Animal { owner { id colours } }
"""
RIGHT: dict[str, Any] = {
    "data": {
        "animals": [
            {"called": "Tom", "owner": None, "lives": 9, "kept": "Cat"},
            {"called": "Rex", "owner": {"id": "1", "colours": ["RED"]}, "born": "2024-02-29"},
        ]
    }
}


def check(body: dict[str, Any]) -> Validator:
    validator = Validator.of(SCHEMA, TEXT, {"yes": True})
    validator.check(body)
    return validator


def test_a_right_answer_passes() -> None:
    assert check(RIGHT).leaves == 6
    assert check({"data": None, "errors": [{"path": ["animals"]}]}).leaves == 0


def test_the_extent_is_the_operations() -> None:
    extent = check(RIGHT).extent()
    assert (extent.types, extent.levels, extent.selections) == ({"Animal", "Owner"}, 2, 2)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ((0, "called"), None),
        ((0, "called"), 1),
        ((0, "lives"), "9"),
        ((0, "lives"), 2**31),
        ((0, "lives"), True),
        ((0, "kept"), "Dog"),
        ((0, "name"), "Tom"),
        ((1, "born"), "2024-02-30"),
        ((1, "born"), None),
        ((1, "owner"), []),
        ((1, "owner", "id"), 1),
        ((1, "owner", "id"), ""),
        ((1, "owner", "colours"), "RED"),
        ((1, "owner", "colours"), ["BLUE"]),
        ((1, "owner", "colours"), [None]),
        ((1,), None),
        ((1,), {"called": "Rex", "owner": None}),
        ((1,), {"owner": None, "called": "Rex", "born": "2024-02-29"}),
    ],
)
def test_a_fault_is_found(place: tuple[str | int, ...], value: Any) -> None:
    body = copy.deepcopy(RIGHT)
    within: Any = body["data"]["animals"]
    for step in place[:-1]:
        within = within[step]
    within[place[-1]] = value
    with pytest.raises(Invalid):
        check(body)


@pytest.mark.parametrize("path", [["animals", 0, "called"], ["animals", "called"], None])
def test_an_error_without_a_null_is_found(path: list[str | int] | None) -> None:
    error = {"message": "no"} if path is None else {"message": "no", "path": path}
    with pytest.raises(Invalid):
        check({**RIGHT, "errors": [error]})
