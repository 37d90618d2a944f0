from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.administration.conftest import PART, WHOLE, Bench, moment

FIELDS = "patient { id consents { purpose givenAt withdrawnAt } }"
# Patients whom the company sees now, by their ids in its own scope and in the consortium's.
SEEN = """
select mine.public_id as mine, all_.public_id as office
from connect.pseudonym mine join connect.scope s on s.id = mine.scope_id and s.code = 'AGR-OLA-01'
join connect.pseudonym all_ on all_.patient_id = mine.patient_id
join connect.scope c on c.id = all_.scope_id and c.code = 'CONNECT'
where mine.during @> now() order by 1
"""
NEVER = """
select y.public_id from connect.pseudonym y
join connect.scope c on c.id = y.scope_id and c.code = 'CONNECT'
where not exists (select from connect.consent k where k.patient_id = y.patient_id) order by 1
"""


async def test_a_withdrawal_acts_on_the_next_request_at_every_door(bench: Bench) -> None:
    patient = (await bench.owner.fetch(SEEN))[0]
    query = "query ($id: ID!) { patient(id: $id) { id } }"
    seen = {"patient": {"id": patient["mine"]}}
    given = {"patient": patient["office"], "purpose": "COMMERCIAL"}
    for door in (WHOLE, PART):
        body = await bench.ask(query, {"id": patient["mine"]}, role="partner", door=door)
        assert body["data"] == seen
    withdrawn = await bench.change("withdrawConsent", FIELDS, **given)
    for door in (WHOLE, PART):
        body = await bench.ask(query, {"id": patient["mine"]}, role="partner", door=door)
        assert body["data"] == {"patient": None}
    again = await bench.change("withdrawConsent", FIELDS, **given)
    assert again == {**withdrawn, "changed": False}
    (kept,) = [c for c in withdrawn["patient"]["consents"] if c["purpose"] == "COMMERCIAL"]
    assert kept["withdrawnAt"] is not None
    assert await bench.refused("withdrawConsent", **given, withdrawnAt=kept["givenAt"]) == [
        "input.withdrawnAt"
    ]
    assert await bench.refused("giveConsent", **given, givenAt=kept["givenAt"]) == ["input.givenAt"]

    anew = await bench.change("giveConsent", FIELDS, **given)
    both = [c for c in anew["patient"]["consents"] if c["purpose"] == "COMMERCIAL"]
    assert both[0] == kept
    assert both[1]["withdrawnAt"] is None
    assert await bench.change("giveConsent", FIELDS, **given) == {**anew, "changed": False}
    body = await bench.ask(query, {"id": patient["mine"]}, role="partner")
    assert body["data"] == seen
    early = moment(datetime.now(UTC) - timedelta(seconds=30))
    assert await bench.refused("giveConsent", **given, givenAt=early) == ["input.givenAt"]


async def test_consents_for_two_purposes_are_two(bench: Bench) -> None:
    patient = (await bench.owner.fetch(NEVER))[0]["public_id"]
    when = moment(datetime.now(UTC) - timedelta(days=9))
    given = {"patient": patient, "purpose": "RESEARCH"}
    made = await bench.change("giveConsent", FIELDS, **given, givenAt=when)
    assert [c["purpose"] for c in made["patient"]["consents"]] == ["RESEARCH"]
    assert await bench.change("giveConsent", FIELDS, **given, givenAt=when) == {
        **made,
        "changed": False,
    }
    both = await bench.change("giveConsent", FIELDS, patient=patient, purpose="COMMERCIAL")
    assert [c["purpose"] for c in both["patient"]["consents"]] == ["RESEARCH", "COMMERCIAL"]
    one = await bench.change("withdrawConsent", FIELDS, **given)
    assert [c["withdrawnAt"] is None for c in one["patient"]["consents"]] == [False, True]


@pytest.mark.parametrize(
    ("name", "more", "places"),
    [
        ("giveConsent", {"patient": "0" * 16}, ["input.patient"]),
        ("giveConsent", {"patient": "x\u0000"}, ["input.patient"]),
        ("giveConsent", {"purpose": "CARE"}, ["input.purpose"]),
        ("giveConsent", {"givenAt": "2200-01-01T00:00:00Z"}, ["input.givenAt"]),
        ("giveConsent", {"givenAt": "yesterday"}, ["input.givenAt"]),
        ("withdrawConsent", {}, ["input.purpose"]),
        ("withdrawConsent", {"patient": "nobody"}, ["input.patient"]),
    ],
)
async def test_a_wrong_consent(
    bench: Bench, name: str, more: dict[str, str], places: list[str]
) -> None:
    patient = (await bench.owner.fetch(NEVER))[-1]["public_id"]
    given = {"patient": patient, "purpose": "RESEARCH", **more}
    assert await bench.refused(name, **given) == places


async def test_a_wrong_withdrawal(bench: Bench) -> None:
    patient = (await bench.owner.fetch(SEEN))[1]
    given = {"patient": patient["office"], "purpose": "COMMERCIAL"}
    for at in ("2200-01-01T00:00:00Z", "1999-01-01T00:00:00Z"):  # ahead, and before it was given
        assert await bench.refused("withdrawConsent", **given, withdrawnAt=at) == [
            "input.withdrawnAt"
        ]
    # An id of another scope names nobody here.
    other = {**given, "patient": patient["mine"]}
    assert await bench.refused("withdrawConsent", **other) == ["input.patient"]
