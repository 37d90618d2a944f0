"""Biomarkers and resistance, read back from their drawings: they are what the graph told."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.browser.conftest import visiting
from tests.browser.reading import told
from tests.journey.conftest import CELLS, Site

ROLES = ["researcher", "steward"]


async def asked(site: Site, role: str, question: dict[str, Any]) -> dict[str, Any]:
    """Ask as a role of the demonstration, past the page."""
    async with httpx.AsyncClient(base_url=site.url, timeout=30) as http:
        token = (await http.get("/graphiql/demo-tokens")).json()[role]
        headers = {"authorization": f"Bearer {token}"}
        answer = await http.post("/graphql", json=question, headers=headers)
    body = answer.json()
    assert "errors" not in body, answer.text
    data: dict[str, Any] = body["data"]
    return data


async def asked_again(
    site: Site, shown: Locator | Page, link: str = "The query behind it"
) -> dict[str, Any]:
    """Ask the query that a link leads to once more."""
    href = await shown.get_by_role("link", name=link).get_attribute("href")
    given = parse_qs(urlsplit(str(href)).fragment)
    return await asked(site, given["role"][0], json.loads(given["operation"][0]))


@pytest.mark.parametrize("role", ROLES)
async def test_an_oncoprint_is_the_graphs(chromium: Browser, site: Site, role: str) -> None:
    async with visiting(chromium, site.url, f"/biomarkers#role={role}") as visit:
        shown = visit.page.get_by_role("figure", name="OncoPrint")
        await expect(shown.locator("svg")).to_be_visible()
        data = await asked_again(site, shown)
        nodes = data["patients"]["nodes"]
        cells = await told(shown.locator("svg"), "cell")
        genes = list(dict.fromkeys(cell["gene"] for cell in cells))
        assert len(cells) == len(nodes) * len(genes) > 100
        seen = {(cell["patient"], cell["gene"]): cell for cell in cells}
        for node in nodes:
            for place, gene in enumerate(genes):
                cell = seen[node["id"], gene]
                assert cell["status"] == node[f"g{place}"]
                kinds = {
                    each["__typename"]
                    for each in node["biomarkers"]
                    if each["gene"] is not None and each["gene"]["symbol"] == gene
                } - {"ProteinExpression", "Signature"}
                assert bool(cell["kinds"]) == bool(kinds), (node["id"], gene)
        assert {"ALTERED", "NOT_ALTERED", "NOT_ASSESSED"} <= {cell["status"] for cell in cells}
        rows = {label["text"] for label in await told(shown.locator("svg"), "gene")}
        altered = []
        for gene in genes:
            mine = Counter(cell["status"] for cell in cells if cell["gene"] == gene)
            altered.append(mine["ALTERED"])
            assert f"{mine['ALTERED']}/{mine['ALTERED'] + mine['NOT_ALTERED']}" in rows
        assert altered == sorted(altered, reverse=True), "the gene altered most often comes first"
        await stands_in_steps(shown.locator("svg"), genes)
        there = await everybody(site, role)
        assert len(nodes) == min(80, there)
        if there > len(nodes):
            await expect(shown).to_contain_text(f"the first {len(nodes)} of {there} patients")
        await visit.check()


async def stands_in_steps(drawing: Locator, genes: list[str]) -> None:
    """Read from where cells stand that whoever has an earlier gene altered stands further left."""
    places = await drawing.evaluate(
        """svg => [...svg.querySelectorAll('[data-mark="cell"] > *')].map(each => [
          Number(each.querySelector("rect").getAttribute("x")), each.dataset.gene,
          each.dataset.status])"""
    )
    columns: dict[float, dict[str, bool]] = {}
    for x, gene, status in places:
        columns.setdefault(x, {})[gene] = status == "ALTERED"
    keys = [tuple(columns[x][gene] for gene in genes) for x in sorted(columns)]
    assert keys == sorted(keys, reverse=True)


async def everybody(site: Site, role: str) -> int:
    """Count who has a molecular profile, as the role sees them."""
    where = "{molecularProfiles: {some: {}}}"
    query = f"{{ patients(first: 1, where: {where}) {{ totalCount }} }}"
    return int((await asked(site, role, {"query": query}))["patients"]["totalCount"])


def after(treatment: dict[str, Any] | None) -> str:
    """Say what came after a treatment, as a flow names it."""
    if treatment is None:
        return "Not known"
    if treatment["nextTherapyDay"] is not None:
        return "Another therapy"
    survival = (treatment["outcome"] or {}).get("overallSurvival") or {}
    words = {"EVENT": "Died before one", "CENSORED": "None so far"}
    return words.get(str(survival.get("event")), "Not known")


@pytest.mark.parametrize("role", ROLES)
async def test_what_flows_is_the_graphs(chromium: Browser, site: Site, role: str) -> None:
    async with visiting(chromium, site.url, f"/resistance#role={role}") as visit:
        shown = visit.page.get_by_role("figure", name="From drug to mechanism")
        drawing = shown.locator("svg")
        await expect(drawing).to_be_visible()
        data = await asked_again(site, shown)
        findings = data["resistanceFindings"]["nodes"]
        assert findings
        drugs = Counter(
            "not known" if each["drug"] is None else each["drug"]["inn"] for each in findings
        )
        nodes = {each["name"]: int(each["findings"]) for each in await told(drawing, "node")}
        assert drugs.items() <= nodes.items()
        flows = await told(drawing, "flow")
        came = Counter(after(each["treatment"]) for each in findings)
        for end, expected in (("from", drugs), ("to", came)):
            seen: Counter[str] = Counter()
            for each in flows:
                seen[each[end]] += int(each["findings"]) if each[end] in expected else 0
            assert +seen == expected
        widths = await drawing.evaluate(
            """svg => [...svg.querySelectorAll('[data-mark="flow"] path')].map(each =>
              [Number(each.getAttribute("stroke-width")), Number(each.dataset.findings)])"""
        )
        # None is thinner than can be seen.
        each_takes = [width / findings for width, findings in widths if width > 1]
        assert each_takes
        assert max(each_takes) == pytest.approx(min(each_takes), rel=0.01)
        (row,) = data["outcomeStatistics"]["rows"]
        mechanisms = row["resistanceMechanisms"]
        forest = visit.page.get_by_role("figure", name="Resistance mechanisms").locator("svg")
        for kind, among in (("profiled", "amongProfiled"), ("progressed", "amongProgressed")):
            assert [
                (mark["mechanism"], int(mark["found"]), int(mark["of"]))
                for mark in await told(forest, kind)
            ] == [
                (
                    each["mechanism"],
                    each[among]["numerator"]["value"],
                    each[among]["denominator"],
                )
                for each in mechanisms["mechanisms"]
            ]
        by_drug = visit.page.get_by_role("figure", name="Mechanisms by drug").locator("svg")
        for kind, among in (("profiled", "amongProfiled"), ("progressed", "amongProgressed")):
            told_of = [
                (mark["label"].split(":")[0].lower(), mark["mechanism"], mark["found"], mark["of"])
                for mark in await told(by_drug, kind)
            ]
            assert told_of
            assert told_of == [
                (
                    row["group"][0]["value"],
                    each["mechanism"],
                    str(each[among]["numerator"]["value"]),
                    str(each[among]["denominator"]),
                )
                for row in data["drugs"]["rows"]
                for each in row["resistanceMechanisms"]["mechanisms"]
            ]
        await visit.check()


@pytest.mark.parametrize(
    ("name", "dimension"), [("Biomarkers", "GENE"), ("Resistance", "DRUG")], ids=["genes", "drugs"]
)
async def test_an_authority_asks_nothing_and_is_shown_what_to_pull(
    chromium: Browser, site: Site, name: str, dimension: str
) -> None:
    async with visiting(chromium, site.url, "/release#role=authority") as visit:
        page = visit.page
        await expect(page.get_by_role("banner")).to_contain_text("Authority")
        await expect(page.get_by_role("region", name="Release 2026.1")).to_be_visible()
        await page.wait_for_load_state("networkidle")
        before = len(visit.requests)
        await page.get_by_role("link", name=name).click()
        await expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
        await expect(page.locator("main h2").first).to_be_visible()
        await expect(page.get_by_role("figure")).to_have_count(0)
        await page.wait_for_load_state("networkidle")
        assert visit.requests[before:] == []
        data = await asked_again(site, page, "ask for it in the playground")
        told_of = [
            (row["group"][0]["dimension"], row["group"][0]["value"], row["patients"]["value"])
            for row in data["outcomeStatistics"]["rows"]
        ]
        assert told_of == [(dimension, *cell.values, cell.patients) for cell in CELLS[dimension]]
        await visit.check()
