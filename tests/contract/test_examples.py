"""The examples: each runs without an error for the roles that it is for, and finds something."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from graphql import build_schema, parse, validate

from tests.conftest import Clone
from tests.world import ROOT, World, make

FILES = sorted((ROOT / "examples").glob("*.graphql"))
HEAD = re.compile(
    r"# (?P<title>\S.*\S)\n# for: (?P<roles>[a-z]+(?:, [a-z]+)*)\n# under: (?P<question>\S.*\?)\n"
)
QUESTIONS = (
    "Who am I, and what do I see?",
    "Which patients with this biomarker responded?",
    "What made them resistant?",
    "How does my drug do per tumour type?",
    "What may an authority pull?",
    "How is the data of a patient known?",
)
ROLES = ("partner", "researcher", "authority", "clinician", "steward")
A_PATIENT = "<patient>"
ROWS = {"rows", "outcomes"}
"""What must tell of something, whatever stands beside it."""


@pytest.fixture(scope="module")
async def world(clone: Clone, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """Give a world like the demonstration, with a release that was published."""
    async with clone() as copy:
        filled = await make(copy, tmp_path_factory.mktemp("examples"), published=True)
        yield filled
        await filled.pools.close()


def head(path: Path) -> re.Match[str]:
    found = HEAD.match(path.read_text())
    assert found is not None, f"{path.name} begins with `# title`, `# for: roles`, `# under: why?`"
    return found


def roles(path: Path) -> list[str]:
    return head(path)["roles"].split(", ")


def finds(value: Any) -> bool:
    """Tell whether an answer, or a part of it, tells of anything: a withheld number does not."""
    match value:
        case {"suppressed": True}:
            return False
        case {"nodes": nodes}:
            return finds(nodes)
        case dict():
            return all(finds(each) for name, each in value.items() if name in ROWS) and any(
                finds(each) for each in value.values()
            )
        case list():
            return any(map(finds, value))
        case _:
            return value is not None


async def variables(world: World, role: str, path: Path) -> dict[str, Any]:
    sibling = path.with_suffix(".json")
    if not sibling.exists():
        return {}
    text = sibling.read_text()
    if A_PATIENT in text:
        answer = await world.answer(role, "{ patients(first: 1) { nodes { id } } }")
        text = text.replace(A_PATIENT, answer.body["data"]["patients"]["nodes"][0]["id"])
    found: dict[str, Any] = json.loads(text)
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_example_is_valid(path: Path) -> None:
    schema = build_schema((ROOT / "schema" / "schema.graphql").read_text())
    assert set(roles(path)) <= set(ROLES)
    assert validate(schema, parse(path.read_text())) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
async def test_an_example_answers(world: World, path: Path) -> None:
    """Whoever it is for; and for one of them at least every list of it has something."""
    found = {}
    for role in roles(path):
        answer = await world.answer(role, path.read_text(), await variables(world, role, path))
        assert "errors" not in answer.body, role
        assert all(answer.body["data"].values()), role
        found[role] = all(map(finds, answer.body["data"].values()))
    assert any(found.values())
    assert found.get("steward", True), "it finds something among everything"


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"totalCount": 0, "nodes": []}, False),
        ({"totalCount": 1, "nodes": [{"id": "a"}]}, True),
        ({"basis": "RELEASE", "rows": []}, False),
        ({"basis": "RELEASE", "rows": [{"patients": {"value": None, "suppressed": True}}]}, False),
        ({"rows": [{"group": [], "patients": {"value": 5, "suppressed": False}}]}, True),
        ({"code": "A", "outcomes": {"patients": {"value": None, "suppressed": True}}}, False),
        ({"totalCount": 21}, True),
    ],
)
def test_what_finds_nothing_is_known(value: Any, found: bool) -> None:
    assert finds(value) is found


def test_there_is_something_for_everybody_and_every_question() -> None:
    titles = [head(path)["title"] for path in FILES]
    assert len(set(titles)) == len(titles) >= 22
    assert {role for path in FILES for role in roles(path)} == set(ROLES)
    assert {head(path)["question"] for path in FILES} == set(QUESTIONS)


def test_variables_belong_to_an_example() -> None:
    queries = {path.stem for path in FILES}
    assert {path.stem for path in (ROOT / "examples").glob("*.json")} <= queries
