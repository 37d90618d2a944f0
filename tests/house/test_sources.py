"""What ruff, mypy and import-linter cannot say of the sources."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.repository import GENERATED, PACKAGES, ROOT, files, sources, tree

MOST_LINES = 500
VAGUE = re.compile(r"^(utils?|helpers?|common|misc|managers?|services?)$")
ALLOWED = {
    "schema": {"schema", "strawberry"},
    "db": {"db", "asyncpg", "cryptography", "numpy", "scipy"},
}
DATABASE_CALLS = re.compile(
    r"^(fetch|fetchrow|fetchval|fetchmany|execute|executemany|cursor|copy_\w+)$"
)
# `schema.execute` is strawberry's; every other receiver counts as a connection or a pool.
NOT_CONNECTIONS = {"schema"}
# Spelled in pieces, so that this file does not hold what it forbids.
MACHINE_PATH = re.compile(rb"(?<![\w.:/-])/(?:work|root|home/[\w.-]+|Users/[\w.-]+)" + rb"/[\w.]")


def database_calls(module: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(module):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and DATABASE_CALLS.match(node.func.attr)
        ):
            receiver = node.func.value
            name = receiver.attr if isinstance(receiver, ast.Attribute) else ast.unparse(receiver)
            if name not in NOT_CONNECTIONS:
                yield node


def imported(module: ast.AST) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module or ""


def test_no_file_is_too_long() -> None:
    long = {
        str(path): lines
        for path in files()
        if path.suffix in {".py", ".sql"} and path.as_posix() not in GENERATED
        if (lines := len((ROOT / path).read_bytes().splitlines())) > MOST_LINES
    }
    assert not long, f"more than {MOST_LINES} lines"


def test_no_name_says_nothing() -> None:
    vague = [
        str(path)
        for path in files()
        if path.suffix == ".py" and any(VAGUE.match(part) for part in (*path.parts[:-1], path.stem))
    ]
    assert not vague


def test_only_db_talks_to_a_connection() -> None:
    found = [
        f"{path}:{call.lineno}"
        for path in sources("connect_graph", "schema", "resolvers", "bench")
        for call in database_calls(tree(path))
    ]
    assert not found, "ask db/ instead: it sets the viewer's scope"


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ("await connection.fetch('select 1')", 1),
        ("self.pool.execute(statement)", 1),
        ("c.copy_records_to_table('t')", 1),
        ("pool().fetchval('select 1')", 1),
        ("await schema.execute(document)", 0),
        ("self.schema.execute(document)", 0),
        ("fetch(url)", 0),
    ],
)
def test_the_search_for_connections_finds(code: str, count: int) -> None:
    assert len(list(database_calls(ast.parse(code)))) == count


@pytest.mark.parametrize("package", sorted(ALLOWED))
def test_the_two_ends_import_nothing_else(package: str) -> None:
    found = [
        f"{path}: {name}"
        for path in sources(package)
        for name in imported(tree(path))
        if (top := name.partition(".")[0]) not in ALLOWED[package]
        and top not in sys.stdlib_module_names
    ]
    assert not found, f"{package} imports {' and '.join(sorted(ALLOWED[package]))} only"


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_are_this_repositorys(package: str) -> None:
    spec = importlib.util.find_spec(package)
    assert spec is not None, f"{package} is not there"
    assert spec.origin is not None, f"{package}/__init__.py is missing"
    assert Path(spec.origin) == ROOT / package / "__init__.py"


def test_no_file_names_a_machines_directories() -> None:
    found = [
        f"{path}: {match[0].decode(errors='replace')}"
        for path in files()
        if (match := MACHINE_PATH.search((ROOT / path).read_bytes())) is not None
    ]
    assert not found


def test_ignored_types_name_their_error() -> None:
    bare = re.compile(rb"# type: ignore(?!\[)")
    found = [
        str(path)
        for path in sources(*PACKAGES, "tests", "bench")
        if path != Path(__file__).relative_to(ROOT) and bare.search((ROOT / path).read_bytes())
    ]
    assert not found
