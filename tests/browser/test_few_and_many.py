"""No cohort, nothing published, and 500 cohorts: each is a page that one can use."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from connect_graph import database
from connect_graph.settings import Settings
from tests.browser.conftest import visiting
from tests.conftest import Clone
from tests.world import environment, serving

MANY = """
with made as (
  insert into connect.cohort (code, tumour_type, stage, opened_on, synthetic)
  select 'MANY-' || lpad(n::text, 3, '0'), 'Breast cancer', 'STAGE_1', date '2024-01-01', true
  from generate_series(1, 500) n returning id
)
insert into connect.cohort_design (cohort_id, n1, r1, n, r, p0, p1)
select id, 8, 0, 24, 4, 0.1, 0.3 from made
"""


@pytest.fixture
async def bare(clone: Clone, tmp_path: Path) -> AsyncIterator[tuple[str, str]]:
    """Serve a database with members and nothing else; give it and the address."""
    settings = Settings.load({"CONNECT_DEMO": "1", "CONNECT_DATA_DIR": str(tmp_path)})
    async with clone() as copy:
        await database.prepare(settings, copy.url)
        async with database.connected(copy.url) as connection:
            await connection.execute("truncate connect.cohort cascade")
        with serving(environment(copy, tmp_path)) as (address, _):
            yield copy.url, address


async def test_from_none_to_many(chromium: Browser, bare: tuple[str, str]) -> None:
    stored, url = bare
    async with visiting(chromium, url, "/#role=steward") as visit:
        await expect(visit.page.get_by_role("heading", name="No cohort yet")).to_be_visible()
        await visit.page.get_by_role("link", name="Releases").click()
        await expect(visit.page.get_by_role("heading", name="No release yet")).to_be_visible()
        await visit.check()
    async with database.connected(stored) as connection:
        await connection.execute(MANY)
    async with visiting(chromium, url, "/#role=authority") as visit:
        await expect(
            visit.page.get_by_role("heading", name="Nothing is published yet")
        ).to_be_visible()
        await visit.check()
    async with visiting(chromium, url, "/release#role=steward") as visit:
        page = visit.page
        await expect(page.get_by_role("heading", name="No release yet")).to_be_visible()
        began = time.monotonic()
        await page.get_by_role("link", name="Cohorts").click()
        rows = page.get_by_role("region", name="Stage and accrual").get_by_role("rowheader")
        await expect(rows).to_have_count(50)
        assert time.monotonic() - began < 5, "a page of 50 cohorts takes too long"
        seen = await rows.all_inner_texts()
        further = page.get_by_role("navigation", name="Further cohorts")
        await expect(further).to_contain_text("50 of 500 cohorts")
        for number in range(2, 11):
            await further.get_by_role("link", name="The next").click()
            await expect(rows.first).to_have_text(f"MANY-{(number - 1) * 50 + 1:03}")
            seen += await rows.all_inner_texts()
        assert seen == [f"MANY-{number:03}" for number in range(1, 501)]
        await expect(further.get_by_role("link", name="The next")).to_have_count(0)
        await further.get_by_role("link", name="From the first").click()
        await expect(rows.first).to_have_text("MANY-001")
        await visit.check()
