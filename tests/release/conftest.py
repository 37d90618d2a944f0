"""A world to freeze: reported and derived outcomes, and facts at the edges of the rules."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import date
from pathlib import Path

import asyncpg
import pytest

from db.derivation import derive_study
from db.synthetic.catalogue import STUDY
from tests.conftest import Clone
from tests.world import World, make

DATA_CUT_OFF = date(2026, 6, 30)
# Every other outcome is reported, the rest derived. Facts without a date, without a cohort, of two
# diagnoses, refuted, ungraded, later than any cut-off that the tests name.
_EDGES = """
update connect.study set data_cut_off = '2026-06-30';
delete from connect.outcome;
insert into connect.outcome (treatment_id, patient_id, source, best_overall_response,
  best_confirmed_response, clinical_benefit_16w, progression_free_survival_days,
  progression_free_survival_event, overall_survival_days, overall_survival_event)
select id, patient_id, 'REPORTED',
  (array['CR', 'PR', 'SD', 'PD', 'NE', null])[1 + id / 2 % 6]::connect.response,
  (array['PR', 'SD', null])[1 + id / 2 % 3]::connect.response,
  (array['YES', 'NO', 'TOO_EARLY'])[1 + id / 2 % 3]::connect.benefit, id, 'EVENT',
  id * 9, 'CENSORED'
from connect.treatment where id % 2 = 1;
update connect.treatment set (evaluability, evaluability_rule_set, not_evaluable_reason)
  = (null, null, null) where id % 3 = 0;
update connect.treatment set cohort_id = null where id % 7 = 0;
update connect.treatment_identity set started_on = null where treatment_id % 11 = 0;
update connect.screening_identity set referred_on = null where screening_id % 11 = 0;
update connect.offer set offered_day = null where id % 5 = 0;
update connect.screening set matched = null where id % 13 = 0;
update connect.screening set discussed_day = null where id % 5 = 0;
update connect.resistance_finding set (status, curated) = ('REFUTED', true) where id % 5 = 0;
update connect.resistance_finding set (day_after_progression, curated) = (700, true)
  where id % 7 = 0;
update connect.adverse_event set start_day = null where id % 5 = 0;
update connect.adverse_event set grade = null where id % 4 = 0;
delete from connect.treatment_funding where treatment_id % 5 = 0;
insert into connect.diagnosis (patient_id, tumour_type, onco_tree_code, source_key)
select patient_id, 'another', 'BREAST', 'another' from connect.diagnosis where id % 5 = 0;
update connect.diagnosis set onco_tree_code = null where id % 10 = 0;
"""


async def derive(url: str) -> None:
    """Derive the outcomes of the world's study anew."""
    connection = await asyncpg.connect(url)
    try:
        await derive_study(connection, STUDY[0])
    finally:
        await connection.close()


async def execute(url: str, *statements: str) -> None:
    """Run statements as the loader, each for itself."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("set role connect_loader")
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


Grow = Callable[[], AbstractAsyncContextManager[World]]


@pytest.fixture(scope="package")
def grow(clone: Clone, tmp_path_factory: pytest.TempPathFactory) -> Grow:
    """Make such a world for as long as a block lasts."""

    @asynccontextmanager
    async def growing() -> AsyncIterator[World]:
        async with clone() as copy:
            directory: Path = tmp_path_factory.mktemp("release")
            world = await make(copy, directory)
            try:
                await execute(copy.url, _EDGES)
                await derive(copy.url)
                yield world
            finally:
                await world.pools.close()

    return growing


@pytest.fixture
async def changing(grow: Grow) -> AsyncIterator[World]:
    """Give one test a world that it may change."""
    async with grow() as world:
        yield world


@pytest.fixture(scope="package")
async def world(grow: Grow) -> AsyncIterator[World]:
    """Give the world in which only releases may be added."""
    async with grow() as made:
        yield made


@pytest.fixture
async def owner(world: World) -> AsyncIterator[asyncpg.Connection]:
    """Connect as the owner."""
    connection = await asyncpg.connect(world.database.url)
    yield connection
    await connection.close()
