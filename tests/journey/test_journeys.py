"""From the sign-in at an organisation's own provider to a file that says what the graph said."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Locator, Page, Request, Response, expect

from tests.browser.conftest import PATIENCE, visiting
from tests.browser.flat import table
from tests.browser.visit import Visit
from tests.identity.test_page import alone, at_the_provider
from tests.journey.conftest import Site

RESPONSE = "Objective response by cohort"
SHARES = {
    "Objective response": "objectiveResponse",
    "Benefit, evaluable": "clinicalBenefit16w",
    "Benefit, all treated": "clinicalBenefit16wAllTreated",
}
RECORDS = ("patients(", "biomarkers(", "responses(", "resistanceFindings(", "treatments(")
"""Where records are asked for, of which an authority may have none."""


@dataclass(slots=True)
class Signed:
    """Hold a visit of somebody who signed in, and what was asked and answered since."""

    visit: Visit
    asked: list[str] = field(default_factory=list)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By the name of the operation."""
    came: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def page(self) -> Page:
        return self.visit.page

    async def told(self, name: str) -> Any:
        """Give what an operation brought, once it is read: drawings may be quicker."""
        async with asyncio.timeout(PATIENCE / 1000), self.came:
            await self.came.wait_for(lambda: name in self.answers)
        return self.answers[name]["data"]


@asynccontextmanager
async def signed_in(
    browser: Browser, site: Site, login: str, role: str, path: str = "/"
) -> AsyncIterator[Signed]:
    """Go to a page, sign in at the provider, and come back to that page."""
    async with visiting(browser, site.url, path) as visit:
        page, signed = visit.page, Signed(visit)
        await alone(page)
        page.context.on("request", lambda request: _note(signed, request))
        page.context.on("response", lambda response: _keep(signed, response))
        await page.get_by_role("banner").get_by_role("link", name="Sign in").click()
        await at_the_provider(page, login)
        banner = page.get_by_role("banner")
        await expect(banner).to_contain_text(f"Signed in as {login.title()} of oslo")
        await expect(banner).to_contain_text(role)
        await expect(banner).to_contain_text("SYNTHETIC")
        assert page.url == f"{site.url}{path}"
        yield signed
        elsewhere = {
            url for url in visit.requests
            if not url.startswith((site.url, site.provider.url, "data:", "blob:"))
        }  # fmt: skip
        # The provider's own pages want a font; they are not ours.
        assert {url for url in elsewhere if "font" not in url} == set()
        assert await page.evaluate("violations") == []
        assert [each for each in visit.told if "font" not in each] == []
        assert "eyJ" not in await visit.stored()


def _note(signed: Signed, request: Request) -> None:
    if request.url.endswith("/graphql"):
        signed.asked.append(json.loads(request.post_data or "{}").get("query", ""))


async def _keep(signed: Signed, response: Response) -> None:
    if response.url.endswith("/graphql") and response.ok:
        query = json.loads(response.request.post_data or "{}").get("query", "")
        name = query.removeprefix("query ").split("(")[0].split(" ")[0]
        body = await response.json()
        async with signed.came:
            signed.answers[name] = body
            signed.came.notify_all()


async def taken(place: Locator | Page, kind: str) -> str:
    """Press a download, and read the file."""
    page = place if isinstance(place, Page) else place.page
    async with page.expect_download() as started:
        await place.get_by_role("button", name=kind, exact=True).click()
    return Path(await (await started.value).path()).read_bytes().decode()


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def same(lines: list[list[str]], data: dict[str, Any]) -> int:
    """Compare a file of the forest plot with the answer that it was drawn from; count its rows."""
    told = {
        each["code"]: each["outcomes"]["objectiveResponse"]
        for each in data["cohorts"]["nodes"]
        if each["outcomes"] is not None
    }
    assert [line[0] for line in lines[1:]] == list(told)
    for code, _, least, most, *_rest in lines[1:]:
        share = told[code]
        if share["suppressed"]:
            assert (least, most) == ("withheld", "withheld")
        else:
            numerator = share["numerator"]
            assert [int(least), int(most)] == [numerator["lower"], numerator["upper"]]
    return len(told)


async def test_a_partner_asks_how_their_drug_does(chromium: Browser, site: Site) -> None:
    async with signed_in(chromium, site, "pernille", "Partner") as signed:
        page = signed.page
        shown = page.get_by_role("figure", name=RESPONSE)
        await expect(shown.locator("svg")).to_be_visible()
        lines = rows(await taken(shown, "CSV"))
        assert same(lines, await signed.told("Cohorts"))

        # The cohort of their drug, and a file of what it shows.
        code = lines[1][0]
        await page.get_by_role("table").get_by_role("link", name=code).click()
        shown = page.get_by_role("figure", name="Response and benefit")
        await expect(shown.locator("svg")).to_be_visible()
        data = await signed.told("Cohort")
        outcomes = data["cohort"]["outcomes"]
        told = [outcomes[name] for name in SHARES.values()]
        assert told[0]["denominator"] > 0, "somebody was treated"
        assert [
            [line[0], *map(int, line[1:4])] for line in rows(await taken(shown, "CSV"))[1:]
        ] == [
            [label, share["denominator"], share["numerator"]["lower"], share["numerator"]["upper"]]
            for label, share in zip(SHARES, told, strict=True)
        ]

        # The query behind the figure, in the playground, as the same person.
        async with page.context.expect_page() as opened:
            await shown.get_by_role("link", name="The query behind it").click()
        playground = await opened.value
        await expect(playground.get_by_role("banner")).to_contain_text("Partner")
        await expect(playground.get_by_role("tab", selected=True)).to_contain_text("Cohort")
        async with playground.expect_response(
            lambda each: "query Cohort(" in (each.request.post_data or "")
        ) as answered:
            await playground.get_by_role("button", name="Execute query").click()
        assert (await (await answered.value).json())["data"] == data
        file = playground.get_by_role("button", name="JSON", exact=True)
        await expect(file).to_be_enabled()
        assert json.loads(await taken(playground, "JSON"))["data"] == data


async def test_a_researcher_takes_an_example_away(chromium: Browser, site: Site) -> None:
    async with signed_in(chromium, site, "rune", "Researcher", "/graphiql") as signed:
        page = signed.page
        region = page.get_by_role("region", name="Examples")
        title = "Who responded with an altered BRCA gene, and to what"
        await region.get_by_role("searchbox").fill("BRCA")
        button = region.get_by_role("button", name=title)
        await button.click()
        async with page.expect_response(
            lambda each: "RespondersBrca" in (each.request.post_data or "")
        ) as answered:
            await page.get_by_role("button", name="Execute query").click()
        body = await (await answered.value).json()
        assert body["data"]["patients"]["nodes"], "the example finds somebody"
        await expect(page.get_by_role("button", name="CSV", exact=True)).to_be_enabled()
        assert json.loads(await taken(page, "JSON")) == body
        assert rows(await taken(page, "CSV")) == table(body["data"])

        # An OncoPrint on the pages, as the same person.
        await page.goto(f"{site.url}/biomarkers")
        shown = page.get_by_role("figure", name="OncoPrint")
        await expect(shown.locator("svg")).to_be_visible()
        lines = rows(await taken(shown, "CSV"))[1:]
        patients = {
            each["id"]: each for each in (await signed.told("OncoPrint"))["patients"]["nodes"]
        }
        genes = list(dict.fromkeys(gene for gene, *_ in lines))
        assert len(lines) == len(patients) * len(genes) > 100
        for gene, patient, status, _ in lines:
            assert status == patients[patient][f"g{genes.index(gene)}"], (gene, patient)


async def test_an_authority_pulls_aggregates_alone(chromium: Browser, site: Site) -> None:
    async with signed_in(chromium, site, "astrid", "Authority") as signed:
        page = signed.page
        shown = page.get_by_role("figure", name=RESPONSE)
        await expect(shown.locator("svg")).to_be_visible()
        lines = rows(await taken(shown, "CSV"))
        assert same(lines, await signed.told("Cohorts")) > 1
        assert "withheld" in {line[2] for line in lines}
        assert any(line[2] != line[3] for line in lines[1:]), "a band is told as one"
        code = "OLA-BRCA-BTC"
        await page.get_by_role("table").get_by_role("link", name=code).click()
        await expect(page.get_by_role("heading", name=code, level=1)).to_be_visible()
        for title in ("Biomarkers", "Resistance", "Releases"):
            link = page.get_by_role("navigation", name="Pages").get_by_role("link", name=title)
            await link.click()
            await expect(page.get_by_role("heading", level=1)).to_contain_text(title)
            await expect(page.locator(".skeleton")).to_have_count(0)
        assert "query What" in "".join(signed.asked), "who asks is watched too"
        assert [query for query in signed.asked for each in RECORDS if each in query] == []
        assert '"id"' not in json.dumps(signed.answers), "no record has come"


async def test_a_session_that_ended_is_taken_up_where_it_was(chromium: Browser, site: Site) -> None:
    async with signed_in(chromium, site, "rune", "Researcher", "/release") as signed:
        page = signed.page
        await expect(page.get_by_role("region", name="Release 2026.1")).to_be_visible()
        await page.context.clear_cookies(name=re.compile("^connect_"))
        await page.clock.install()
        await page.clock.fast_forward("24:00:00")
        await page.get_by_role("link", name="Cohorts").click()
        alert = page.get_by_role("alert")
        await expect(alert.get_by_role("heading", name="Your session has ended")).to_be_visible()
        await alert.get_by_role("link", name="Sign in again").click()
        # The provider still knows them.
        await expect(page.get_by_role("figure", name=RESPONSE).locator("svg")).to_be_visible()
        assert page.url == f"{site.url}/"
