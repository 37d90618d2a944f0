"""A real study, imported by the command and asked for over HTTP: the contract's known truth."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from tests.conftest import Clone
from tests.world import ROOT, Database, World, environment, serving

QUERY = """
{ patients(first: 100) { totalCount nodes {
  sourceId
  braf: geneStatus(symbol: "BRAF") erbb2: geneStatus(symbol: "ERBB2")
  unheard: geneStatus(symbol: "NOSUCHGENE")
  specimens { sourceId kind timepoint ordinal }
  biomarkers {
    __typename label gene { symbol hgncId } specimen { sourceId kind ordinal }
    ... on SmallVariant { hgvsp vaf depth consequence }
    ... on CopyNumber { copyNumberType }
  }
  treatments {
    cohort { code } drugs { inn }
    outcome { source bestOverallResponse overallSurvival { days event } }
    resistanceFindings {
      kind mechanism status basis ruleSet dayAfterProgression curated drug { inn }
      biomarkers { label }
      evidence {
        biomarker { label gene { symbol } } change testedInBoth vafBefore vafAfter
        baseline { sourceId } comparator { sourceId }
      }
    }
  }
} } }
"""
COUNTED = """
{ outcomeStatistics(by: []) { rows {
  patients { value }
  objectiveResponse {
    numerator { value } denominator estimate { value } confidenceInterval { lower upper } }
  evaluable { value }
  responseDistribution { response proportion { numerator { value } } }
  overallSurvival { patients events censored eventUnknown timeUnknown median { value }
    points { day } }
  resistanceMechanisms { progressed profiled mechanisms { mechanism } }
} } }
"""
OTHERS = ("partner", "researcher", "authority", "clinician")


def command(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "connect_graph", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture(scope="module")
async def settled(
    clone: Clone, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Database, dict[str, str]]]:
    async with clone() as copy:
        variables = environment(copy, tmp_path_factory.mktemp("puma"))
        assert command(variables, "migrate").returncode == 0
        yield copy, variables


@pytest.fixture(scope="module")
def study(shared: Path) -> str:
    return str(shared / "data" / "puma_biliary")


async def rows(copy: Database) -> dict[str, str]:
    """Fingerprint every table, ids and keys included, times of the run aside."""
    connection = await asyncpg.connect(copy.url)
    try:
        tables = await connection.fetch(
            "select relname from pg_class where relnamespace = 'connect'::regnamespace"
            " and relkind = 'r' order by relname"
        )
        return {
            table["relname"]: await connection.fetchval(
                f"select md5(coalesce(string_agg(t::text, '|' order by t::text), ''))"
                f" from connect.{table['relname']} t"
            )
            for table in tables
        }
    finally:
        await connection.close()


async def ask(url: str, variables: dict[str, str], role: str, query: str = QUERY) -> dict[str, Any]:
    token = command(variables, "token", role).stdout.strip()
    async with httpx.AsyncClient(timeout=30) as client:
        response = await client.post(
            f"{url}/graphql",
            json={"query": query},
            headers={"authorization": f"Bearer {token}"},
        )
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


async def test_the_known_truth(settled: tuple[Database, dict[str, str]], study: str) -> None:
    copy, variables = settled
    before = await rows(copy)

    dry = command(variables, "import", "cbioportal", study, "--study", "PUMA", "--dry-run")
    assert dry.returncode == 0, dry.stderr
    assert await rows(copy) == before, "a dry run writes nothing"

    first = command(variables, "import", "cbioportal", study, "--study", "PUMA", "--json")
    assert first.returncode == 0, first.stderr
    told = {finding["rule"] for finding in json.loads(first.stdout)["findings"]}
    assert {"ALLELE_COUNTS_SWAPPED", "HEADER_SHIFTED", "SURVIVAL_STATUS_PARTIAL"} <= told
    once = await rows(copy)
    again = command(variables, "import", "cbioportal", study, "--study", "PUMA")
    assert again.returncode == 0, again.stderr
    assert await rows(copy) == once, "imported twice is the same as once"

    with serving(variables) as (url, _):
        body = await ask(url, variables, "steward")
        assert "errors" not in body
        check(body["data"]["patients"])
        check_resistance(body["data"]["patients"]["nodes"])
        check_statistics(await ask(url, variables, "steward", COUNTED))
        for role in OTHERS:
            hidden = await ask(url, variables, role)
            nobody = None if role == "authority" else {"totalCount": 0, "nodes": []}
            assert hidden["data"]["patients"] == nobody


def check(page: dict[str, Any]) -> None:
    patients = page["nodes"]
    assert page["totalCount"] == len(patients) == 25
    (treatments,) = zip(*(patient["treatments"] for patient in patients), strict=True)
    assert all(item["cohort"] is None and item["drugs"] == [] for item in treatments)
    outcomes = [item["outcome"] for item in treatments]
    responses = Counter(outcome["bestOverallResponse"] for outcome in outcomes)
    assert responses == {"PR": 4, "SD": 8, "PD": 7, "NE": 6}
    assert {outcome["source"] for outcome in outcomes} == {"REPORTED"}
    assert all(outcome["overallSurvival"]["days"] > 0 for outcome in outcomes)
    assert {outcome["overallSurvival"]["event"] for outcome in outcomes} == {"UNKNOWN"}

    specimens = [specimen for patient in patients for specimen in patient["specimens"]]
    kinds = Counter(specimen["kind"] for specimen in specimens)
    assert (len(specimens), kinds["CTDNA"], kinds["NORMAL_BLOOD"]) == (54, 21, 20)
    assert {specimen["timepoint"] for specimen in specimens} == {"UNKNOWN"}

    found = [marker for patient in patients for marker in patient["biomarkers"]]
    variants = [marker for marker in found if marker["__typename"] == "SmallVariant"]
    assert len(variants) == 190
    assert len({marker["specimen"]["sourceId"] for marker in variants}) == 32
    assert all(marker["hgvsp"] is None or marker["hgvsp"].startswith("p.") for marker in variants)
    assert all(marker["consequence"] != "SNP" for marker in variants)
    numbers = Counter(
        marker["copyNumberType"] for marker in found if marker["__typename"] == "CopyNumber"
    )
    assert numbers == {"AMPLIFICATION": 71, "DEEP_DELETION": 133}

    (p21,) = (patient for patient in patients if patient["sourceId"] == "21")
    serial = sorted(
        (marker["specimen"]["ordinal"], round(marker["vaf"], 3))
        for marker in p21["biomarkers"]
        if marker["label"] == "ERBB2 p.V777L" and marker["specimen"]["kind"] == "CTDNA"
    )
    assert serial == [(1, 0.006), (2, 0.001), (3, 0.003), (4, 0.015), (5, 0.186)]

    statuses = Counter(patient["unheard"] for patient in patients)
    assert statuses == {"UNKNOWN": 25}
    assert "NOT_ALTERED" not in {patient["braf"] for patient in patients}
    assert p21["erbb2"] == "ALTERED"


def check_statistics(body: dict[str, Any]) -> None:
    """The published 16 %, and no curve of events that nobody knows."""
    (row,) = body["data"]["outcomeStatistics"]["rows"]
    response = row["objectiveResponse"]
    assert (response["numerator"]["value"], response["denominator"]) == (4, 25)
    assert response["estimate"]["value"] == 0.16
    bounds = response["confidenceInterval"]
    assert [round(100 * bounds[name], 1) for name in ("lower", "upper")] == [4.5, 36.1]
    assert row["patients"]["value"] == 25
    assert row["evaluable"]["value"] == 0  # no source says who had benefit at week 16
    counted = {e["response"]: e["proportion"] for e in row["responseDistribution"]}
    assert {name: each["numerator"]["value"] for name, each in counted.items()} == {
        "CR": 0, "PR": 4, "SD": 8, "PD": 7, "NE": 6, None: 0,
    }  # fmt: skip
    assert row["overallSurvival"] == {
        "patients": 0, "events": 0, "censored": 0, "eventUnknown": 25, "timeUnknown": 0,
        "median": {"value": None}, "points": [],
    }  # fmt: skip
    assert row["resistanceMechanisms"] == {"progressed": 7, "profiled": 0, "mechanisms": []}


def check_resistance(patients: list[dict[str, Any]]) -> None:
    """Suspicions alone: a series without dates after a response, and who was not profiled again."""
    found = {
        patient["sourceId"]: treatment["resistanceFindings"]
        for patient in patients
        for treatment in patient["treatments"]
    }
    each = [finding for findings in found.values() for finding in findings]
    assert {(finding["status"], finding["curated"]) for finding in each} == {("SUSPECTED", False)}
    assert {finding["ruleSet"] for finding in each} == {"resistance-1"}
    counts = Counter((finding["mechanism"], finding["kind"], finding["basis"]) for finding in each)
    assert counts == {
        ("NOT_PROFILED", "PRIMARY", "NO_SECOND_SPECIMEN"): 7,
        ("UNKNOWN_PROFILED", "ACQUIRED", "UNDATED_SERIES"): 1,
    }
    with_progression = {
        patient["sourceId"]
        for patient in patients
        for treatment in patient["treatments"]
        if treatment["outcome"]["bestOverallResponse"] == "PD"
    }
    unseen = {
        patient
        for patient, findings in found.items()
        for finding in findings
        if finding["mechanism"] == "NOT_PROFILED"
    }
    assert unseen == with_progression

    (finding,) = found["21"]
    assert (finding["dayAfterProgression"], finding["drug"]) == (None, None)
    by_label = {item["biomarker"]["label"]: item for item in finding["evidence"]}
    rising = by_label["ERBB2 p.V777L"]
    assert (rising["change"], rising["testedInBoth"]) == ("RISING", True)
    assert (round(rising["vafBefore"], 3), round(rising["vafAfter"], 3)) == (0.006, 0.186)
    assert rising["baseline"] == {"sourceId": "P21_A"}
    assert rising["comparator"] == {"sourceId": "P21_E"}
    assert "ERBB2 p.V777L" in {marker["label"] for marker in finding["biomarkers"]}
    once = by_label["RHOA p.Q63K"]  # nobody says that the first sample was tested for it
    assert (once["change"], once["testedInBoth"], once["vafBefore"]) == (None, False, None)
    assert "RHOA p.Q63K" not in {marker["label"] for marker in finding["biomarkers"]}


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["cbioportal", "no/such/folder", "--study", "X"], "no/such/folder"),
        (["cbioportal", "docs", "--study", "X"], "docs"),
        (["cbioportal", "README.md", "--study", "X"], "README.md"),
    ],
)
async def test_a_wrong_path_is_one_sentence(
    settled: tuple[Database, dict[str, str]], arguments: list[str], word: str
) -> None:
    copy, variables = settled
    before = await rows(copy)
    result = command(variables, "import", *arguments)
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert word in result.stderr
    assert "Traceback" not in result.stderr
    assert await rows(copy) == before


@pytest.mark.parametrize("drug", ["neratinib", "no-such-drug"])
async def test_a_drug_is_one_that_is_known(
    settled: tuple[Database, dict[str, str]], study: str, drug: str
) -> None:
    copy, variables = settled
    before = await rows(copy)
    result = command(
        variables, "import", "cbioportal", study, "--study", "PUMA2", "--drug", drug, "--dry-run"
    )
    assert result.returncode == (0 if drug == "neratinib" else 1), result.stderr
    assert await rows(copy) == before


async def test_a_study_is_not_invented(world: World, study: str) -> None:
    """Real rows never go into a synthetic study."""
    result = command(
        world.environment, "import", "cbioportal", study, "--study", "SYNTHETIC", "--dry-run"
    )
    assert result.returncode == 1
    assert "synthetic" in result.stderr.lower()
