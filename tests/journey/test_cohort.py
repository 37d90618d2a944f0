"""The page of one cohort: its numbers are the graph's, and an authority asks for no record."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.async_api import Browser, Request, expect

from tests.browser.conftest import visiting
from tests.browser.reading import told
from tests.journey.conftest import Site
from tests.journey.test_deep_pages import asked_again

LARGE = "OLA-BRCA-BTC"


def lowest(treatment: dict[str, Any]) -> float | None:
    """Give the lowest change until progression, of what the outcome rests on."""
    outcome = treatment["outcome"]
    found = (outcome or {}).get("assessments") or treatment["responses"]
    after = [each for each in found if (each["day"] or 0) > 0 and each["accepted"] is not False]
    changes: list[float] = []
    for each in sorted(after, key=lambda one: one["day"]):
        if each["changeFromBaseline"] is not None:
            changes.append(each["changeFromBaseline"])
        if each["normalisedResponse"] == "PD":
            break
    return min(changes, default=None)


@pytest.mark.parametrize("role", ["researcher", "steward"])
async def test_who_reads_records_sees_what_they_tell(
    chromium: Browser, site: Site, role: str
) -> None:
    async with visiting(chromium, site.url, f"/cohorts/{LARGE}#role={role}") as visit:
        shown = visit.page.get_by_role("figure", name="Best change of target lesions")
        await expect(shown.locator("svg")).to_be_visible()
        data = await asked_again(site, shown)
        treatments = data["cohort"]["treatments"]["nodes"]
        best = {each["id"]: lowest(each) for each in treatments}
        bars = await told(shown.locator("svg"), "change")
        assert {bar["id"]: float(bar["change"]) for bar in bars} == {
            name: change for name, change in best.items() if change is not None
        }
        assert len(bars) > 5

        shown = visit.page.get_by_role("figure", name="Resistance mechanisms")
        outcomes = (await asked_again(site, shown))["cohort"]["outcomes"]
        mechanisms = outcomes["resistanceMechanisms"]["mechanisms"]
        assert mechanisms
        for kind, among in (("profiled", "amongProfiled"), ("progressed", "amongProgressed")):
            assert {
                mark["mechanism"]: (int(mark["found"]), int(mark["of"]))
                for mark in await told(shown.locator("svg"), kind)
            } == {
                each["mechanism"]: (each[among]["numerator"]["value"], each[among]["denominator"])
                for each in mechanisms
            }
        await visit.check()


async def test_an_authority_sees_what_is_published_and_asks_for_no_more(
    chromium: Browser, site: Site
) -> None:
    asked: list[str] = []

    def note(request: Request) -> None:
        if request.url.endswith("/graphql"):
            asked.append(json.loads(request.post_data or "{}")["query"])

    async with visiting(chromium, site.url, "/release#role=authority") as visit:
        await expect(visit.page.get_by_role("heading", name="Releases")).to_be_visible()
        visit.page.on("request", note)
        await visit.page.goto(f"{site.url}/cohorts/{LARGE}#role=authority")
        shown = visit.page.get_by_role("figure", name="Response and benefit")
        await expect(shown.locator("svg")).to_be_visible()
        await expect(visit.page.get_by_role("figure")).to_have_count(1)
        outcomes = (await asked_again(site, shown))["cohort"]["outcomes"]
        (mark,) = (
            each
            for each in await told(shown.locator("svg"), "estimate")
            if each["label"] == "Objective response"
        )
        response = outcomes["objectiveResponse"]
        assert float(mark["lower"]) == response["estimate"]["value"]
        assert int(mark["denominator"]) == response["denominator"]
        of_cohort = [query for query in asked if query.startswith("query Cohort")]
        assert of_cohort
        for query in of_cohort:
            for root in ("treatments", "responseDistribution", "funnel", "resistanceMechanisms"):
                assert root not in query
        await visit.check()
