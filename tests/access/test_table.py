"""What each role gets of every field, asked in GraphQL: the access table over the oracle's rows."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from graphql import GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema

from tests.access.conftest import CASES, DEMO, Asking, asking, who
from tests.access.expectation import Expectation, Selection, line, selection, text
from tests.access.oracle import Facts, visible
from tests.access.table import ROLES, TABLE
from tests.access.way import below, operation, stop, ways
from tests.world import World

PAGE = 120
MOST = 800
NAMES = ("id", "symbol", "inn", "version", "trial", "fromDay")
LISTS = {
    "biomarkers": ("Biomarker", "biomarker", "id"),
    "responses": ("ResponseAssessment", "response_assessment", "id"),
    "resistanceFindings": ("ResistanceFinding", "resistance_finding", "id"),
    "cohorts": ("Cohort", "cohort", "code"),
    "drugs": ("Drug", "drug", "inn"),
    "partners": ("Partner", "partner", "code"),
    "agreements": ("Agreement", "agreement", "code"),
    "projects": ("Project", "project", "code"),
    "memberships": ("Membership", "membership", "id"),
    "releases": ("DataRelease", "data_release", "version"),
}
LIVE = [case for case in CASES if case[1] not in {"AGR-OVER-01", "AGR-EARLY-01"}]
WITH_RECORDS = [case for case in LIVE if case[0] != "authority"]


def objects(schema: GraphQLSchema) -> dict[str, GraphQLObjectType]:
    return {
        name: type_
        for name, type_ in schema.type_map.items()
        if isinstance(type_, GraphQLObjectType) and not name.startswith("__")
    }


def naming(value: Any) -> str:
    """Give what tells an object of a list from the others."""
    if isinstance(value, dict):
        named = [str(value[key]) for key in NAMES if key in value]
        return named[0] if named else json.dumps(value, sort_keys=True)
    return str(value)


def sorted_deep(value: Any) -> Any:
    """Put lists in an order of their own: which rows there are is compared, not their order."""
    if isinstance(value, dict):
        return {key: sorted_deep(one) for key, one in value.items()}
    if isinstance(value, list):
        return sorted(map(sorted_deep, value), key=naming)
    return value


def test_the_table_has_a_line_for_every_field(world: World) -> None:
    schema = world.graph.binding.schema
    used = set()
    for name, type_ in objects(schema).items():
        for field in type_.fields:
            wanted = line(schema, name, field)
            used |= {key for key, candidate in TABLE.items() if candidate is wanted}
    assert used == set(TABLE), "a line of a field that is not there"


def size(chosen: Selection) -> int:
    return sum(1 if inner is None else 1 + size(inner) for inner in chosen.values())


def parts(chosen: Selection) -> Iterator[Selection]:
    """Cut a selection into such as one operation may ask for: values, and what hangs on them."""
    yield {field: None for field, inner in chosen.items() if inner is None}
    for field, inner in chosen.items():
        if inner is not None:
            cut = parts(inner) if size(inner) > MOST and "id" in inner else iter([inner])
            yield from ({"id": None, field: part} for part in cut)


async def pages(ask: Asking, query: str) -> AsyncIterator[Any]:
    """Ask for every page of a list of patients."""
    after, more = None, True
    while more:
        answer = await ask(query, after=after)
        assert "errors" not in answer.body
        page = answer.body["data"]["patients"]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        yield page


@pytest.mark.parametrize(("role", "scope"), WITH_RECORDS)
async def test_every_record_and_value(world: World, facts: Facts, role: str, scope: str) -> None:
    schema = world.graph.binding.schema
    chosen = selection(schema, "Patient", role)
    asks, ask = await who(world, role, scope), await asking(world, role, scope)
    expectation = Expectation(schema, visible(facts, asks), scope, datetime.now(UTC).date())
    for part in parts(chosen):
        rows = expectation.visible["patient"]
        wanted = [expectation.made("Patient", "patient", row, part) for row in rows]
        wanted.sort(key=lambda one: str(one["id"]))
        query = f"""query ($after: String) {{ patients(first: {PAGE}, after: $after) {{
            nodes {text(schema, "Patient", part)} pageInfo {{ hasNextPage endCursor }} }} }}"""
        nodes = [node async for page in pages(ask, query) for node in page["nodes"]]
        assert [node["id"] for node in nodes] == [one["id"] for one in wanted]
        for node, one in zip(nodes, wanted, strict=True):
            assert sorted_deep(node) == sorted_deep(one)
    if scope == DEMO[role]:
        assert not never(schema, role, chosen, expectation), "fields without any value to compare"


@pytest.mark.parametrize(("role", "scope"), WITH_RECORDS)
async def test_every_page(world: World, facts: Facts, role: str, scope: str) -> None:
    ids = [row["public_id"] for row in visible(facts, await who(world, role, scope))["pseudonym"]]
    query = """query ($after: String) { patients(first: 7, after: $after) {
        edges { cursor node { id } } totalCount nodes { id }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""
    seen: list[str] = []
    async for page in pages(await asking(world, role, scope), query):
        edges, info = page["edges"], page["pageInfo"]
        assert page["nodes"] == [edge["node"] for edge in edges]
        assert page["totalCount"] == len(ids)
        assert info["hasPreviousPage"] is bool(seen)
        cursors = [edge["cursor"] for edge in edges] or [None]
        assert (info["startCursor"], info["endCursor"]) == (cursors[0], cursors[-1])
        seen += [node["id"] for node in page["nodes"]]
        assert info["hasNextPage"] is (len(seen) < len(ids))
    assert seen == sorted(ids)


def never(
    schema: GraphQLSchema, role: str, chosen: Any, expectation: Expectation, name: str = "Patient"
) -> set[tuple[str, str]]:
    """Name the selected fields of which no value was compared."""
    missing = set()
    for field, chosen_below in chosen.items():
        if field in schema.type_map:  # one of the types of an interface
            missing |= never(schema, role, chosen_below, expectation, field)
            continue
        if not expectation.values[name, field]:
            missing.add((name, field))
        if chosen_below is not None:
            target = below(schema, name, field).name
            missing |= never(schema, role, chosen_below, expectation, target)
    return missing


@pytest.mark.parametrize("role", ROLES)
async def test_every_cohort_and_value(world: World, facts: Facts, role: str) -> None:
    schema = world.graph.binding.schema
    chosen = selection(schema, "Cohort", role)
    seen = visible(facts, await who(world, role, DEMO[role]))
    expectation = Expectation(schema, seen, DEMO[role], datetime.now(UTC).date())
    query = f"query ($code: String!) {{ cohort(code: $code) {text(schema, 'Cohort', chosen)} }}"
    ask = await asking(world, role, DEMO[role])
    for row in facts.tables["cohort"]:
        wanted = expectation.made("Cohort", "cohort", row, chosen)
        answer = await ask(query, code=row["code"])
        assert "errors" not in answer.body
        assert sorted_deep(answer.body["data"]["cohort"]) == sorted_deep(wanted)
    assert not never(schema, role, chosen, expectation, "Cohort")


@pytest.mark.parametrize(("role", "scope"), LIVE)
async def test_every_list(world: World, facts: Facts, role: str, scope: str) -> None:
    """Every root lists what the viewer may see of its table, all of it and nothing else."""
    schema = world.graph.binding.schema
    asks, ask = await who(world, role, scope), await asking(world, role, scope)
    expectation = Expectation(schema, visible(facts, asks), scope, datetime.now(UTC).date())
    for root, (name, table, unique) in LISTS.items():
        if not line(schema, "Query", root).has(role):
            continue
        rows = expectation.visible[table]
        chosen: Selection = {unique: None}
        if isinstance(type_ := schema.type_map[name], GraphQLInterfaceType):
            chosen = {kind.name: {"id": None} for kind in schema.get_possible_types(type_)}
        wanted = sorted(expectation.made(name, table, row, chosen)[unique] for row in rows)
        seen: list[str] = []
        after, more = None, True
        while more:
            answer = await ask(
                f"query ($after: String) {{ {root}(first: 1000, after: $after) {{ totalCount"
                f" nodes {{ {unique} }} pageInfo {{ hasNextPage endCursor }} }} }}",
                after=after,
            )
            assert "errors" not in answer.body
            page = answer.body["data"][root]
            assert page["totalCount"] == len(wanted)
            seen += [node[unique] for node in page["nodes"]]
            after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        assert sorted(seen) == wanted, root


@pytest.mark.parametrize("role", ROLES)
async def test_every_contract_and_value(world: World, facts: Facts, role: str) -> None:
    schema = world.graph.binding.schema
    asks, ask = await who(world, role, DEMO[role]), await asking(world, role, DEMO[role])
    expectation = Expectation(schema, visible(facts, asks), DEMO[role], datetime.now(UTC).date())
    for root in ("agreements", "projects", "memberships"):
        name, table, _ = LISTS[root]
        if not line(schema, "Query", root).has(role):
            continue
        chosen = selection(schema, name, role)
        answer = await ask(f"{{ {root}(first: 100) {{ nodes {text(schema, name, chosen)} }} }}")
        assert "errors" not in answer.body
        rows = expectation.visible[table]
        wanted = [expectation.made(name, table, row, chosen) for row in rows]
        assert wanted
        by = (lambda one: one["id"]) if "id" in chosen else (lambda one: one["code"])
        nodes = sorted(answer.body["data"][root]["nodes"], key=by)
        assert sorted_deep(nodes) == sorted_deep(sorted(wanted, key=by))


@pytest.mark.parametrize(("role", "scope"), WITH_RECORDS)
async def test_every_id_of_every_scope(world: World, facts: Facts, role: str, scope: str) -> None:
    """A patient is found by their id in the viewer's scope, and by no other scope's id."""
    own = {row["public_id"] for row in visible(facts, await who(world, role, scope))["pseudonym"]}
    everyone = [row["public_id"] for row in facts.tables["pseudonym"]]
    ask, found = await asking(world, role, scope), set()
    for begin in range(0, len(everyone), 200):
        asked = everyone[begin : begin + 200]
        aliases = (f'a{n}: patient(id: "{one}") {{ id }}' for n, one in enumerate(asked))
        answer = await ask(f"{{ {' '.join(aliases)} }}")
        assert "errors" not in answer.body
        found |= {patient["id"] for patient in answer.body["data"].values() if patient}
    assert found == own


@pytest.mark.parametrize("role", ROLES)
async def test_every_field_that_a_role_lacks(world: World, role: str) -> None:
    """Null, and one error, at the first field on the way that the role lacks."""
    schema = world.graph.binding.schema
    ask, lacked = await asking(world, role, DEMO[role]), 0
    for (name, field), way in ways(schema, role).items():
        if line(schema, name, field).has(role):
            continue  # compared with the oracle above
        lacked += 1
        answer = await ask(operation(schema, way))
        steps = stop(schema, role, way)
        assert "errors" in answer.body, way
        (error,) = answer.body["errors"]
        assert error["extensions"] == {"code": "FIELD_NOT_AVAILABLE"}, way
        assert error["path"] == steps, way
        assert set(values(answer.body["data"], steps)) <= {None}, way
    assert bool(lacked) is (role != "steward")


def values(data: Any, path: list[str]) -> list[Any]:
    """List what stands at a path, in every row."""
    if isinstance(data, list):
        return [value for item in data for value in values(item, path)]
    if not path or data is None:
        return [data]
    return values(data[path[0]], path[1:]) if path[0] in data else []
