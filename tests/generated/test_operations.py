"""Generated operations for every role: no server error, documented codes, one statement, answers
that the schema allows, and the same from either executor."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace

import httpx
import pytest
from graphql import GraphQLError, GraphQLSchema, OperationDefinitionNode, parse, validate
from graphql.execution.values import VariableValues, get_variable_values
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import InvalidArgument
from hypothesis.strategies import SearchStrategy

from db.viewer import Role, Viewer
from resolvers.answer import Answer
from resolvers.execute import Request
from resolvers.projection import project
from resolvers.whole import MOST_LEVELS
from tests.contract.price import price
from tests.extent import REPEATABLE, count
from tests.generated.lexicon import Lexicon, lexicon
from tests.generated.operation import Operation, operations
from tests.generated.validity import Validator
from tests.http.client import GRAPHQL, JSON, LEAKS, bearer
from tests.world import ROOT, World

ROLES = ("partner", "researcher", "authority", "clinician", "steward")
EXAMPLES = count(ci=300, nightly=5_000) // 2
"""For each role and each of its two schemas."""
OVER_HTTP = 10
"""One in so many is asked over HTTP as well."""
DOCUMENTED = set(re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs" / "errors.md").read_text(), re.M))
DEAR = 20_000
"""What costs more is not asked: lists in lists of what has been seen before, for seconds."""
DEEP = 7
"""Levels from which lists in lists may exceed what one answer may hold."""
COUNTED = re.compile(r"\boutcome(s|Statistics)\b")
"""Statistics are read by a statement of their own, and of a cohort field by field."""
Drawn = SearchStrategy[Operation]


def is_dear(operation: Operation) -> bool:
    """Tell what an operation costs by the schema; one that is refused costs nothing."""
    try:
        return price(operation.text, operation.variables) > DEAR
    except (AssertionError, GraphQLError):
        return False


@dataclass(slots=True)
class Trial:
    """Ask generated operations as one role, and check every answer."""

    world: World
    viewer: Viewer
    token: str
    http: httpx.AsyncClient
    projected: GraphQLSchema
    passed: set[str] = field(default_factory=set)
    answered: int = 0
    """Without an error, and with values."""
    unpublished: int = 0
    """Asked for what nobody has published in this world."""

    async def check(self, operation: Operation) -> None:
        """Ask one operation; raises AssertionError where its answer is not as it should be."""
        if repr(operation) in self.passed or is_dear(operation):
            return
        schema = self.world.graph.binding.schema
        document = parse(operation.text)
        assert validate(schema, document) == []
        request = Request(operation.text, None, operation.variables)
        pool = self.world.pools.roles[Role(self.viewer.role)]
        answer = await self.world.graph.answer(request, self.viewer, pool)
        await self._check_other(request, answer)
        validator = Validator.of(schema, operation.text, operation.variables)
        validator.check(answer.body)
        codes = {error["extensions"]["code"] for error in answer.body.get("errors", ())}
        assert answer.status < 500
        assert codes <= DOCUMENTED - {"INTERNAL", "TIMEOUT", "UNAVAILABLE"}
        assert LEAKS.search(str(answer.body.get("errors"))) is None
        self._check_availability(operation, answer, codes)
        extent = validator.extent()
        if not operation.suspect:  # only an argument that may be refused leads to a refusal
            assert "BAD_USER_INPUT" not in codes
            assert "LIMIT_EXCEEDED" not in codes or extent.levels >= DEEP
        few = extent.selections <= MOST_LEVELS and "FIELD_NOT_AVAILABLE" not in codes
        few = few and COUNTED.search(operation.text) is None
        assert answer.statements <= 1 or not few
        if len(self.passed) % OVER_HTTP == 0:
            await self._check_http(operation, answer)
        self.passed.add(repr(operation))
        self.answered += not codes and validator.leaves > 0

    async def _check_other(self, request: Request, answer: Answer) -> None:
        """Ask graphql-core too: the same data, errors, rules, rows by type and patients."""
        field_by_field = replace(self.world.graph, compiles=False)
        pool = self.world.pools.roles[Role(self.viewer.role)]
        other = await field_by_field.answer(request, self.viewer, pool)
        assert (answer.body, answer.status) == (other.body, other.status)
        if answer.released is not None and answer.is_answered:
            assert other.released is not None
            assert answer.released.rows == other.released.rows
            assert answer.released.patients == other.released.patients

    def _check_availability(self, operation: Operation, answer: Answer, codes: set[str]) -> None:
        """Compare FIELD_NOT_AVAILABLE with the schema as the role is shown it."""
        if "Nothing is published yet" in str(answer.body.get("errors")):
            self.unpublished += 1
            return  # whatever else is there
        if self._is_shown(operation):
            assert "FIELD_NOT_AVAILABLE" not in codes
        elif "data" in answer.body and not operation.directives:
            assert "FIELD_NOT_AVAILABLE" in codes

    def _is_shown(self, operation: Operation) -> bool:
        """Tell whether the role's schema has all that an operation and its variables name."""
        document = parse(operation.text)
        (definition, *_) = document.definitions
        assert isinstance(definition, OperationDefinitionNode)
        declared = definition.variable_definitions or ()
        return not validate(self.projected, document) and isinstance(
            get_variable_values(self.projected, declared, operation.variables), VariableValues
        )

    async def _check_http(self, operation: Operation, answer: Answer) -> None:
        """Ask a served process too: the same body, in the media type that was asked for."""
        media = JSON if len(self.passed) % (2 * OVER_HTTP) else GRAPHQL
        response = await self.http.post(
            "/graphql",
            content=json.dumps({"query": operation.text, "variables": operation.variables}),
            headers={**bearer(self.token), "accept": media, "content-type": JSON},
        )
        assert response.headers["content-type"].split(";")[0] == media
        assert response.status_code == (200 if media == JSON else answer.status)
        assert response.json() == answer.body


async def try_all(
    trial: Trial, drawn: Callable[[tuple[str, ...]], Drawn], roots: list[str]
) -> None:
    """Ask as many different operations as wanted, on all roots and on each alone by turns.

    Hypothesis draws ten anew before it goes on with variants of what it had: so ten are drawn, from
    one seed after the other. It runs in a thread of its own, and shrinks what fails.
    """
    loop = asyncio.get_running_loop()
    first = 0 if REPEATABLE else random.getrandbits(64)
    for round_ in itertools.count():
        chosen = (roots[round_ // 2 % len(roots)],) if round_ % 2 else tuple(roots)

        @seed(first + round_)
        @settings(
            max_examples=10,
            deadline=None,
            database=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        )
        @given(drawn(chosen))
        def ten(operation: Operation) -> None:
            asyncio.run_coroutine_threadsafe(trial.check(operation), loop).result()

        with suppress(InvalidArgument):  # seldom the library wants two different ones of one
            await asyncio.to_thread(ten)
        assert round_ < EXAMPLES
        if len(trial.passed) >= EXAMPLES:
            return


@pytest.fixture(scope="module")
def projections(world: World) -> dict[str, GraphQLSchema]:
    """Give the schema as each role is shown it."""
    pools = world.pools.roles
    return {role: project(world.graph.binding, pools[Role(role)].grants) for role in ROLES}


@pytest.fixture(scope="module")
async def lexicons(world: World, projections: dict[str, GraphQLSchema]) -> dict[str, Lexicon]:
    """Give the values that each role finds."""
    return {role: await lexicon(world, role, projections[role]) for role in ROLES}


@pytest.mark.property
@pytest.mark.parametrize("shown", [True, False], ids=["shown", "whole"])
@pytest.mark.parametrize("role", ROLES)
async def test_generated_operations(
    world: World,
    url: str,
    projections: dict[str, GraphQLSchema],
    lexicons: dict[str, Lexicon],
    record_property: Callable[[str, object], None],
    role: str,
    shown: bool,
) -> None:
    """Ask on the schema as the role is shown it, or on the whole one."""
    others = Lexicon()
    for each, found in lexicons.items():
        if each != role:
            others.add(found)
    schema = projections[role] if shown else world.graph.binding.schema
    async with httpx.AsyncClient(base_url=url, timeout=30) as http:
        trial = Trial(
            world,
            await world.viewer(role),
            await world.token(role),
            http,
            projections[role],
        )

        def drawn(roots: tuple[str, ...]) -> Drawn:
            return operations(schema, lexicons[role], others, roots)

        root = schema.query_type
        assert root is not None
        await try_all(trial, drawn, list(root.fields))
    record_property("examples", len(trial.passed))
    least = 0.7 if shown else 0.1 if role == "authority" else 0.4
    asked = len(trial.passed) - trial.unpublished
    assert trial.answered >= least * asked, "too few answer with data to prove much"
