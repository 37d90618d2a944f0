"""Every page at three widths, light and dark: nothing hangs over, and axe finds nothing serious.

With CONNECT_SCREENS, which names a folder, pictures are kept there; otherwise in `.screens`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import visiting
from tests.journey.conftest import Site
from tests.world import ROOT

PAGES = {
    "cohorts": "/",
    "cohort": "/cohorts/OLA-BRCA-BTC",
    "biomarkers": "/biomarkers",
    "resistance": "/resistance",
    "release": "/release",
    "playground": "/graphiql",
}
WIDTHS = (360, 768, 1440)
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
GRAPHIQLS = ".graphiql-tab, .graphiql-tabs, .monaco-editor"
"""Not ours: buttons in a tab, and an editor with a mode for who hears it."""


async def settled(page: Page, name: str, role: str) -> None:
    """Wait until the page knows who asks, and has what it asked for."""
    await expect(page.get_by_role("banner")).to_contain_text(role.title())
    await expect(page.get_by_role("heading", name="Say who you are")).to_have_count(0)
    if name == "playground":
        await expect(page.get_by_role("region", name="Examples")).to_be_visible()
        return
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await expect(page.locator("main h2").first).to_be_visible()
    await expect(page.locator(".coming")).to_have_count(0)
    await expect(page.get_by_role("alert")).to_have_count(0)


async def findings(page: Page, name: str) -> list[str]:
    """Ask axe; the script runs as ours does, past no policy."""
    await page.evaluate(AXE.read_text("utf-8"))
    left_out = [GRAPHIQLS] if name == "playground" else []
    found: dict[str, Any] = await page.evaluate(
        "(exclude) => axe.run({ include: [['body']], exclude }, { resultTypes: ['violations'] })",
        [[each] for each in left_out],
    )
    return [
        f"{each['id']}: {node['html'][:200]} {node['failureSummary']}"
        for each in found["violations"]
        if each["impact"] in {"serious", "critical"}
        for node in each["nodes"]
    ]


@pytest.mark.parametrize("role", ["researcher", "authority"])
@pytest.mark.parametrize("name", PAGES)
async def test_a_page_fits_and_is_for_everybody(
    chromium: Browser, site: Site, name: str, role: str
) -> None:
    screens = Path(os.environ.get("CONNECT_SCREENS", ROOT / ".screens"))
    screens.mkdir(exist_ok=True)
    async with visiting(chromium, site.url, f"{PAGES[name]}#role={role}") as visit:
        page = visit.page
        await settled(page, name, role)
        for width in WIDTHS:
            await page.set_viewport_size({"width": width, "height": 900})
            await page.wait_for_timeout(150)  # until the drawings have their new width
            over = "document.documentElement.scrollWidth"
            assert await page.evaluate(over) <= width, f"wider than {width}"
            picture = screens / f"{name}-{role}-{width}.png"
            await page.screenshot(path=picture, full_page=name != "playground")
        found = await findings(page, name)
        await page.emulate_media(color_scheme="dark")
        found += [f"dark, {each}" for each in await findings(page, name)]
        assert found == []
        await visit.check()


@pytest.mark.parametrize("name", ["cohorts", "cohort"])
async def test_a_page_is_printed(chromium: Browser, site: Site, name: str) -> None:
    async with visiting(chromium, site.url, f"{PAGES[name]}#role=researcher") as visit:
        page = visit.page
        await settled(page, name, "researcher")
        await page.emulate_media(media="print")
        await expect(page.get_by_role("figure").first.locator("svg")).to_be_visible()
        await expect(page.get_by_role("navigation", name="Pages")).to_be_hidden()
        await expect(page.get_by_role("button", name="CSV").first).to_be_hidden()
        await visit.check()


@pytest.mark.parametrize("path", ["/", "/graphiql"])
async def test_who_is_not_signed_in_reads_how_to(chromium: Browser, site: Site, path: str) -> None:
    async with visiting(chromium, site.url, path) as visit:
        page = visit.page
        await expect(page.get_by_role("heading", name="Say who you are")).to_be_visible()
        for width in WIDTHS:
            await page.set_viewport_size({"width": width, "height": 900})
            assert await page.evaluate("document.documentElement.scrollWidth") <= width
        assert await findings(page, "welcome") == []
        await visit.check()
