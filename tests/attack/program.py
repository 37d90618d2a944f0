"""The programs that attack from outside, in an environment of their own: `make tools`."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.world import ROOT

ENVIRONMENT = ROOT / "tests" / "attack" / "tools" / ".venv"
SECONDS = 300


def run(
    name: str, *arguments: str, place: Path, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run one of the programs in a directory; it has nothing of our environment but the path."""
    program = ENVIRONMENT / "bin" / name
    if not program.exists():
        pytest.skip(f"{name} is not there: run make tools")
    return subprocess.run(
        [program, *arguments],
        cwd=place,
        env={
            "PATH": "/usr/bin:/bin",
            "HOME": str(place),
            "LC_ALL": "C.UTF-8",
            **(environment or {}),
        },
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


@dataclass(frozen=True, slots=True)
class Finding:
    """Hold what the row-security linter found: which rule, and where."""

    rule: str
    severity: str
    location: str

    def __str__(self) -> str:
        return f"{self.rule} ({self.severity}) {self.location}"


def lint(url: str, place: Path) -> list[Finding]:
    """Run pgrls against a database, as its owner."""
    done = run(
        "pgrls", "lint", "--schemas", "connect", "--format", "json",
        place=place, environment={"DATABASE_URL": url},
    )  # fmt: skip
    assert done.returncode in {0, 1}, done.stderr
    found = json.loads(done.stdout)["violations"]
    return [Finding(one["rule_id"], one["severity"], one["location"]) for one in found]


def recover(
    url: str, words: list[str] | None, token: str | None, place: Path
) -> dict[str, set[str]]:
    """Run clairvoyance against an endpoint; give the fields that it recovered, by type.

    Without words it tries the list that it brings.
    """
    output = place / "recovered.json"
    output.unlink(missing_ok=True)
    given = []
    if words is not None:
        (place / "words.txt").write_text("\n".join(words) + "\n")
        given += ["-w", "words.txt"]
    if token is not None:
        given += ["-H", f"Authorization: Bearer {token}"]
    done = run("clairvoyance", "-o", output.name, "-m", "1", "-p", "fast", *given, url, place=place)
    if not output.exists():
        assert "Unable to get TypeRef" in done.stderr, done.stderr
        return {}
    types = json.loads(output.read_text())["data"]["__schema"]["types"]
    # Of a type without a known field the program writes one named so, to keep the schema valid.
    return {
        one["name"]: {field["name"] for field in one["fields"]} - {"dummy"}
        for one in types
        if one.get("fields")
    }


@dataclass(frozen=True, slots=True)
class Trial:
    """Hold what one run of schemathesis asked, and whether it found a fault."""

    status: int
    output: str
    exchanges: list[Exchange]


@dataclass(frozen=True, slots=True)
class Exchange:
    """Hold one operation and its answer."""

    query: str
    status: int
    body: dict[str, Any]


def fuzz(url: str, token: str, examples: int, place: Path) -> Trial:
    """Run schemathesis against an endpoint with a token: so many operations for each root."""
    report = place / "exchanges.ndjson"
    report.unlink(missing_ok=True)
    done = run(
        "st", "run", url, "-H", f"Authorization: Bearer {token}", "-n", str(examples),
        "--phases", "fuzzing", "--seed", "1", "--suppress-health-check", "all",
        "--no-shrink", "--max-failures", "3",
        "-c", "not_a_server_error,response_schema_conformance,negative_data_rejection",
        "--report", "ndjson", "--report-ndjson-path", report.name,
        place=place,
        environment={"SCHEMATHESIS_HOOKS": "page_size", "PYTHONPATH": str(ENVIRONMENT.parent)},
    )  # fmt: skip
    assert report.exists(), done.stdout + done.stderr
    return Trial(done.returncode, done.stdout, list(_exchanges(report)))


def _exchanges(report: Path) -> Iterator[Exchange]:
    for line in report.read_text().splitlines():
        (kind, event), *_ = json.loads(line).items()
        if kind != "ScenarioFinished":
            continue
        for interaction in event["recorder"].get("interactions", {}).values():
            request, response = interaction["request"], interaction["response"]
            if response is not None and request["body"] is not None:
                asked = json.loads(_bytes(request["body"]))
                yield Exchange(
                    asked["query"], response["status_code"], json.loads(_bytes(response["content"]))
                )


def _bytes(written: Mapping[str, str]) -> bytes:
    return base64.b64decode(written["$base64"])
