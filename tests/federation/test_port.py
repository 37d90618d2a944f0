"""A subgraph at its own port, reached past the gateway: nobody gets more there than through it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping

import httpx
import pytest
from graphql import GraphQLObjectType, build_ast_schema, parse, print_type

from schema.subgraph import SUBGRAPHS
from tests.http.client import Client, bearer, codes
from tests.http.test_audit import AUDITS, audit
from tests.world import ROOT, World

SERVICE = "{ _service { sdl } }"
ENTITIES = (
    "query ($representations: [_Any!]!) "
    "{ _entities(representations: $representations) { __typename } }"
)
NOBODY = {"representations": [{"__typename": "Treatment", "id": "0"}]}


@pytest.fixture(params=SUBGRAPHS)
async def port(
    request: pytest.FixtureRequest, subgraphs: Mapping[str, str], world: World
) -> AsyncIterator[Client]:
    async with httpx.AsyncClient(base_url=subgraphs[request.param], timeout=30) as http:
        yield Client(http, bearer(await world.token("steward")))


@pytest.mark.parametrize(
    "query", [SERVICE, ENTITIES, "{ __typename }", "{ __schema { types { name } } }"]
)
@pytest.mark.parametrize("token", [None, "forged", "of another issuer's key"])
async def test_without_a_right_token_nothing_is_told(
    port: Client, world: World, query: str, token: str | None
) -> None:
    if token is None:
        headers = {}
    elif token == "forged":
        good = await world.token("steward")
        head, _, signature = good.split(".")
        body = good.split(".")[1][:-4] + "AAAA"
        headers = bearer(f"{head}.{body}.{signature}")
    else:
        headers = bearer("a.b.c")
    response = await Client(port.http, headers).ask(query, NOBODY if query == ENTITIES else None)
    assert response.status_code == 401
    assert codes(response) == ["UNAUTHENTICATED"]
    assert "data" not in response.json()
    assert response.headers["www-authenticate"] == 'Bearer realm="connect-graph"'


async def test_it_answers_for_its_part_alone(port: Client) -> None:
    answer = (await port.ask("{ __schema { queryType { fields { name } } } }")).json()
    roots = {each["name"] for each in answer["data"]["__schema"]["queryType"]["fields"]}
    assert {"_entities", "_service"} < roots
    for foreign in {"patients", "biomarkers", "responses", "resistanceFindings"} - roots:
        response = await port.ask(f"{{ {foreign} {{ totalCount }} }}")
        assert codes(response) == ["GRAPHQL_VALIDATION_FAILED"]
    assert (await port.http.get("/health")).json() == {"status": "alive"}
    assert (await port.http.get("/ready")).json() == {"status": "ready"}
    assert (await port.http.get("/graphiql")).status_code == 404


@pytest.mark.parametrize("name", SUBGRAPHS)
async def test_the_one_process_serves_it_too(
    subgraphs: Mapping[str, str], url: str, world: World, name: str
) -> None:
    headers = bearer(await world.token("steward"))
    async with httpx.AsyncClient(headers=headers, timeout=30) as http:
        answers = [
            (await http.post(address, json={"query": SERVICE})).json()
            for address in (f"{subgraphs[name]}/graphql", f"{url}/subgraphs/{name}/graphql")
        ]
        assert answers[0] == answers[1]
        nobody = await http.post(f"{url}/subgraphs/nobody/graphql", json={"query": SERVICE})
        assert nobody.status_code == 404


@pytest.mark.parametrize("name", SUBGRAPHS)
async def test_every_audit_passes(subgraphs: Mapping[str, str], world: World, name: str) -> None:
    if not (ROOT / "web" / "node_modules" / "graphql-http").is_dir():
        pytest.skip("the Node packages are not there: run make setup")
    environment = {**world.environment, "TOKEN": await world.token("steward")}
    result = audit(f"{subgraphs[name]}/graphql", environment)
    assert result.returncode == 0, result.stderr
    audits = json.loads(result.stdout)
    assert [each for each in audits if each["status"] != "ok"] == []
    assert len(audits) == AUDITS


@pytest.mark.parametrize("name", SUBGRAPHS)
@pytest.mark.parametrize("role", ["partner", "researcher", "authority", "clinician", "steward"])
async def test_service_tells_a_role_what_it_may_know(world: World, name: str, role: str) -> None:
    """A steward the whole, which is what composers read; others what introspection shows them."""
    answer = await world.answer(role, SERVICE, subgraph=name)
    told = answer.body["data"]["_service"]["sdl"]
    printed = world.part(name).sdl
    shown = build_ast_schema(parse(told), assume_valid_sdl=True)
    if role == "steward":
        whole = build_ast_schema(parse(printed), assume_valid_sdl=True)
        unreached = set(whole.type_map) - set(shown.type_map)
        assert unreached <= {"ApprovedTumourType", "Project"}, "no query leads to them"
        for type_name, type_ in shown.type_map.items():
            assert print_type(type_) == print_type(whole.type_map[type_name])
    elif "Patient" in shown.type_map and role != "clinician":
        patient = shown.type_map["Patient"]
        assert isinstance(patient, GraphQLObjectType)
        assert not {"birthYear", "sourceId", "site"} & set(patient.fields)
    if role == "authority":
        assert "Patient" not in shown.type_map
    introspected = await world.answer(role, "{ __schema { types { name } } }", subgraph=name)
    names = {each["name"] for each in introspected.body["data"]["__schema"]["types"]}
    assert set(shown.type_map) <= names | {"_Any", "key", "link"}
