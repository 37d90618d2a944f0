"""What the page says where something is withheld: where it stands, why, and what to ask instead."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

from playwright.async_api import Browser, Locator, Page, expect

from tests.browser.conftest import visiting
from tests.browser.visit import Visit

PUBLISHED = """query Published($by: [OutcomeDimension!]!) {
  statistics: outcomeStatistics(by: $by) {
    basis
    funnel { screened }
    rows {
      group { value }
      treated: patients { value hidden: suppressed }
      evaluable { value lower upper }
      objectiveResponse { suppressed numerator { lower upper } ...Share }
      clinicalBenefit16w { numerator { value } }
    }
  }
}
fragment Share on Proportion { estimate { value lower upper } }
"""
PANEL = "What is withheld here, and why"
RECORDS = """query Records {
  patients(first: 3) { nodes { id ageBand birthYear treatments { cohort { code } } } }
}
"""


async def run(visit: Visit, role: str, query: str, variables: dict[str, Any]) -> Any:
    """Open an operation from a link, run it, and give its answer."""
    page = visit.page
    operation = quote(json.dumps({"query": query, "variables": variables}), safe="")
    name = query.split("(")[0].split(" {")[0]
    await page.evaluate("hash => { location.hash = hash; }", f"#operation={operation}&role={role}")
    await expect(page.get_by_role("tab", selected=True)).to_contain_text(name.split()[1])
    async with page.expect_response(lambda each: name in (each.request.post_data or "")) as found:
        await page.get_by_role("button", name="Execute query").click()
    return await (await found.value).json()


def reason(page: Page, title: str) -> Locator:
    heading = page.get_by_role("heading", name=title, exact=True)
    return page.get_by_role("listitem").filter(has=heading)


async def pictured(page: Page, name: str) -> None:
    """Keep a picture where CONNECT_SCREENS names a folder."""
    if screens := os.environ.get("CONNECT_SCREENS"):
        await page.screenshot(path=Path(screens) / f"withheld-{name}.png")


async def shown(page: Page) -> tuple[float, str, str]:
    """Tell how far down the framed line of the result is, its text and that of the next one."""
    script = """async () => {
      await new Promise(requestAnimationFrame);
      const place = (drawn) => parseFloat(drawn.style.top);
      const result = document.querySelector(".result-window");
      const top = place(result.querySelector(".shown-line").parentElement);
      const lines = [...result.querySelectorAll(".view-line")].sort((a, b) => place(a) - place(b));
      const at = lines.findIndex((line) => place(line) === top);
      return [top, ...[at, at + 1].map((line) => lines[line].textContent.replaceAll("\\xa0", " "))];
    }"""
    top, line, following = await page.evaluate(script)
    return top, line.strip(), following.strip()


async def test_every_number_that_is_withheld_is_explained(chromium: Browser, served: str) -> None:
    async with visiting(chromium, served) as visit:
        page = visit.page
        answer = await run(visit, "authority", PUBLISHED, {"by": ["COHORT"]})
        panel = page.get_by_role("group").filter(has=page.get_by_role("heading", name=PANEL))
        await expect(panel.get_by_role("status")).to_have_text(
            "Small or telling · Within bounds · Not exact · Of records alone"
        )
        for title, instead, places in (
            (
                "Small or telling",
                "Ask for larger groups",
                ["treated2 times", "evaluable2 times", "objectiveResponse2 times"],
            ),
            (
                "Within bounds",
                "Ask for lower and upper",
                ["objectiveResponse.numerator", "objectiveResponse.estimate"],
            ),
            (
                "Not exact",
                "Ask for lower, upper and suppressed",
                ["clinicalBenefit16w.numerator3 times"],
            ),
        ):
            told = reason(page, title)
            await expect(told).to_contain_text(f"Instead: {instead}")
            names = [(await each.inner_text()) for each in await told.get_by_role("button").all()]
            assert [re.sub(r"\s(?=\d)", "", name) for name in names] == [
                f"statistics.rows.{place}" for place in places
            ]
        await expect(reason(page, "Of records alone")).to_contain_text("statistics.funnel")
        await pictured(page, "authority")

        # A place is shown where it stands, and the next one when it is asked for again.
        treated = page.get_by_role("button", name="statistics.rows.treated")
        tops: list[float] = []
        for turn in range(3):
            await treated.focus()
            await page.keyboard.press("Enter")
            await expect(treated).to_contain_text(f"{turn % 2 + 1} of 2")
            top, line, following = await shown(page)
            assert line == '"treated": {  withheld'
            assert following == '"value": null,'
            tops.append(top)
        assert tops[0] < tops[1]
        assert tops[0] == tops[2]
        await pictured(page, "authority-shown")

        # What is shown is told by no download.
        _, content = await visit.download("JSON")
        assert json.loads(content) == answer
        await visit.check()


async def test_the_rules_of_records_are_explained(chromium: Browser, served: str) -> None:
    async with visiting(chromium, served) as visit:
        page = visit.page
        answer = await run(visit, "researcher", RECORDS, {})
        identifying = reason(page, "Identifying")
        await expect(identifying).to_contain_text("What identifies is for the data office")
        await expect(identifying).to_contain_text("Instead: Leave the field out. id is the same")
        place = identifying.get_by_role("button", name="patients.nodes.birthYear")
        await expect(place).to_contain_text(f"{len(answer['data']['patients']['nodes'])} times")
        await place.click()
        _, line, _ = await shown(page)
        assert line == '"birthYear": null,  withheld'
        for title, where in (("Consent", "patients"), ("Own cohorts", "patients.nodes.treatments")):
            told = reason(page, title)
            await expect(told).to_contain_text("are published: ask outcomeStatistics")
            await expect(told.get_by_role("button", name=where, exact=False).last).to_be_visible()
        await pictured(page, "researcher")

        # Where rows are narrowed and no more, one line says so, until it is asked.
        await run(visit, "researcher", RECORDS.replace("birthYear", "sex"), {})
        panel = page.get_by_role("group").filter(has=page.get_by_role("heading", name=PANEL))
        await expect(panel.get_by_role("status")).to_have_text("Consent · Own cohorts")
        await expect(reason(page, "Consent")).to_be_hidden()
        await panel.locator("summary").focus()
        await page.keyboard.press("Enter")
        await expect(reason(page, "Consent")).to_be_visible()

        # An answer in which nothing is withheld has no panel.
        await run(visit, "steward", RECORDS, {})
        await expect(page.get_by_label("Result Window")).to_contain_text("birthYear")
        await expect(page.get_by_role("heading", name=PANEL)).to_be_hidden()
        await visit.check()
