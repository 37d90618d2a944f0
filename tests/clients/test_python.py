"""The Python client against the served graph: typed answers, typed errors, whole lists."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from connect_graph import database as office
from connect_graph.issuer import DEMO_ISSUER
from resolvers.errors import Code
from tests.clients.program import CLIENT, call, over_http, ran
from tests.world import World

RESPONSES = ["CR", "PR", "SD", "PD", "NE"]
RECORDS = ("partner", "researcher", "clinician", "steward")
ROLES = (*RECORDS, "authority")
COHORT = "OLA-BRCA-BTC"
TWO = ("AGR-OLA-01", "AGR-ALP-01")


@dataclass(frozen=True, slots=True)
class Operation:
    """Hold a call of the client, and the variables that ask the same over plain HTTP."""

    method: str
    type: str
    arguments: dict[str, Any]
    variables: dict[str, Any]
    withheld: tuple[str, ...] | None = ()
    """Where an authority's answer is null, below the root; None: nowhere."""

    @property
    def root(self) -> str:
        return re.sub(r"_(\w)", lambda match: match[1].upper(), self.method)

    @property
    def document(self) -> str:
        return (CLIENT / "operations" / f"{self.method}.graphql").read_text()


ALTERED = {"biomarkers": {"some": {"gene": {"symbol": {"eq": "TP53"}}}}}
ASSESSED = {"treatments": {"some": {"outcome": {"bestOverallResponse": {"in": RESPONSES}}}}}
WOMEN = {"sex": {"in": ["FEMALE"]}, "not": {"ageBand": {"isNull": True}}}
OLAPARIB = {"drug": {"inn": {"eq": "olaparib"}}}
OLDEST = [{"by": "ageBand", "direction": "DESC"}]
OPERATIONS = [
    Operation("viewer", "ViewerViewer", {}, {}, None),
    Operation("patient", "PatientRecord", {"id": "<patient>"}, {"id": "<patient>"}),
    Operation(
        "patients",
        "PatientsPatients",
        {"gene": "TP53", "responses": RESPONSES, "first": 5},
        {"where": {**ALTERED, **ASSESSED}, "first": 5},
    ),
    Operation(
        "patients",
        "PatientsPatients",
        {"where": WOMEN, "gene": "TP53", "order_by": OLDEST},
        {"where": {**ALTERED, **WOMEN}, "orderBy": OLDEST},
    ),
    Operation("cohort", "CohortRecord", {"code": COHORT}, {"code": COHORT}, ("treatments",)),
    Operation(
        "resistance_findings",
        "ResistanceFindingsResistanceFindings",
        {"drug": "olaparib"},
        {"where": OLAPARIB},
    ),
]
CLASSES = """
from pydantic import ValidationError
from connect_graph_client.errors import AnswerError, Problem
from connect_graph_client.generated.viewer import Viewer
for codes in (["TIMEOUT", "TIMEOUT"], ["TIMEOUT", "INTERNAL"], ["NEW"], [None]):
    problems = tuple(Problem(code, "…") for code in codes)
    print(AnswerError.of(problems).__name__)
try:
    Viewer.model_validate({"viewer": {"role": "NEW"}})
except ValidationError as error:
    print([each["type"] for each in error.errors() if each["loc"] == ("viewer", "role")])
"""
NUMBERS = range(len(OPERATIONS))


def about(value: dict[str, Any], patient: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(value).replace("<patient>", patient))
    return found


def comparable(value: Any) -> Any:
    """Give an answer without what may be written in several ways: moments, and cursors.

    A cursor is bound to how the conditions were written; that of the client leads on, as a test of
    whole lists shows.
    """
    if isinstance(value, list):
        return [comparable(each) for each in value]
    if not isinstance(value, dict):
        return value
    kinds: dict[str, Callable[[str], Any]] = {"validTo": datetime.fromisoformat, "endCursor": bool}
    return {
        name: kinds[name](each) if name in kinds and each else comparable(each)
        for name, each in value.items()
    }


@pytest.fixture(scope="session")
async def tokens(world: World) -> dict[str, str]:
    return {role: await world.token(role) for role in ROLES}


@pytest.fixture(scope="session")
async def patients(graph: str, tokens: dict[str, str]) -> dict[str, str]:
    """Find a patient for each role, with findings where there are; anybody's to an authority."""
    query = "{ patients(first: 1000) { nodes { id treatments { resistanceFindings { id } } } } }"
    found = {}
    for role in RECORDS:
        nodes = (await over_http(graph, tokens[role], query))["data"]["patients"]["nodes"]
        rich = [node for node in nodes if any(t["resistanceFindings"] for t in node["treatments"])]
        found[role] = (rich or nodes)[0]["id"]
    return {**found, "authority": found["steward"]}


@pytest.fixture(scope="session")
async def outcomes(
    python: Path, graph: str, tokens: dict[str, str], patients: dict[str, str]
) -> dict[tuple[int, str], dict[str, Any]]:
    """Call every operation as every role, from one program."""
    keys = [(number, role) for number in NUMBERS for role in ROLES]
    calls = [
        call(
            graph,
            tokens[role],
            OPERATIONS[number].method,
            **about(OPERATIONS[number].arguments, patients[role]),
        )
        for number, role in keys
    ]
    return dict(zip(keys, await ran(python, *calls), strict=True))


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: OPERATIONS[number].method)
async def test_an_operation_gives_what_plain_http_gives(
    graph: str,
    tokens: dict[str, str],
    patients: dict[str, str],
    outcomes: dict[tuple[int, str], dict[str, Any]],
    number: int,
    role: str,
) -> None:
    """In the types of the operation; to an authority the error, with the data beside it."""
    operation, outcome = OPERATIONS[number], outcomes[number, role]
    variables = about(operation.variables, patients[role])
    plain = await over_http(graph, tokens[role], operation.document, variables)
    if role == "authority" and operation.withheld is not None:
        path = [operation.root, *operation.withheld]
        assert (outcome["error"], outcome["code"]) == ("FieldNotAvailable", "FIELD_NOT_AVAILABLE")
        assert outcome["problems"] == [["FIELD_NOT_AVAILABLE", path]]
        assert outcome["data"] == plain["data"]
        assert [error["path"] for error in plain["errors"]] == [path]
        return
    assert "errors" not in plain
    assert outcome["type"] == operation.type
    assert comparable(outcome["answer"]) == comparable(plain["data"][operation.root])
    if role == "steward":
        assert outcome["answer"].get("nodes", True), "it finds something among everything"


def test_an_authority_has_the_rest_of_a_cohort(
    outcomes: dict[tuple[int, str], dict[str, Any]],
) -> None:
    number = next(n for n in NUMBERS if OPERATIONS[n].method == "cohort")
    cohort = outcomes[number, "authority"]["data"]["cohort"]
    assert cohort["code"] == COHORT
    assert cohort["tumourType"]


async def test_every_operation_is_asked() -> None:
    files = {path.stem for path in (CLIENT / "operations").iterdir()}
    assert files == {operation.method for operation in OPERATIONS}


async def test_a_whole_list_is_all_of_its_pages(
    python: Path, graph: str, tokens: dict[str, str]
) -> None:
    token = tokens["steward"]
    (treated, findings, patients, none, absent) = await ran(
        python,
        call(graph, token, "every_treatment", cohort=COHORT, page_size=2),
        call(graph, token, "every_resistance_finding", page_size=9),
        call(graph, token, "every_patient", gene="TP53", page_size=11),
        call(graph, token, "every_patient", gene="none such"),
        call(graph, token, "every_treatment", cohort="none such"),
    )
    whole = await over_http(
        graph,
        token,
        """query ($patients: PatientFilter!, $cohort: String!) {
          cohort(code: $cohort) { treatments(first: 1000) { nodes { id } } }
          resistanceFindings(first: 1000) { nodes { id } }
          patients(first: 1000, where: $patients) { nodes { id } }
        }""",
        {"patients": ALTERED, "cohort": COHORT},
    )
    data = whole["data"]
    for outcome, page, size in (
        (treated, data["cohort"]["treatments"], 2),
        (findings, data["resistanceFindings"], 9),
        (patients, data["patients"], 11),
    ):
        assert [node["id"] for node in outcome["answer"]] == [node["id"] for node in page["nodes"]]
        assert len(page["nodes"]) > size, "there is one page only"
    assert (treated["type"], findings["type"], patients["type"]) == (
        "CohortRecordTreatmentsNodes",
        "Finding",
        "PatientSummary",
    )
    assert none["answer"] == absent["answer"] == []


async def test_an_error_has_the_class_of_its_code(
    python: Path, url: str, graph: str, tokens: dict[str, str]
) -> None:
    token = tokens["steward"]
    deep = "biomarkers { specimen { biomarkers { specimen { biomarkers { specimen { biomarkers"
    dear = f"{{ patients(first: 1000) {{ nodes {{ {deep} {{ label }} }} }} }} }} }} }} }} }} }}"
    partly = '{ patient(id: "none") { id } viewer { role } }'
    expected = [
        (call(graph, "none", "viewer"), "Unauthenticated", 401),
        (call(graph, token, "viewer", choice={"scope": TWO[0]}), "ScopeRefused", 403),
        (call(graph, token, "viewer", choice={"purpose": "none"}), "ScopeRefused", 403),
        (call(graph, token, "ask", document="{"), "ParseFailed", 400),
        (call(graph, token, "ask", document="{ nothing }"), "ValidationFailed", 400),
        (call(graph, token, "patients", first=0), "BadUserInput", 400),
        (call(graph, token, "patients", first=1001), "LimitExceeded", 400),
        (call(graph, token, "ask", document=dear), "CostExceeded", 400),
        (call(graph, token, "ask", document="#" * 1_000_001), "PayloadTooLarge", 413),
        (call(graph, tokens["authority"], "ask", document=partly), "FieldNotAvailable", 200),
    ]
    outcomes = await ran(python, *(asked for asked, _, _ in expected))
    assert [(each["error"], each["status"]) for each in outcomes] == [
        (name, status) for _, name, status in expected
    ]
    for outcome in outcomes:
        assert {code for code, _ in outcome["problems"]} == {outcome["code"]}
        assert outcome["text"].startswith(f"{outcome['code']}: ")
    *whole, partial = outcomes
    assert {str(outcome["data"]) for outcome in whole} == {"None"}
    assert partial["data"] == {"patient": None, "viewer": {"role": "AUTHORITY"}}
    assert partial["text"].endswith("(at patient)")


async def test_what_is_no_graph_is_told_apart(python: Path, url: str) -> None:
    page, nobody, *nowhere = await ran(
        python,
        call(f"{url}/health", "none", "viewer"),
        call("http://127.0.0.1:1/graphql", "none", "viewer"),
        call("graph.example/graphql", "none", "viewer"),
        call("http://[/graphql", "none", "viewer"),
    )
    assert page["error"] == "NotGraphQL"
    assert page["text"].endswith("which is not GraphQL: is it the address of /graphql?")
    assert [each["error"] for each in (nobody, *nowhere)] == ["Unreachable"] * 3
    assert nobody["text"].startswith("http://127.0.0.1:1/graphql did not answer: ")


@pytest.fixture
async def two_scopes(world: World) -> AsyncIterator[str]:
    """Give the token of a member of two agreements, for as long as a test lasts."""
    caller = await world.caller("partner")
    async with office.connected(world.database.url) as connection:
        await connection.execute(
            "insert into connect.membership (role, issuer, organisation_number, subject, scope_id) "
            "select 'PARTNER', $1, $2, 'client-of-two', id from connect.scope "
            "where code = any($3)",
            DEMO_ISSUER,
            caller.organisation,
            list(TWO),
        )
        yield world.issuer.token(caller.organisation, "client-of-two")
        await connection.execute("delete from connect.membership where subject = 'client-of-two'")


async def test_a_scope_and_a_purpose_are_chosen(python: Path, graph: str, two_scopes: str) -> None:
    neither, first, second = await ran(
        python,
        call(graph, two_scopes, "viewer"),
        *(call(graph, two_scopes, "viewer", choice={"scope": code}) for code in TWO),
    )
    assert (neither["error"], neither["status"]) == ("ScopeRequired", 403)
    assert all(code in neither["text"] for code in TWO)
    assert [each["answer"]["scope"]["code"] for each in (first, second)] == list(TWO)
    choice = {"scope": TWO[1], "purpose": second["answer"]["purposes"][0]}
    (chosen,) = await ran(python, call(graph, two_scopes, "viewer", choice=choice))
    assert chosen == second


async def test_a_token_may_be_renewed(python: Path, graph: str, tokens: dict[str, str]) -> None:
    """Each request takes the next; blanks around one, as files have them, do not matter."""
    both = [f" {tokens['partner']}\n", tokens["steward"]]
    renewed, used_up = await ran(
        python,
        call(graph, both, "viewer", times=2),
        call(graph, [tokens["partner"], "none"], "viewer", times=2),
    )
    assert renewed["answer"]["role"] == "STEWARD"
    assert used_up["error"] == "Unauthenticated"


async def test_a_token_that_is_none_is_not_told(python: Path, graph: str) -> None:
    wrong = ["", "first\nsecond", "Bearer abc", "nøkkel"]
    for outcome in await ran(python, *(call(graph, token, "viewer") for token in wrong)):
        assert outcome["error"] == "GraphError"
        assert not any(token in outcome["text"] for token in wrong[1:])


async def test_a_condition_that_is_not_there_is_refused(python: Path, graph: str) -> None:
    """It would otherwise be left out, and everybody found."""
    with pytest.raises(AssertionError, match="Extra inputs are not permitted"):
        await ran(python, call(graph, "none", "patients", where={"sexes": {"eq": "FEMALE"}}))


def test_there_is_a_class_for_every_code() -> None:
    text = (CLIENT / "connect_graph_client" / "errors.py").read_text()
    classes = re.findall(r'^    code = "(\w+)"$', text, re.MULTILINE)
    assert len(set(classes)) == len(classes)
    assert set(classes) == {code.value for code in Code}


def test_errors_of_several_codes_are_no_one_codes(python: Path) -> None:
    """Who catches one would never see the other; a code or a value from later is not taken in."""
    done = subprocess.run([str(python), "-c", CLASSES], capture_output=True, text=True, timeout=30)
    assert done.stderr == ""
    *classes, validation = done.stdout.splitlines()
    assert classes == ["TimedOut", "AnswerError", "AnswerError", "AnswerError"]
    assert validation == "['enum']"
