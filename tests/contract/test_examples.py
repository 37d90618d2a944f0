"""The page's examples: each runs without an error for the roles that it says it is for."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from graphql import build_schema, parse, validate

from tests.world import ROOT, World

FILES = sorted((ROOT / "examples").glob("*.graphql"))
HEAD = re.compile(r"# (?P<title>\S.*\S)\n# for: (?P<roles>[a-z]+(?:, [a-z]+)*)\n")
ROLES = ("partner", "researcher", "authority", "clinician", "steward")
A_PATIENT = "<patient>"


def roles(path: Path) -> list[str]:
    head = HEAD.match(path.read_text())
    assert head is not None, f"{path.name} begins with `# title` and `# for: roles`"
    return head["roles"].split(", ")


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


@pytest.mark.parametrize(
    ("path", "role"),
    [pytest.param(path, role, id=f"{path.stem}-{role}") for path in FILES for role in roles(path)],
)
async def test_an_example_answers(world: World, path: Path, role: str) -> None:
    answer = await world.answer(role, path.read_text(), await variables(world, role, path))
    assert "errors" not in answer.body
    assert all(answer.body["data"].values())
    if role == "steward":
        lists = [root["nodes"] for root in answer.body["data"].values() if "nodes" in root]
        assert all(lists), "it finds something among everything"


def test_there_is_something_for_everybody() -> None:
    titles = [path.read_text().splitlines()[0] for path in FILES]
    assert len(set(titles)) == len(titles) >= 12
    assert {role for path in FILES for role in roles(path)} == set(ROLES)


def test_variables_belong_to_an_example() -> None:
    queries = {path.stem for path in FILES}
    assert {path.stem for path in (ROOT / "examples").glob("*.json")} <= queries
