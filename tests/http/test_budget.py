"""Budgets: what a member may ask for in a minute, told in headers and refused when it is spent."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connect_graph import database
from connect_graph.bounds import FETCHES, USUAL, Bounds
from connect_graph.budget import MEMBERS, SECONDS, Budget, Budgets
from connect_graph.http import application, graphs_of
from connect_graph.settings import ROLES, Settings, SettingsError
from db.viewer import Caller
from resolvers.errors import Refusal
from resolvers.limits import MOST_COST
from tests.http.client import GRAPHQL, VIEWER, Client, bearer, codes
from tests.world import AUDIT_KEY, World

PAGE = "{ patients(first: 50) { nodes { treatments { id } } } }"
PAGE_COST = 151
POLICY = re.compile(r'"requests";q=(\d+);w=60, "cost";q=(\d+);w=60')
LEFT = re.compile(r'"requests";r=(\d+);t=(\d+), "cost";r=(\d+);t=(\d+)')
ONE, OTHER = Caller("i", "123456785", "one"), Caller("i", "123456785", "other")
Serve = Callable[[Bounds], AbstractAsyncContextManager[httpx.AsyncClient]]


def left(response: httpx.Response) -> tuple[int, int]:
    """Give what an answer says is left, of requests and of cost."""
    found = LEFT.fullmatch(response.headers["ratelimit"])
    assert found is not None, response.headers
    return int(found[1]), int(found[3])


async def _nothing() -> tuple[str, ...]:
    return ()


@pytest.fixture
def serve(world: World) -> Serve:
    """Serve the world in this process within bounds."""

    @asynccontextmanager
    async def within(bounds: Bounds, pool_size: int = 2) -> AsyncIterator[httpx.AsyncClient]:
        app = application(
            graphs_of(None),
            {role: world.database.login(role) for role in ROLES},
            [world.issuer.issuer()],
            _nothing,
            pool_size=pool_size,
            audit_key=AUDIT_KEY,
            bounds=bounds,
        )
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://x") as http:
                yield http

    return within


@given(
    st.integers(1, 1_000),
    st.lists(st.tuples(st.floats(0, 90), st.integers(1, 400)), min_size=1, max_size=40),
)
def test_no_minute_has_more_than_what_is_full_and_what_fills_in_it(
    quota: int, asked: list[tuple[float, int]]
) -> None:
    """And what is refused could be had after the wait that is told, and not a second before."""
    budget, now = Budget("requests", quota), 1_000.0
    taken: list[tuple[float, int]] = []
    for pause, amount in asked:
        now += pause
        wait = budget.wait(amount, now)
        if wait == 0:
            budget.take(amount, now)
            taken.append((now, amount))
        elif amount <= quota:
            assert budget.wait(amount, now + wait + 1e-3) == 0
            assert budget.wait(amount, now + wait * 0.99 - 1e-3) > 0
        for begun, _ in taken:
            spent = sum(amount for when, amount in taken if begun <= when)
            assert spent <= quota * (1 + (now - begun) / SECONDS) + 1e-6 * quota


def test_what_is_told_is_what_can_be_had() -> None:
    now = 5.0
    budget = Budget("requests", 600)
    assert budget.policy == '"requests";q=600;w=60'
    assert budget.told(now) == '"requests";r=600;t=0'
    budget.take(600, now)
    assert budget.told(now) == '"requests";r=0;t=1'
    assert budget.wait(1, now) == pytest.approx(0.1)
    assert budget.told(now + 30) == '"requests";r=300;t=1'
    assert budget.told(now + 60) == '"requests";r=600;t=0'
    slow = Budget("requests", 2)
    slow.take(2, now)
    assert slow.told(now) == '"requests";r=0;t=30'


def test_who_did_not_ask_for_longest_is_forgotten() -> None:
    budgets = Budgets(replace(USUAL, requests_per_minute=1), 2, clock=lambda: 1.0, most=3)
    budgets.charge(ONE, {})
    with pytest.raises(Refusal, match=r"You have sent too many requests: try again in 60 seconds"):
        budgets.charge(ONE, {})
    for number in range(50):
        budgets.charge(Caller("i", f"{number:09}", "one"), {})
        assert len(budgets) <= 3
    budgets.charge(ONE, {})


def test_an_organisation_has_what_five_of_its_members_have() -> None:
    """Who can name subjects at will gains nothing by it; no member can spend all of it alone."""
    budgets = Budgets(replace(USUAL, requests_per_minute=10), 2, clock=lambda: 1.0)
    for number in range(10 * MEMBERS):
        budgets.charge(Caller("i", "123456785", f"subject {number}"), {})
    with pytest.raises(Refusal, match=r"^Your organisation has sent too many requests: try again"):
        budgets.charge(Caller("i", "123456785", "another"), {})
    budgets.charge(Caller("i", "987654325", "one"), {})
    budgets.charge(Caller("other", "123456785", "one"), {})


async def test_requests_are_counted_told_and_refused(world: World, serve: Serve) -> None:
    token = await world.token("researcher")
    async with serve(replace(USUAL, requests_per_minute=5)) as http:
        client = Client(http, bearer(token))
        for number in range(5):
            response = await client.ask(VIEWER)
            assert response.status_code == 200
            found = POLICY.fullmatch(response.headers["ratelimit-policy"])
            assert found is not None
            assert (int(found[1]), int(found[2])) == (5, USUAL.cost_per_minute)
            assert left(response)[0] == 4 - number
            assert "retry-after" not in response.headers
        for media in (GRAPHQL, "application/json"):
            response = await client.ask(VIEWER, Accept=media)
            assert (response.status_code, codes(response)) == (429, ["RATE_LIMITED"])
            assert list(response.json()) == ["errors"]
            after = int(response.headers["retry-after"])
            assert 1 <= after <= 12
            (error,) = response.json()["errors"]
            assert error["message"] == (
                f"You have sent too many requests: try again in {after} seconds."
            )
            assert error["extensions"] == {"code": "RATE_LIMITED"}
            assert left(response)[0] == 0
        other = await Client(http, bearer(await world.token("partner"))).ask(VIEWER)
        assert (other.status_code, left(other)[0]) == (200, 4)
        assert (await http.get("/health")).status_code == 200


async def test_cost_is_what_the_limits_compute_and_is_charged_before_it_runs(
    world: World, serve: Serve
) -> None:
    token = await world.token("researcher")
    async with serve(replace(USUAL, cost_per_minute=2 * PAGE_COST)) as http:
        client = Client(http, bearer(token))
        for expected in (PAGE_COST, 0):
            response = await client.ask(PAGE)
            assert response.json()["data"]["patients"]["nodes"]
            assert expected <= left(response)[1] <= expected + 20
        response = await client.ask(PAGE)
        assert (response.status_code, codes(response)) == (429, ["RATE_LIMITED"])
        after = int(response.headers["retry-after"])
        assert 20 <= after <= 30
        assert response.json()["errors"][0]["message"] == (
            f"You have asked for more than a minute may cost: try again in {after} seconds."
        )
        free = await client.ask("{ __typename }")
        assert free.json() == {"data": {"__typename": "Query"}}
        refused = await client.ask("{ nothing }", Accept=GRAPHQL)
        assert refused.status_code == 400
        assert left(refused)[1] <= 20


async def test_every_answer_to_who_is_known_says_what_is_left(world: World, serve: Serve) -> None:
    headers = bearer(await world.token("steward"))
    async with serve(USUAL) as http:
        client = Client(http, headers)
        answers = [
            await client.ask(VIEWER),
            await client.ask("{"),
            await client.ask("#" * 1_000_001),
            await client.ask(VIEWER, X_Scope="AGR-OLA-01"),
            await client.post(b"\xff"),
            await client.post({"query": VIEWER}, content_type="text/plain"),
            await client.get(query=VIEWER),
        ]
        found = [(each.status_code, left(each)[0]) for each in answers]
        assert [status for status, _ in found] == [200, 200, 413, 403, 400, 415, 200]
        assert [requests for _, requests in found] == sorted(
            (requests for _, requests in found), reverse=True
        )
        for unknown in (
            await http.get("/health"),
            await http.get("/graphiql"),
            await Client(http, {}).ask(VIEWER),
            await Client(http, bearer("a.b.c")).ask(VIEWER),
        ):
            assert "ratelimit" not in unknown.headers
            assert "ratelimit-policy" not in unknown.headers


async def test_who_floods_waits_and_others_do_not(world: World, serve: Serve) -> None:
    """One member's statements hang on a lock; the other of the same role is answered meanwhile."""
    flooding = bearer(await world.token("partner"))
    quiet = bearer(await world.token("partner", "AGR-DAB-01"))
    async with (
        serve(USUAL) as http,
        database.connected(world.database.url) as keeper,
        database.connected(world.database.url) as onlooker,
        keeper.transaction(),
    ):
        await keeper.execute("lock connect.patient in access exclusive mode")
        flood = [asyncio.create_task(Client(http, flooding).ask(PAGE)) for _ in range(100)]
        waiting = (
            "select count(*) from pg_stat_activity where wait_event_type = 'Lock' "
            "and application_name = 'connect-graph partner' and datname = current_database()"
        )
        for _ in range(250):
            if await onlooker.fetchval(waiting):
                break
            await asyncio.sleep(0.02)
        begun = time.monotonic()
        answers = [
            await Client(http, quiet).ask("{ agreements { nodes { code } } }") for _ in range(10)
        ]
        assert time.monotonic() - begun < 2
        assert {answer.status_code for answer in answers} == {200}
        assert await onlooker.fetchval(waiting) == 1
        assert not any(task.done() for task in flood)
        for task in flood:
            task.cancel()
        await asyncio.gather(*flood, return_exceptions=True)


def test_a_subgraph_counts_on_being_asked_several_times_for_one() -> None:
    own = USUAL.of_subgraph()
    assert own.requests_per_minute == FETCHES * USUAL.requests_per_minute
    assert own.cost_per_minute == USUAL.cost_per_minute


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("CONNECT_REQUESTS_PER_MINUTE", "0"),
        ("CONNECT_COST_PER_MINUTE", str(MOST_COST - 1)),
        ("CONNECT_STATEMENT_SECONDS", "0"),
        ("CONNECT_REQUEST_SECONDS", "many"),
        ("CONNECT_CONNECTIONS", "0"),
        ("CONNECT_HSTS_SECONDS", "-1"),
        ("CONNECT_GET", "no"),
    ],
)
def test_a_bound_that_is_none_is_told(name: str, text: str) -> None:
    with pytest.raises(SettingsError, match=name):
        Settings.load({name: text})


def test_the_usual_bounds_let_a_page_of_the_demonstration_breathe() -> None:
    """What an operation may cost at most fits ten times: nothing that is allowed never runs."""
    assert Settings.load({}).bounds == USUAL
    assert USUAL.cost_per_minute == 10 * MOST_COST
