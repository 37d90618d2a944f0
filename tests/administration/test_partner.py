from __future__ import annotations

import pytest

from tests.administration.conftest import Bench, number

FIELDS = "partner { code name sector organisationNumber }"


async def test_an_organisation_joins_and_changes(bench: Bench) -> None:
    given = {"code": "ACME", "organisationNumber": number(), "name": "Acme", "sector": "INDUSTRY"}
    made = await bench.change("createPartner", FIELDS, **given)
    assert made == {"partner": given, "changed": True}
    again = await bench.change("createPartner", FIELDS, **given)
    assert again == {"partner": given, "changed": False}
    changed = await bench.change("updatePartner", FIELDS, code="ACME", name="Acme Norge")
    assert changed["partner"] == {**given, "name": "Acme Norge"}
    same = await bench.change("updatePartner", FIELDS, code="ACME", name="Acme Norge")
    assert same == {**changed, "changed": False}
    listed = await bench.ask('{ partners(where: {code: {eq: "ACME"}}) { nodes { name } } }')
    assert listed["data"]["partners"]["nodes"] == [{"name": "Acme Norge"}]


@pytest.mark.parametrize(
    ("given", "places"),
    [
        ({"code": "acme"}, ["input.code"]),
        ({"code": "A" * 41}, ["input.code"]),
        ({"code": "NORDLYS"}, ["input.code"]),
        ({"name": " "}, ["input.name"]),
        ({"name": "a\u0000b"}, ["input.name"]),
        ({"name": "a\u202eb"}, ["input.name"]),
        ({"name": "x" * 301}, ["input.name"]),
        ({"organisationNumber": "99999999"}, ["input.organisationNumber"]),
        ({"organisationNumber": "12345678٣"}, ["input.organisationNumber"]),
        ({"organisationNumber": "974760674"}, ["input.organisationNumber"]),
        ({"code": "x", "name": "", "organisationNumber": "1"}, 3),
    ],
)
async def test_a_wrong_organisation(
    bench: Bench, given: dict[str, str], places: list[str] | int
) -> None:
    whole = {"code": "WRONG", "organisationNumber": number(), "name": "W", "sector": "CHARITY"}
    found = await bench.refused("createPartner", **{**whole, **given})
    assert found == places or len(found) == places


async def test_the_register_knows_this_number(bench: Bench) -> None:
    """Oslo universitetssykehus HF has 993467049: the check is the register's own."""
    given = {
        "code": "OUS-HF",
        "organisationNumber": "993467049",
        "name": "OUS",
        "sector": "HOSPITAL",
    }
    assert (await bench.change("createPartner", FIELDS, **given))["changed"]
    assert await bench.refused("createPartner", **{**given, "code": "OUS-2"}) == [
        "input.organisationNumber"
    ]


async def test_a_wrong_change_of_an_organisation(bench: Bench) -> None:
    assert await bench.refused("updatePartner", code="NOBODY", name="X") == ["input.code"]
    assert await bench.refused("updatePartner", code="NORDLYS", name=None) == ["input.name"]
    assert await bench.refused("updatePartner", code="NORDLYS", sector=None) == ["input.sector"]
