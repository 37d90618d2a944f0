"""What Apollo's suite does not look at: values by @requires, statements, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.world import World

EMAIL = "support@apollographql.com"
AVERAGE = "... on User { averageProductsCreatedPerYear }"
FEDERATION = {"sku": "federation", "package": "@apollo/federation"}
STUDIO = {"sku": "studio", "variation": {"id": "platform"}}


def entities(selection: str) -> str:
    return (
        "query ($representations: [_Any!]!) "
        f"{{ _entities(representations: $representations) {{ __typename {selection} }} }}"
    )


def user(**beside: Any) -> dict[str, Any]:
    return {"__typename": "User", "email": EMAIL, **beside}


def inputs(products: Any, years: Any) -> dict[str, Any]:
    return {"totalProductsCreated": products, "yearsOfEmployment": years}


async def averages(world: World, *asked: dict[str, Any]) -> list[int | None]:
    answer = await world.answer("researcher", entities(AVERAGE), {"representations": list(asked)})
    assert "errors" not in answer.body
    assert answer.statements == 1
    return [each["averageProductsCreatedPerYear"] for each in answer.body["data"]["_entities"]]


async def test_a_required_value_is_computed_from_its_own_representation(products: World) -> None:
    """Of one row, and in one statement."""
    asked = [
        user(**inputs(1337, 10)),
        user(**inputs(10, 10)),
        user(**inputs(10, 10), name="ignored", other={"than": ["known"]}),
        user(**inputs(-15, 10)),
        user(**inputs(0, 3)),
    ]
    assert await averages(products, *asked) == [134, 1, 1, -2, 0]


@pytest.mark.parametrize(
    "beside",
    [
        {},
        {"totalProductsCreated": 10},
        {"yearsOfEmployment": 10},
        inputs(10, None),
        inputs(None, 10),
        inputs(10, 0),
    ],
)
async def test_of_less_than_it_needs_it_is_null(products: World, beside: dict[str, Any]) -> None:
    assert await averages(products, user(**beside), user(**inputs(10, 5))) == [None, 2]


@pytest.mark.parametrize("wrong", ["ten", 1.5, True, [1, 2], {"eq": 10}, 2**31])
async def test_an_input_of_another_type_is_an_error_for_itself_alone(
    products: World, wrong: Any
) -> None:
    asked = [user(**inputs(10, 5)), user(**inputs(wrong, 5))]
    answer = await products.answer("researcher", entities(AVERAGE), {"representations": asked})
    found, none = answer.body["data"]["_entities"]
    assert found["averageProductsCreatedPerYear"] == 2
    assert none is None
    (error,) = answer.body["errors"]
    assert error["path"] == ["_entities", 1]
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}
    assert error["message"] == "A representation of User gives no Int as its totalProductsCreated."


async def test_what_a_representation_says_is_answered(products: World) -> None:
    """`totalProductsCreated` is a column here, and `yearsOfEmployment` lives elsewhere."""
    selection = "... on User { name totalProductsCreated yearsOfEmployment }"
    asked = [user(**inputs(10, 7)), user(totalProductsCreated=10)]
    answer = await products.answer("researcher", entities(selection), {"representations": asked})
    found, none = answer.body["data"]["_entities"]
    assert found == {
        "__typename": "User",
        "name": "Jane Smith",
        "totalProductsCreated": 1337,
        "yearsOfEmployment": 7,
    }
    assert none is None
    (error,) = answer.body["errors"]
    assert error["path"] == ["_entities", 1]
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}
    assert error["message"] == "A representation of User gives no Int! as its yearsOfEmployment."


@pytest.mark.parametrize(
    ("field", "author"),
    [
        ("averageProductsCreatedPerYear", {"name": "Jane Smith", "wanted": None}),
        ("yearsOfEmployment", None),  # the schema allows no null for it
    ],
)
async def test_asked_directly_it_is_not_available(
    products: World, field: str, author: dict[str, Any] | None
) -> None:
    answer = await products.answer(
        "researcher",
        f'{{ product(id: "apollo-federation") {{ id createdBy {{ name wanted: {field} }} }} }}',
    )
    product = {"id": "apollo-federation", "createdBy": author}
    assert answer.body["data"] == {"product": product}
    (error,) = answer.body["errors"]
    assert error["path"] == ["product", "createdBy", "wanted"]
    assert error["extensions"] == {"code": "FIELD_NOT_AVAILABLE"}
    assert error["message"] == (
        f"User.{field} needs what another subgraph knows: ask the gateway for it."
    )


async def test_it_is_told_once_whatever_the_number_of_rows(products: World) -> None:
    asked = [
        {"__typename": "Product", "id": name} for name in ("apollo-studio", "apollo-federation")
    ]
    answer = await products.answer(
        "researcher",
        entities("... on Product { createdBy { yearsOfEmployment } }"),
        {"representations": asked},
    )
    assert answer.body["data"]["_entities"] == [
        {"__typename": "Product", "createdBy": None},
        {"__typename": "Product", "createdBy": None},
    ]
    (error,) = answer.body["errors"]
    assert error["path"] == ["_entities", "createdBy", "yearsOfEmployment"]


async def test_one_statement_for_each_type_and_key(products: World) -> None:
    """Each in its place, null for what no key names, an error for what is bad."""
    case = {"__typename": "ProductResearch", "study": {"caseNumber": "1235"}}
    given_up = {"sku": "apollo-federation-v1", "package": "@apollo/federation-v1"}
    product = {"__typename": "Product"}
    asked = [
        {**product, **STUDIO},
        {**product, "id": "apollo-federation"},
        {**product, **FEDERATION},
        {**product, "sku": "federation", "package": "@apollo/studio"},
        {**product, "sku": "federation"},
        {**product, "sku": "federation", "variation": {"id": "platform"}},
        {**product, "sku": "studio", "package": ""},
        {**product, "id": "absent"},
        {**product, "id": "apollo-studio", "sku": "federation", "package": "@apollo/federation"},
        case,
        {"__typename": "DeprecatedProduct", **given_up},
        {"__typename": "Inventory", "id": "apollo-oss"},
        {"__typename": "Inventory", "id": "absent"},
        {"__typename": "Warehouse", "id": "apollo-oss"},
    ]
    selection = (
        "... on Product { id } ... on ProductResearch { study { description } } "
        "... on DeprecatedProduct { reason } ... on Inventory { deprecatedProducts { sku } }"
    )
    answer = await products.answer("researcher", entities(selection), {"representations": asked})
    federation = {"__typename": "Product", "id": "apollo-federation"}
    studio = {"__typename": "Product", "id": "apollo-studio"}
    assert answer.body["data"]["_entities"] == [
        studio,
        federation,
        federation,
        None,
        None,
        None,
        studio,
        None,
        studio,
        {"__typename": "ProductResearch", "study": {"description": "Studio Study"}},
        {"__typename": "DeprecatedProduct", "reason": "Migrate to Federation V2"},
        {"__typename": "Inventory", "deprecatedProducts": [{"sku": "apollo-federation-v1"}]},
        None,
        None,
    ]
    errors = {error["path"][1]: error["message"] for error in answer.body["errors"]}
    assert errors == {
        4: "A representation of Product needs { id } or { sku package } or "
        "{ sku variation { id } }, each a text.",
        13: "The __typename of a representation is no type that this subgraph finds.",
    }
    assert answer.statements == 1


async def test_one_statement_for_500_as_for_one(products: World) -> None:
    selection = "... on Product { id createdBy { name } research { study { caseNumber } } }"
    named = [FEDERATION, {"sku": "studio", "package": ""}]
    keys = [{"__typename": "Product", **each} for each in named]
    for number in (1, 250):
        answer = await products.answer(
            "researcher", entities(selection), {"representations": keys * number}
        )
        assert "errors" not in answer.body
        ids = [each["id"] for each in answer.body["data"]["_entities"]]
        assert ids == ["apollo-federation", "apollo-studio"] * number
        assert answer.statements == 1


async def test_a_record_is_looked_up_by_two_arguments(products: World) -> None:
    query = """
    query ($sku: String!, $package: String!) {
      deprecatedProduct(sku: $sku, package: $package) { reason createdBy { email } }
    }
    """
    found = {"reason": "Migrate to Federation V2", "createdBy": {"email": EMAIL}}
    for package, expected in (("@apollo/federation-v1", found), ("@apollo/federation", None)):
        variables = {"sku": "apollo-federation-v1", "package": package}
        answer = await products.answer("researcher", query, variables)
        assert answer.body == {"data": {"deprecatedProduct": expected}}


async def test_a_role_without_the_function_lacks_the_field(products: World) -> None:
    """It is not shown, and not available from a representation that says all it needs."""
    for role, lacks in (("researcher", False), ("clinician", True)):
        answer = await products.answer(role, "{ _service { sdl } }")
        assert ("averageProductsCreatedPerYear" in answer.body["data"]["_service"]["sdl"]) != lacks
        asked = {"representations": [user(**inputs(10, 5))]}
        answer = await products.answer(role, entities(AVERAGE), asked)
        (found,) = answer.body["data"]["_entities"]
        assert found["averageProductsCreatedPerYear"] == (None if lacks else 2)
        told = [error["message"] for error in answer.body.get("errors", [])]
        sentence = "User.averageProductsCreatedPerYear is not available to your role."
        assert told == ([sentence] if lacks else [])
