"""The outcome pages: what is drawn and taken away is what the graph told, as whoever looks."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree as ET

import httpx
import pytest
from playwright.async_api import Browser, Locator, Page, expect

from connect_graph import database
from connect_graph.settings import ROLES, Settings
from db.pool import Pools
from db.release.freeze import freeze
from db.synthetic.load import synthesize
from resolvers.execute import Graph
from tests.browser.conftest import visiting
from tests.browser.reading import Scale, ticks, told
from tests.browser.visit import Visit
from tests.conftest import Clone
from tests.statistics.publication import DIGEST, Cell, publish
from tests.world import PATIENTS, SEED, World, serving

MEASURES = {
    "Objective response by cohort": "objectiveResponse",
    "Clinical benefit at week 16 by cohort": "clinicalBenefit16w",
}

CELLS: dict[str, Sequence[Cell]] = {
    "COHORT": (
        Cell(("ALE-ALK-CUP",)),
        Cell(("ALP-PIK3CA-GYN",), 12, (6, 8), (0, 2), (0, 2)),
        Cell(("CAP-MET-CUP",), 9, None, (4, 6), None),
        Cell(("OLA-BRCA-BTC",), 26, (24, 24), (4, 4), (9, 9)),
        Cell(("TRA-BRAF-CRC",), 8, (8, 8), (0, 1), (0, 1)),
    )
}


@pytest.fixture(scope="module")
async def world(clone: Clone, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """Give the synthetic set with a publication: exact, in bands and withheld."""
    directory = tmp_path_factory.mktemp("outcomes")
    settings = Settings.load({"CONNECT_DEMO": "1", "CONNECT_DATA_DIR": str(directory)})
    async with clone() as copy:
        await database.prepare(settings, copy.url)
        async with database.connected(copy.url) as connection:
            await synthesize(connection, PATIENTS, SEED, database.pseudonyms(settings))
            await publish(connection, "2026.1", CELLS)
        pools = await Pools.open({role: copy.login(role) for role in ROLES}, size=1)
        yield World(copy, directory, pools, Graph.make())
        await pools.close()


@pytest.fixture(scope="module")
def url(world: World) -> Iterator[str]:
    with serving(world.environment) as (address, _):
        yield address


def figure(page: Page, title: str) -> Locator:
    return page.get_by_role("figure", name=title)


async def behind(shown: Locator) -> tuple[dict[str, Any], str]:
    """Give the question of a figure, and the role that it was asked in."""
    link = shown.get_by_role("link", name="The query behind it")
    fragment = urlsplit(str(await link.get_attribute("href"))).fragment
    given = parse_qs(fragment, strict_parsing=True)
    return json.loads(given["operation"][0]), given["role"][0]


async def answer(url: str, token: str, question: dict[str, Any]) -> dict[str, Any]:
    async with httpx.AsyncClient(timeout=30) as client:
        response = await client.post(
            f"{url}/graphql", json=question, headers={"authorization": f"Bearer {token}"}
        )
    data: dict[str, Any] = response.json()["data"]
    return data


async def taken(shown: Locator, kind: str) -> str:
    async with shown.page.expect_download() as started:
        await shown.get_by_role("button", name=kind, exact=True).click()
    download = await started.value
    assert download.suggested_filename.endswith(kind.lower())
    return Path(await download.path()).read_bytes().decode()


@pytest.mark.parametrize("role", ["authority", "steward", "partner"])
@pytest.mark.parametrize("width", [360, 1440])
async def test_a_forest_plot_is_the_graphs(
    chromium: Browser, world: World, url: str, role: str, width: int
) -> None:
    async with visiting(chromium, url, f"/#role={role}") as visit:
        page = visit.page
        await page.set_viewport_size({"width": width, "height": 800})
        for title, measure in MEASURES.items():
            shown = figure(page, title)
            drawing = shown.locator("svg")
            await expect(drawing).to_be_visible()
            question, asked_as = await behind(shown)
            assert asked_as == role
            data = await answer(url, await world.token(role), question)
            outcomes = {
                each["code"]: each["outcomes"][measure]
                for each in data["cohorts"]["nodes"]
                if each["outcomes"] is not None
            }
            assert outcomes
            await is_drawn(drawing, outcomes)
            rows = list(csv.reader(io.StringIO(await taken(shown, "CSV"), newline="")))
            assert [row[0] for row in rows[1:]] == list(outcomes)
            for row in rows[1:]:
                assert row[2:] == cells(outcomes[row[0]]), row
            await shown.get_by_role("button", name="Table").click()
            table = await shown.get_by_role("row").evaluate_all(
                "rows => rows.map(row => [...row.cells].map(cell => cell.innerText))"
            )
            assert [
                [each.replace("\N{EN DASH}\nwithheld or not known", "") for each in r]
                for r in table
            ] == rows
        assert await page.evaluate("document.documentElement.scrollWidth") == width
        await visit.check()


async def test_a_cohorts_curve_is_the_graphs(chromium: Browser, world: World, url: str) -> None:
    async with visiting(chromium, url, "/#role=steward") as visit:
        page = visit.page
        await figure(page, next(iter(MEASURES))).get_by_role("link", name="OLA-BRCA-BTC").click()
        await expect(page.get_by_role("heading", name="OLA-BRCA-BTC", level=1)).to_be_visible()
        shown = figure(page, "Progression-free survival")
        drawing = shown.locator("svg")
        await expect(drawing).to_be_visible()
        question, _ = await behind(shown)
        data = await answer(url, await world.token("steward"), question)
        curve = data["cohort"]["outcomes"]["progressionFreeSurvival"]
        (line,) = await told(drawing, "curve")
        assert json.loads(line["points"]) == curve["points"]
        rows = list(csv.reader(io.StringIO(await taken(shown, "CSV"), newline="")))[1:]
        assert [[int(row[0]), *map(int, row[4:])] for row in rows] == [
            [each[name] for name in ("day", "atRisk", "events", "censored")]
            for each in curve["points"]
        ]
        assert [float(row[1]) for row in rows] == pytest.approx(
            [each["survival"] * 100 for each in curve["points"]], abs=0.006
        )
        await visit.check()


async def test_an_authority_gets_no_curve(chromium: Browser, url: str) -> None:
    async with visiting(chromium, url, "/cohorts/OLA-BRCA-BTC#role=authority") as visit:
        await expect(figure(visit.page, "Response and benefit")).to_contain_text("4 of 26")
        await expect(figure(visit.page, "Progression-free survival")).to_have_count(0)
        await expect(visit.page.get_by_role("region", name="What the cohort is")).to_contain_text(
            "26"
        )
        await visit.check()
    async with visiting(chromium, url, "/cohorts/ALE-ALK-CUP#role=authority") as visit:
        await expect(visit.page.get_by_role("heading", name="Withheld")).to_be_visible()
        await visit.check()
    async with visiting(chromium, url, "/cohorts/NO-SUCH#role=authority") as visit:
        told = visit.page.get_by_role("heading", name="There is no such cohort")
        await expect(told).to_be_visible()
        await visit.check()


async def is_drawn(drawing: Locator, outcomes: dict[str, Any]) -> None:
    """Compare the numbers that marks carry, and where they stand."""
    scale = Scale.of(await ticks(drawing, "x"))
    places = await drawing.evaluate(
        """svg => Object.fromEntries(["interval", "band", "estimate"].map(kind => [kind,
          [...svg.querySelectorAll(`[data-mark="${kind}"] > *`)].map(each => [each.dataset.label,
            each.getAttribute("x1") ?? each.getAttribute("transform").match(/[\\d.]+/)[0],
            each.getAttribute("x2")])]))"""
    )

    def near(place: str, share: float) -> bool:
        return abs(scale.value(float(place)) - share) < scale.pixel * 0.6

    shares = {
        code: each for code, each in outcomes.items() if each["estimate"]["lower"] is not None
    }
    exact = {code for code, each in shares.items() if each["estimate"]["value"] is not None}
    assert {each[0] for each in places["interval"]} == set(shares)
    assert {each[0] for each in places["estimate"]} == exact
    assert {each[0] for each in places["band"]} == set(shares) - exact
    for code, start, end in places["interval"]:
        interval = shares[code]["confidenceInterval"]
        assert near(start, interval["lower"])
        assert near(end, interval["upper"])
    for code, start, end in places["band"]:
        assert near(start, shares[code]["estimate"]["lower"])
        assert near(end, shares[code]["estimate"]["upper"])
    for code, place, _ in places["estimate"]:
        assert near(place, shares[code]["estimate"]["value"])
    for mark in [*await told(drawing, "band"), *await told(drawing, "estimate")]:
        share = shares[mark["label"]]
        for end in ("lower", "upper"):
            assert float(mark[end]) == share["estimate"][end]
            assert int(mark[f"numerator{end.title()}"]) == share["numerator"][end]
    for mark in await told(drawing, "interval"):
        for end in ("lower", "upper"):
            assert float(mark[end]) == shares[mark["label"]]["confidenceInterval"][end]
    text = str(await drawing.evaluate("svg => svg.textContent"))
    assert text.count("withheld") == sum(each["suppressed"] for each in outcomes.values())


def cells(share: dict[str, Any]) -> list[str]:
    """Give what a row of the CSV says after its cohort and denominator."""
    if share["suppressed"]:
        return ["withheld"] * 6
    numbers = [share[name][end] for name in ("numerator",) for end in ("lower", "upper")]
    percentages = [
        share[name][end]
        for name in ("estimate", "confidenceInterval")
        for end in ("lower", "upper")
    ]
    shown = ["" if each is None else f"{each * 100:.2f}" for each in percentages]
    short = [each.rstrip("0").rstrip(".") if "." in each else each for each in shown]
    return [*map(str, numbers), *short]


async def test_a_drawing_is_a_file_of_its_own(chromium: Browser, url: str) -> None:
    async with visiting(chromium, url, "/#role=authority") as visit:
        shown = figure(visit.page, next(iter(MEASURES)))
        await expect(shown.locator("svg")).to_be_visible()
        text = await taken(shown, "SVG")
        root = ET.fromstring(text)  # noqa: S314  our own
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert "var(" not in text
        assert "currentColor" not in text
        assert "href" not in text
        assert "<title>Objective response by cohort</title>" in text


async def test_one_goes_from_page_to_page_as_who_one_is(chromium: Browser, url: str) -> None:
    async with visiting(chromium, url, "/#role=authority") as visit:
        page = visit.page
        await expect(page.get_by_role("banner")).to_contain_text("Authority")
        await expect(page.get_by_role("banner")).to_contain_text("SYNTHETIC")
        assert page.url == f"{url}/", "the role is taken out of the address"
        loaded = [each for each in visit.requests if each == f"{url}/"]
        await page.get_by_role("link", name="Releases").click()
        await expect(page.get_by_role("heading", name="Releases", level=1)).to_be_visible()
        assert page.url == f"{url}/release"
        assert await page.title() == "Releases · Connect Graph"
        release = page.get_by_role("region", name="Release 2026.1")
        for text in ("Digest of what is told", DIGEST, "by-hand", "Told by cohort"):
            await expect(release).to_contain_text(text)
        await page.go_back()
        await expect(page.get_by_role("heading", name="Cohorts", level=1)).to_be_visible()
        await expect(page.get_by_role("banner")).to_contain_text("Authority")
        assert [each for each in visit.requests if each == f"{url}/"] == loaded
        kept = await visit.stored()
        assert "eyJ" not in kept
        await visit.check()


async def test_a_release_without_aggregates(chromium: Browser, world: World, url: str) -> None:
    async with database.connected(world.database.url) as connection:
        await freeze(connection, "2026.2")
    async with visiting(chromium, url, "/release#role=steward") as visit:
        release = visit.page.get_by_role("region", name="Release 2026.2")
        await expect(release).to_contain_text("Frozen, not published")
        await expect(release).to_contain_text("no aggregates")
        await visit.check()


async def test_it_goes_by_keyboard(chromium: Browser, url: str) -> None:
    async with visiting(chromium, url, "/#role=steward") as visit:
        page = visit.page
        await expect(figure(page, next(iter(MEASURES))).locator("svg")).to_be_visible()
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="To the content")).to_be_focused()
        await page.keyboard.press("Enter")
        assert await page.evaluate("document.activeElement.id") == "content"
        table = figure(page, next(iter(MEASURES))).get_by_role("button", name="Table")
        for _ in range(60):
            await page.keyboard.press("Tab")
            if await table.evaluate("each => each === document.activeElement"):
                break
        await page.keyboard.press("Enter")
        await expect(table).to_have_attribute("aria-expanded", "true")
        await expect(page.get_by_role("table", name=next(iter(MEASURES)))).to_be_visible()
        await visit.check()


async def test_signed_out_one_is_told_how_to_come_in(chromium: Browser, url: str) -> None:
    async with visiting(chromium, url, "/release") as visit:
        page = visit.page
        await expect(page.get_by_role("heading", name="Say who you are")).to_be_visible()
        await expect(page.get_by_role("main")).not_to_contain_text("Digest")
        await page.get_by_role("button", name="Researcher").click()
        await expect(page.get_by_role("heading", name="Releases", level=1)).to_be_visible()
        await visit.check()


async def intercept(visit: Visit, act: Any) -> None:
    """Meddle with what the page itself asks: who asks is still found out."""

    async def meddle(route: Any) -> None:
        query = json.loads(route.request.post_data or "{}").get("query", "")
        await (act(route) if query.startswith("query Cohorts") else route.continue_())

    await visit.page.route("**/graphql", meddle)


async def test_a_slow_server(chromium: Browser, url: str) -> None:
    async with visiting(chromium, url, "/release#role=steward") as visit:
        page = visit.page
        await expect(page.get_by_role("region", name="Release 2026.1")).to_be_visible()
        waiting: list[Any] = []

        async def hold(route: Any) -> None:
            if waiting:
                await route.continue_()
            else:
                waiting.append(route)

        await intercept(visit, hold)
        await page.clock.install()
        await page.get_by_role("link", name="Cohorts").click()
        await expect(page.get_by_role("heading", name="Cohorts", level=1)).to_be_visible()
        await expect(page.locator(".skeleton")).to_have_count(0)
        await page.clock.fast_forward(500)
        await expect(page.locator(".skeleton")).to_be_visible()
        await page.clock.fast_forward(10_000)
        await expect(page.get_by_role("status").filter(has_text="takes longer")).to_be_visible()
        await page.get_by_role("button", name="Try again").click()
        await expect(figure(page, next(iter(MEASURES)))).to_be_visible()


@pytest.mark.parametrize(
    ("status", "error", "title", "told"),
    [
        (
            500,
            {"code": "INTERNAL", "reference": "0a1b2c3d4e5f"},
            "This did not come",
            ("INTERNAL", "0a1b2c3d4e5f"),
        ),
        (401, {"code": "UNAUTHENTICATED"}, "Your session has ended", ("give a new token",)),
        (None, {}, "This did not come", ("cannot be reached",)),
    ],
)
async def test_a_failing_server(
    chromium: Browser,
    url: str,
    status: int | None,
    error: dict[str, str],
    title: str,
    told: tuple[str, ...],
) -> None:
    async with visiting(chromium, url, "/release#role=steward") as visit:
        page = visit.page
        await expect(page.get_by_role("region", name="Release 2026.1")).to_be_visible()
        body = {"errors": [{"message": "Something went wrong here.", "extensions": error}]}

        async def fail(route: Any) -> None:
            if status is None:
                await route.abort()
            else:
                await route.fulfill(status=status, json=body)

        await intercept(visit, fail)
        await page.get_by_role("link", name="Cohorts").click()
        alert = page.get_by_role("alert")
        await expect(alert.get_by_role("heading", name=title)).to_be_visible()
        for text in told:
            await expect(alert).to_contain_text(text)
        await page.unroute_all(behavior="ignoreErrors")
        if "UNAUTHENTICATED" not in error.values():
            await alert.get_by_role("button", name="Try again").click()
            await expect(figure(page, next(iter(MEASURES)))).to_be_visible()
