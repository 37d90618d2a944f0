"""A person signs in on the page, asks, is told when the session ends, and signs out."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from urllib.parse import quote

from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import visiting
from tests.identity.authority import ORGANISATION
from tests.identity.conftest import NORTH, STRANGER, Served


async def alone(page: Page) -> None:
    """Keep the provider's own pages from asking for fonts elsewhere."""
    await page.route(
        lambda url: not url.startswith("http://127.0.0.1:"),
        lambda route: route.fulfill(status=200, content_type="text/css", body=""),
    )


async def at_the_provider(page: Page, login: str) -> None:
    """Sign in at the provider, and allow what it asks about."""
    await page.get_by_placeholder("Enter any login").fill(login)
    await page.get_by_placeholder("and password").fill("x")
    await page.get_by_role("button", name="Sign-in").click()
    await page.get_by_role("button", name="Continue").click()


async def shown(page: Page, name: str) -> None:
    """Keep a picture where CONNECT_SCREENS names a folder."""
    if screens := os.environ.get("CONNECT_SCREENS"):
        await page.screenshot(path=Path(screens) / f"sign-in-{name}.png")


async def test_from_sign_in_to_an_answered_query_and_out(chromium: Browser, served: Served) -> None:
    async with visiting(chromium, served.url) as visit:
        page = visit.page
        await alone(page)
        banner = page.get_by_role("banner")
        await page.clock.install()
        await expect(banner.get_by_role("link", name="Sign in")).to_be_visible()
        await shown(page, "signed-out")
        await banner.get_by_role("link", name="Sign in").click()
        assert page.url.startswith(served.north.url)
        await at_the_provider(page, NORTH)

        await expect(banner).to_contain_text("Signed in as Kari of north")
        await expect(banner).to_contain_text("Steward")
        assert page.url == f"{served.url}/graphiql"
        await expect(page.get_by_role("region", name="Examples")).to_be_visible()
        examples = page.get_by_role("region", name="Examples").get_by_role("button")
        example = str(await examples.first.text_content())
        await visit.run(example)

        await shown(page, "signed-in")

        # Nothing that is worth anything is within the reach of a script, or in an address.
        assert await page.evaluate("document.cookie") == ""
        assert "eyJ" not in await visit.stored()
        assert not [url for url in visit.requests if "eyJ" in url]
        sent = await page.context.cookies(f"{served.url}/graphiql")
        ours = {each["name"]: each for each in sent if each["name"].startswith("connect_")}
        assert {name: each["sameSite"] for name, each in ours.items()} == {
            "connect_session": "Strict",
            "connect_token": "Strict",
        }
        assert all(each["httpOnly"] for each in ours.values())
        assert await page.evaluate("violations") == []

        # A reload finds the session again, and the graph itself is asked without a cookie.
        async with page.expect_request("**/graphql") as asked:
            await page.reload()
        headers = await (await asked.value).all_headers()
        assert "cookie" not in headers
        assert headers["authorization"].startswith("Bearer eyJ")
        await expect(banner).to_contain_text("Signed in as Kari of north")
        await expect(banner).to_contain_text("Steward")

        # Its end is told plainly, where the person is, and what is on the screen stays.
        await page.context.clear_cookies(name=re.compile("^connect_"))
        await page.clock.fast_forward("01:00")
        await visit.choose(example)
        await page.get_by_role("button", name="Execute query").click()
        await expect(banner.get_by_role("alert")).to_have_text("Your session has ended.")
        await expect(page.get_by_role("region", name="Examples")).to_be_visible()
        await shown(page, "ended")
        await banner.get_by_role("link", name="Sign in again").click()
        await expect(banner).to_contain_text("Signed in as Kari of north")

        await banner.get_by_role("button", name="Sign out").click()
        await page.get_by_role("button", name="Yes, sign me out").click()
        await expect(banner.get_by_role("link", name="Sign in")).to_be_visible()
        assert page.url == f"{served.url}/graphiql"
        await page.reload()
        await expect(page.get_by_role("heading", name="Say who you are")).to_be_visible()
        await expect(banner).not_to_contain_text("Signed in as")
        assert visit.told == []


async def test_a_link_to_a_query_waits_for_the_sign_in(chromium: Browser, served: Served) -> None:
    async with visiting(chromium, served.url) as visit:
        page = visit.page
        await alone(page)
        operation = quote(json.dumps({"query": "query Linked { viewer { role } }"}))
        await page.evaluate("hash => { location.hash = hash; }", f"#operation={operation}")
        await expect(page.get_by_text("The query that you followed is kept")).to_be_visible()
        await page.get_by_role("banner").get_by_role("link", name="Sign in").click()
        assert "Linked" not in page.url, "the provider is not told of it"
        await at_the_provider(page, NORTH)
        await expect(page.get_by_role("tab", selected=True)).to_contain_text("Linked")
        assert page.url == f"{served.url}/graphiql"


async def test_an_answer_a_minute_later_tells_anew_who_asks(
    chromium: Browser, served: Served
) -> None:
    rename = "update connect.partner set name = $2 where organisation_number = $1"
    name = await served.connection.fetchval(
        "select name from connect.partner where organisation_number = $1", ORGANISATION
    )
    async with visiting(chromium, served.url) as visit:
        page = visit.page
        await alone(page)
        await page.clock.install()
        banner = page.get_by_role("banner")
        await banner.get_by_role("link", name="Sign in").click()
        await at_the_provider(page, NORTH)
        await expect(banner).to_contain_text(name)
        example = page.get_by_role("region", name="Examples").get_by_role("button").first
        title = str(await example.text_content())
        try:
            await served.connection.execute(rename, ORGANISATION, "Renamed meanwhile")
            await visit.run(title)
            await expect(banner).to_contain_text(name)
            await page.clock.fast_forward("01:01")
            await page.get_by_role("button", name="Execute query").click()
            await expect(banner).to_contain_text("Renamed meanwhile")
            # Nothing that was answered before stays on the screen.
            await expect(page.get_by_role("button", name="CSV", exact=True)).to_be_disabled()
        finally:
            await served.connection.execute(rename, ORGANISATION, name)


async def test_a_sign_in_that_came_to_nothing_is_told(chromium: Browser, served: Served) -> None:
    async with visiting(chromium, served.url) as visit:
        page = visit.page
        await alone(page)
        await page.get_by_role("banner").get_by_role("link", name="Sign in").click()
        await page.get_by_role("link", name="[ Cancel ]").click()
        alert = page.get_by_role("main").get_by_role("alert")
        await expect(alert).to_contain_text("Not signed in. Your organisation's sign-in did not")
        assert page.url == f"{served.url}/graphiql", "the reason is told once"


async def test_who_is_no_member_is_told_where_to_ask(chromium: Browser, served: Served) -> None:
    async with visiting(chromium, served.url) as visit:
        page = visit.page
        await alone(page)
        await page.get_by_role("banner").get_by_role("link", name="Sign in").click()
        await at_the_provider(page, STRANGER)
        await expect(page.get_by_role("banner")).to_contain_text("Signed in as Nobody of north")
        await expect(page.get_by_role("main").get_by_role("alert")).to_contain_text(
            "You hold no membership that is valid now: ask the data office for one."
        )


async def test_one_comes_back_to_the_page_that_one_left(chromium: Browser, served: Served) -> None:
    async with visiting(chromium, served.url, "/release") as visit:
        page = visit.page
        await alone(page)
        banner = page.get_by_role("banner")
        await banner.get_by_role("link", name="Sign in").click()
        await at_the_provider(page, NORTH)
        await expect(page.get_by_role("heading", name="Releases", level=1)).to_be_visible()
        assert page.url == f"{served.url}/release"
        await expect(banner).to_contain_text("Signed in as Kari of north")
        await page.get_by_role("link", name="Cohorts").click()
        await expect(page.get_by_role("region", name="Stage and accrual")).to_be_visible()
        assert page.url == f"{served.url}/"
        assert await page.evaluate("violations") == []
        assert "eyJ" not in await visit.stored()

        await page.context.clear_cookies(name=re.compile("^connect_"))
        await page.clock.install()
        await page.reload()
        await expect(page.get_by_role("heading", name="Say who you are")).to_be_visible()
