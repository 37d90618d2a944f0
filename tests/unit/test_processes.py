"""Tests on several processes: what is skipped is told, and each process has a server of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.world import ROOT

SKIPPING = """
import pytest

@pytest.mark.parametrize("number", range(3))
def test_sample(number):
    if number:
        pytest.skip("nothing is there")
"""
ASKING = """
import os

def test_sample(record_property):
    record_property("server", os.environ["DATABASE_URL"])
"""
WORKERS = ("-n2", "--dist=loadscope", "--no-loadscope-reorder")


def run(
    tmp_path: Path, text: str, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a test in two folders."""
    for folder in ("one", "other"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "test_sample.py").write_text(text)
    places = ["-c", str(ROOT / "pyproject.toml"), f"--rootdir={tmp_path}", str(tmp_path)]
    plugins = ["-p", "tests.conftest", "-p", "no:cacheprovider"]
    kept = {key: value for key, value in os.environ.items() if key != "CONNECT_REQUIRE_ALL"}
    kept.pop("DATABASE_URL", None)
    return subprocess.run(
        [sys.executable, "-m", "pytest", *plugins, *places, *arguments],
        cwd=ROOT,
        env={**kept, "PYTEST_ADDOPTS": "", **environment},
        capture_output=True,
        check=False,
        text=True,
    )


@pytest.mark.parametrize("arguments", [(), WORKERS], ids=["one process", "two processes"])
def test_what_is_skipped_is_told(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = run(tmp_path, SKIPPING, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "skipped: nothing is there (4 tests)\n" in done.stdout


def test_a_skip_is_a_failure_where_all_is_required(tmp_path: Path) -> None:
    done = run(tmp_path, SKIPPING, *WORKERS, CONNECT_REQUIRE_ALL="1")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "4 failed, 2 passed" in done.stdout
    assert "CONNECT_REQUIRE_ALL=1 allows no skip: nothing is there" in done.stdout


def test_each_process_has_a_server_of_its_own(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    servers = "postgresql://a/ postgresql://b/"
    done = run(tmp_path, ASKING, *WORKERS, f"--junitxml={report}", DATABASE_URL=servers)
    assert done.returncode == 0, done.stdout + done.stderr
    written = report.read_text()
    assert all(written.count(f'value="{server}"') == 1 for server in servers.split())


def test_several_processes_on_one_server_are_refused(tmp_path: Path) -> None:
    done = run(tmp_path, ASKING, *WORKERS, DATABASE_URL="postgresql://a/")
    assert done.returncode != 0
    assert "DATABASE_URL names 1 server and 2 processes run" in done.stdout + done.stderr
