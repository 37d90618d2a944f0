"""The nightly report: its shape, also of a night with a failure."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from tests.world import ROOT

SAMPLE = """
import pytest

@pytest.fixture(scope="session")
def server():
    return {server!r}

@pytest.mark.property
@pytest.mark.parametrize("role", ["partner", "steward"])
def test_sample(role, record_property):
    record_property("examples", 3)
    assert role == "partner"

def test_other():
    pass
"""


def test_a_report_is_written_also_where_a_test_fails(server: str, tmp_path: Path) -> None:
    sample = tmp_path / "test_sample.py"
    sample.write_text(SAMPLE.format(server=server))
    plugins = ["-p", "tests.nightly", "-p", "no:cacheprovider"]
    places = ["-c", str(ROOT / "pyproject.toml"), f"--rootdir={tmp_path}", str(sample)]
    reports = f"--reports={tmp_path / 'reports'}"
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *plugins, "-m", "property", *places, reports],
        cwd=ROOT,
        env={**os.environ, "PYTEST_ADDOPTS": ""},
        capture_output=True,
        check=False,
        text=True,
    )
    assert run.returncode == 1, run.stdout + run.stderr
    (path,) = (tmp_path / "reports").iterdir()
    report = json.loads(path.read_text())
    assert path.name == f"nightly-{report['date']}.json"
    assert re.match(r"\d+\.\d", report["postgresql"])
    assert str(tmp_path) not in path.read_text()
    for each in report["tests"]:
        assert each.pop("seconds") >= 0
        assert re.fullmatch(r"[0-9a-f]{40}(-dirty)?", each.pop("commit"))
    shared = {"test": "test_sample.py::test_sample", "examples": 3}
    assert report["tests"] == [
        {**shared, "case": "partner", "role": "partner", "outcome": "passed"},
        {**shared, "case": "steward", "role": "steward", "outcome": "failed"},
    ]
