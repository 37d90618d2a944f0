from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.house.repository import ROOT

DECISIONS = sorted((ROOT / "docs" / "decisions").iterdir())
HEADINGS = ["Context", "Decision", "Alternatives", "Consequences", "Evidence"]
MOST_LINES = 40


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.name)
def test_a_decision_is_short_and_has_its_headings(path: Path) -> None:
    text = path.read_text()
    assert re.match(r"^\d{4}-[a-z0-9-]+\.md$", path.name)
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS
    assert len(text.splitlines()) <= MOST_LINES
    for heading in HEADINGS:
        section = text.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
        assert section.strip(), f"{heading} is empty"


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = [int(path.name[:4]) for path in DECISIONS]
    assert numbers == list(range(1, len(numbers) + 1))
