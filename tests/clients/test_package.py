"""What `make clients` installed: made from today's schema, and typed for who uses it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clients.program import CLIENT
from tests.world import ROOT

USE = """
from connect_graph_client import ConnectGraph
from connect_graph_client.generated.enums import Response
from connect_graph_client.generated.input_types import PatientFilter, StringFilter

async def use(graph: ConnectGraph) -> None:
    page = await graph.patients(gene="KRAS", responses=[Response.CR])
    for treatment in page.nodes[0].treatments or []:
        reveal_type(treatment.outcome)
    async for finding in graph.every_resistance_finding(drug="olaparib"):
        reveal_type(finding.evidence[0].vaf_before)
    PatientFilter(age_band=StringFilter(in_=["60-64"]), not_=PatientFilter())
    page.nodes[0].weight
    await graph.patients(genes="KRAS")
    PatientFilter(age=StringFilter())
"""
FOUND = [
    'note: Revealed type is "PatientSummaryTreatmentsOutcome | None"',
    'note: Revealed type is "float | None"',
    'error: "PatientSummary" has no attribute "weight"  [attr-defined]',
    'error: Unexpected keyword argument "genes" for "patients" of "ConnectGraph"; '
    'did you mean "gene"?  [call-arg]',
    'error: Unexpected keyword argument "age" for "PatientFilter"  [call-arg]',
]


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """Copy what the client is generated from; give the schema's copy."""
    left_out = shutil.ignore_patterns(".venv", "dist", "generated", "tests", "__pycache__", ".*")
    shutil.copytree(CLIENT, tmp_path / "clients" / "python", ignore=left_out)
    (tmp_path / "schema").mkdir()
    return Path(shutil.copy(ROOT / "schema" / "schema.graphql", tmp_path / "schema"))


def generate(python: Path, schema: Path) -> subprocess.CompletedProcess[str]:
    place = schema.parents[1] / "clients" / "python"
    command = [str(python), "-m", "ariadne_codegen"]
    return subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=60)


def modules(package: Path) -> dict[str, str]:
    files = sorted([*package.rglob("*.py"), *package.rglob("py.typed")])
    return {str(path.relative_to(package)): path.read_text() for path in files}


def installed(python: Path) -> Path:
    (found,) = (python.parents[1] / "lib").glob("python*/site-packages/connect_graph_client")
    return found


def test_the_client_is_what_todays_schema_makes(python: Path, copied: Path) -> None:
    """Where this fails, the environment is older than the checkout: run `make clients`."""
    done = generate(python, copied)
    assert done.returncode == 0, done.stderr
    made = modules(copied.parents[1] / "clients" / "python" / "connect_graph_client")
    assert made == modules(installed(python)), "run `make clients`"
    assert made == modules(CLIENT / "connect_graph_client"), "run `make clients`"
    assert {"py.typed", "generated/client.py", "generated/enums.py"} <= set(made)


def test_an_operation_that_the_schema_lost_stops_the_build(python: Path, copied: Path) -> None:
    text = copied.read_text()
    copied.write_text(text.replace("  ageBand: String\n", "  ageGroup: String\n", 1))
    assert copied.read_text() != text
    done = generate(python, copied)
    assert done.returncode != 0
    assert "Cannot query field 'ageBand' on type 'Patient'" in done.stderr


def test_an_operation_that_is_added_has_a_method(python: Path, copied: Path) -> None:
    place = copied.parents[1] / "clients" / "python"
    (place / "operations" / "drugs.graphql").write_text(
        "query Drugs($first: Int!) { drugs(first: $first) { nodes { inn route } } }"
    )
    done = generate(python, copied)
    assert done.returncode == 0, done.stderr
    client = (place / "connect_graph_client" / "generated" / "client.py").read_text()
    assert "async def drugs(self, first: int) -> Optional[DrugsDrugs]:" in client


def test_a_program_is_checked_against_the_schema(python: Path, tmp_path: Path) -> None:
    """With no plugin: a type checker knows the answers, and every condition that there is."""
    program = tmp_path / "use.py"
    program.write_text(USE)
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--config-file="]
    options = ["--python-executable", str(python), "--cache-dir", str(tmp_path / "cache")]
    done = subprocess.run(
        [*command, *options, str(program)], capture_output=True, text=True, timeout=120
    )
    told = re.findall(r"^.*use\.py:\d+: (error.*|note: Revealed.*)$", done.stdout, re.MULTILINE)
    assert [line.replace("connect_graph_client.generated.fragments.", "") for line in told] == FOUND


def test_the_lock_holds_every_dependency_with_hashes_and_names_no_host() -> None:
    lock = (CLIENT / "requirements.lock").read_text()
    locked = dict(re.findall(r"^([a-z0-9.-]+)==\S+.*((?:\n    --hash=\S+.*)*)", lock, re.MULTILINE))
    assert {"ariadne-codegen", "httpx", "pydantic"} <= set(locked)
    assert all("--hash=sha256:" in hashes for hashes in locked.values())
    assert not re.search(r"://|--index-url|--find-links|@ file", lock)
