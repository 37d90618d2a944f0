from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connect_graph.issuer import DEMO_ISSUER
from tests.administration.conftest import Bench, document, moment

FIELDS = """membership { id issuer organisationNumber subject role validFrom revokedAt
  scope { code kind } }"""
NORDLYS = "select organisation_number from connect.partner where code = 'NORDLYS'"


async def holder(bench: Bench, subject: str, **more: Any) -> dict[str, Any]:
    number = await bench.owner.fetchval(NORDLYS)
    base = {"issuer": DEMO_ISSUER, "organisationNumber": number, "subject": subject}
    return {**base, "scope": "AGR-OLA-01", **more}


async def status(bench: Bench, subject: str, number: str) -> str | None:
    """Ask as somebody; give the code of the refusal, if any."""
    bench.tokens["partner", subject] = bench.world.issuer.token(number, subject)
    body = await bench.ask("{ viewer { role } }", role="partner", scope=subject)
    return body["errors"][0]["extensions"]["code"] if "errors" in body else None


async def test_a_membership_acts_at_once_and_its_revocation_too(bench: Bench) -> None:
    person = await holder(bench, "anna")
    number = person["organisationNumber"]
    assert await status(bench, "anna", number) == "SCOPE_REFUSED"
    made = await bench.change("addMembership", FIELDS, **person, role="PARTNER")
    assert made["membership"]["scope"] == {"code": "AGR-OLA-01", "kind": "AGREEMENT"}
    assert made["membership"]["revokedAt"] is None
    assert await bench.change("addMembership", FIELDS, **person, role="PARTNER") == {
        **made,
        "changed": False,
    }
    assert await status(bench, "anna", number) is None
    revoked = await bench.change("revokeMembership", FIELDS, **person)
    assert revoked["membership"]["id"] == made["membership"]["id"]
    assert revoked["membership"]["revokedAt"] is not None
    assert await status(bench, "anna", number) == "SCOPE_REFUSED"
    again = await bench.change("revokeMembership", FIELDS, **person)
    assert again == {**revoked, "changed": False}
    later = moment(datetime.now(UTC) + timedelta(days=1))
    assert await bench.refused("revokeMembership", **person, at=later) == ["input.at"]

    back = await bench.change("addMembership", FIELDS, **person, role="PARTNER")
    assert back["membership"]["id"] != made["membership"]["id"]
    assert await status(bench, "anna", number) is None
    query = """{ memberships(where: {subject: {eq: "anna"}}) { nodes { id revokedAt } } }"""
    nodes = (await bench.ask(query))["data"]["memberships"]["nodes"]
    assert {one["id"]: one["revokedAt"] is None for one in nodes} == {
        made["membership"]["id"]: False,
        back["membership"]["id"]: True,
    }


async def test_a_membership_with_dates(bench: Bench) -> None:
    begin, end = (datetime(year, 1, 1, tzinfo=UTC) for year in (2040, 2041))
    person = await holder(bench, "berit")
    dates = {"validFrom": moment(begin), "validTo": moment(end)}
    made = await bench.change("addMembership", FIELDS, **person, role="PARTNER", **dates)
    assert made["membership"]["validFrom"] == "2040-01-01T00:00:00+00:00"
    again = await bench.change("addMembership", FIELDS, **person, role="PARTNER", **dates)
    assert not again["changed"]
    assert await status(bench, "berit", person["organisationNumber"]) == "SCOPE_REFUSED"
    refused = {"validFrom": "2040-06-01T00:00:00Z"}
    found = await bench.refused("addMembership", **person, role="PARTNER", **refused)
    assert found == ["input.subject"]
    until = {"validTo": "2040-01-01T00:00:00Z"}  # up to the other, and no further
    assert (await bench.change("addMembership", FIELDS, **person, role="PARTNER", **until))[
        "changed"
    ]
    revoked = await bench.change("revokeMembership", FIELDS, **person)  # before it begins
    assert revoked["membership"]["id"] == made["membership"]["id"]


@pytest.mark.parametrize(
    ("more", "places"),
    [
        ({"issuer": "demo"}, ["input.issuer"]),
        ({"issuer": "https://a b\n"}, 1),
        ({"subject": ""}, ["input.subject"]),
        ({"scope": "NONE"}, ["input.scope"]),
        ({"scope": "CONNECT"}, ["input.role"]),
        ({"role": "RESEARCHER"}, ["input.role"]),
        ({"role": "STEWARD"}, ["input.role"]),
        ({"scope": "CONNECT", "role": "AUTHORITY"}, ["input.organisationNumber"]),
        ({"scope": "AGR-DAB-01"}, ["input.organisationNumber"]),
        ({"scope": "PRJ-CRC-01", "role": "RESEARCHER"}, ["input.organisationNumber"]),
        ({"scope": "SITE-OUS", "role": "CLINICIAN"}, ["input.organisationNumber"]),
        ({"organisationNumber": "123456785"}, ["input.organisationNumber"]),
        ({"validFrom": "2020-01-01T00:00:00Z"}, ["input.validFrom"]),
        ({"validTo": "2020-01-01T00:00:00Z"}, ["input.validTo"]),
        ({"validTo": "tomorrow"}, ["input.validTo"]),
    ],
)
async def test_a_wrong_membership(bench: Bench, more: dict[str, Any], places: Any) -> None:
    person = await holder(bench, "wrong", role="PARTNER")
    found = await bench.refused("addMembership", **{**person, **more})
    assert found == places or len(found) == places


async def test_a_wrong_revocation(bench: Bench) -> None:
    nobody = await holder(bench, "nobody")
    assert await bench.refused("revokeMembership", **nobody) == ["input.subject"]
    demo = await holder(bench, "demo-partner")
    past = {"at": "2020-01-01T00:00:00Z"}
    assert await bench.refused("revokeMembership", **demo, **past) == ["input.at"]


async def test_two_at_once(bench: Bench) -> None:
    """One of the same requests changes something, and all of them succeed."""
    person = await holder(bench, "cecilie")
    adding, revoking = document("addMembership", FIELDS), document("revokeMembership", FIELDS)
    for text, given in ((adding, {**person, "role": "PARTNER"}), (revoking, person)):
        bodies = await asyncio.gather(*(bench.ask(text, {"i": given}) for _ in range(6)))
        assert not any("errors" in body for body in bodies), bodies
        changed = [value["changed"] for body in bodies for value in body["data"].values()]
        assert sorted(changed) == [False] * 5 + [True]


async def test_others_see_their_own_memberships_alone(bench: Bench) -> None:
    query = "{ memberships { nodes { subject } totalCount } }"
    for role in ("partner", "researcher", "authority", "clinician"):
        body = await bench.ask(query, role=role)
        assert body["data"]["memberships"]["nodes"] == [{"subject": f"demo-{role}"}]
    every = await bench.owner.fetchval("select count(*) from connect.membership")
    assert (await bench.ask(query))["data"]["memberships"]["totalCount"] == every
