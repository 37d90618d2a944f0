from __future__ import annotations

from typing import Any

import pytest

from tests.administration.conftest import Bench

FIELDS = """project { code title allCohorts allTumourTypes validTo purposes partner { code }
  cohorts { code } tumourTypes { oncoTreeCode } }"""


def new(code: str, /, **more: Any) -> dict[str, Any]:
    base = {"code": code, "title": "On BRAF", "institution": "UIO", "tumourTypes": ["BOWEL"]}
    return {**base, "cohorts": ["TRA-BRAF-CRC"], **more}


async def test_a_project_is_made_changed_and_ended(bench: Bench) -> None:
    made = await bench.change("createProject", FIELDS, **new("PRJ-T-01"))
    assert made == {
        "project": {
            "code": "PRJ-T-01",
            "title": "On BRAF",
            "allCohorts": False,
            "allTumourTypes": False,
            "validTo": None,
            "purposes": ["RESEARCH"],
            "partner": {"code": "UIO"},
            "cohorts": [{"code": "TRA-BRAF-CRC"}],
            "tumourTypes": [{"oncoTreeCode": "BOWEL"}],
        },
        "changed": True,
    }
    again = await bench.change("createProject", FIELDS, **new("PRJ-T-01"))
    assert again == {**made, "changed": False}
    change = {
        "code": "PRJ-T-01",
        "title": "On BRAF, and more",
        "addCohorts": ["DABTRA-BRAF-BTC"],
        "addTumourTypes": ["CHOL"],
        "purposes": ["RESEARCH", "STATISTICS"],
    }
    changed = await bench.change("updateProject", FIELDS, **change)
    project = changed["project"]
    assert project["title"] == change["title"]
    assert [one["code"] for one in project["cohorts"]] == ["DABTRA-BRAF-BTC", "TRA-BRAF-CRC"]
    assert [one["oncoTreeCode"] for one in project["tumourTypes"]] == ["BOWEL", "CHOL"]
    assert project["purposes"] == change["purposes"]
    assert await bench.change("updateProject", FIELDS, **change) == {**changed, "changed": False}
    ended = await bench.change("endProject", FIELDS, code="PRJ-T-01")
    assert ended["project"]["validTo"] is not None
    assert await bench.refused("updateProject", code="PRJ-T-01", title="No") == ["input.code"]
    listed = await bench.ask('{ projects(where: {code: {eq: "PRJ-T-01"}}) { totalCount } }')
    assert listed["data"]["projects"]["totalCount"] == 1


async def test_a_project_of_everything(bench: Bench) -> None:
    given = {**new("PRJ-T-02"), "allCohorts": True, "allTumourTypes": True}
    given = {**given, "cohorts": None, "tumourTypes": []}
    made = await bench.change("createProject", FIELDS, **given)
    assert (made["project"]["cohorts"], made["project"]["tumourTypes"]) == ([], [])
    more = {"addCohorts": ["TRA-BRAF-CRC"], "addTumourTypes": ["CHOL"]}
    places = ["input.addCohorts", "input.addTumourTypes"]
    assert await bench.refused("updateProject", code="PRJ-T-02", **more) == places


@pytest.mark.parametrize(
    ("more", "places"),
    [
        ({"code": "AGR-OLA-01"}, ["input.code"]),
        ({"code": "ÆØÅ"}, ["input.code"]),
        ({"title": ""}, ["input.title"]),
        ({"institution": "NOBODY"}, ["input.institution"]),
        ({"cohorts": None}, ["input.cohorts"]),
        ({"cohorts": ["NONE"]}, ["input.cohorts[0]"]),
        ({"allCohorts": True}, ["input.cohorts"]),
        ({"tumourTypes": []}, ["input.tumourTypes"]),
        ({"tumourTypes": ["BOWEL", "NONE"]}, ["input.tumourTypes[1]"]),
        ({"tumourTypes": ["BOWEL", "BOWEL"]}, ["input.tumourTypes[1]"]),
        ({"allTumourTypes": True}, ["input.tumourTypes"]),
        ({"purposes": ["COMMERCIAL"]}, ["input.purposes[0]"]),
    ],
)
async def test_a_wrong_project(bench: Bench, more: dict[str, Any], places: list[str]) -> None:
    assert await bench.refused("createProject", **new("PRJ-WRONG", **more)) == places


async def test_a_wrong_change_of_a_project(bench: Bench) -> None:
    assert await bench.refused("updateProject", code="PRJ-NONE") == ["input.code"]
    assert await bench.refused("updateProject", code="PRJ-CRC-01", title=None) == ["input.title"]
    given = {"addTumourTypes": ["NONE"]}
    places = ["input.addTumourTypes[0]"]
    assert await bench.refused("updateProject", code="PRJ-CRC-01", **given) == places
    assert await bench.refused("endProject", code="AGR-OLA-01") == ["input.code"]
