"""What ARCHITECTURE.md says a new type costs, done: its diff makes a type that answers."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from connect_graph import database
from tests.conftest import Clone
from tests.house.repository import PACKAGES, ROOT
from tests.world import make, serving

MOST_LINES = 40
SAMPLES = """
insert into connect.biobank_sample (patient_id, specimen_id, biobank, sprec, collected_day)
select p.id, (select min(s.id) from connect.specimen s where s.patient_id = p.id),
  'Invented', 'SER-SST-B-B-N-B-A', 3
from connect.patient p;
insert into connect.biobank_sample_identity
select id, patient_id, 'S-' || id from connect.biobank_sample;
"""
QUERY = """query ($identified: Boolean!) {
  patients(first: 1000) { nodes { id } }
  biobankSamples(first: 1000, where: { biobank: { eq: "Invented" } }) {
    totalCount
    nodes { id biobank sprec collectedDay code @include(if: $identified) patient { id } }
  }
}"""


def exercise() -> str:
    """Give the diff of ARCHITECTURE.md that makes a type."""
    diffs: list[str] = re.findall(
        r"```diff\n(.*?)```", (ROOT / "ARCHITECTURE.md").read_text(), re.DOTALL
    )
    (found,) = (diff for diff in diffs if "+@entity(" in diff)
    return found


def added() -> dict[str, int]:
    """Count the lines that the diff adds, by file; it takes none away."""
    counts: dict[str, int] = {}
    name = ""
    for line in exercise().splitlines():
        if line.startswith("+++ b/"):
            name = line.removeprefix("+++ b/")
        elif line.startswith("+"):
            counts[name] = counts.get(name, 0) + 1
        assert not line.startswith("-") or line.startswith("--- "), line
    return counts


def test_a_type_costs_a_migration_a_short_module_and_a_line() -> None:
    migration, module, registration = sorted(added().items())
    assert migration[0].startswith("db/migrations/")
    assert re.fullmatch(r"schema/\w+\.py", module[0])
    assert not (ROOT / module[0]).exists(), "it is an exercise, not a part of the product"
    assert module[1] < MOST_LINES
    assert registration == ("schema/query.py", 1)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Copy the program and apply the exercise."""
    copied = tmp_path / "tree"
    left_out = shutil.ignore_patterns("__pycache__", "assets")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, copied / package, ignore=left_out)
    patch = tmp_path / "exercise.diff"
    patch.write_text(exercise())
    subprocess.run(["git", "init", "--quiet"], cwd=copied, check=True)
    subprocess.run(["git", "apply", "--unidiff-zero", patch], cwd=copied, check=True)
    return copied


async def test_the_type_answers(clone: Clone, tree: Path, tmp_path: Path) -> None:
    """Everyone who may have records gets the samples of their patients; an authority none."""
    async with clone() as copy:
        filled = await make(copy, tmp_path / "data")
        await filled.pools.close()
        migrate(tree, filled.environment)
        async with database.connected(copy.url) as connection:
            await connection.execute(SAMPLES)
        with serving(filled.environment, root=tree) as (url, _):
            async with httpx.AsyncClient(base_url=url, timeout=60) as client:
                tokens: dict[str, str] = (await client.get("/graphiql/demo-tokens")).json()
                answers = {role: await asked(client, role, tokens[role]) for role in tokens}
    authority = answers.pop("authority")
    assert authority["data"] == {"patients": None, "biobankSamples": None}
    assert {error["extensions"]["code"] for error in authority["errors"]} == {"FIELD_NOT_AVAILABLE"}
    assert set(answers) == {"partner", "researcher", "clinician", "steward"}
    for role, answer in answers.items():
        assert "errors" not in answer, (role, answer["errors"])
        patients = [node["id"] for node in answer["data"]["patients"]["nodes"]]
        samples = answer["data"]["biobankSamples"]
        assert patients
        assert sorted(node["patient"]["id"] for node in samples["nodes"]) == patients
        assert samples["totalCount"] == len(patients)
        identified = role in {"clinician", "steward"}
        assert all(("code" in node) == identified for node in samples["nodes"])


def migrate(tree: Path, environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "connect_graph", "migrate"]
    done = subprocess.run(
        command, cwd=tree, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert "biobank" in done.stdout


async def asked(client: httpx.AsyncClient, role: str, token: str) -> dict[str, Any]:
    variables = {"identified": role in {"clinician", "steward"}}
    response = await client.post(
        "/graphql",
        json={"query": QUERY, "variables": variables},
        headers={"authorization": f"Bearer {token}"},
    )
    body: dict[str, Any] = response.json()
    return body
