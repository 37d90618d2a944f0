"""What an answer tells of the rules that applied: by role, scope and operation, never by rows."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from connect_graph import database
from db.viewer import Role, Viewer
from resolvers.execute import Request
from resolvers.rule import ASKERS, DOMAIN, SILENT, WORDS
from resolvers.withheld import MOST_PATHS, Rules
from schema import mapping
from tests.access.conftest import DEMO, asking
from tests.access.kind import (
    COUNTS,
    DOMAINS,
    IDENTITY,
    OF_AGREEMENT,
    OF_COHORT,
    OF_FINDING,
    OF_PROJECT,
    OF_TREATMENT,
    PUBLISHED,
    RECORDS,
    TERMS,
)
from tests.access.table import ROLES
from tests.access.test_table import LIVE
from tests.access.way import operation, stop, ways
from tests.conftest import Clone
from tests.world import ROOT, World, make

PATIENTS = "{ patients { nodes { id sex treatments { id drugs { inn } } } totalCount } }"
MOLECULES = """{ patients { nodes { biomarkers { label } geneStatus(symbol: "KRAS")
  treatments { resistanceFindings { status } } } } }"""
FILTERED = "{ patients(where: {biomarkers: {none: {vaf: {gt: 0.1}}}}) { totalCount } }"
IDENTIFYING = """{ patients(first: 1) { nodes {
  birthYear diagnoses { tumourType } treatments { startedOn day: line } } } }"""
SORTED = "{ all: patients(orderBy: [{by: birthYear}]) { totalCount } }"
CONTRACTS = "{ agreements { nodes { code validTo drugs { inn } } } releases { nodes { version } } }"
OPEN = "{ viewer { role } drugs { nodes { inn } } cohorts { nodes { code } } }"
STAGES = "{ cohorts { nodes { code stage } } }"
COUNTED = """{ outcomeStatistics(by: [GENE]) {
  rows { patients { value } resistanceMechanisms { profiled } } } }"""

Told = dict[str, list[str]]
DAY = r"\d{4}-\d\d-\d\dT[0-9:.+]+"
EXPECTED: dict[str, dict[tuple[str, str], Told]] = {
    PATIENTS: {
        ("partner", "AGR-OLA-01"): {
            "CONSENT": ["patients"],
            "COHORT": ["patients.nodes.treatments"],
        },
        ("partner", "AGR-HUSH-01"): {
            "EMBARGO": ["patients"],
            "CONSENT": ["patients"],
            "COHORT": ["patients.nodes.treatments"],
        },
        ("researcher", "PRJ-ALL-01"): {
            "CONSENT": ["patients"],
            "COHORT": ["patients.nodes.treatments"],
        },
        ("authority", "CONNECT"): {"ROLE": ["patients"]},
        ("clinician", "SITE-OUS"): {"SITE": ["patients"]},
        ("steward", "CONNECT"): {},
    },
    MOLECULES: {
        ("partner", "AGR-OLA-01"): {
            "CONSENT": ["patients"],
            "COHORT": ["patients.nodes.treatments"],
        },
        ("partner", "AGR-CLIN-01"): {
            "CONSENT": ["patients"],
            "COHORT": ["patients.nodes.treatments"],
            "DATA_SCOPE MOLECULAR": ["patients.nodes.biomarkers", "patients.nodes.geneStatus"],
        },
        ("partner", "AGR-DAB-01"): {
            "CONSENT": ["patients"],
            "COHORT": ["patients.nodes.treatments"],
            "DATA_SCOPE RESISTANCE": ["patients.nodes.treatments.resistanceFindings"],
        },
        ("clinician", "SITE-OUS"): {"SITE": ["patients"]},
        ("steward", "CONNECT"): {},
    },
    FILTERED: {
        ("partner", "AGR-OLA-01"): {"CONSENT": ["patients"]},
        ("partner", "AGR-CLIN-01"): {
            "CONSENT": ["patients"],
            "DATA_SCOPE MOLECULAR": ["patients"],
        },
    },
    IDENTIFYING: {
        ("partner", "AGR-OLA-01"): {
            "CONSENT": ["patients"],
            "COHORT": ["patients.nodes.treatments"],
            "IDENTITY": ["patients.nodes.birthYear", "patients.nodes.treatments.startedOn"],
        },
        ("clinician", "SITE-NLSH"): {"SITE": ["patients"]},
        ("authority", "CONNECT"): {"ROLE": ["patients"]},
        ("steward", "CONNECT"): {},
    },
    SORTED: {
        ("researcher", "PRJ-CRC-01"): {"IDENTITY": ["all"]},
        ("clinician", "SITE-OUS"): {"SITE": ["all"]},
    },
    CONTRACTS: {
        ("partner", "AGR-OLA-01"): {"OWN": ["agreements"], "PUBLISHED": ["releases"]},
        ("researcher", "PRJ-CRC-01"): {"PUBLISHED": ["releases"], "ROLE": ["agreements"]},
        ("authority", "CONNECT"): {"PUBLISHED": ["releases"], "ROLE": ["agreements"]},
        ("steward", "CONNECT"): {},
    },
    OPEN: {case: {} for case in DEMO.items()},
    STAGES: {
        **{case: {"PUBLISHED": ["cohorts.nodes.stage"]} for case in DEMO.items()},
        ("steward", "CONNECT"): {},
    },
    COUNTED: {
        ("partner", "AGR-OLA-01"): {
            "CONSENT": ["outcomeStatistics"],
            "COHORT": ["outcomeStatistics"],
        },
        ("partner", "AGR-CLIN-01"): {
            "CONSENT": ["outcomeStatistics"],
            "COHORT": ["outcomeStatistics"],
            "DATA_SCOPE MOLECULAR": ["outcomeStatistics"],
        },
        ("clinician", "SITE-OUS"): {"SITE": ["outcomeStatistics"]},
        ("steward", "CONNECT"): {},
    },
}
CASES = [(query, *case) for query, cases in EXPECTED.items() for case in cases]


def paths(body: dict[str, Any]) -> Told:
    """Give the paths of each rule that an answer tells of."""
    entries = body.get("extensions", {}).get("withheld", [])
    return {
        f"{each['rule']} {each['dataDomain']}" if "dataDomain" in each else each["rule"]: each[
            "paths"
        ]
        for each in entries
    }


@pytest.mark.parametrize(("query", "role", "scope"), CASES)
async def test_the_rules_of_an_operation(world: World, query: str, role: str, scope: str) -> None:
    answer = await (await asking(world, role, scope))(query)
    wanted = EXPECTED[query][role, scope]
    assert paths(answer.body) == wanted
    assert list(paths(answer.body)) == list(wanted)
    assert ("extensions" in answer.body) == bool(wanted)
    for each in answer.body.get("extensions", {}).get("withheld", []):
        assert each["message"].endswith(".")
        assert ("until" in each) == (each["rule"] == "EMBARGO")
        if "until" in each:
            assert re.fullmatch(DAY, each["until"])


@pytest.mark.parametrize("role", ROLES)
async def test_what_a_role_lacks_is_told_as_the_errors_tell_it(world: World, role: str) -> None:
    """Of every field of the graph, on a way to it: the same paths."""
    schema = world.graph.binding.schema
    ask = await asking(world, role, DEMO[role])
    lacking = 0
    for way in ways(schema, role).values():
        answer = await ask(operation(schema, way))
        told = {
            ".".join(map(str, error["path"]))
            for error in answer.body.get("errors", [])
            if error["extensions"]["code"] == "FIELD_NOT_AVAILABLE"
        }
        found = paths(answer.body)
        assert told == {*found.get("IDENTITY", []), *found.get("ROLE", [])}, way
        if told:
            assert told == {".".join(stop(schema, role, way))}
            lacking += 1
    assert (lacking > 0) == (role != "steward")


def standing(role: str, viewer: Viewer, table: str) -> set[str]:
    """Say which rules stand on a table's rows, as the kinds of tables have it."""
    found: set[str] = set()
    if role == "steward":
        return found
    if table in RECORDS and role != "authority":
        found.add("SITE" if role == "clinician" else "CONSENT")
        if viewer.embargoed:
            found.add("EMBARGO")
        if role in {"partner", "researcher"}:
            hangs = OF_COHORT | OF_TREATMENT | OF_FINDING | {"treatment", "therapeutic_option_drug"}
            found |= {"COHORT"} if table in hangs else set()
            domains = {DOMAINS.get(table), "RESISTANCE" if table in OF_FINDING else None} - {None}
            held = set(viewer.data_domains or ())
            found |= {f"DATA_SCOPE {each}" for each in domains if each not in held}
    if table in IDENTITY and role == "clinician":
        found.add("SITE")
    if (table in OF_AGREEMENT | TERMS and role == "partner") or (
        table in OF_PROJECT | TERMS and role == "researcher"
    ):
        found.add("OWN")
    if table in COUNTS | PUBLISHED:
        found.add("PUBLISHED")
    return found


@pytest.mark.parametrize(("role", "scope"), LIVE)
async def test_the_rules_of_every_type(world: World, role: str, scope: str) -> None:
    """They follow from the policies; here from what `kind` says of the tables."""
    viewer = await world.viewer(role, None if DEMO[role] == scope else scope)
    binding = world.graph.binding
    rules = Rules.of(binding, world.pools.roles[Role(role)].grants, viewer)
    types = 0
    for name, bound in binding.types.items():
        if bound.entity is not None:
            told = {
                f"{rule.name} {rule.data_domain}" if rule.data_domain else rule.name
                for rule in rules.at.get(name, ())
            }
            assert told == standing(role, viewer, bound.entity.table), name
            types += 1
    assert types > 40


async def test_every_policy_has_its_words(world: World) -> None:
    """A policy of another name needs words, or to stand among those that withhold nothing."""
    for role, pool in world.pools.roles.items():
        for table, policies in pool.grants.policies.items():
            for policy in policies:
                if policy.name == DOMAIN:
                    assert policy.kind in {"MOLECULAR", "RESISTANCE"}, table
                elif policy.applies and role is not Role.STEWARD and table not in ASKERS:
                    known = (policy.name, role) in WORDS or policy.name in SILENT
                    assert known, f"{policy.name} on {table} for {role.value}"
    applied = {
        (policy.name, role)
        for role, pool in world.pools.roles.items()
        for policies in pool.grants.policies.values()
        for policy in policies
        if policy.applies
    }
    assert set(WORDS) <= applied, "words for no policy"


async def test_a_measure_names_the_tables_that_its_function_reads(world: World) -> None:
    async with database.connected(world.database.url) as connection:
        for bound in world.graph.binding.types.values():
            for source in bound.sources.values():
                if isinstance(source, mapping.Measure):
                    text = await connection.fetchval(
                        "select prosrc from pg_proc where proname = $1"
                        " and pronamespace = 'connect'::regnamespace",
                        source.function,
                    )
                    read = set(re.findall(r"(?:from|join) connect\.(\w+)", text))
                    assert read == set(source.reads)


@pytest.mark.parametrize(("role", "scope"), [("partner", "AGR-OLA-01"), ("clinician", "SITE-OUS")])
async def test_absent_and_hidden_ids_are_told_the_same(world: World, role: str, scope: str) -> None:
    ask = await asking(world, role, scope)
    others = await world.answer("steward", "{ patients(first: 1) { nodes { id } } }")
    hidden = others.body["data"]["patients"]["nodes"][0]["id"]
    query = "query ($id: ID!) { patient(id: $id) { id birthYear treatments { line } } }"
    answers = [await ask(query, id=given) for given in (hidden, "0" * 16, "no id at all")]
    assert [answer.body["data"] for answer in answers] == [{"patient": None}] * 3
    assert len({json.dumps(answer.body) for answer in answers}) == 1
    assert paths(answers[0].body)


@pytest.fixture(scope="module")
async def small(clone: Clone, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """Give a world of few, of which a test may hide all."""
    async with clone() as copy:
        made = await make(copy, tmp_path_factory.mktemp("few"), patients=60)
        try:
            yield made
        finally:
            await made.pools.close()


async def test_worlds_that_differ_in_what_is_hidden(small: World, record_property: Any) -> None:
    """Consents are withdrawn and sites left: what is told of rules stays the same to the byte."""

    async def tell() -> dict[tuple[str, str], tuple[str, str]]:
        found = {}
        for role in ROLES:
            for query in EXPECTED:
                body = (await small.answer(role, query)).body
                found[role, query] = (json.dumps(body.pop("extensions", None)), json.dumps(body))
        return found

    before = await tell()
    async with database.connected(small.database.url) as connection:
        await connection.execute(
            "update connect.consent set withdrawn_at = now() where withdrawn_at is null;"
            "update connect.patient_identity set site_id = null"
        )
    after = await tell()
    assert {key: each[0] for key, each in before.items()} == {
        key: each[0] for key, each in after.items()
    }
    for role in ("partner", "researcher", "clinician"):
        assert before[role, PATIENTS][1] != after[role, PATIENTS][1]
    record_property("operations", len(before))


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("purpose", ["RESEARCH", "COMMERCIAL", "CARE", "STATISTICS"])
async def test_a_purpose_that_asks_for_consent(small: World, role: str, purpose: str) -> None:
    """Beside the consent that an agreement or a project asks for in any case."""
    viewer = replace(await small.viewer(role), purpose=purpose)
    rules = Rules.of(small.graph.binding, small.pools.roles[Role(role)].grants, viewer)
    told = [rule for rule in rules.at.get("Patient", ()) if rule.name == "PURPOSE"]
    anyway = {"partner": "COMMERCIAL", "researcher": "RESEARCH"}.get(role)
    asks = role != "authority" and purpose in {"RESEARCH", "COMMERCIAL"} and purpose != anyway
    assert len(told) == asks
    if asks:
        assert purpose.lower() in told[0].message


async def test_an_embargo_is_told_until_it_ends(small: World) -> None:
    """By the database's clock, at the next request."""
    scope = (await small.viewer("partner")).scope
    told = []
    for until in ("now() + interval '1 hour'", "now() + interval '50 milliseconds'", "null"):
        async with database.connected(small.database.url) as connection:
            await connection.execute(
                f"update connect.scope set embargo_until = {until} where code = '{scope}'"
            )
        await asyncio.sleep(0.1)
        told.append(list(paths((await small.answer("partner", PATIENTS)).body)))
    assert told == [["EMBARGO", "CONSENT", "COHORT"], ["CONSENT", "COHORT"], ["CONSENT", "COHORT"]]


async def test_paths_are_of_the_answer_and_bounded(world: World) -> None:
    many = " ".join(f"a{number}: patients {{ totalCount }}" for number in range(MOST_PATHS + 7))
    body = (await world.answer("partner", f"{{ {many} }}")).body
    (consent,) = body["extensions"]["withheld"]
    assert consent["paths"] == [f"a{number}" for number in range(MOST_PATHS)]
    assert consent["pathsLeftOut"] == 7


async def test_what_is_left_out_of_an_operation_is_not_told(world: World) -> None:
    query = """query ($with: Boolean!) { patients(first: 1) { nodes { id
      ... @include(if: $with) { birthYear } ...Rest @skip(if: $with) } } }
      fragment Rest on Patient { when: enrolledOn }"""
    for given, wanted in ((True, "birthYear"), (False, "when")):
        body = (await world.answer("researcher", query, {"with": given})).body
        assert paths(body)["IDENTITY"] == [f"patients.nodes.{wanted}"]


async def test_nothing_is_told_where_nothing_is_answered(world: World) -> None:
    for query in (
        "{ patients(first: 0) { totalCount } }",
        "{ nothing }",
        "{ __schema { types { name } } }",
    ):
        assert "extensions" not in (await world.answer("partner", query)).body


async def test_a_gateway_is_told_where_the_rules_stand(world: World) -> None:
    """At any subgraph the same, whatever is asked; and enough to find the paths by."""
    viewer = await world.viewer("partner", "AGR-CLIN-01")
    pool = world.pools.roles[Role.PARTNER]
    wanted = {
        *("Patient", "PatientConnection", "Treatment", "BiomarkerListFilter", "Drug", "nothing"),
        *("Patient.sex", "Patient.birthYear", "PatientFilter.birthYear"),
    }
    told = []
    for graph, query in (
        (world.graph, "{ viewer { role } }"),
        (world.part("patients"), "{ patients { nodes { id } } }"),
        (world.part("biomarkers"), "{ biomarkers(first: 1) { nodes { id } } }"),
    ):
        request = Request(query, coordinates=frozenset(wanted))
        answer = await graph.answer(request, viewer, pool)
        told.append(json.dumps(answer.body["extensions"]))
    assert len(set(told)) == 1
    rules = {each["rule"]: each for each in json.loads(told[0])["withheld"]}
    assert {name: each["coordinates"] for name, each in rules.items()} == {
        "CONSENT": ["BiomarkerListFilter", "Patient", "PatientConnection", "Treatment"],
        "COHORT": ["Treatment"],
        "DATA_SCOPE": ["BiomarkerListFilter"],
        "IDENTITY": ["Patient.birthYear", "PatientFilter.birthYear"],
    }
    assert {name for name, each in rules.items() if each.get("lacking")} == {"IDENTITY"}


def test_the_rules_stand_in_the_document() -> None:
    page = (ROOT / "docs" / "access.md").read_text()
    rules = {rule.name for rule in WORDS.values()}
    for name in {*rules, "EMBARGO", "PURPOSE", "DATA_SCOPE", "IDENTITY", "ROLE"}:
        assert f"| `{name}` |" in page, name
