"""Every block of a tutorial runs against a served graph, and answers what the tutorial shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from connect_graph.cli import DEMO_SEED
from tests.tutorial.lesson import FILES, answered, blocks, written
from tests.world import ROOT, SEED, World, serving

NOT_RUN = {"make demo\n": "not run: the tests start the same server on a port of their own"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_tutorial_shows_what_the_server_answers(
    demonstration: World, tmp_path: Path, file: Path
) -> None:
    text = file.read_text()
    with serving(demonstration.environment) as (address, _):
        shown = answered(text, address, demonstration.environment, tmp_path)
    assert shown == text, "run `make snapshots` and read what changed"


def test_the_tests_invent_the_demonstrations_patients() -> None:
    assert SEED == DEMO_SEED


def test_what_does_not_run_is_known() -> None:
    marked = [block for file in FILES for block in blocks(file.read_text()) if not block.runs]
    assert {each.text: each.mark for each in marked if each.mark != "answer"} == NOT_RUN
    assert {each.language for each in marked if each.mark == "answer"} == {"json", "text"}


def test_every_tutorial_is_linked_and_run() -> None:
    assert set(FILES) == set((ROOT / "docs").glob("tutorial-*.md"))
    readme = (ROOT / "README.md").read_text()
    assert all(f"](docs/{file.name})" in readme for file in FILES)


@pytest.mark.parametrize("mark", ["", "<!-- not run -->\n", "<!-- answered -->\n"])
def test_a_block_without_a_known_mark_runs(mark: str) -> None:
    (block,) = blocks(f"Text\n\n{mark}```bash\nfalse\n```\n")
    assert block.runs


def test_a_block_that_fails_fails(world: World, url: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"in: ls nowhere"):
        answered("```bash\nls nowhere\n```\n", url, {}, tmp_path)


def test_a_query_that_is_refused_fails(world: World, url: str, tmp_path: Path) -> None:
    text = (
        "```bash\nexport GRAPH=http://127.0.0.1:8000/graphql TOKEN=none\n```\n"
        "```graphql\n{ viewer { role } }\n```\n"
    )
    with pytest.raises(AssertionError, match="401"):
        answered(text, url, world.environment, tmp_path)


async def test_errors_that_are_not_shown_fail(world: World, url: str, tmp_path: Path) -> None:
    token = await world.token("authority")
    environment = {**world.environment, "GRAPH": f"{url}/graphql", "TOKEN": token}
    text = "```graphql\n{ patients { totalCount } }\n```\n"
    with pytest.raises(AssertionError, match="FIELD_NOT_AVAILABLE"):
        answered(text, url, environment, tmp_path)


def test_json_is_written_within_the_width() -> None:
    assert written({"a": [1, None, "å"]}) == '{"a": [1, null, "å"]}'
    long = {"a": ["x" * 60, "y" * 60], "b": {}}
    assert written(long).splitlines()[0] == "{"
    assert max(map(len, written(long).splitlines())) <= 100
