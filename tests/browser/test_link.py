"""A link that brings an operation: `/graphiql#operation=…&role=…`."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import visiting
from tests.browser.test_examples import MINE, stands, write
from tests.browser.visit import Visit

QUERY = 'query Linked($code: String!) {\n  cohort(code: $code) { code drugs { inn } } # 100% "&+'
OPERATION = {"query": QUERY + "\n}\n", "variables": {"code": "OLA-BRCA-BTC"}}


def fragment(operation: Any, role: str | None = None) -> str:
    text = quote(json.dumps(operation), safe="")
    return f"#operation={text}" + ("" if role is None else f"&role={role}")


async def is_open(page: Page) -> None:
    """See that the operation stands in the tab that is shown, and that the address is clean."""
    await expect(page.get_by_role("tab", selected=True)).to_contain_text("Linked")
    await stands(page, str(OPERATION["query"]))
    variables = page.get_by_label("Variables").locator(".view-lines")
    await expect(variables).to_contain_text("OLA-BRCA-BTC")
    assert "#" not in page.url


async def test_it_opens_in_the_role_that_it_names(chromium: Browser, url: str) -> None:
    async with visiting(chromium, url) as visit:
        page = visit.page
        await page.goto("about:blank")
        await page.goto(f"{url}/graphiql{fragment(OPERATION, 'partner')}")
        await expect(page.get_by_role("banner")).to_contain_text("Partner")
        await is_open(page)
        async with page.expect_response("**/graphql") as answered:
            await page.get_by_role("button", name="Execute query").click()
        body = await (await answered.value).json()
        assert body["data"]["cohort"]["code"] == "OLA-BRCA-BTC"
        await visit.check()


async def test_it_takes_the_place_of_nothing(visit: Visit) -> None:
    """The page is open already, with something that somebody wrote."""
    page = visit.page
    await visit.act_as("researcher")
    await write(page, MINE)
    await page.evaluate("hash => { location.hash = hash; }", fragment(OPERATION, "researcher"))
    await is_open(page)
    await expect(page.get_by_role("banner")).to_contain_text("Researcher")
    await expect(page.get_by_role("tab")).to_have_count(2)
    await page.get_by_role("tab").first.click()
    await stands(page, MINE)


async def test_it_waits_until_it_is_known_who_asks(visit: Visit) -> None:
    """Without a role; also over a reload, as a sign-in makes it."""
    page = visit.page
    await page.evaluate("hash => { location.hash = hash; }", fragment(OPERATION))
    waiting = page.get_by_text("The query that you followed is kept")
    await expect(waiting).to_be_visible()
    await page.reload()
    await expect(waiting).to_be_visible()
    await page.get_by_label("Demo role").select_option("steward")
    await is_open(page)
    await page.reload()
    await expect(page.get_by_role("heading", name="Say who you are")).to_be_visible()
    await expect(waiting).to_be_hidden()


@pytest.mark.parametrize(
    "brought",
    ["#operation=", "#operation=%7B", fragment({"query": " "}), fragment([1]), fragment(None)]
    + [fragment({"query": "{ a }", "variables": wrong}) for wrong in ("x", [1])],
)
async def test_what_cannot_be_read_is_told(visit: Visit, brought: str) -> None:
    page = visit.page
    await page.evaluate("hash => { location.hash = hash; }", brought)
    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text("The link holds no query that can be read")
    await page.get_by_role("button", name="Dismiss").click()
    await expect(alert).to_be_hidden()
    assert "#" not in page.url


async def test_the_playground_and_the_outcomes_lead_to_one_another(visit: Visit) -> None:
    """And who one is in the demonstration goes along."""
    page = visit.page
    await visit.act_as("clinician")
    pages = page.get_by_role("navigation", name="Pages")
    await expect(pages.get_by_text("Playground")).to_have_attribute("aria-current", "page")
    await pages.get_by_role("link", name="Outcomes").click()
    await expect(page.get_by_role("banner")).to_contain_text("Clinician")
    assert page.url.rstrip("/") == visit.url
    await page.get_by_role("link", name="Playground").click()
    await expect(page.get_by_role("banner")).to_contain_text("Clinician")
    await expect(page.get_by_role("region", name="Examples")).to_be_visible()
    assert page.url == f"{visit.url}/graphiql"
