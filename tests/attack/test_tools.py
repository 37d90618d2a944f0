"""Programs of others, pointed at the API and its database: each finds nothing, and could."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import asyncpg
import httpx
import pytest
from graphql import GraphQLObjectType, GraphQLSchema, build_schema

from db.viewer import Role
from resolvers.projection import project
from tests.attack.excuse import EXCUSES, stands
from tests.attack.program import Trial, fuzz, lint, recover
from tests.conftest import Clone
from tests.extent import count
from tests.generated.validity import Validator
from tests.http.client import LEAKS, bearer
from tests.world import ROOT, World, make, serving

CALLERS = ("partner", "researcher", "authority", "clinician", "steward")
EXAMPLES = count(ci=2, nightly=120)
"""Of each root, for each role: in CI more than 100 over all roles."""
WORDS = ["viewer", "patients", "drugs", "password"]
"""Three that are there, and one that is not: of more than five errors only five are told."""


@pytest.fixture(scope="module")
async def target(clone: Clone, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """Give a world that may be harmed: what it is asked may also write."""
    async with clone() as copy:
        filled = await make(copy, tmp_path_factory.mktemp("target"), 60)
        yield filled
        await filled.pools.close()


@pytest.fixture(scope="module")
def endpoint(target: World) -> Iterator[str]:
    with serving(target.environment) as (address, _):
        yield f"{address}/graphql"


# pgrls


async def test_pgrls_finds_nothing_above_information(clone: Clone, tmp_path: Path) -> None:
    """But for what is shown to be none, place by place, in `excuse.py`."""
    async with clone() as copy:
        found = [one for one in lint(copy.url, tmp_path) if one.severity != "info"]
        owner = await asyncpg.connect(copy.url)
        standing = [str(one) for one in found if await stands(owner, one)]
        await owner.close()
    assert not standing
    assert {one.rule for one in found} == set(EXCUSES), "an excuse for what is not found"


HARM = {
    "SEC032": "alter table connect.specimen disable row level security",
    "SEC002": "alter table connect.patient no force row level security",
    "SEC005": "create policy careless on connect.patient for select to connect_partner"
    " using (current_setting('app.scope', true) <> '')",
    "SEC009": "drop policy office on connect.import_batch",
    "SEC013": "alter function connect.keep_patient() security definer",
    "SEC035": "grant insert on connect.membership to connect_partner",
    "VIEW001": "alter view connect.scope_fact set (security_invoker = false)",
    "VIEW002": "grant select on connect.scope_fact to connect_researcher",
}


async def test_pgrls_finds_what_is_broken(clone: Clone, tmp_path: Path) -> None:
    """Each of these in a copy of the database: no excuse covers it."""
    async with clone() as copy:
        owner = await asyncpg.connect(copy.url)
        for harm in HARM.values():
            await owner.execute(harm)
        found = lint(copy.url, tmp_path)
        standing = {
            one.rule for one in found if one.severity != "info" and await stands(owner, one)
        }
        await owner.close()
    assert set(HARM) <= standing, set(HARM) - standing


# schemathesis


@pytest.mark.property
@pytest.mark.parametrize("role", CALLERS)
async def test_schemathesis_finds_no_server_error(
    target: World,
    endpoint: str,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
    role: str,
) -> None:
    """It reads the schema as the role may know it, and asks; every answer is what that allows."""
    trial = fuzz(endpoint, await target.token(role), EXAMPLES, tmp_path)
    assert trial.status == 0, trial.output
    assert not faults(target, role, trial)
    assert len(trial.exchanges) >= EXAMPLES * (6 if role == "authority" else 11)
    record_property("examples", len(trial.exchanges))
    asked = [one for one in trial.exchanges if not one.query.startswith("mutation")]
    answered = [one for one in asked if one.body.get("data") and "errors" not in one.body]
    assert len(answered) > len(asked) / 8, "too few answer with data to prove much"


async def test_schemathesis_finds_a_server_error(clone: Clone, tmp_path: Path) -> None:
    """Of a server whose database lost a grant after it started."""
    async with clone() as copy:
        harmed = await make(copy, tmp_path / "world", 60)
        try:
            with serving(harmed.environment) as (address, _):
                owner = await asyncpg.connect(copy.url)
                await owner.execute(
                    "revoke select on connect.drug, connect.cohort from connect_partner"
                )
                await owner.close()
                trial = fuzz(f"{address}/graphql", await harmed.token("partner"), 3, tmp_path)
            assert faults(harmed, "partner", trial)
            assert trial.status == 1, trial.output
        finally:
            await harmed.pools.close()


def faults(world: World, role: str, trial: Trial) -> list[str]:
    """List the answers of a run that are not what the operation and the schema allow."""
    schema = project(world.graph.binding, world.pools.roles[Role(role)].grants)
    wrong = []
    for one in trial.exchanges:
        told = {error["extensions"]["code"] for error in one.body.get("errors", ())}
        if one.status >= 500 or told & {"INTERNAL", "TIMEOUT", "UNAVAILABLE"}:
            wrong.append(f"{one.status} {told}: {one.query}")
            continue
        if LEAKS.search(str(one.body.get("errors"))):
            wrong.append(f"leaks: {one.body}")
        try:
            if one.query.startswith("mutation"):
                continue  # the program itself checks these
            body = {key: value for key, value in one.body.items() if key != "extensions"}
            Validator.of(schema, one.query, {}).check(body)
        except AssertionError as error:
            wrong.append(f"{error}: {one.query}")
    return wrong


# clairvoyance


async def test_clairvoyance_recovers_nothing_without_a_token(
    target: World, endpoint: str, tmp_path: Path
) -> None:
    """With all the words that it brings, and with ours: every answer is 401 and the same."""
    assert recover(endpoint, None, None, tmp_path) == {}
    assert recover(endpoint, WORDS, None, tmp_path) == {}
    assert recover(endpoint, WORDS, "a.b.c", tmp_path) == {}
    async with httpx.AsyncClient() as http:
        answers = [
            await http.post(endpoint, json={"query": query})
            for query in ("{ viewer { role } }", "{ password }", "{ __schema { types { name } } }")
        ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.text for answer in answers}) == 1


@pytest.mark.parametrize("role", ["partner", "authority"])
async def test_clairvoyance_confirms_with_a_token_what_is_published(
    target: World, endpoint: str, tmp_path: Path, role: str
) -> None:
    """It finds the words that are fields: so it would have found them without a token.

    What it confirms beyond the role's introspection stands in the published schema, which is no
    secret, and is not available to the role.
    """
    token = await target.token(role)
    recovered = recover(endpoint, WORDS, token, tmp_path)
    assert recovered["Query"] == {"viewer", "patients", "drugs"}
    published = build_schema((ROOT / "schema" / "schema.graphql").read_text())
    shown = project(target.graph.binding, target.pools.roles[Role(role)].grants)
    assert fields(published) >= {(name, one) for name in recovered for one in recovered[name]}
    for name, beyond in ((name, recovered[name]) for name in recovered):
        for field in sorted({(name, one) for one in beyond} - fields(shown)):
            async with httpx.AsyncClient(headers=bearer(token)) as http:
                query = f"{{ {field[1]} {{ __typename }} }}"
                body = (await http.post(endpoint, json={"query": query})).json()
            assert [one["extensions"]["code"] for one in body["errors"]] == ["FIELD_NOT_AVAILABLE"]
    assert ("Query", "patients") in fields(shown) or role == "authority"


def fields(schema: GraphQLSchema) -> set[tuple[str, str]]:
    return {
        (name, field)
        for name, type_ in schema.type_map.items()
        if isinstance(type_, GraphQLObjectType)
        for field in type_.fields
    }


def test_the_lock_holds_the_programs_with_hashes_and_names_no_host() -> None:
    lock = (ROOT / "tests" / "attack" / "tools" / "requirements.lock").read_text()
    for name in ("clairvoyance", "pgrls", "schemathesis"):
        assert f"\n{name}==" in lock
    assert "://" not in lock
    assert lock.count("--hash=sha256:") > 40
