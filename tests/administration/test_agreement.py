from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connect_graph import database
from connect_graph.settings import Settings
from tests.administration.conftest import Bench, moment

FIELDS = """agreement { code model patientsAgreed weeksCompanyPays validFrom validTo embargoUntil
  purposes dataDomains partner { code } drugs { inn } }"""
LATER = datetime(2040, 1, 1, tzinfo=UTC)


def new(code: str, /, **more: Any) -> dict[str, Any]:
    base = {"code": code, "partner": "NORDLYS", "model": "DRUG_SUPPLY", "drugs": ["olaparib"]}
    return {**base, **more}


async def test_an_agreement_is_made_changed_and_ended(bench: Bench) -> None:
    given = new("AGR-T-01", patientsAgreed=12, drugs=["olaparib", "alpelisib"])
    made = await bench.change("createAgreement", FIELDS, **given)
    agreement = made["agreement"]
    assert made["changed"]
    assert agreement["partner"] == {"code": "NORDLYS"}
    assert agreement["drugs"] == [{"inn": "alpelisib"}, {"inn": "olaparib"}]
    assert agreement["patientsAgreed"] == 12
    assert (agreement["validTo"], agreement["embargoUntil"]) == (None, None)
    assert agreement["purposes"] == ["COMMERCIAL"]
    assert agreement["dataDomains"] == ["MOLECULAR", "RESISTANCE"]
    given["drugs"].reverse()
    again = await bench.change("createAgreement", FIELDS, **given)
    assert again == {"agreement": agreement, "changed": False}

    change = {
        "code": "AGR-T-01",
        "addDrugs": ["dabrafenib", "olaparib"],
        "model": "SHARED_COST",
        "patientsAgreed": None,
        "validTo": "2040-01-01T01:00:00+01:00",
        "embargoUntil": "2039-01-01T00:00:00Z",
        "dataDomains": ["MOLECULAR"],
    }
    changed = (await bench.change("updateAgreement", FIELDS, **change))["agreement"]
    assert changed == {
        **agreement,
        "drugs": [{"inn": "alpelisib"}, {"inn": "dabrafenib"}, {"inn": "olaparib"}],
        "model": "SHARED_COST",
        "patientsAgreed": None,
        "validTo": "2040-01-01T00:00:00+00:00",
        "embargoUntil": "2039-01-01T00:00:00+00:00",
        "dataDomains": ["MOLECULAR"],
    }
    same = await bench.change("updateAgreement", FIELDS, **change)
    assert same == {"agreement": changed, "changed": False}
    open_ = await bench.change("updateAgreement", FIELDS, code="AGR-T-01", validTo=None)
    assert open_["agreement"]["validTo"] is None

    ended = await bench.change("endAgreement", FIELDS, code="AGR-T-01")
    assert ended["agreement"]["validTo"] is not None
    again = await bench.change("endAgreement", FIELDS, code="AGR-T-01")
    assert again == {**ended, "changed": False}
    for more in ({"addDrugs": ["trametinib"]}, {"model": "DRUG_SUPPLY"}, {"validTo": None}):
        assert await bench.refused("updateAgreement", code="AGR-T-01", **more) == ["input.code"]
    at = moment(LATER)
    assert await bench.refused("endAgreement", code="AGR-T-01", at=at) == ["input.code"]


@pytest.mark.parametrize(
    ("more", "places"),
    [
        ({"code": "a b"}, ["input.code"]),
        ({"code": "AGR-OLA-01"}, ["input.code"]),
        ({"code": "PRJ-CRC-01"}, ["input.code"]),
        ({"code": "CONNECT"}, ["input.code"]),
        ({"partner": "NOBODY"}, ["input.partner"]),
        ({"drugs": []}, ["input.drugs"]),
        ({"drugs": ["olaparib", "panacea"]}, ["input.drugs[1]"]),
        ({"drugs": ["olaparib", "olaparib"]}, ["input.drugs[1]"]),
        ({"patientsAgreed": 0}, ["input.patientsAgreed"]),
        ({"weeksCompanyPays": -1}, ["input.weeksCompanyPays"]),
        ({"validFrom": "soon"}, ["input.validFrom"]),
        ({"validFrom": "2027-01-01T00:00:00"}, ["input.validFrom"]),
        ({"validFrom": "0001-01-01T00:00:00+01:00"}, ["input.validFrom"]),
        ({"validTo": "2020-01-01T00:00:00Z"}, ["input.validTo"]),
        (
            {"validFrom": "2030-01-01T00:00:00Z", "validTo": "2029-01-01T00:00:00Z"},
            ["input.validTo"],
        ),
        ({"purposes": []}, ["input.purposes"]),
        ({"purposes": ["COMMERCIAL", "RESEARCH"]}, ["input.purposes[1]"]),
        ({"partner": "X", "drugs": ["y"], "code": "z"}, 3),
    ],
)
async def test_a_wrong_agreement(bench: Bench, more: dict[str, Any], places: Any) -> None:
    found = await bench.refused("createAgreement", **new("AGR-WRONG", **more))
    assert found == places or len(found) == places


@pytest.mark.parametrize(
    ("more", "places"),
    [
        ({"code": "AGR-NONE"}, ["input.code"]),
        ({"code": "PRJ-CRC-01"}, ["input.code"]),
        ({"model": None}, ["input.model"]),
        ({"purposes": None}, ["input.purposes"]),
        ({"purposes": ["CARE"]}, ["input.purposes[0]"]),
        ({"dataDomains": None}, ["input.dataDomains"]),
        ({"addDrugs": ["panacea"]}, ["input.addDrugs[0]"]),
        ({"validTo": "2026-01-01T00:00:00Z"}, ["input.validTo"]),
        ({"validTo": "1999-01-01T00:00:00Z"}, ["input.validTo"]),
        ({"embargoUntil": "never"}, ["input.embargoUntil"]),
    ],
)
async def test_a_wrong_change_of_an_agreement(
    bench: Bench, more: dict[str, Any], places: list[str]
) -> None:
    assert await bench.refused("updateAgreement", **{"code": "AGR-DAB-01", **more}) == places


async def test_an_end_that_cannot_be(bench: Bench) -> None:
    begin = datetime.now(UTC) + timedelta(days=30)
    await bench.change("createAgreement", "", **new("AGR-T-02", validFrom=moment(begin)))
    assert await bench.refused("endAgreement", code="AGR-T-02") == ["input.at"]
    assert await bench.refused("endAgreement", code="AGR-NONE") == ["input.code"]
    assert await bench.refused("endAgreement", code="PRJ-CRC-01") == ["input.code"]
    past = moment(datetime.now(UTC) - timedelta(days=1))
    assert await bench.refused("endAgreement", code="AGR-DAB-01", at=past) == ["input.at"]


async def test_records_appear_when_ids_are_made_and_go_when_it_ends(bench: Bench) -> None:
    """The new company's first request is empty; a filled scope shows what the older one shows."""
    heard: list[str] = []
    await bench.owner.add_listener("connect_scope", lambda *said: heard.append(said[3]))
    await bench.change("createAgreement", "", **new("AGR-T-03"))
    await bench.owner.fetchval("select 1")
    assert heard
    assert set(heard) == {""}
    query = "{ patients { totalCount } }"

    async def ask() -> dict[str, Any]:
        return await bench.ask(query, role="partner", scope="AGR-T-03")

    empty = await ask()
    assert empty["data"]["patients"]["totalCount"] == 0
    settings = Settings.load({"CONNECT_DATA_DIR": str(bench.world.directory)})
    async with database.connected(bench.world.database.url) as connection, connection.transaction():
        await database.pseudonyms(settings)(connection)
    filled = await ask()
    older = await bench.ask(query, role="partner")
    assert filled["data"]["patients"]["totalCount"] == older["data"]["patients"]["totalCount"] > 0
    await bench.change("endAgreement", "", code="AGR-T-03")
    gone = await ask()
    assert gone["errors"][0]["extensions"]["code"] == "SCOPE_REFUSED"
