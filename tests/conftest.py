"""The servers and databases that tests run on, their order, and what becomes of a skipped test.

Without DATABASE_URL an embedded PostgreSQL in a temporary directory is used, otherwise the server
that it names, where only databases that the tests made are touched (and the API logins' passwords).
Some tests change roles, which all databases of a server share: of several processes each has a
server of its own, so DATABASE_URL then names one for each, with spaces between.
With CONNECT_REQUIRE_ALL=1 a skip is a failure.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from connect_graph.cli import DEMO_PATIENTS
from connect_graph.embedded import EmbeddedError, Server, running
from connect_graph.settings import ROLES
from db.address import Address
from db.migrate import migrate
from db.vocabulary.load import load_vocabulary
from tests.world import ROOT, Database, World, make, serving

LONGEST = (
    "tests/federation/gateway",
    "tests/access/test_random.py",
    "tests/http",
    "tests/access/test_mutants.py",
    "tests/generated",
    "tests/soak",
    "tests/sdtm",
    "tests/attack",
    "tests/access",
    "tests/contract",
    "tests/database",
    "tests/bench",
    "tests/audit",
)
"""Folders that take minutes, the longest first, and files that need no world of their folder."""
REQUIRE_ALL = os.environ.get("CONNECT_REQUIRE_ALL") == "1"


Clone = Callable[[], AbstractAsyncContextManager[Database]]


@pytest.fixture(scope="session")
def embedded() -> Iterator[Server]:
    """Run an embedded server of the session's own."""
    directory = Path(tempfile.mkdtemp(prefix="connect-test-"))
    try:
        with running(directory) as server:
            yield server
    except EmbeddedError as error:
        pytest.fail(f"the embedded PostgreSQL cannot be used: {error}", pytrace=False)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> str:
    """Give the superuser's URL of the server: DATABASE_URL's, or the embedded one's."""
    if url := os.environ.get("DATABASE_URL"):
        return url
    running_server: Server = request.getfixturevalue("embedded")
    return running_server.url


@pytest.fixture(scope="session")
async def empty(server: str) -> AsyncIterator[Callable[[], Awaitable[str]]]:
    """Make databases without any migration; all go when the session ends."""
    made: list[str] = []

    async def make() -> str:
        name = _name("empty")
        made.append(name)
        await _administer(server, _create(name, "template0"))
        return Address.parse(server).at(name).url

    yield make
    for name in made:
        await _administer(server, _drop(name))


@pytest.fixture(scope="session")
async def template(server: str) -> AsyncIterator[str]:
    """Migrate one database, for the others to be copied from; nothing may connect to it."""
    name = _name("template")
    await _administer(server, _create(name, "template0"))
    try:
        await migrate(Address.parse(server).at(name).url)
        yield name
    finally:
        await _administer(server, _drop(name))


@pytest.fixture(scope="session")
async def stocked(server: str, template: str) -> AsyncIterator[str]:
    """Copy the template once and load the vocabularies, for other databases to be copied from."""
    name = _name("stocked")
    await _administer(server, _create(name, template))
    try:
        connection = await asyncpg.connect(Address.parse(server).at(name).url)
        try:
            await load_vocabulary(connection)
        finally:
            await connection.close()
        yield name
    finally:
        await _administer(server, _drop(name))


@pytest.fixture(scope="session")
async def password(server: str) -> str | None:
    """Give the logins a password where the server asks for one."""
    return await _login_password(server)


@pytest.fixture(scope="session")
def clone(server: str, template: str, password: str | None) -> Clone:
    """Copy the template for as long as a block lasts; a module's own fixture may hold one."""
    return _cloning(server, template, template, password)


@pytest.fixture(scope="session")
def stocked_clone(server: str, template: str, stocked: str, password: str | None) -> Clone:
    """Copy a migrated database with the vocabularies, as `clone` does one without."""
    return _cloning(server, stocked, template, password)


def _cloning(server: str, source: str, template: str, password: str | None) -> Clone:
    @asynccontextmanager
    async def make() -> AsyncIterator[Database]:
        name = _name("clone")
        await _administer(server, _create(name, source))
        try:
            await _copy_access(server, template, name)
            yield Database(Address.parse(server).at(name).url, password)
        finally:
            await _administer(server, _drop(name))

    return make


@pytest.fixture
async def database(clone: Clone) -> AsyncIterator[Database]:
    """Give one test a migrated database of its own."""
    async with clone() as copy:
        yield copy


@pytest.fixture(scope="session")
async def world(clone: Clone, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """Give the synthetic set, filled once; no test may change it."""
    async with clone() as copy:
        filled = await make(copy, tmp_path_factory.mktemp("world"))
        yield filled
        await filled.pools.close()


@pytest.fixture(scope="session")
async def demonstration(
    clone: Clone, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    """Give what `make demo` shows; no test may change it."""
    async with clone() as copy:
        place = tmp_path_factory.mktemp("demonstration")
        filled = await make(copy, place, DEMO_PATIENTS, published=True)
        yield filled
        await filled.pools.close()


@pytest.fixture(scope="session")
def url(world: World) -> Iterator[str]:
    """Give the address of a server that serves the world."""
    with serving(world.environment) as (address, _):
        yield address


@pytest.fixture(scope="session")
def shared() -> Path:
    """Find what the parties share beside the checkout: real data, designs."""
    path = ROOT.parent / "shared"
    if not (path / "data").is_dir():
        pytest.skip("../shared/data is not there")
    return path


def _name(kind: str) -> str:
    return f"connect_test_{kind}_{secrets.token_hex(6)}"


def _create(name: str, template: str) -> str:
    locale = " encoding 'UTF8' locale 'C'" if template == "template0" else ""
    return f'create database "{name}" template "{template}"{locale}'


def _drop(name: str) -> str:
    return f'drop database if exists "{name}" with (force)'


async def _administer(server: str, *statements: str) -> None:
    connection = await asyncpg.connect(server)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def _copy_access(server: str, template: str, name: str) -> None:
    """Repeat the grants on the database itself, which `create database … template` leaves out."""
    connection = await asyncpg.connect(server)
    try:
        grants = await connection.fetch(
            "select r.rolname, a.privilege_type from pg_database d, aclexplode(d.datacl) a "
            "join pg_roles r on r.oid = a.grantee where d.datname = $1",
            template,
        )
        await connection.execute(f'revoke all on database "{name}" from public')
        # Compiling each policy takes longer than running it; the pools switch it off as well.
        await connection.execute(f'alter database "{name}" set jit = off')
        for grant in grants:
            await connection.execute(
                f'grant {grant["privilege_type"]} on database "{name}" to "{grant["rolname"]}"'
            )
    finally:
        await connection.close()


async def _login_password(server: str) -> str | None:
    """Give the logins a password where the server asks for one; the embedded one trusts."""
    if Address.parse(server).is_socket:
        return None
    password = secrets.token_hex(16)
    await _administer(
        server, *(f"alter role connect_{role}_login password '{password}'" for role in ROLES)
    )
    return password


def pytest_configure(config: pytest.Config) -> None:
    """Give each process its own of the servers that DATABASE_URL names."""
    urls = os.environ.get("DATABASE_URL", "").split()
    worker = getattr(config, "workerinput", None)
    processes = worker["workercount"] if worker else config.getoption("numprocesses", None) or 1
    if urls and len(urls) < processes:
        raise pytest.UsageError(
            f"DATABASE_URL names {len(urls)} server and {processes} processes run: "
            "name one for each, with spaces between"
        )
    if urls and (worker or processes == 1):
        place = int(worker["workerid"].removeprefix("gw")) if worker else 0
        os.environ["DATABASE_URL"] = urls[place]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what meets the server; begin with what takes longest, for which nobody waits then."""
    for item in items:
        if "server" in getattr(item, "fixturenames", ()):
            item.add_marker("server")
    places = {scope: place for place, scope in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(scope_of(item.nodeid), len(places)))


def scope_of(nodeid: str) -> str:
    """Say what runs in one process: a folder, whose tests share a world, or a file of its own."""
    file = nodeid.partition("::")[0]
    return file if file in LONGEST else file.rpartition("/")[0]


class _Folders(LoadScopeScheduling):  # type: ignore[misc]
    """Give each process a folder at a time."""

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _Folders | None:
    return _Folders(config, log) if config.getoption("dist") == "loadscope" else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        _refuse(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if report.skipped:
        _refuse(report)
    return report


def _refuse(report: pytest.TestReport | pytest.CollectReport) -> None:
    if REQUIRE_ALL:
        report.outcome = "failed"
        report.longrepr = f"CONNECT_REQUIRE_ALL=1 allows no skip: {_reason(report)}"


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    told = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return told.removeprefix("Skipped: ")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    counts = Counter(_reason(report) for report in terminalreporter.getreports("skipped"))
    where = "DATABASE_URL" if os.environ.get("DATABASE_URL") else "the embedded PostgreSQL"
    terminalreporter.section("real parts")
    terminalreporter.line(f"database: {where}")
    for reason, count in sorted(counts.items()):
        terminalreporter.line(f"skipped: {reason} ({count} test{'s' if count > 1 else ''})")
    if not counts:
        terminalreporter.line("skipped: nothing")
