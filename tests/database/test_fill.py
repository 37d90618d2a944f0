"""New scopes and facts: who comes to belong to a scope gets an id there soon."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from connect_graph import database, filling
from connect_graph.settings import Settings
from db.address import Address
from db.key import KeyRefused
from db.pseudonym import lacking
from tests.conftest import Clone
from tests.world import ROOT, World, make

PATIENTS = 60
SOON = 5.0
"""Far less than the interval; it mostly takes a tenth of a second."""
NEW_AGREEMENT = """
with made as (
  insert into connect.agreement (code, partner_id, model)
  select 'AGR-LATE-01', partner_id, model from connect.agreement where code = 'AGR-OLA-01'
  returning id)
insert into connect.scope (kind, code, agreement_id, valid_from, purposes)
select 'AGREEMENT', 'AGR-LATE-01', id, now(), '{COMMERCIAL}' from made
"""
CHANGES = {
    "an agreement": NEW_AGREEMENT,
    "a drug of an agreement": """insert into connect.agreement_drug
        select l.id, d.drug_id from connect.agreement l, connect.agreement o
        join connect.agreement_drug d on d.agreement_id = o.id
        where l.code = 'AGR-LATE-01' and o.code = 'AGR-OLA-01'""",
    "a consent": """insert into connect.consent (patient_id, purpose, given_at)
        select t.patient_id, 'COMMERCIAL', now() from connect.treatment t
        join connect.cohort_drug c using (cohort_id)
        join connect.agreement_drug a using (drug_id)
        where not exists (select from connect.consent k
          where k.patient_id = t.patient_id and k.purpose = 'COMMERCIAL')
        order by t.patient_id limit 1""",
    "a project": """with made as (
          insert into connect.project (code, title, partner_id, all_cohorts, all_tumour_types)
          select 'PRJ-LATE-01', 'Late', id, true, true from connect.partner where code = 'UIB'
          returning id)
        insert into connect.scope (kind, code, project_id, valid_from, purposes)
        select 'PROJECT', 'PRJ-LATE-01', id, now(), '{RESEARCH}' from made""",
    "a site": """with site as (
          insert into connect.site (code, name, health_region)
          select 'LATE', 'Late', health_region from connect.site limit 1 returning id),
        scope as (
          insert into connect.scope (kind, code, site_id, valid_from, purposes)
          select 'SITE', 'SITE-LATE', id, now(), '{CARE}' from site)
        update connect.patient_identity set site_id = (select id from site)
        where patient_id = (select min(patient_id) from connect.patient_identity)""",
    "a treatment": """insert into connect.treatment (patient_id, cohort_id)
        select p.id, c.cohort_id from connect.cohort_drug c
        join connect.agreement_drug a using (drug_id)
        join connect.agreement g on g.id = a.agreement_id and g.code = 'AGR-LATE-01',
          connect.patient p
        where exists (select from connect.consent k
            where k.patient_id = p.id and k.purpose = 'COMMERCIAL')
          and not exists (select from connect.pseudonym y join connect.scope s on s.id = y.scope_id
            where y.patient_id = p.id and s.code = g.code)
        order by p.id limit 1""",
    "a patient": "insert into connect.patient (study_id) select min(id) from connect.study",
}
"""One after another; each puts somebody into a scope without an id there, but for the first."""


@pytest.fixture(scope="module")
async def world(clone: Clone, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """Give a world to which every test of this file adds."""
    async with clone() as copy:
        filled = await make(copy, tmp_path_factory.mktemp("fill"), PATIENTS)
        await filled.pools.close()
        yield filled


@pytest.fixture
async def loader(world: World) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(world.database.url)
    await connection.execute("set role connect_loader")
    yield connection
    await connection.close()


@pytest.fixture
def watching(world: World) -> Iterator[subprocess.Popen[str]]:
    """Run `connect-graph fill --watch`; it has looked once."""
    process = subprocess.Popen(
        [sys.executable, "-m", "connect_graph", "fill", "--watch", "--json"],
        cwd=ROOT,
        env=world.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline()) == {"made": 0}
        yield process
    finally:
        process.kill()
        process.communicate()


async def filled(loader: asyncpg.Connection, seconds: float = SOON) -> float:
    """Wait until nobody lacks an id; give how long it took."""
    began = time.monotonic()
    while await lacking(loader):
        assert time.monotonic() - began < seconds, "nobody filled"
        await asyncio.sleep(0.02)
    return time.monotonic() - began


async def ids(loader: asyncpg.Connection) -> int:
    return int(await loader.fetchval("select count(*) from connect.pseudonym"))


async def test_every_way_into_a_scope_is_filled_soon(
    loader: asyncpg.Connection, watching: subprocess.Popen[str]
) -> None:
    for name, change in CHANGES.items():
        before = await ids(loader)
        await loader.execute(change)
        if name != "an agreement":
            assert await lacking(loader) or await ids(loader) > before, name
        await filled(loader)
        assert (await ids(loader) > before) == (name != "an agreement"), name
    watching.send_signal(signal.SIGTERM)
    told, trouble = await asyncio.to_thread(watching.communicate, timeout=10)
    assert (watching.returncode, trouble) == (0, "")
    made = [json.loads(line)["made"] for line in told.splitlines()]
    assert len(made) <= len(CHANGES)
    assert all(made)


async def test_it_outlives_its_connections(
    world: World, loader: asyncpg.Connection, watching: subprocess.Popen[str]
) -> None:
    """The database refuses everybody for a while; what changed meanwhile is filled after."""
    server = await asyncpg.connect(Address.parse(world.database.url).at("postgres").url)
    name = await loader.fetchval("select current_database()")
    await server.execute(f'alter database "{name}" allow_connections false')
    ended = await server.fetchval(
        "select count(pg_terminate_backend(pid)) from pg_stat_activity"
        " where datname = $1 and application_name = 'connect-graph fill'",
        name,
    )
    assert ended == 1
    await loader.execute(CHANGES["a patient"])
    await asyncio.sleep(0.8)
    assert await lacking(loader)
    await server.execute(f'alter database "{name}" allow_connections true')
    await server.close()
    await filled(loader, 15)
    assert watching.poll() is None
    await loader.execute(CHANGES["a patient"])  # it listens again
    await filled(loader)
    watching.send_signal(signal.SIGINT)
    _, trouble = await asyncio.to_thread(watching.communicate, timeout=10)
    assert watching.returncode == 0
    assert "the database cannot be asked" in trouble
    assert "Traceback" not in trouble


async def test_a_server_that_owns_its_database_fills_by_itself(
    world: World, loader: asyncpg.Connection
) -> None:
    settings = Settings.load(world.environment)
    async with filling.beside(settings, world.database.url):
        await loader.execute(CHANGES["a patient"])
        await filled(loader)
    await loader.execute(CHANGES["a patient"])
    await asyncio.sleep(0.3)
    assert await lacking(loader)
    await complete(world, loader)


async def complete(world: World, loader: asyncpg.Connection) -> None:
    async with loader.transaction():
        await database.pseudonyms(Settings.load(world.environment))(loader)


async def test_fill_once_makes_what_lacks(world: World, loader: asyncpg.Connection) -> None:
    await loader.execute(CHANGES["a patient"])
    process = await asyncio.to_thread(run, world.environment, "fill", "--json")
    assert json.loads(process.stdout) == {"made": 1}, process.stderr
    assert not await lacking(loader)


async def test_a_key_that_is_lost_or_another_is_refused_first(
    world: World, loader: asyncpg.Connection, tmp_path: Path
) -> None:
    """Nothing is written, nor is a key made in the place of the one that is missing."""
    await loader.execute(CHANGES["a patient"])
    before = await ids(loader)
    other = tmp_path / "other" / "pseudonym.key"
    environ = world.environment | {"CONNECT_KEY_FILE": str(other)}
    process = await asyncio.to_thread(run, environ, "migrate")
    assert process.returncode == 1
    assert f"{other} is missing" in process.stderr
    assert not other.exists()
    other.parent.mkdir()
    other.write_bytes(bytes(32))
    other.chmod(0o600)
    named = f"{other} is not the key that made the stored ids of AGR-.*: restore that key from its"
    with pytest.raises(KeyRefused, match=named):
        await database.require_key(Settings.load(environ), world.database.url)
    settings = Settings.load(environ)
    with pytest.raises(KeyRefused):
        async with loader.transaction():
            await database.pseudonyms(settings)(loader)
    assert await ids(loader) == before
    assert other.read_bytes() == bytes(32)
    await complete(world, loader)


def run(environ: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "connect_graph", *arguments],
        cwd=ROOT,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
