"""Every error code, provoked through HTTP; what the database does when it stops; what is told."""

from __future__ import annotations

import asyncio
import logging
import re
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg
import httpx
import pytest

from connect_graph import database as office
from connect_graph import embedded
from connect_graph.auth import Authenticator
from connect_graph.http import application, graphs_of
from connect_graph.issuer import DEMO_ISSUER, DemoIssuer
from connect_graph.settings import ROLES, Settings
from connect_graph.telemetry import Telemetry
from db import migrate
from db.audit.writer import Writer
from db.synthetic.demo import member
from resolvers.errors import Code
from resolvers.whole import Whole
from tests.conftest import Clone
from tests.http.client import GRAPHQL, JSON, VIEWER, Client, bearer, codes
from tests.world import AUDIT_KEY, ROOT, World, serving, until

PATIENTS = "{ patients(first: 1) { nodes { id } } }"
ROW = re.compile(r"^\| `(\w+)` \| (\d{3}) \| [^|]+ \| [^|]+ \|$", re.MULTILINE)
TOLD = {
    Code.UNAUTHENTICATED: VIEWER,
    Code.GRAPHQL_PARSE_FAILED: "{",
    Code.GRAPHQL_VALIDATION_FAILED: "{ nothing }",
    Code.BAD_USER_INPUT: "{ patients(first: 0) { nodes { id } } }",
    Code.FIELD_NOT_AVAILABLE: '{ patient(id: "x") { id } }',
    Code.LIMIT_EXCEEDED: "{ patients(first: 1001) { nodes { id } } }",
    Code.COST_EXCEEDED: """{ patients(first: 1000) { nodes { biomarkers { specimen { biomarkers {
        specimen { biomarkers { specimen { biomarkers { label } } } } } } } } } }""",
    Code.SCOPE_REFUSED: VIEWER,
    Code.PAYLOAD_TOO_LARGE: "#" * 1_000_001,
}
"""The rest need more than a document: the tests below, and those of tokens and budgets, provoke
them."""
ELSEWHERE = {
    *(Code.RATE_LIMITED, Code.TIMEOUT),
    *(Code.SUBGRAPH_UNAVAILABLE, Code.UNAVAILABLE, Code.INTERNAL),
}
OF_SCOPES = {Code.SCOPE_REQUIRED, Code.PURPOSE_REQUIRED}


def test_the_documentation_lists_every_code_and_no_other() -> None:
    rows = ROW.findall((ROOT / "docs" / "errors.md").read_text())
    assert dict(rows) == {code.value: str(code.status) for code in Code}
    assert len(rows) == len(Code)


def test_every_code_is_provoked() -> None:
    assert set(TOLD) | ELSEWHERE | OF_SCOPES == set(Code)


@pytest.mark.parametrize("code", TOLD, ids=lambda code: code.value)
async def test_a_code_has_its_status(client: Client, world: World, code: Code) -> None:
    headers = {
        Code.UNAUTHENTICATED: {},
        Code.FIELD_NOT_AVAILABLE: bearer(await world.token("authority")),
        Code.SCOPE_REFUSED: {**client.headers, "x-scope": "AGR-OLA-01"},
    }.get(code, client.headers)
    asked = Client(client.http, headers)
    response = await asked.ask(TOLD[code], Accept=GRAPHQL)
    assert (response.status_code, codes(response)) == (code.status, [code.value])
    assert response.headers["content-type"] == f"{GRAPHQL}; charset=utf-8"
    in_json = await asked.ask(TOLD[code], Accept=JSON)
    assert in_json.json() == response.json()
    assert in_json.status_code == (200 if code.status == 400 else code.status)
    for error in response.json()["errors"]:
        assert set(error) <= {"message", "locations", "path", "extensions"}
        assert error["extensions"] == {"code": code.value}
        assert error["message"].endswith((".", "…"))


@pytest.mark.parametrize("code", sorted(OF_SCOPES, key=str), ids=lambda code: code.value)
async def test_a_code_of_scopes_has_its_status(clone: Clone, tmp_path: Path, code: Code) -> None:
    async with clone() as copy, AsyncExitStack() as stack:
        settings = Settings.load({"CONNECT_DEMO": "1", "CONNECT_DATA_DIR": str(tmp_path)})
        await office.prepare(settings, copy.url)
        connection = await stack.enter_async_context(office.connected(copy.url))
        if code is Code.SCOPE_REQUIRED:
            await connection.execute(
                "insert into connect.membership "
                "(role, issuer, organisation_number, subject, scope_id) "
                "select 'PARTNER', m.issuer, m.organisation_number, m.subject, s.id "
                "from connect.membership m, connect.scope s where m.subject = 'demo-partner' "
                "and s.kind = 'AGREEMENT' and s.id <> m.scope_id"
            )
        else:
            await connection.execute(
                "update connect.scope set purposes = enum_range(null::connect.purpose)"
            )
        issuer = DemoIssuer(tmp_path)
        app = application(
            graphs_of(None),
            {role: copy.login(role) for role in ROLES},
            [issuer.issuer()],
            _nothing,
            pool_size=2,
            audit_key=AUDIT_KEY,
            telemetry=Telemetry.make(export=False),
        )
        await stack.enter_async_context(app.router.lifespan_context(app))
        http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x")
        await stack.enter_async_context(http)
        organisation = await connection.fetchval(
            "select organisation_number from connect.membership where subject = 'demo-partner'"
        )
        headers = bearer(issuer.token(organisation, "demo-partner"))
        response = await Client(http, headers).ask(VIEWER)
        assert (response.status_code, codes(response)) == (code.status, [code.value])


async def _nothing() -> tuple[str, ...]:
    return ()


@pytest.fixture
async def inside(world: World) -> AsyncIterator[Client]:
    """Give a client of the application in this process, where things can be broken."""
    logins = {role: world.database.login(role) for role in ROLES}
    app = application(
        graphs_of(None),
        logins,
        [world.issuer.issuer()],
        _nothing,
        pool_size=2,
        audit_key=AUDIT_KEY,
        telemetry=Telemetry.make(export=False),
    )
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as http:
            yield Client(http, bearer(await world.token("steward")))


@pytest.mark.parametrize(
    ("where", "name"), [(Whole, "run"), (Authenticator, "admit"), (Writer, "write")]
)
async def test_a_fault_is_told_with_a_reference_that_the_log_has(
    inside: Client,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    where: type,
    name: str,
) -> None:
    async def fail(*_: object) -> None:
        raise RuntimeError('relation "connect.patient_identity" of select 1 from secret')

    monkeypatch.setattr(where, name, fail)
    with caplog.at_level(logging.ERROR):
        response = await inside.ask(PATIENTS, Accept=GRAPHQL)
    assert (response.status_code, codes(response)) == (500, ["INTERNAL"])
    assert list(response.json()) == ["errors"]
    (error,) = response.json()["errors"]
    reference = error["extensions"]["reference"]
    assert re.fullmatch(r"[0-9a-f]{12}", reference)
    assert error["message"] == f"Something went wrong here; reference {reference}."
    assert [record for record in caplog.records if reference in record.getMessage()]
    assert "secret" in caplog.text


async def test_a_statement_that_takes_too_long_is_a_timeout(clone: Clone, tmp_path: Path) -> None:
    """Both where records are read, and where it is found out who asks."""
    async with clone() as copy:
        settings = Settings.load({"CONNECT_DEMO": "1", "CONNECT_DATA_DIR": str(tmp_path)})
        await office.prepare(settings, copy.url)
        logins = {f"DATABASE_URL_{role.upper()}": copy.login(role) for role in ROLES}
        own = {"CONNECT_DEMO": "1", "CONNECT_DATA_DIR": str(tmp_path), "DATABASE_URL": copy.url}
        async with AsyncExitStack() as stack:
            address, _ = stack.enter_context(serving({**logins, **own}))
            one = await stack.enter_async_context(office.connected(copy.url))
            two = await stack.enter_async_context(office.connected(copy.url))
            http = httpx.AsyncClient(base_url=address, timeout=30)
            await stack.enter_async_context(http)
            organisation = await one.fetchval(
                "select organisation_number from connect.membership where subject = 'demo-steward'"
            )
            token = DemoIssuer(tmp_path).token(organisation, "demo-steward")
            client = Client(http, bearer(token))
            await _lock(one, "patient")
            reading = asyncio.create_task(client.ask(PATIENTS))
            await _waiting(two, 1)
            await _lock(two, "viewer_version")
            finding = asyncio.create_task(client.ask(VIEWER))
            assert (await http.get("/health")).status_code == 200
            for task in (reading, finding):
                response = await task
                assert (response.status_code, codes(response)) == (504, ["TIMEOUT"])
                assert list(response.json()) == ["errors"]


async def _lock(connection: asyncpg.Connection[asyncpg.Record], table: str) -> None:
    await connection.execute("begin")
    await connection.execute(f"lock connect.{table} in access exclusive mode")


async def _waiting(connection: asyncpg.Connection[asyncpg.Record], count: int) -> None:
    statement = (
        "select count(*) from pg_stat_activity "
        "where wait_event_type = 'Lock' and datname = current_database()"
    )
    for _ in range(200):
        if await connection.fetchval(statement) >= count:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("nothing waits")


@pytest.mark.parametrize("how", ["stopped", "killed"])
async def test_a_stopped_database_is_unavailable_until_it_is_back(tmp_path: Path, how: str) -> None:
    """The process lives on, says so, and needs no restart."""
    settings = Settings.load({"CONNECT_DEMO": "1", "CONNECT_DATA_DIR": str(tmp_path)})
    with embedded.running(tmp_path) as server:
        await office.prepare(settings, server.url)
    environment = {"CONNECT_DEMO": "1", "CONNECT_DATA_DIR": str(tmp_path)}
    issuer = DemoIssuer(tmp_path)
    with serving(environment) as (address, _):
        async with httpx.AsyncClient(base_url=address, timeout=30) as http:
            async with office.connected(server.url) as connection:
                organisation, subject = await member(connection, DEMO_ISSUER, "steward")
            client = Client(http, bearer(issuer.token(organisation, subject)))
            assert (await client.ask(PATIENTS)).is_success
            assert (await http.get("/ready")).status_code == 200

            await asyncio.to_thread(_stop, tmp_path / "postgres", how)
            for query, media in ((PATIENTS, GRAPHQL), (VIEWER, JSON)):
                response = await client.ask(query, Accept=media)
                assert (response.status_code, codes(response)) == (503, ["UNAVAILABLE"])
                assert int(response.headers["retry-after"]) > 0
                assert list(response.json()) == ["errors"]
            ready = await http.get("/ready")
            assert ready.status_code == 503
            assert ready.json() == {"status": "not ready", "database": "cannot be reached"}
            assert (await http.get("/health")).json() == {"status": "alive"}
            assert (await Client(http, {}).ask(VIEWER)).status_code == 401

            with embedded.running(tmp_path):
                assert (await until(f"{address}/ready")).status_code == 200
                response = await client.ask(PATIENTS)
                assert response.is_success
                assert "errors" not in response.json()


def _stop(data: Path, how: str) -> None:
    postmaster = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
    number = {"stopped": signal.SIGINT, "killed": signal.SIGKILL}[how]
    subprocess.run(["kill", f"-{int(number)}", str(postmaster)], check=True)
    while Path(f"/proc/{postmaster}").exists():
        pass


async def test_ready_tells_what_is_missing(clone: Clone, tmp_path: Path) -> None:
    async with clone() as copy, AsyncExitStack() as stack:

        async def pending() -> tuple[str, ...]:
            return await migrate.pending(copy.url)

        app = application(
            graphs_of(None),
            {role: copy.login(role) for role in ROLES},
            [DemoIssuer(tmp_path).issuer()],
            pending,
            pool_size=1,
            audit_key=AUDIT_KEY,
            telemetry=Telemetry.make(export=False),
        )
        await stack.enter_async_context(app.router.lifespan_context(app))
        http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x")
        await stack.enter_async_context(http)
        assert (await http.get("/ready")).json() == {"status": "ready"}
        async with office.connected(copy.url) as connection:
            last = "(select max(version) from public.schema_migrations)"
            await connection.execute(f"delete from public.schema_migrations where version = {last}")
        ready = await http.get("/ready")
        assert ready.status_code == 503
        assert ready.json()["migrations"]
