"""Changes as requests: in turn, at which door, for whom, and with which entry of the audit."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest

from connect_graph.http import application, graphs_of
from connect_graph.settings import ROLES as LOGINS
from db.office.change import OPERATIONS, Office
from resolvers.execute import Request
from schema.subgraph import SUBGRAPHS
from tests.administration.conftest import CHANGES, PART, WHOLE, Bench, number
from tests.http.client import bearer
from tests.world import unrecorded

CREATE = "createPartner(input: {code: %s, organisationNumber: %s, name: %s, sector: CHARITY})"
ROLES = ("partner", "researcher", "authority", "clinician")


def creating(code: str, name: str = "N", of: str | None = None) -> str:
    return CREATE % tuple(json.dumps(text) for text in (code, of or number(), name))


async def test_several_run_in_turn_each_for_itself(bench: Bench) -> None:
    fields = "{ partner { name } changed }"
    first = creating("TURN", "First")
    update = 'updatePartner(input: {code: "TURN", name: "%s"})'
    body = await bench.ask(
        f"mutation {{ a: {first} {fields} b: {update % 'Second'} {fields}"
        f" c: {creating('turn')} {fields} d: {update % 'Third'} {fields} }}"
    )
    names = {key: value and value["partner"]["name"] for key, value in body["data"].items()}
    assert names == {"a": "First", "b": "Second", "c": None, "d": "Third"}
    (error,) = body["errors"]
    assert error["path"] == ["c"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}


async def test_what_is_read_after_a_change_is_never_older(bench: Bench) -> None:
    """The same selection of the same agreement twice in a request, with a change between."""
    fields = "{ agreement { drugs { inn } } }"
    body = await bench.ask(
        'mutation { a: createAgreement(input: {code: "AGR-R-01", partner: "SKAGEN", '
        f'model: DRUG_SUPPLY, drugs: ["olaparib"]}}) {fields} '
        f'b: updateAgreement(input: {{code: "AGR-R-01", addDrugs: ["alpelisib"]}}) {fields} }}'
    )
    counts = [len(value["agreement"]["drugs"]) for value in body["data"].values()]
    assert counts == [1, 2]


async def test_each_change_has_an_entry_and_no_refused_one(bench: Bench) -> None:
    before = await bench.owner.fetch(CHANGES)
    given = {"code": "LOGGED", "organisationNumber": number(), "name": "L", "sector": "CHARITY"}
    for _ in range(2):
        await bench.change("createPartner", "", **given)
    await bench.refused("createPartner", **{**given, "name": "M"})
    first, second = (await bench.owner.fetch(CHANGES))[len(before) :]
    told = {"code": "LOGGED", "organisation_number": given["organisationNumber"]}
    told = {**told, "name": "L", "sector": "CHARITY"}
    assert json.loads(first["variables"]) == {"input": told, "changed": True}
    assert json.loads(second["variables"]) == {"input": told, "changed": False}
    assert (first["role"], first["scope"], first["door"]) == ("STEWARD", "CONNECT", WHOLE)


async def test_a_consents_entry_names_the_patient(bench: Bench) -> None:
    row = await bench.owner.fetchrow(
        "select y.patient_id, y.public_id from connect.pseudonym y"
        " join connect.scope s on s.id = y.scope_id where s.code = 'CONNECT' limit 1"
    )
    assert row is not None
    await bench.change("giveConsent", "", patient=row["public_id"], purpose="RESEARCH")
    entry = (await bench.owner.fetch(CHANGES))[-1]
    assert list(entry["patients"]) == [row["patient_id"]]


async def test_without_its_entry_nothing_is_changed(bench: Bench) -> None:
    """The audit refuses the entry: the transaction of the change goes with it."""
    await bench.owner.execute(
        "alter table connect.audit_entry add constraint never"
        " check (operation_name <> 'create_partner') not valid"
    )
    try:
        text = f"mutation {{ {creating('UNSEEN')} {{ changed }} }}"
        body = await bench.ask(text)
        assert body["data"] == {"createPartner": None}
        assert body["errors"][0]["extensions"]["code"] in {"UNAVAILABLE", "INTERNAL"}
    finally:
        await bench.owner.execute("alter table connect.audit_entry drop constraint never")
    found = await bench.owner.fetchval("select count(*) from connect.partner where code = 'UNSEEN'")
    assert found == 0
    assert (await bench.ask(text))["data"] == {"createPartner": {"changed": True}}


async def test_codes_are_unique_whoever_is_first(bench: Bench) -> None:
    texts = [f"mutation {{ {creating('RACE', str(n))} {{ changed }} }}" for n in range(6)]
    bodies = await asyncio.gather(*map(bench.ask, texts))
    assert sum("errors" not in body for body in bodies) == 1
    for body in bodies:
        for error in body.get("errors", []):
            assert error["message"].startswith("input.code: RACE is another organisation's")


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("door", [WHOLE, PART])
async def test_nobody_else_changes_anything(bench: Bench, role: str, door: str) -> None:
    """Of every change the field is told to be missing, whatever the input, and nothing is told."""
    before = await bench.state()
    schema = bench.world.graph.binding.schema
    mutation = schema.mutation_type
    assert mutation is not None
    assert len(mutation.fields) == len(OPERATIONS)
    texts = {
        "createPartner": creating("NEVER"),
        "endAgreement": 'endAgreement(input: {code: "AGR-OLA-01"})',
        "endProject": 'endProject(input: {code: "PRJ-CRC-01"})',
        "giveConsent": 'giveConsent(input: {patient: "x", purpose: CARE})',
    }
    for name, text in texts.items():
        body = await bench.ask(f"mutation {{ {text} {{ changed }} }}", role=role, door=door)
        assert body.get("data") == {name: None}, body
        (error,) = body["errors"]
        assert error["extensions"] == {"code": "FIELD_NOT_AVAILABLE"}
        assert error["path"] == [name]
    assert await bench.state() == before


@pytest.mark.parametrize("door", [WHOLE, PART])
async def test_introspection_shows_changes_to_stewards_alone(bench: Bench, door: str) -> None:
    query = "{ __schema { mutationType { name } types { name } } }"
    for role in (*ROLES, "steward"):
        told = (await bench.ask(query, role=role, door=door))["data"]["__schema"]
        names = {one["name"] for one in told["types"]}
        shown = {"Mutation", "CreateAgreementInput", "ConsentPayload"}
        if role == "steward":
            assert told["mutationType"] == {"name": "Mutation"}
            assert shown <= names
        else:
            assert told["mutationType"] is None
            assert not shown & names


async def test_only_one_subgraph_changes_anything(bench: Bench) -> None:
    for name in SUBGRAPHS:
        door = f"/subgraphs/{name}/graphql"
        text = f"mutation {{ {creating('PART-' + name.upper())} {{ changed }} }}"
        body = await bench.ask(text, door=door)
        if door == PART:
            assert body["data"] == {"createPartner": {"changed": True}}
        else:
            codes = {error["extensions"]["code"] for error in body["errors"]}
            assert codes == {"GRAPHQL_VALIDATION_FAILED"}


async def test_get_changes_nothing(bench: Bench) -> None:
    before = await bench.state()
    token = bench.tokens["steward", None]
    asked = {"query": f"mutation {{ {creating('GOTTEN')} {{ changed }} }}"}
    answer = await bench.http.get(WHOLE, params=asked, headers={"Authorization": f"Bearer {token}"})
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert await bench.state() == before


async def test_a_request_of_too_many_changes_makes_none(bench: Bench) -> None:
    before = await bench.state()
    text = 'a%d: endAgreement(input: {code: "AGR-OLA-01"}) { changed }'
    body = await bench.ask(f"mutation {{ {' '.join(text % n for n in range(201))} }}")
    assert body["errors"][0]["extensions"]["code"] in {"LIMIT_EXCEEDED", "COST_EXCEEDED"}
    assert await bench.state() == before


async def test_what_was_revoked_meanwhile_changes_nothing(bench: Bench) -> None:
    """The door still takes the viewer for a steward; the database no longer does."""
    viewer = await bench.world.viewer("steward")
    revoke = "update connect.membership set revoked_at = {} where subject = 'demo-steward'"
    before = (await bench.state())[1]
    await bench.owner.execute(revoke.format("now()"))
    try:
        pools = bench.world.pools
        answer = await bench.world.graph.answer(
            Request(f"mutation {{ {creating('LATE')} {{ changed }} }}"),
            viewer,
            pools.roles[viewer.role],
            office=Office(pools.office, unrecorded),
        )
    finally:
        await bench.owner.execute(revoke.format("null"))
    assert answer.body["data"] == {"createPartner": None}
    assert answer.body["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT"}
    assert (await bench.state())[1] == before


async def test_without_an_audit_nothing_is_changed(bench: Bench) -> None:
    """A process that has no key for it takes no changes: they would leave no entry."""
    before, world = await bench.state(), bench.world

    async def pending() -> tuple[str, ...]:
        return ()

    logins = {role: world.database.login(role) for role in LOGINS}
    issuers = [world.issuer.issuer()]
    app = application(
        graphs_of(None), logins, issuers, pending, pool_size=1, audit_key=None, with_page=False
    )
    headers = bearer(await world.token("steward"))
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://office", headers=headers) as http,
    ):
        asked = {"query": f"mutation {{ {creating('SILENT')} {{ changed }} }}"}
        body = (await http.post(WHOLE, json=asked)).json()
    assert body["data"] == {"createPartner": None}
    assert [error["extensions"]["code"] for error in body["errors"]] == ["UNAVAILABLE"]
    assert await bench.state() == before
