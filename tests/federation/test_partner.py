"""A partner joins: its program beside ours, in one graph, and what neither does to the other."""

from __future__ import annotations

import ast
import csv
import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from graphql import GraphQLObjectType, GraphQLSchema, build_schema, lexicographic_sort_schema
from graphql import print_schema as printed
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from schema.subgraph import SUBGRAPHS
from tests.federation.gateway.stack import before
from tests.federation.partnership import NAME, PROGRAM, Partner, Tap, node, tapped
from tests.house.repository import PACKAGES
from tests.http.client import Client, bearer
from tests.http.forgery import Forger
from tests.world import ROOT, World

SERVICE = "{ _service { sdl } }"
ENTITIES = (
    "query ($of: [_Any!]!) { _entities(representations: $of) "
    "{ ... on Gene { curatedEvidence { level } } ... on Drug { supply { packages } } } }"
)
FIRST = "{ biomarkers(first: 5) { nodes { gene { symbol curatedEvidence { level } } } } }"
DRUGS = "{ drugs { nodes { inn atc supply { packages countedOn } } } }"
REFUSED = {
    "errors": [{"message": "Give a valid token.", "extensions": {"code": "UNAUTHENTICATED"}}]
}
SENT = {
    *("authorization", "x-scope", "x-purpose", "x-request-id"),
    *("accept", "connection", "content-length", "content-type", "host"),
}
IGNORED = re.compile(r"org |sub '[a\\]|crit empty$")
"""What no partner's program looks at: who asks is for ours to know, and an empty list is empty."""

FORBIDDEN = """
extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@override"])
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: [{name: "@override", as: "@key"}])
schema { query: Query mutation: Change }
directive @mine on FIELD
"Changes." type Change { "Goes." go: Int }
"A patient." type Patient @key(fields: "id") { id: ID! "Ours." secret: Int }
type Gene @key(fields: "symbol") @key(fields: "name") {
  symbol: String!
  "Taken." name: String
  "Not null." score: Int!
  tales: [String]
  "Taken over." taken(argument: Int): Int @override(from: "biomarkers")
}
type Query { "Taken." patients: Int "Not null." other: Int! }
"Taken." enum GeneStatus { A }
type Own { "A list." list: [Int!]! bare: Int }
input Asked { bare: Int }
"""
SENTENCES = [
    "@link is for Apollo Federation 2 alone, without other names",
    "@override is not for partners: leave it out",
    "mutation: the graph has queries alone, and their root is Query",
    "@mine: directives are not for partners to define",
    "Patient is taken: choose another name",
    "Gene: its keys for partners are hgncId and symbol",
    "Gene.name is taken: choose another name",
    "Gene.score must be nullable",
    "Gene.tales has no description",
    "Gene.tales is a list: give it @listSize",
    "Gene.taken(argument:) has no description",
    "Query.patients is taken: choose another name",
    "Query.other must be nullable",
    "GeneStatus is taken: choose another name",
    "Own has no description",
    "Own.list is a list: give it @listSize",
    "Own.bare has no description",
    "Asked has no description",
    "Asked.bare has no description",
]
ADDED_TYPES = {"CuratedEvidence", "DrugSupply"}
ADDED_FIELDS = {("Gene", "curatedEvidence"), ("Drug", "supply")}
RECORDS = ("partner", "researcher", "clinician", "steward")


@dataclass(frozen=True, slots=True)
class Joined:
    """Hold the graph with the partner in it."""

    url: str
    partner: Partner
    tap: Tap
    world: World

    async def ask(
        self, role: str, query: str, variables: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Ask through the gateway, as a role."""
        async with httpx.AsyncClient(base_url=self.url, timeout=30) as http:
            client = Client(http, bearer(await self.world.token(role)))
            body: dict[str, Any] = (await client.ask(query, variables)).json()
            return body


@pytest.fixture(scope="module")
def keys(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the public keys as the command prints them."""
    done = subprocess.run(
        [sys.executable, "-m", "connect_graph", "keys"],
        cwd=ROOT,
        env=world.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    file = tmp_path_factory.mktemp("keys") / "keys.json"
    file.write_text(done.stdout)
    return file


@pytest.fixture(scope="module")
def partner(keys: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Partner]:
    """Run the partner's program, which has the public keys alone."""
    made = Partner(tmp_path_factory.mktemp("partner"), str(keys))
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="module")
def parts(world: World, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Give each subgraph's SDL as an argument for the composers, the partner's first."""
    directory = tmp_path_factory.mktemp("parts")
    done = subprocess.run(
        [sys.executable, str(PROGRAM), "--sdl"], capture_output=True, text=True, check=True
    )
    texts = {NAME: done.stdout, **{name: world.part(name).sdl for name in SUBGRAPHS}}
    for name, text in texts.items():
        (directory / f"{name}.graphql").write_text(text)
    return {name: f"{name}={directory / name}.graphql" for name in texts}


@pytest.fixture(scope="module")
def supergraph(parts: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compose the graph with the partner in it."""
    done = node("admit.ts", *parts.values())
    assert (done.returncode, done.stderr) == (0, "")
    file = tmp_path_factory.mktemp("supergraph") / "supergraph.graphql"
    file.write_text(done.stdout)
    return file


@pytest.fixture(scope="module")
def joined(world: World, url: str, partner: Partner, supergraph: Path) -> Iterator[Joined]:
    """Run a gateway before ours and the partner's; what it sends there is kept."""
    with tapped(partner.url) as tap:
        urls = {name: [f"{url}/subgraphs/{name}/graphql"] for name in SUBGRAPHS}
        with before(world, {**urls, NAME: [tap.url]}, supergraph=supergraph) as gateway:
            yield Joined(gateway.url, partner, tap, world)


@pytest.fixture
async def direct(partner: Partner) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client of the partner's own port."""
    async with httpx.AsyncClient(base_url=partner.url.removesuffix("/graphql")) as http:
        yield http


def test_nothing_of_ours_is_in_the_program() -> None:
    for file in PROGRAM.parent.glob("*.py"):
        for each in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in each.names] if isinstance(each, ast.Import) else []
            names += [each.module or ""] if isinstance(each, ast.ImportFrom) else []
            assert not {name.partition(".")[0] for name in names} & {*PACKAGES, "tests"}


def test_the_keys_are_public_and_verify(world: World, keys: Path) -> None:
    text = keys.read_text()
    (key,) = json.loads(text)["keys"]
    assert set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"}
    token = world.issuer.token("999000259", "somebody")
    decoded = jwt.decode(token, KeySet.import_key_set(json.loads(text)), ["ES256"])
    assert decoded.claims["sub"] == "somebody"
    assert decoded.header["kid"] == key["kid"]


async def test_it_tells_what_it_prints(
    direct: httpx.AsyncClient, world: World, parts: dict[str, str]
) -> None:
    client = Client(direct, bearer(await world.token("partner")))
    told = (await client.ask(SERVICE)).json()["data"]["_service"]["sdl"]
    assert told == Path(parts[NAME].partition("=")[2]).read_text().rstrip("\n")


@pytest.mark.parametrize("composer", ["guild", "apollo"])
def test_the_graph_gains_what_the_partner_adds_and_nothing_else(
    parts: dict[str, str], tmp_path: Path, composer: str
) -> None:
    done = node("compose.ts", composer, *parts.values())
    assert (done.returncode, done.stderr) == (0, "")
    file = tmp_path / "supergraph.graphql"
    file.write_text(done.stdout)
    public = build_schema(node("public.ts", str(file)).stdout)
    whole = build_schema((ROOT / "schema" / "schema.graphql").read_text())
    for type_, field in ADDED_FIELDS:
        extended = public.type_map[type_]
        assert isinstance(extended, GraphQLObjectType)
        assert extended.fields.pop(field).description
    assert set(public.type_map) - set(whole.type_map) == ADDED_TYPES
    for name in ADDED_TYPES:
        del public.type_map[name]
    assert text_of(public) == text_of(whole)


def text_of(schema: GraphQLSchema) -> str:
    """Print what clients see of a schema, in the order of names."""
    types = [type_ for type_ in schema.type_map.values() if not type_.name.startswith("__")]
    return printed(lexicographic_sort_schema(GraphQLSchema(schema.query_type, types=types)))


def levels(partner: Partner, gene: str) -> list[dict[str, str]]:
    found = partner.rows("select level from evidence where gene = ? order by level", gene)
    return [{"level": level} for (level,) in found]


@pytest.mark.parametrize("role", RECORDS)
async def test_who_sees_a_gene_sees_what_the_partner_says_of_it(joined: Joined, role: str) -> None:
    curated = [gene for (gene,) in joined.partner.rows("select distinct gene from evidence")]
    some = "query ($in: [String!]) { biomarkers(first: 5, where: {gene: {symbol: {in: $in}}}) "
    selection = "{ nodes { gene { symbol curatedEvidence { level } } } } }"
    first = await joined.ask(role, FIRST)
    chosen = await joined.ask(role, some + selection, {"in": curated})
    shown = 0
    for body in (first, chosen):
        assert "errors" not in body
        nodes = body["data"]["biomarkers"]["nodes"]
        assert len(nodes) == 5
        for gene in (each["gene"] for each in nodes if each["gene"] is not None):
            assert gene["curatedEvidence"] == levels(joined.partner, gene["symbol"])
            shown += len(gene["curatedEvidence"])
    assert shown >= 5


@pytest.mark.parametrize("role", [*RECORDS, "authority"])
async def test_drugs_have_the_partners_supply(joined: Joined, role: str) -> None:
    body = await joined.ask(role, DRUGS)
    assert "errors" not in body
    supplied = {
        inn: {"packages": packages, "countedOn": day}
        for inn, packages, day in joined.partner.rows("select * from supply")
    }
    nodes = body["data"]["drugs"]["nodes"]
    assert {node["inn"]: node["supply"] for node in nodes if node["supply"]} == supplied
    whole = await joined.world.answer(role, "{ drugs { nodes { inn atc } } }")
    told = [{"inn": node["inn"], "atc": node["atc"]} for node in nodes]
    assert told == whole.body["data"]["drugs"]["nodes"]


async def test_what_the_partner_names_leads_back_to_ours(joined: Joined) -> None:
    body = await joined.ask(
        "authority",
        """{ drugs(where: {inn: {eq: "vemurafenib"}}) { nodes { targets { symbol curatedEvidence {
          statement source drug { inn atc supply { packages } } } } } } }""",
    )
    (drug,) = body["data"]["drugs"]["nodes"]
    (target,) = drug["targets"]
    assert target["symbol"] == "BRAF"
    first, second = target["curatedEvidence"]
    assert first["drug"] == {"inn": "vemurafenib", "atc": "L01EC01", "supply": {"packages": 0}}
    assert second["drug"] == {"inn": "cobimetinib", "atc": "L01EE02", "supply": None}
    assert "invented" in first["source"]


async def test_the_partners_lists_have_their_price(joined: Joined) -> None:
    """Three for each gene and three targets for each drug: nine times as much with every round."""
    inner = "{ symbol }"
    for _ in range(4):
        inner = f"{{ curatedEvidence {{ drug {{ targets {inner} }} }} }}"
    dear = f"{{ drugs(first: 1000) {{ nodes {{ targets {inner} }} }} }}"
    before_it = len(joined.tap.seen)
    body = await joined.ask("authority", dear)
    assert [error["extensions"]["code"] for error in body["errors"]] == ["COST_EXCEEDED"]
    assert "data" not in body
    assert len(joined.tap.seen) == before_it
    cheap = await joined.ask("authority", dear.replace("1000", "10"))
    assert "errors" not in cheap


async def test_without_the_partner_the_rest_is_answered(joined: Joined) -> None:
    rest = await joined.world.answer(
        "clinician", "{ biomarkers(first: 5) { nodes { gene { symbol } } } }"
    )
    before_it = await joined.ask("clinician", DRUGS)
    joined.partner.stop()
    try:
        body = await joined.ask("clinician", FIRST)
        for error in body["errors"]:
            assert error["extensions"] == {"code": "SUBGRAPH_UNAVAILABLE"}
            assert error["path"][-1] == "curatedEvidence"
        for node in body["data"]["biomarkers"]["nodes"]:
            assert node["gene"] is None or node["gene"].pop("curatedEvidence") is None
        assert body["data"] == rest.body["data"]

        drugs = await joined.ask("clinician", DRUGS)
        assert {error["extensions"]["code"] for error in drugs["errors"]} == {
            "SUBGRAPH_UNAVAILABLE"
        }
        assert {node["supply"] is None for node in drugs["data"]["drugs"]["nodes"]} == {True}

        untouched = await joined.ask("clinician", "{ drugs { nodes { inn } } }")
        assert "errors" not in untouched
    finally:
        joined.partner.start()
    assert await joined.ask("clinician", DRUGS) == before_it


async def test_a_fault_of_the_partners_costs_its_own_fields_alone(joined: Joined) -> None:
    before_it = await joined.ask("steward", DRUGS)
    joined.partner.rows("alter table supply rename to mislaid")
    try:
        body = await joined.ask("steward", DRUGS)
        told = {(error["extensions"]["code"], error["message"]) for error in body["errors"]}
        assert {code for code, _ in told} == {"SUBGRAPH_UNAVAILABLE"}
        assert not any("table" in message or "sql" in message for _, message in told)
        nodes = body["data"]["drugs"]["nodes"]
        assert len(nodes) == len(before_it["data"]["drugs"]["nodes"])
        assert {node["supply"] is None for node in nodes} == {True}
    finally:
        joined.partner.rows("alter table mislaid rename to supply")
    assert await joined.ask("steward", DRUGS) == before_it


def vocabulary(table: str, column: str) -> set[str]:
    with (ROOT / "db" / "vocabulary" / f"{table}.csv").open() as file:
        return {row[column] for row in csv.DictReader(file)}


@pytest.mark.parametrize("role", RECORDS)
async def test_the_partner_is_asked_about_genes_and_drugs_alone(joined: Joined, role: str) -> None:
    """However much of a patient an operation holds, none of it is sent; nor how often a gene is."""
    operation = """query ($first: Int!) { patients(first: $first) { nodes { id sex
      biomarkers { id label gene { symbol name curatedEvidence { level drug { inn atc } } } }
      treatments { id line drugs { inn supply { packages } }
        cohort { code drugs { inn supply { countedOn } } } } } } }"""
    seen_before = len(joined.tap.seen)
    body = await joined.ask(role, operation, {"first": 50})
    assert "errors" not in body
    nodes = body["data"]["patients"]["nodes"]
    held = [each for node in nodes for each in (node, *node["biomarkers"], *node["treatments"])]
    ids = {part for each in held for part in (each["id"], *each["id"].split("."))}
    assert len(ids) > 100
    seen = joined.tap.seen[seen_before:]
    keys = {
        ("Gene", "symbol"): vocabulary("gene", "symbol"),
        ("Drug", "inn"): vocabulary("drug", "inn"),
    }
    kinds = set()
    for headers, text in seen:
        assert not [each for each in ids if each in text.decode()]
        asked = json.loads(text)
        assert set(asked) == {"query", "variables"}
        for list_ in asked["variables"].values():
            assert len({json.dumps(each) for each in list_}) == len(list_)
            for representation in list_:
                kind = representation.pop("__typename")
                ((key, value),) = representation.items()
                assert value in keys[kind, key]
                kinds.add(kind)
        assert set(headers) <= SENT
    assert kinds == {"Gene", "Drug"}


async def test_what_goes_to_the_partner_with_a_request(joined: Joined) -> None:
    """The token, scope, purpose and the gateway's own request id; nothing else of the caller's."""
    token = await joined.world.token("steward")
    sent = {
        **bearer(token),
        "x-scope": "CONNECT",
        "cookie": "session=1",
        "x-request-id": "mine",
        "x-forwarded-for": "192.0.2.1",
        "x-other": "1",
        "user-agent": "browser",
    }
    async with httpx.AsyncClient(base_url=joined.url) as http:
        response = await Client(http, sent).ask(DRUGS)
    assert "errors" not in response.json()
    headers, _ = joined.tap.seen[-1]
    assert set(headers) <= SENT
    assert headers["authorization"] == f"Bearer {token}"
    assert headers["x-scope"] == "CONNECT"
    assert headers["x-request-id"] == response.headers["x-request-id"] != "mine"


@pytest.fixture
async def forger(world: World) -> Forger:
    key = ECKey.import_key(json.loads((world.directory / "demo-issuer.key").read_text()))
    key.ensure_kid()
    caller = await world.caller("steward")
    return Forger(key, caller.organisation, caller.subject)


@pytest.mark.parametrize("kind", ["by_header", "by_key", "by_claims", "by_form"])
async def test_the_partners_own_port_refuses_a_forged_token(
    direct: httpx.AsyncClient, forger: Forger, kind: str
) -> None:
    wrong = {}
    for name, token in getattr(forger, kind)():
        if IGNORED.match(name):
            continue
        response = await Client(direct, bearer(token)).ask(SERVICE)
        challenge = response.headers.get("www-authenticate")
        if (response.status_code, response.json(), challenge) != (401, REFUSED, "Bearer"):
            wrong[name] = (response.status_code, response.text)
    assert not wrong


async def test_the_partners_own_port_tells_nothing_without_a_token(
    direct: httpx.AsyncClient,
) -> None:
    for headers in ({}, {"authorization": "Bearer"}, {"authorization": "Basic eDp4"}):
        stranger = Client(direct, headers)
        answers = [
            *[await stranger.ask(query) for query in (SERVICE, "{ __typename }", "{ nothing }")],
            await stranger.ask(ENTITIES, {"of": [{"__typename": "Gene", "symbol": "BRAF"}]}),
            await stranger.post(b"{"),
            await stranger.get(query=SERVICE),
        ]
        assert {(each.status_code, each.text) for each in answers} == {(401, answers[0].text)}
        assert answers[0].json() == REFUSED


async def test_the_partners_own_port_answers_a_right_token(
    direct: httpx.AsyncClient, forger: Forger
) -> None:
    """Otherwise the tests above would show nothing."""
    asked = {
        "of": [{"__typename": "Gene", "symbol": "BRCA1"}, {"__typename": "Gene", "symbol": "-"}]
    }
    for header in (forger.header(), forger.header(typ="AT+JWT")):
        token = forger.sign(header, forger.claims())
        for scheme in ("Bearer", "bearer"):
            client = Client(direct, {"authorization": f"{scheme} {token}"})
            found = (await client.ask(ENTITIES, asked)).json()["data"]["_entities"]
            assert found == [{"curatedEvidence": [{"level": "A"}]}, {"curatedEvidence": []}]


def test_what_a_partner_may_not_add_is_named(parts: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "bad.graphql"
    file.write_text(FORBIDDEN)
    done = node("admit.ts", f"{NAME}={file}", *(parts[name] for name in SUBGRAPHS))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == SENTENCES
