"""Biomarkers and resistance, read back from their drawings: they are what the graph told."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.async_api import Browser, Locator, expect

from tests.browser.conftest import visiting
from tests.browser.reading import told
from tests.journey.conftest import CELLS, Site

ROLES = ["researcher", "steward"]


async def asked_again(site: Site, shown: Locator) -> dict[str, Any]:
    """Ask the query behind a figure once more, past the page."""
    link = shown.get_by_role("link", name="The query behind it")
    given = parse_qs(urlsplit(str(await link.get_attribute("href"))).fragment)
    async with httpx.AsyncClient(base_url=site.url, timeout=30) as http:
        tokens = (await http.get("/graphiql/demo-tokens")).json()
        answer = await http.post(
            "/graphql",
            json=json.loads(given["operation"][0]),
            headers={"authorization": f"Bearer {tokens[given['role'][0]]}"},
        )
    data: dict[str, Any] = answer.json()["data"]
    return data


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
    async with httpx.AsyncClient(base_url=site.url, timeout=30) as http:
        token = (await http.get("/graphiql/demo-tokens")).json()[role]
        answer = await http.post(
            "/graphql",
            json={"query": f"{{ patients(first: 1, where: {where}) {{ totalCount }} }}"},
            headers={"authorization": f"Bearer {token}"},
        )
    return int(answer.json()["data"]["patients"]["totalCount"])


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
        for drug, number in drugs.items():
            assert sum(int(each["findings"]) for each in flows if each["from"] == drug) == number
        widths = await drawing.evaluate(
            """svg => [...svg.querySelectorAll('[data-mark="flow"] path')].map(each =>
              Number(each.getAttribute("stroke-width")) / Number(each.dataset.findings))"""
        )
        assert max(widths) == pytest.approx(min(widths), rel=0.01) or min(widths) <= 1
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
        link = page.get_by_role("link", name="ask for it in the playground")
        given = parse_qs(urlsplit(str(await link.get_attribute("href"))).fragment)
        async with httpx.AsyncClient(base_url=site.url, timeout=30) as http:
            tokens = (await http.get("/graphiql/demo-tokens")).json()
            answer = await http.post(
                "/graphql",
                json=json.loads(given["operation"][0]),
                headers={"authorization": f"Bearer {tokens['authority']}"},
            )
        body = answer.json()
        assert "errors" not in body, answer.text
        told_of = [
            (row["group"][0]["dimension"], row["group"][0]["value"], row["patients"]["value"])
            for row in body["data"]["outcomeStatistics"]["rows"]
        ]
        assert told_of == [(dimension, *cell.values, cell.patients) for cell in CELLS[dimension]]
        await visit.check()


async def test_one_cohort_is_drawn_as_it_was_told(chromium: Browser, site: Site) -> None:
    async with visiting(chromium, site.url, "/cohorts/TRAPER-ERBB2-CRC#role=steward") as visit:
        page = visit.page
        waterfall = page.get_by_role("figure", name="Best change of target lesions")
        await expect(waterfall.locator("svg")).to_be_visible()
        data = await asked_again(site, waterfall)
        treatments = {each["id"]: each for each in data["cohort"]["treatments"]["nodes"]}
        bars = await told(waterfall.locator("svg"), "change")
        assert len(bars) > 1
        changes = [float(bar["change"]) for bar in bars]
        assert changes == sorted(changes, reverse=True)
        for bar in bars:
            treatment = treatments[bar["id"]]
            assert bar["response"] == (treatment["outcome"]["bestOverallResponse"] or "")
            seen = {each["changeFromBaseline"] for each in treatment["responses"]}
            assert float(bar["change"]) in seen
        swimmer = page.get_by_role("figure", name="Time on treatment").locator("svg")
        lanes = await told(swimmer, "lane")
        assert {lane["id"] for lane in lanes} <= set(treatments)
        await visit.check()
