"""The examples for programs in Python, cURL and R: each finds what one plain request finds."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.clients.program import NO_JQ, NO_R, has_jq, has_r, over_http
from tests.world import ROOT, World

FOLDER = ROOT / "examples" / "clients"
GENE = "TP53"
PAGE_SIZE = "20"
WHOLE = """query ($gene: String!) {
  patients(first: 1000, where: { biomarkers: { some: { gene: { symbol: { eq: $gene } } } } }) {
    nodes { id ageBand treatments { cohort { code } outcome { bestOverallResponse } } }
  }
}"""
Row = dict[str, Any]


def lines(text: str) -> list[Row]:
    return [json.loads(line) for line in text.splitlines()]


def frame(text: str) -> list[Row]:
    rows = csv.DictReader(io.StringIO(text))
    return [{name: value or None for name, value in row.items()} for row in rows]


READ: dict[str, Callable[[str], list[Row]]] = {
    "patients.py": lines,
    "patients.sh": lines,
    "patients.R": frame,
}


@pytest.fixture(params=READ)
def example(request: pytest.FixtureRequest) -> tuple[str, list[str]]:
    """Give an example and the command that runs it, where the machine has what it needs."""
    name: str = request.param
    if name.endswith(".py"):
        program: Path = request.getfixturevalue("python")
        return name, [str(program), str(FOLDER / name)]
    if name.endswith(".R"):
        if not has_r():
            pytest.skip(NO_R)
        return name, ["Rscript", str(FOLDER / name)]
    if not has_jq():
        pytest.skip(NO_JQ)
    return name, [str(FOLDER / name)]


def run(command: list[str], graph: str, token: str) -> subprocess.CompletedProcess[str]:
    environment = {"GRAPH": graph, "TOKEN": token, "PAGE_SIZE": PAGE_SIZE, "PATH": "/usr/bin:/bin"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


async def test_an_example_finds_what_plain_http_finds(
    example: tuple[str, list[str]], graph: str, world: World
) -> None:
    name, command = example
    token = await world.token("steward")
    done = run([*command, GENE], graph, token)
    assert (done.returncode, done.stderr) == (0, "")
    nodes = (await over_http(graph, token, WHOLE, {"gene": GENE}))["data"]["patients"]["nodes"]
    assert len(nodes) > 2 * int(PAGE_SIZE), "there are no pages to follow"
    assert READ[name](done.stdout) == [
        {
            "patient": node["id"],
            "age_band": node["ageBand"],
            "cohort": ((treatment or {}).get("cohort") or {}).get("code"),
            "best_response": ((treatment or {}).get("outcome") or {}).get("bestOverallResponse"),
        }
        for node in nodes
        for treatment in node["treatments"] or [None]
    ]
    untreated = [node for node in nodes if not node["treatments"]]
    assert 0 < len(untreated) < len(nodes)


async def test_an_example_stops_at_an_error(
    example: tuple[str, list[str]], url: str, graph: str, world: World
) -> None:
    _, command = example
    authority = await world.token("authority")
    told = {
        "UNAUTHENTICATED: ": run([*command, GENE], graph, "none"),
        "FIELD_NOT_AVAILABLE: ": run([*command, GENE], graph, authority),
        "is it the address of /graphql?": run([*command, GENE], f"{url}/health", authority),
        "usage: ": run(command, graph, authority),
    }
    for sentence, done in told.items():
        assert (done.returncode != 0, done.stdout) == (True, ""), sentence
        assert sentence in done.stderr
        assert authority not in done.stderr


def test_every_example_is_run() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(READ)
