"""Whether an answer tells of what it does not show: hidden and absent, and what never leaves."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import pytest

from resolvers import cursor
from tests.attack.truth import Truth
from tests.forged_cursor import encode
from tests.http.client import LEAKS, Client, bearer
from tests.world import World, serving

OWN, OTHER = ("partner", "AGR-WIDE-01"), ("researcher", "PRJ-WIDE-01")
ABSENT = "0" * 16
UNLIKE = {"date", "x-request-id"}
"""Headers that differ from one answer to the next, whatever was asked."""


@pytest.fixture(scope="module")
def address(overlap: World) -> Any:
    with serving(overlap.environment) as (found, _):
        yield found


@pytest.fixture(scope="module")
async def partner(overlap: World, address: str) -> AsyncIterator[Client]:
    async with httpx.AsyncClient(base_url=address, timeout=30) as http:
        yield Client(http, bearer(await overlap.token(*OWN)))


@pytest.fixture(scope="module")
async def hidden(overlap: World) -> dict[str, str]:
    """Give ids that are somebody's, and nobody's for the partner."""
    truth = await Truth.read(overlap.database.url)
    own, theirs = (truth.patients[scope] for _, scope in (OWN, OTHER))
    seen = set(own.values())
    unseen = next(name for name, patient in theirs.items() if patient not in seen)
    known = next(name for name, patient in theirs.items() if patient in seen)
    biomarkers = truth.of_scope(OTHER[1], {"biomarker"})
    mine = sorted(truth.of_scope(OWN[1], {"biomarker"}))
    return {
        "a patient that is not the partner's": unseen,
        "a patient of theirs, by another scope's id": known,
        "a record, by another scope's id": next(
            name for name, (_, row) in biomarkers.items() if row["patient_id"] in seen
        ),
        "a record of somebody hidden": next(
            name for name, (_, row) in biomarkers.items() if row["patient_id"] not in seen
        ),
        "a right patient with another scope's hash": f"{mine[0].split('.')[0]}."
        + next(iter(biomarkers)).split(".")[1],
    }


BY_ID = {
    "patient": "query ($id: ID!) { patient(id: $id) { id sex biomarkers { label } } }",
    "where": """query ($id: ID!) { patients(where: { id: { eq: $id } })
        { totalCount nodes { id } pageInfo { hasNextPage endCursor } } }""",
    "where of a record": """query ($id: ID!) { biomarkers(where: { id: { in: [$id] } })
        { totalCount nodes { id patient { id } } } }""",
    "where some": """query ($id: ID!) {
        patients(where: { biomarkers: { some: { id: { eq: $id } } } })
        { totalCount nodes { id } } }""",
}


def shown(response: httpx.Response) -> tuple[int, str, dict[str, str]]:
    kept = {name: text for name, text in response.headers.items() if name not in UNLIKE}
    return response.status_code, response.text, kept


@pytest.mark.parametrize("query", BY_ID.values(), ids=BY_ID)
async def test_hidden_and_absent_are_one_answer(
    partner: Client, hidden: dict[str, str], query: str
) -> None:
    """Status, body and headers, length included: whoever asks cannot tell which it was."""
    absent = shown(await partner.ask(query, {"id": ABSENT}))
    assert absent[0] == 200
    assert "errors" not in absent[1]
    for what, name in hidden.items():
        assert shown(await partner.ask(query, {"id": name})) == absent, what


async def test_hidden_and_absent_cost_the_same_statements(
    overlap: World, hidden: dict[str, str]
) -> None:
    for query in BY_ID.values():
        counts = {
            (await overlap.answer(OWN[0], query, {"id": name}, scope=OWN[1])).statements
            for name in (*hidden.values(), ABSENT)
        }
        assert len(counts) == 1


async def test_entities_of_another_scope_are_absent(
    overlap: World, address: str, hidden: dict[str, str]
) -> None:
    headers = bearer(await overlap.token(*OWN))
    query = """query ($of: [_Any!]!) { _entities(representations: $of) {
        __typename ... on Patient { id } ... on SmallVariant { label } } }"""
    async with httpx.AsyncClient(headers=headers, timeout=30) as http:
        answers = []
        for name in (ABSENT, *hidden.values()):
            of = [{"__typename": kind, "id": name} for kind in ("Patient", "SmallVariant")]
            response = await http.post(
                f"{address}/subgraphs/biomarkers/graphql",
                json={"query": query, "variables": {"of": of}},
            )
            answers.append(shown(response))
    assert json.loads(answers[0][1])["data"] == {"_entities": [None, None]}
    assert answers == answers[:1] * len(answers)


async def test_a_cursor_of_another_scope_is_refused_alike(
    partner: Client, overlap: World, hidden: dict[str, str]
) -> None:
    """Whether its place is a patient's or nobody's; a forged one gives what `where` would."""
    page = "query ($after: String) { patients(first: 3, after: $after) { nodes { id } } }"
    foreign = cursor.digest(OTHER[1], "patients", None, [])
    own = cursor.digest(OWN[1], "patients", None, [])
    answers = {
        shown(await partner.ask(page, {"after": encode([place], foreign)}))[:2]
        for place in (*hidden.values(), ABSENT)
    }
    assert len(answers) == 1
    assert "BAD_USER_INPUT" in answers.pop()[1]
    everyone = (await partner.ask("{ patients(first: 1000) { nodes { id } } }")).json()
    ids = [node["id"] for node in everyone["data"]["patients"]["nodes"]]
    for place in (*hidden.values(), ABSENT):
        response = await partner.ask(page, {"after": encode([place], own)})
        found = [node["id"] for node in response.json()["data"]["patients"]["nodes"]]
        assert found == [one for one in ids if one > place][:3]


ASKED = {
    "data": "{ patients(first: 2) { totalCount nodes { id biomarkers { label } } } }",
    "an error": "{ patients(first: 0) { totalCount } }",
    "a refusal of cost": "{ patients(first: 1000) { nodes { biomarkers { specimen { biomarkers {"
    " specimen { biomarkers { specimen { biomarkers { label } } } } } } } } } }",
    "a lack": "{ patients { nodes { birthYear } } }",
}
TELLING = ("cost", "rows", "plan", "timing", "duration", "statements", "explain", "trace", "sql")


@pytest.mark.parametrize("query", ASKED.values(), ids=ASKED)
async def test_plans_and_costs_never_leave(partner: Client, query: str) -> None:
    """No answer has extensions of how it was found, and no header tells of time or rows."""
    response = await partner.ask(
        query, None, X_Apollo_Tracing="1", Apollo_Federation_Include_Trace="ftv1"
    )
    body = response.json()
    assert not set(body.get("extensions", {})) - {"withheld"}
    names = " ".join(response.headers).lower()
    assert not any(word in names for word in (*TELLING, "server-timing", "x-process-time"))
    for error in body.get("errors", ()):
        assert set(error["extensions"]) <= {"code", "reference"}
    assert LEAKS.search(json.dumps(body.get("errors", []))) is None


@pytest.mark.parametrize("attempt", ["explain select 1", "'; explain analyze select 1; --", "$1"])
async def test_sql_in_a_value_is_a_value(partner: Client, attempt: str) -> None:
    query = "query ($x: String!) { biomarkers(where: { label: { eq: $x } }) { totalCount } }"
    response = await partner.ask(query, {"x": attempt})
    assert response.json()["data"] == {"biomarkers": {"totalCount": 0}}


async def test_estimates_are_in_the_database_and_stay_there(overlap: World) -> None:
    """The reason for the two above: PostgreSQL tells a login how many rows a policy removed."""
    owner = await asyncpg.connect(overlap.database.url)
    await owner.execute("analyze connect.patient")
    everyone = await owner.fetchval("select count(*) from connect.patient")
    await owner.close()
    login = await asyncpg.connect(overlap.database.login("partner"))
    estimate = await login.fetchval(
        "select reltuples::bigint from pg_class where oid = 'connect.patient'::regclass"
    )
    seen = await login.fetchval("select count(*) from connect.patient")
    await login.close()
    assert (seen, estimate) == (0, everyone)
