"""Composition: two composers make one graph of the subgraphs, which is that of the one process."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from graphql import (
    GraphQLSchema,
    ObjectTypeDefinitionNode,
    build_schema,
    lexicographic_sort_schema,
    parse,
    print_ast,
    print_schema,
    specified_directives,
)

from connect_graph.gateway import FOLDER, SUPERGRAPH, node
from resolvers.execute import Graph
from schema.subgraph import SUBGRAPHS
from tests.world import ROOT

COMPOSERS = ("guild", "apollo")
WHOLE = Graph.make()


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [node(), *arguments], cwd=FOLDER, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Write the subgraphs' schemas; give them as arguments of the composer."""
    place = tmp_path_factory.mktemp("composition")
    for name in SUBGRAPHS:
        (place / f"{name}.graphql").write_text(WHOLE.subgraph(name).sdl)
    return [f"{name}={place / name}.graphql" for name in SUBGRAPHS]


@pytest.fixture(scope="module")
def supergraphs(parts: list[str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    place = tmp_path_factory.mktemp("supergraph")
    made = {}
    for composer in COMPOSERS:
        done = run("compose.ts", composer, *parts)
        assert (done.returncode, done.stderr) == (0, "")
        made[composer] = place / f"{composer}.graphql"
        made[composer].write_text(done.stdout)
    return made


@pytest.mark.parametrize("composer", COMPOSERS)
def test_the_public_schema_is_that_of_the_one_process(
    supergraphs: dict[str, Path], composer: str
) -> None:
    """Types, fields, arguments, defaults, nullability and descriptions; costs are the gateway's."""
    shown = run("public.ts", str(supergraphs[composer]))
    assert shown.returncode == 0, shown.stderr
    whole = build_schema((ROOT / "schema" / "schema.graphql").read_text())
    declared = GraphQLSchema(
        query=whole.query_type,
        mutation=whole.mutation_type,
        types=list(whole.type_map.values()),
        directives=specified_directives,
    )
    assert shown.stdout.strip() == print_schema(lexicographic_sort_schema(declared)).strip()


def costs(sdl: str) -> dict[str, list[str]]:
    """Map fields to what is declared of their cost."""
    found = {}
    for definition in parse(sdl).definitions:
        if isinstance(definition, ObjectTypeDefinitionNode):
            for field in definition.fields or ():
                declared = [
                    f"{node.name.value} {sorted(print_ast(each) for each in node.arguments or ())}"
                    for node in field.directives or ()
                    if node.name.value in {"cost", "listSize"}
                ]
                if declared:
                    found[f"{definition.name.value}.{field.name.value}"] = sorted(declared)
    return found


@pytest.mark.parametrize("composer", COMPOSERS)
def test_costs_are_in_the_supergraph(supergraphs: dict[str, Path], composer: str) -> None:
    declared = costs((ROOT / "schema" / "schema.graphql").read_text())
    assert len(declared) > 50
    assert costs(supergraphs[composer].read_text()) == declared


def test_the_supergraph_that_is_checked_in_is_current(supergraphs: dict[str, Path]) -> None:
    current = supergraphs["guild"].read_text()
    assert SUPERGRAPH.read_text() == current, "schema/supergraph.graphql is old: run make snapshots"


@pytest.mark.parametrize("composer", COMPOSERS)
@pytest.mark.parametrize(
    ("sdl", "sentence"),
    [
        ("type Query {", "[extra] is no SDL: Syntax Error"),
        ("type Query { x: Nothing }", "[extra]"),
        ("type Query { viewer: Int }", "viewer"),
        (
            'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", '
            'import: ["@key"]) type Query { x: Int } type Gene @key(fields: "nothing") { x: Int }',
            "nothing",
        ),
    ],
    ids=["syntax", "type", "clash", "key"],
)
def test_what_does_not_compose_is_told(
    parts: list[str], tmp_path: Path, composer: str, sdl: str, sentence: str
) -> None:
    (tmp_path / "extra.graphql").write_text(sdl)
    done = run("compose.ts", composer, *parts, f"extra={tmp_path}/extra.graphql")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"{composer} does not compose:\n")
    assert sentence in done.stderr
    assert "    at " not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["compose.ts"],
        ["compose.ts", "guild"],
        ["compose.ts", "other", "a=b"],
        ["compose.ts", "guild", "a"],
        ["public.ts"],
        ["breaking.ts", "a"],
    ],
    ids=" ".join,
)
def test_misuse_is_told_with_2(arguments: list[str]) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"usage: node {arguments[0]} ")


@pytest.mark.parametrize(
    ("old", "new", "level", "kind"),
    [
        ("a: Int", "a: Int b: Int", "NON_BREAKING", "FIELD_ADDED"),
        ("a: Int b: Int", "a: Int", "BREAKING", "FIELD_REMOVED"),
        ("a: Int!", "a: Int", "BREAKING", "FIELD_TYPE_CHANGED"),
        ("a: Int", "a(x: Int!): Int", "BREAKING", "FIELD_ARGUMENT_ADDED"),
        ("a(x: Int): Int", "a(x: Int = 1): Int", "DANGEROUS", "FIELD_ARGUMENT_DEFAULT_CHANGED"),
    ],
)
def test_what_breaks_whom_is_listed(
    tmp_path: Path, old: str, new: str, level: str, kind: str
) -> None:
    for name, fields in (("old", old), ("new", new)):
        (tmp_path / name).write_text(f"type Query {{ {fields} }}")
    done = run("breaking.ts", str(tmp_path / "old"), str(tmp_path / "new"))
    assert done.returncode == 0, done.stderr
    (line,) = (json.loads(line) for line in done.stdout.splitlines())
    assert (line["level"], line["type"]) == (level, kind)
    assert line["path"].startswith("Query.")
    assert line["message"]


def test_a_schema_breaks_nothing_of_itself() -> None:
    same = str(ROOT / "schema" / "schema.graphql")
    assert run("breaking.ts", same, same).stdout == ""
