"""The Kaplan-Meier curve, read back from its drawing: it is the one that the graph told."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Locator

from tests.browser.reading import Scale, bundle, draw, path, ticks, told
from tests.world import World

QUERY = """query ($by: [OutcomeDimension!]!) { outcomeStatistics(by: $by) { rows {
  group { value }
  progressionFreeSurvival { ...curve } overallSurvival { ...curve }
} } }
fragment curve on SurvivalCurve { patients events censored eventUnknown timeUnknown level
  median { value lower upper } points { day survival lower upper atRisk events censored } }"""
CALL = """drawn.drawSurvival(given.curves, {
  title: "Survival", axis: "progression-free", since: "the start", width: given.width })"""


@pytest.fixture(scope="module")
def script() -> str:
    return bundle("figures/survival.ts")


async def curves(world: World, by: list[str]) -> list[dict[str, Any]]:
    answer = await world.answer("steward", QUERY, {"by": by})
    rows: list[dict[str, Any]] = answer.body["data"]["outcomeStatistics"]["rows"]
    return rows


async def drawn(
    chromium: Browser, script: str, given: list[dict[str, Any]], width: int = 640
) -> Locator:
    page = await chromium.new_page(viewport={"width": width + 20, "height": 500})
    return await draw(page, script, CALL, {"curves": given, "width": width})


@pytest.mark.parametrize("kind", ["progressionFreeSurvival", "overallSurvival"])
@pytest.mark.parametrize("width", [340, 640])
async def test_a_curve_is_the_graphs(
    chromium: Browser, world: World, script: str, kind: str, width: int
) -> None:
    (row,) = await curves(world, [])
    curve = row[kind]
    assert len(curve["points"]) > 20
    drawing = await drawn(chromium, script, [{"name": "all", "curve": curve}], width)
    if screens := os.environ.get("CONNECT_SCREENS"):
        Path(screens).mkdir(parents=True, exist_ok=True)
        await drawing.screenshot(path=Path(screens) / f"survival-{kind}-{width}.png")
    weeks = Scale.of(await ticks(drawing, "x"))
    shares = Scale.of(await ticks(drawing, "y"))

    def near(place: tuple[float, float], day: int, share: float) -> bool:
        x, y = place
        return (
            abs(weeks.value(x) * 7 - day) < weeks.pixel * 7 * 0.6
            and abs(shares.value(y) - share) < shares.pixel * 0.6
        )

    # The line goes level to each day, and then down to what is left.
    corners = await path(drawing, "curve")
    expected = [(0, 1.0)]
    for point in curve["points"]:
        expected += [(point["day"], expected[-1][1]), (point["day"], point["survival"])]
    kept = [each for each, before in zip(expected[1:], expected, strict=False) if each != before]
    seen = [each for each, before in zip(corners[1:], corners, strict=False) if each != before]
    assert near(corners[0], 0, 1.0)
    assert len(seen) == len(kept)
    assert all(near(corner, *each) for corner, each in zip(seen, kept, strict=True))

    # The interval reaches over every day that has one, from its lower to its upper end.
    band = await path(drawing, "interval")
    for point in curve["points"]:
        if point["lower"] is not None:
            for end in ("lower", "upper"):
                assert any(near(corner, point["day"], point[end]) for corner in band), point

    marks = await told(drawing, "censored")
    assert [(int(each["day"]), int(each["censored"])) for each in marks] == [
        (point["day"], point["censored"]) for point in curve["points"] if point["censored"]
    ]
    assert sum(int(each["censored"]) for each in marks) == curve["censored"]

    # Under observation at a tick: all but those who had the event or left before it.
    left = {int(each["day"]): each for each in await told(drawing, "at risk")}
    assert sorted(left) == [round(week * 7) for week in sorted(await ticks(drawing, "x"))]
    for day, each in left.items():
        gone = sum(p["events"] + p["censored"] for p in curve["points"] if p["day"] < day)
        assert each["text"] == each["atRisk"] == str(curve["patients"] - gone)

    median = await told(drawing, "median")
    half = curve["median"]["value"]
    assert [int(each["day"]) for each in median] == ([] if half is None else [half])
    (line,) = await told(drawing, "curve")
    assert json.loads(line["points"]) == curve["points"]


async def test_curves_beside_each_other(chromium: Browser, world: World, script: str) -> None:
    rows = await curves(world, ["SEX"])
    given = [
        {"name": row["group"][0]["value"], "curve": row["progressionFreeSurvival"]} for row in rows
    ]
    assert len(given) >= 2
    drawing = await drawn(chromium, script, given)
    if screens := os.environ.get("CONNECT_SCREENS"):
        await drawing.screenshot(path=Path(screens) / "survival-beside.png")
    lines = await told(drawing, "curve")
    assert {line["name"]: json.loads(line["points"]) for line in lines} == {
        each["name"]: each["curve"]["points"] for each in given
    }
    described = str(await drawing.locator("desc").text_content())
    for each in given:
        assert f"{each['name']}: {each['curve']['patients']} treatments" in described


@pytest.mark.parametrize(
    ("points", "median"),
    [
        ([], None),
        ([(10, 1.0, 1.0, 1.0, 1, 0, 1)], None),
        ([(10, 0.0, None, None, 2, 2, 0)], 10),
        ([(0, 0.5, 0.01, 0.9, 2, 1, 0), (9, 0.5, 0.01, 0.9, 1, 0, 1)], 0),
    ],
)
async def test_few_and_none(
    chromium: Browser, script: str, points: list[tuple[Any, ...]], median: int | None
) -> None:
    names = ("day", "survival", "lower", "upper", "atRisk", "events", "censored")
    curve = {
        "patients": points[0][4] if points else 0,
        "events": sum(each[5] for each in points),
        "censored": sum(each[6] for each in points),
        "eventUnknown": 0,
        "timeUnknown": 0,
        "level": 0.95,
        "median": {"value": median, "lower": None, "upper": None},
        "points": [dict(zip(names, each, strict=True)) for each in points],
    }
    drawing = await drawn(chromium, script, [{"name": "few", "curve": curve}])
    (line,) = await told(drawing, "curve")
    assert json.loads(line["points"]) == curve["points"]
    assert "NaN" not in await drawing.inner_html()
