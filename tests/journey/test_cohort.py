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


def counted(treatment: dict[str, Any]) -> list[dict[str, Any]]:
    """List what the outcome rests on, until progression."""
    outcome = treatment["outcome"]
    found = (outcome or {}).get("assessments") or treatment["responses"]
    after = [each for each in found if (each["day"] or 0) > 0 and each["accepted"] is not False]
    kept: list[dict[str, Any]] = []
    for each in sorted(after, key=lambda one: one["day"]):
        kept.append(each)
        if each["normalisedResponse"] == "PD":
            break
    return kept


def lowest(treatment: dict[str, Any]) -> float | None:
    """Give the lowest change that was measured."""
    changes = [each["changeFromBaseline"] for each in counted(treatment)]
    return min((each for each in changes if each is not None), default=None)


def last_day(treatment: dict[str, Any]) -> int:
    """Give the day that a lane reaches: the end, or the last that is known."""
    if treatment["endDay"] is not None:
        return int(treatment["endDay"])
    died, alive = treatment["deathDay"], treatment["lastKnownAliveDay"]
    known = died if died is not None else alive or 0
    return int(max(known, *(each["day"] for each in counted(treatment)), 0))


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

        lanes = await told(visit.page.get_by_role("figure", name="Time on").locator("svg"), "lane")
        assert {lane["id"]: (lane["until"], lane["ongoing"]) for lane in lanes} == {
            each["id"]: (str(last_day(each)), str(each["endDay"] is None).lower())
            for each in treatments
        }

        shown = visit.page.get_by_role("figure", name="Resistance mechanisms")
        live = await asked_again(site, shown)
        outcomes = live["cohort"]["outcomes"]
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

        shown = visit.page.get_by_role("figure", name="Best overall response")
        marks = await told(shown.locator("svg"), "estimate")
        assert [(int(mark["numeratorLower"]), int(mark["denominator"])) for mark in marks] == [
            (share["numerator"]["value"], share["denominator"])
            for share in (each["proportion"] for each in outcomes["responseDistribution"])
        ]
        shown = visit.page.get_by_role("figure", name="From screened to evaluable")
        funnel = live["all"]["funnel"]
        steps = ("screened", "profiled", "discussed", "matched", "treated", "evaluable")
        expected = [funnel[step] for step in steps]
        expected.insert(4, funnel["offered"]["numerator"]["value"])
        bars = await told(shown.locator("svg"), "all")
        assert [int(bar["patients"]) for bar in bars] == expected
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
