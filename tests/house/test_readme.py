"""The README's query gives the README's answer, and its links lead somewhere."""

from __future__ import annotations

import json
import re

from tests.house.repository import ROOT
from tests.world import World

TEXT = (ROOT / "README.md").read_text()


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)
    assert found is not None
    return found[1]


async def test_the_query_has_the_answer(demonstration: World) -> None:
    answer = await demonstration.answer("partner", block("graphql"))
    assert json.loads(block("json")) == answer.body


def test_links_lead_somewhere() -> None:
    documents = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *(ROOT / "docs").rglob("*.md")]
    broken = [
        f"{document.name}: {target}"
        for document in documents
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text())
        if not (document.parent / target).exists()
    ]
    assert not broken
