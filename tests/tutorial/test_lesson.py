"""Every block of a document runs against a served graph, and answers what the document shows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from connect_graph.cli import DEMO_SEED
from connect_graph.gateway import FOLDER
from tests.clients.program import NO_JQ, NO_R, NOT_BUILT, has_jq, has_r, is_built
from tests.tutorial.lesson import (
    CLIENTS,
    DATA_MANAGER,
    FILES,
    JOINING,
    NOTHING,
    SERVED,
    answered,
    blocks,
    interpreter,
    own,
    written,
)
from tests.world import ROOT, SEED, Database, World, serving

PARTNER = ROOT / "docs" / "tutorial-partner.md"

NOT_RUN = {
    "make demo\n": "not run: the tests start the same server on a port of their own",
    "make clients\n"
    "pip install clients/python/dist/connect_graph_client-*.whl\n": "not run: the tests have "
    "what it makes installed",
    """TOKEN=$(curl --silent --show-error --fail-with-body "$TOKEN_ENDPOINT" \\
  --data grant_type=client_credentials --data-urlencode "resource=$RESOURCE" \\
  --data-urlencode "client_id=$CLIENT_ID" --data-urlencode client_secret@client_secret.txt \\
  | jq --exit-status --raw-output .access_token)
""": "not run: tests/identity runs it, against a provider",
}


@pytest.fixture(scope="module")
def served(demonstration: World) -> Iterator[str]:
    """Serve the demonstration once, for all documents."""
    with serving(demonstration.environment) as (address, _):
        yield address


@pytest.mark.parametrize("file", SERVED, ids=lambda file: file.stem)
def test_a_document_shows_what_the_server_answers(
    demonstration: World, served: str, tmp_path: Path, file: Path
) -> None:
    if file == CLIENTS and not is_built():
        pytest.skip(NOT_BUILT)
    if file in {CLIENTS, PARTNER} and not has_jq():
        pytest.skip(NO_JQ)
    if file == JOINING and not (FOLDER / "node_modules" / "@graphql-hive").is_dir():
        pytest.skip("the gateway's Node packages are not there: run make setup")
    text = file.read_text()
    missing = any(block.language == "r" for block in blocks(text)) and not has_r()
    shown = answered(
        text,
        served,
        demonstration.environment,
        tmp_path,
        python=interpreter(file),
        without=frozenset({"r"}) if missing else NOTHING,
    )
    assert shown == text, "run `make snapshots` and read what changed"
    if missing:
        pytest.skip(NO_R)


async def test_the_data_manager_s_shows_what_the_commands_say(
    empty: Callable[[], Awaitable[str]], password: str | None, tmp_path: Path
) -> None:
    text = DATA_MANAGER.read_text()
    place = tmp_path / "scratch"
    place.mkdir()
    office = own(Database(await empty(), password), tmp_path / "keys")
    assert answered(text, "http://nowhere.invalid", office, place) == text, "run `make snapshots`"


def test_the_tests_invent_the_demonstrations_patients() -> None:
    assert SEED == DEMO_SEED


def test_what_does_not_run_is_known() -> None:
    marked = [block for file in FILES for block in blocks(file.read_text()) if not block.runs]
    assert {each.text: each.mark for each in marked if each.mark != "answer"} == NOT_RUN
    assert {each.language for each in marked if each.mark == "answer"} == {"json", "text"}


def test_every_tutorial_is_linked_and_run() -> None:
    assert set(FILES) == {CLIENTS, JOINING, *(ROOT / "docs").glob("tutorial-*.md")}
    readme = (ROOT / "README.md").read_text()
    assert all(f"](docs/{file.name})" in readme for file in FILES)


@pytest.mark.parametrize("mark", ["", "<!-- not run -->\n", "<!-- answered -->\n"])
def test_a_block_without_a_known_mark_runs(mark: str) -> None:
    (block,) = blocks(f"Text\n\n{mark}```bash\nfalse\n```\n")
    assert block.runs


def test_a_block_that_fails_fails(world: World, url: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"in: ls nowhere"):
        answered("```bash\nls nowhere\n```\n", url, {}, tmp_path)


def test_a_language_that_is_not_there_is_left_as_it_is(
    world: World, url: str, tmp_path: Path
) -> None:
    text = (
        "```r\nstop()\n```\n<!-- answer -->\n```text\nas before\n```\n"
        "```bash\necho new\n```\n<!-- answer -->\n```text\nold\n```\n"
    )
    shown = answered(text, url, world.environment, tmp_path, without=frozenset({"r"}))
    assert shown == text.replace("old", "new")


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
