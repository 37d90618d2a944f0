"""The document for authorities: its blocks run against what was published, and answer as shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from db.aggregate.dimension import DIMENSIONS
from tests.clients.program import NO_JQ, NO_R, has_jq, has_r
from tests.tutorial.lesson import NOTHING, answered, blocks
from tests.world import ROOT, World

FILE = ROOT / "docs" / "authorities.md"


def test_the_document_shows_what_is_answered(world: World, served: str, tmp_path: Path) -> None:
    if not has_jq():
        pytest.skip(NO_JQ)
    text = FILE.read_text()
    missing = not has_r()
    shown = answered(
        text,
        served,
        world.environment,
        tmp_path,
        without=frozenset({"r"}) if missing else NOTHING,
    )
    assert shown == text
    if missing:
        pytest.skip(NO_R)


def test_only_excel_is_not_run() -> None:
    marks = {block.mark for block in blocks(FILE.read_text()) if not block.runs}
    assert marks == {"answer", "not run: Excel runs it"}


def test_the_dictionary_has_every_dimension_and_the_readme_the_document() -> None:
    assert ", ".join(DIMENSIONS) in FILE.read_text()
    assert "](docs/authorities.md)" in (ROOT / "README.md").read_text()
