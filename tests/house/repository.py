"""The files of this repository: those that git has or would take."""

from __future__ import annotations

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("connect_graph", "schema", "resolvers", "db")
GENERATED = {"db/schema.sql", "schema/schema.graphql", "schema/supergraph.graphql"}


@cache
def files() -> tuple[Path, ...]:
    """List the files by their paths in the repository; ignored ones are not there."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    names: list[str] = []
    if listed.returncode == 0:
        names = [name.decode() for name in listed.stdout.split(b"\0") if name]
    assert names, "git lists no file of this checkout: run the house tests in a clone"
    return tuple(sorted(Path(name) for name in set(names) if (ROOT / name).is_file()))


def sources(*tops: str) -> tuple[Path, ...]:
    """List the Python files under some of the top-level directories."""
    return tuple(path for path in files() if path.suffix == ".py" and path.parts[0] in tops)


@cache
def tree(path: Path) -> ast.Module:
    """Parse a Python file."""
    return ast.parse((ROOT / path).read_bytes(), filename=str(path))
