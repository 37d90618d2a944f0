"""A partner joins: what the graph gains, what the partner is sent, and what is without it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import httpx
import pytest
from graphql import GraphQLObjectType, GraphQLSchema, build_schema, lexicographic_sort_schema
from graphql import print_schema as printed

from tests.federation.partner.program import Joined, Partner, node
from tests.http.client import Client, bearer
from tests.world import ROOT

FIRST = "{ biomarkers(first: 5) { nodes { gene { symbol curatedEvidence { level } } } } }"
DRUGS = "{ drugs { nodes { inn atc supply { packages countedOn } } } }"
SENT = {
    *("authorization", "x-request-id"),
    *("accept", "connection", "content-length", "content-type", "host"),
}
ADDED_TYPES = {"CuratedEvidence", "DrugSupply"}
ADDED_FIELDS = {("Gene", "curatedEvidence"), ("Drug", "supply")}
RECORDS = ("partner", "researcher", "clinician", "steward")


@pytest.mark.parametrize("composer", ["guild", "apollo"])
def test_the_graph_gains_what_the_partner_adds_and_nothing_else(
    parts: dict[str, str], supergraph: Path, tmp_path: Path, composer: str
) -> None:
    file = supergraph
    if composer != "guild":  # whose the supergraph is
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
    return printed(
        lexicographic_sort_schema(
            GraphQLSchema(schema.query_type, schema.mutation_type, types=types)
        )
    )


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

        async with httpx.AsyncClient(base_url=joined.url) as http:
            ready = await http.get("/ready")
        assert (ready.status_code, ready.json()) == (200, {"status": "ready"})

        untouched = await joined.ask("clinician", "{ drugs { nodes { inn } } }")
        assert "errors" not in untouched
    finally:
        joined.partner.start()
    assert await joined.ask("clinician", DRUGS) == before_it


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
    """A token of the gateway's and its own request id; nothing of the caller's."""
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
    assert token not in json.dumps(headers)
    assert headers["x-request-id"] == response.headers["x-request-id"] != "mine"
