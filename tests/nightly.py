"""A plugin of pytest: write what the property tests were tried with into a dated report.

`make nightly` loads it. A day's report gathers its runs: each test names the commit that it was
last tried at. The report says nothing of the machine but PostgreSQL's version.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest

ROOT = Path(__file__).resolve().parent.parent
_version = pytest.StashKey[str]()
_tests = pytest.StashKey[list[dict[str, Any]]]()
_TOLD = "nightly"
"""The property of a report that goes with it to the process that writes."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--reports", type=Path, default=ROOT / "reports", help="where the report goes")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_tests] = []
    config.pluginmanager.register(_Gathering(config))


@pytest.fixture(scope="session", autouse=True)
async def _postgresql(server: str, pytestconfig: pytest.Config) -> None:
    """Ask the server of the session for its version."""
    connection = await asyncpg.connect(server)
    try:
        pytestconfig.stash[_version] = str(await connection.fetchval("show server_version"))
    finally:
        await connection.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Function, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call" or (report.when == "setup" and not report.passed):
        told = dict(report.user_properties)
        given = item.callspec.params if hasattr(item, "callspec") else {}
        test = {
            "test": item.nodeid.split("[")[0],
            "case": item.callspec.id if given else None,
            "role": given.get("role", told.get("role")),
            "examples": told.get("examples"),
            "seconds": round(report.duration, 1),
            "outcome": report.outcome if report.when == "call" else "error",
        }
        if "memory" in told:  # at the end of a soak, as a part of minute 2's
            test["memory"] = told["memory"]
        version = item.config.stash.get(_version, None)
        report.user_properties.append((_TOLD, {"postgresql": version, "test": test}))
    return report


class _Gathering:
    """Take what each test is told with, from whichever process ran it."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for name, told in report.user_properties:
            if name == _TOLD and isinstance(told, dict):
                self.config.stash[_tests].append(told["test"])
                if told["postgresql"] is not None:
                    self.config.stash[_version] = told["postgresql"]


def pytest_sessionfinish(session: pytest.Session) -> None:
    tests = session.config.stash[_tests]
    if not tests or hasattr(session.config, "workerinput"):
        return
    now = datetime.now(UTC)
    directory: Path = session.config.getoption("--reports")
    directory.mkdir(exist_ok=True)
    path = directory / f"nightly-{now:%Y-%m-%d}.json"
    commit = _commit()
    for each in tests:
        each["commit"] = commit
    told: dict[str, Any] = {
        "date": now.date().isoformat(),
        "postgresql": session.config.stash.get(_version, None),
    }
    done = {(each["test"], each["case"]): each for each in [*_earlier(path, told), *tests]}
    told["tests"] = [done[key] for key in sorted(done, key=lambda key: (key[0], key[1] or ""))]
    path.write_text(json.dumps(told, indent=2) + "\n")


def _earlier(path: Path, told: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the tests that the day's report has already, of the same PostgreSQL."""
    if not path.exists():
        return []
    report: dict[str, Any] = json.loads(path.read_text())
    tests: list[dict[str, Any]] = report.pop("tests")
    return tests if report == told else []


def _commit() -> str:
    """Name the commit; `-dirty` follows where files differ from it."""
    command = ["git", "describe", "--always", "--dirty", "--exclude=*", "--abbrev=40"]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, check=True, text=True
    ).stdout.strip()
