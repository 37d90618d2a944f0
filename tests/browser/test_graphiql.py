"""The page at /graphiql, as a person uses it, on the served process."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import sys
from asyncio import create_subprocess_exec, wait_for
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, expect

from tests.browser.conftest import visiting
from tests.browser.flat import table
from tests.browser.visit import Visit
from tests.contract.price import price
from tests.contract.test_examples import FILES, roles
from tests.world import ROOT, World

EXAMPLES = ROOT / "examples"
THREE = ["04_responders_brca", "07_plasma_serial", "08_resistance_evidence"]


def title(name: str) -> str:
    return (EXAMPLES / f"{name}.graphql").read_text().splitlines()[0].removeprefix("# ")


async def asked(url: str, token: str, name: str) -> dict[str, Any]:
    """Ask the graph itself for what an example asks."""
    body = {
        "query": (EXAMPLES / f"{name}.graphql").read_text(),
        "variables": json.loads((EXAMPLES / f"{name}.json").read_text()),
    }
    async with httpx.AsyncClient(timeout=30) as client:
        response = await client.post(
            f"{url}/graphql", json=body, headers={"authorization": f"Bearer {token}"}
        )
    answer: dict[str, Any] = response.json()
    return answer


async def test_a_researcher_takes_three_results_away(visit: Visit, world: World, url: str) -> None:
    page = visit.page
    await visit.act_as("researcher")
    who = page.get_by_role("banner")
    for told in ("SYNTHETIC", "Researcher", "PRJ-CRC-01", "pseudonymised records", "research"):
        await expect(who).to_contain_text(told)
    token = await world.token("researcher")
    for name in THREE:
        await visit.run(title(name))
        answer = await asked(url, token, name)
        file, content = await visit.download("CSV")
        assert re.fullmatch(r"connect-graph-[A-Za-z]+\.csv", file)
        lines = list(csv.reader(io.StringIO(content.decode(), newline=""), strict=True))
        assert lines == table(answer["data"])
        assert len(lines) > 3
        assert content.count(b"\n") == content.count(b"\r\n")
        file, content = await visit.download("JSON")
        assert file.endswith(".json")
        assert json.loads(content)["data"] == answer["data"]
    if screens := os.environ.get("CONNECT_SCREENS"):
        Path(screens).mkdir(parents=True, exist_ok=True)
        await page.screenshot(path=Path(screens) / "graphiql.png")

    used = await page.get_by_label("Token").input_value()
    assert used.count(".") == 2
    kept = await visit.stored()
    assert "RespondersBrca" in kept, "the history is kept"
    for part in (used, *used.split(".")):
        assert part not in kept
        assert all(part not in request for request in visit.requests)


@pytest.mark.parametrize("kind", ["cURL", "Python"])
async def test_a_copied_request_runs(visit: Visit, world: World, url: str, kind: str) -> None:
    await visit.act_as("researcher")
    await visit.choose(title(THREE[0]))
    program = await visit.copied(kind)
    token = await world.token("researcher")
    assert "eyJ" not in program, "a token was copied"
    assert await run(kind, program, token) == await asked(url, token, THREE[0])


async def test_a_token_of_ones_own_and_a_scope(visit: Visit, world: World) -> None:
    page = visit.page
    await expect(page.get_by_role("heading", name="Say who you are")).to_be_visible()
    await page.get_by_label("Token").fill(await world.token("clinician"))
    await page.get_by_label("Scope").fill("SITE-OUS")
    await page.get_by_label("Scope").press("Enter")
    await expect(page.get_by_role("banner")).to_contain_text("Site SITE-OUS")
    await visit.choose(title("14_identified"))
    assert "-H 'X-Scope: SITE-OUS'" in await visit.copied("cURL")
    assert '"X-Scope": "SITE-OUS"' in await visit.copied("Python")
    await page.get_by_role("button", name="Forget").click()
    await expect(page.get_by_role("heading", name="Say who you are")).to_be_visible()
    assert await page.get_by_label("Token").input_value() == ""


async def test_a_role_has_its_own_examples_and_no_others_results(visit: Visit) -> None:
    page = visit.page
    await visit.act_as("authority")
    await expect(page.get_by_role("banner")).to_contain_text("SYNTHETIC")
    own = [path for path in FILES if "authority" in roles(path)]
    await expect(page.get_by_role("region", name="Examples").get_by_role("listitem")).to_have_count(
        len(own)
    )
    await visit.run(title("02_cohort"))
    await expect(page.get_by_role("button", name="CSV", exact=True)).to_be_enabled()
    await page.get_by_label("Demo role").select_option("partner")
    await expect(page.get_by_role("banner")).to_contain_text("Partner")
    await expect(page.get_by_role("button", name="CSV", exact=True)).to_be_disabled()


@pytest.mark.parametrize(("role", "cost"), [("partner", 10), ("authority", 4), ("steward", 10)])
async def test_the_badge_costs_little(visit: Visit, role: str, cost: int) -> None:
    asked: list[str] = []
    visit.page.on(
        "request",
        lambda request: (
            asked.append(json.loads(request.post_data or "{}").get("query", ""))
            if request.url.endswith("/graphql")
            else None
        ),
    )
    await visit.act_as(role)
    await expect(visit.page.get_by_role("banner")).to_contain_text("SYNTHETIC")
    (what,) = (query for query in asked if query.startswith("query What"))
    assert price(what, {}) == cost


async def test_a_refusal_says_what_to_do(chromium: Browser, url: str) -> None:
    """The browser itself notes a 401 on the console, so this visit is not held to silence."""
    async with visiting(chromium, url) as visit:
        await visit.page.get_by_label("Token").fill("not.a.token")
        await visit.page.get_by_role("button", name="Use").click()
        await expect(visit.page.get_by_role("alert")).to_contain_text("get a new one")
        assert "not.a.token" not in await visit.stored()


async def test_everything_goes_by_keyboard(visit: Visit) -> None:
    page = visit.page
    await expect(page.get_by_role("button", name="Use")).to_be_visible()
    await expect(page.get_by_label("Demo role")).to_be_visible()
    await tab_to(visit, "Demo role")
    await page.keyboard.type("Researcher")
    await expect(page.get_by_role("region", name="Examples")).to_be_visible()
    await tab_to(visit, title(THREE[0]))
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name=title(THREE[0]))).to_have_attribute(
        "aria-current", "true"
    )
    async with page.expect_response("**/graphql"):
        await page.keyboard.press("Control+Enter")
    await expect(page.get_by_role("button", name="CSV", exact=True)).to_be_enabled()
    await page.keyboard.press("Control+m")  # Monaco: Tab moves the focus from now on
    await tab_to(visit, "CSV")
    async with page.expect_download() as started:
        await page.keyboard.press("Enter")
    assert (await started.value).suggested_filename == "connect-graph-RespondersBrca.csv"


async def run(kind: str, program: str, token: str) -> Any:
    command = ("sh", "-c") if kind == "cURL" else (sys.executable, "-c")
    process = await create_subprocess_exec(
        *command, program, env={**os.environ, "TOKEN": token}, stdout=PIPE
    )
    output, _ = await wait_for(process.communicate(), 60)
    return json.loads(output)


async def tab_to(visit: Visit, name: str) -> None:
    """Press Tab until what has the focus has a name."""
    seen = []
    for _ in range(90):
        await visit.page.keyboard.press("Tab")
        focused = await visit.page.evaluate(
            "(e => e.labels?.[0]?.firstChild.textContent || e.ariaLabel || e.textContent)"
            "(document.activeElement)"
        )
        seen.append(str(focused).strip()[:40])
        if str(focused).strip() == name:
            return
    raise AssertionError(f"Tab never reaches {name}: {seen}")


async def test_what_the_editor_drops_is_no_failure(chromium: Browser, url: str) -> None:
    reject = """(name) => new Promise((done) => {
      addEventListener("unhandledrejection", () => setTimeout(done));
      Promise.reject(Object.assign(new Error(name), { name }));
    })"""
    async with visiting(chromium, url) as visit:
        await expect(visit.page.get_by_role("banner")).to_be_visible()
        await visit.page.evaluate(reject, "Canceled")
        assert visit.told == []
        await visit.page.evaluate(reject, "Broken")
        assert visit.told == ["Broken"]
