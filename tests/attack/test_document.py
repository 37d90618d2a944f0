"""docs/security.md is true of the tree: its rows name tests, its figures are the measured ones."""

from __future__ import annotations

import ast
import json
import re
from functools import cache
from pathlib import Path

from connect_graph.cli import DEMO_PATIENTS
from tests.attack.linkage import (
    DOCUMENT,
    REPORT,
    SETS,
    Profile,
    alike,
    link,
    measure,
    table,
    written,
)
from tests.attack.overlap import PATIENTS
from tests.world import ROOT, World

TEXT = DOCUMENT.read_text("utf-8")
TITLE = "## What was tried, and what stops it"


def rows(text: str, title: str) -> list[list[str]]:
    """Read the table under a title, without its head."""
    part = text.split(f"{title}", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


@cache
def names_in(path: Path) -> frozenset[str]:
    module = ast.parse(path.read_text("utf-8"))
    return frozenset(
        node.name
        for node in module.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
    )


def missing(table_: list[list[str]]) -> list[str]:
    """List what a row names and is no test."""
    wrong = []
    for attack, _, named in table_:
        found = re.findall(r"`([\w/]+\.py)::(\w+)`", named)
        if not found or re.sub(r"`[^`]*`", "", named).strip():
            wrong.append(f"{attack}: names no tests, or more than tests")
        for file, name in found:
            path = ROOT / "tests" / file
            if not path.exists() or name not in names_in(path):
                wrong.append(f"{attack}: {file}::{name}")
    return wrong


def test_every_row_names_tests_that_exist() -> None:
    assert not missing(rows(TEXT, TITLE))


def test_a_test_that_disappears_is_missed() -> None:
    lost = rows(TEXT.replace("test_a_cursor_of_another_scope_is_refused_alike", "test_gone"), TITLE)
    assert [each.split("::")[1] for each in missing(lost)] == ["test_gone"]
    moved = rows(TEXT.replace("`access/test_clock.py", "`access/test_time.py"), TITLE)
    assert len(missing(moved)) == 3
    assert len(missing([["an attack", "a defence", ""]])) == 1


def test_every_attack_of_the_design_has_its_row(shared: Path) -> None:
    """In the design's order and words."""
    design = (shared / "design" / "access.md").read_text("utf-8")
    tried = [row[0] for row in rows(design, "## What was tried, and what stops it")]
    assert len(tried) > 15
    assert [row[0] for row in rows(TEXT, TITLE)] == tried


def test_every_test_of_attacks_is_in_the_document() -> None:
    """By name, or by the file that a section is about."""
    for path in sorted((ROOT / "tests" / "attack").glob("test_*.py")):
        assert f"`tests/attack/{path.name}`" in TEXT or f"`attack/{path.name}::" in TEXT, path.name


def test_the_figures_are_the_reports() -> None:
    report = json.loads(REPORT.read_text("utf-8"))
    assert set(report) == {str(PATIENTS), str(DEMO_PATIENTS)}
    assert written(report, TEXT) == TEXT, "run make linkage"
    assert table(report) in TEXT


async def test_the_report_is_what_is_measured(overlap: World) -> None:
    """On the smaller of its two worlds, anew."""
    measured = await measure(overlap)
    assert measured == json.loads(REPORT.read_text("utf-8"))[str(PATIENTS)]
    for each in measured["alone"].values():
        nobody = [shares["1"] for shares in each["alike"].values()]
        assert nobody[0] == min(nobody)
        assert nobody[-1] == max(nobody)


def person(name: str, *tokens: tuple[object, ...], age: str = "60-64") -> Profile:
    return Profile(name, (age, "FEMALE", "NORD", ("x",)), frozenset(tokens))


def test_the_measures_are_right_by_hand() -> None:
    braf, tp53 = ("variant", "BRAF p.V600E"), ("variant", "TP53 p.R175H")
    everyone = [
        person("a", braf),
        person("b", braf),
        person("c", tp53),
        person("d", tp53, ("fraction", "TP53 p.R175H", 0.31)),
        person("e", age="90+"),
    ]
    assert sorted(alike(everyone, ())) == [1, 4, 4, 4, 4]
    assert sorted(alike(everyone, ("variant",))) == [1, 2, 2, 2, 2]
    assert sorted(alike(everyone, ("variant", "fraction"))) == [1, 1, 1, 2, 2]
    others = [
        person("C", tp53),
        person("D", tp53, ("fraction", "TP53 p.R175H", 0.31)),
        person("E", age="90+"),
        person("F", ("day", 3)),
    ]
    assert link(everyone, others, ()) == {"e": "E"}
    assert link(everyone, others, ("variant",)) == {"e": "E"}
    assert link(everyone, others, ("variant", "fraction")) == {"d": "D", "e": "E"}
    assert next(iter(SETS)).startswith("age band")
