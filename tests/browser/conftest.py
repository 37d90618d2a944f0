"""A Chromium that is Debian's; Playwright drives it and downloads none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright, expect

from tests.browser.visit import Visit

PATIENCE = 30_000
"""[ms] Other tests run beside, and statistics start a program of their own."""
PROGRAM = Path("/usr/bin/chromium")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    if not PROGRAM.exists():
        pytest.skip("Chromium is not there: install Debian's with apt-get install chromium")
    expect.set_options(timeout=PATIENCE)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=PROGRAM, args=[*ARGUMENTS])
        yield browser
        await browser.close()


@asynccontextmanager
async def visiting(browser: Browser, url: str, path: str = "/graphiql") -> AsyncIterator[Visit]:
    context = await browser.new_context(
        viewport={"width": 1440, "height": 900},
        permissions=["clipboard-read", "clipboard-write"],
        accept_downloads=True,
    )
    try:
        yield await Visit.open(await context.new_page(), url, path)
    finally:
        await context.close()


@pytest.fixture
async def visit(chromium: Browser, url: str) -> AsyncIterator[Visit]:
    """Open the page in a browser that has never seen it, and hold it to what every visit must be.

    It asks nobody but the application, and breaks no policy.
    """
    async with visiting(chromium, url) as opened:
        yield opened
        await opened.check()
