"""The questions of the soak: good ones of every role, and bad ones, each with the answer it has."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from graphql import get_introspection_query

from resolvers.errors import Code
from tests.contract.test_examples import A_PATIENT, FILES, roles
from tests.soak.load import NEW, Question, exchange

RECORDS = ("partner", "researcher", "clinician", "steward")
EVERYBODY = (*RECORDS, "authority")
BIOMARKERS = "/subgraphs/biomarkers/graphql"
GENES = ("TP53", "KRAS", "BRCA2", "PIK3CA")
DRUGS = ("olaparib", "alpelisib", "dabrafenib")
COHORTS = ("OLA-BRCA-BTC", "NOT-THERE")
RESPONSES = ("CR", "PR", "SD", "PD", "NE")
IDS = "{ patients(first: 6) { nodes { id } } }"
LARGE = """{ patients(first: 200) { nodes { id sex biomarkers { label ... on SmallVariant { vaf } }
  treatments { cohort { code } responses { week } } } } }"""
DEEP = "{ patients { nodes { specimens {" + "biomarkers { specimen {" * 60 + "id" + "}" * 124
DEAR = """{ patients(first: 1000) { nodes { biomarkers { specimen { biomarkers { specimen {
  biomarkers { specimen { biomarkers { label } } } } } } } } } }"""
DOCUMENTS = {
    "parse": ("{ patients(", Code.GRAPHQL_PARSE_FAILED),
    "unknown": ("{ nothing }", Code.GRAPHQL_VALIDATION_FAILED),
    "word": (f"{{ {NEW} }}", Code.GRAPHQL_VALIDATION_FAILED),
    "first": ("{ patients(first: 0) { nodes { id } } }", Code.BAD_USER_INPUT),
    "page": ("{ patients(first: 1001) { nodes { id } } }", Code.LIMIT_EXCEEDED),
    "deep": (DEEP, Code.LIMIT_EXCEEDED),
    "dear": (DEAR, Code.COST_EXCEEDED),
    "large": ("#" * 1_000_001, Code.PAYLOAD_TOO_LARGE),
}
CHANGED = """mutation ($i: UpdatePartnerInput!) {
  updatePartner(input: $i) { partner { name } changed } }"""
CREATED = """mutation { createPartner(input: {code: "SOAK", organisationNumber: "910000004",
  name: "Soak", sector: CHARITY}) { changed } }"""


@dataclass(frozen=True, slots=True)
class Asking:
    """Hold where a server is, and as whom it can be asked."""

    port: int
    tokens: Mapping[str, str]

    def question(
        self,
        name: str,
        role: str,
        query: str,
        variables: Mapping[str, Any] | None = None,
        *,
        path: str = "/graphql",
        weight: float = 1.0,
        **headers: str,
    ) -> Question:
        """Make a question, with headers beside the usual ones or instead of them."""
        given = {
            "host": "soak",
            "authorization": f"Bearer {self.tokens[role]}",
            "content-type": "application/json",
            **{key.replace("_", "-"): value for key, value in headers.items()},
        }
        lines = "".join(f"{key}: {value}\r\n" for key, value in given.items() if value)
        body = json.dumps({"query": query, "variables": variables or {}})
        head = f"POST {path} HTTP/1.1\r\n{lines}"
        return Question(f"{name} {role}", head, body, weight=weight)

    async def answer(self, question: Question) -> Question:
        """Ask twice; give the question with its answer, which must be the same."""
        found = {await self.once(question) for _ in range(2)}
        assert len(found) == 1, (question.name, found)
        ((status, answer),) = found
        return replace(question, status=status, answer=answer)

    async def once(self, question: Question) -> tuple[int, str]:
        """Ask once, over a connection of its own."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            return await exchange(question, NEW, reader, writer)
        finally:
            writer.close()

    async def ids(self, role: str) -> list[str]:
        """List some patients of a role, and one that is not there."""
        answered = await self.answer(self.question("ids", role, IDS))
        nodes = json.loads(answered.answer)["data"]["patients"]["nodes"]
        return [*(node["id"] for node in nodes), "0000000000000000"]


async def questions(asking: Asking, shared: Path) -> list[Question]:
    """Make all questions and take the answer to each, of which no good one may be a failure."""
    ids = {role: await asking.ids(role) for role in RECORDS}
    ids["authority"] = ids["steward"]
    good = [*_contract(asking, shared, ids), *_examples(asking, ids), *_others(asking)]
    found = [await asking.answer(each) for each in good]
    for each in found:
        assert each.status == 200, (each.name, each.answer)
        codes = _codes(each.answer)
        assert codes <= ({"FIELD_NOT_AVAILABLE"} if each.name.endswith("authority") else set())
    for question, status, code in _bad(asking):
        answered = await asking.answer(question)
        told = _codes(answered.answer)
        expected = (status, set() if code is None else {code.value})
        assert (answered.status, told) == expected, answered.name
        found.append(answered)
    await asking.once(asking.question("change", "steward", CREATED))
    return [*found, await _change(asking)]


async def _change(asking: Asking) -> Question:
    """Change a name to one that it never had."""
    given = {"i": {"code": "SOAK", "name": NEW}}
    question = asking.question("change", "steward", CHANGED, given, weight=10)
    status, answer = await asking.once(question)
    expected = {"data": {"updatePartner": {"partner": {"name": NEW}, "changed": True}}}
    assert json.loads(answer) == expected, answer
    return replace(question, status=status, answer=answer)


def _contract(asking: Asking, shared: Path, ids: Mapping[str, list[str]]) -> Iterator[Question]:
    folder = shared / "contract" / "operations"
    read = {path.stem: path.read_text() for path in folder.glob("*.graphql")}
    for role in EVERYBODY:
        ask = asking.question
        yield ask("viewer", role, read["viewer"], weight=2)
        for code in COHORTS:
            yield ask(f"cohort {code}", role, read["cohort"], {"code": code})
        for id_ in ids[role]:
            yield ask(f"patient {id_}", role, read["patient"], {"id": id_})
        for first, gene in enumerate(GENES, start=3):
            given = {"first": first, "gene": gene, "responses": RESPONSES[:first]}
            yield ask(f"patients {gene}", role, read["patients"], given)
        for drug in DRUGS:
            yield ask(f"resistance {drug}", role, read["resistance"], {"drug": drug})
        if role in RECORDS:
            for number in (1, 3, 7):
                named = [{"__typename": "Patient", "id": each} for each in ids[role][-number:]]
                given = {"representations": named}
                yield ask(f"entities {number}", role, read["entities"], given, path=BIOMARKERS)


def _examples(asking: Asking, ids: Mapping[str, list[str]]) -> Iterator[Question]:
    for path in FILES:
        sibling = path.with_suffix(".json")
        for role in roles(path):
            text = sibling.read_text() if sibling.exists() else "{}"
            given = json.loads(text.replace(A_PATIENT, ids[role][0]))
            yield asking.question(path.stem, role, path.read_text(), given)


def _others(asking: Asking) -> Iterator[Question]:
    for role in EVERYBODY:
        ask = asking.question
        yield ask("names", role, "{ __schema { types { name } } }")
        new = f"{{ {NEW}: cohorts(first: 2) {{ nodes {{ code stage }} }} }}"
        yield ask("new", role, new, weight=3)
        cohort = urlencode({"query": '{ cohort(code: "OLA-BRCA-BTC") { stage } }'})
        got = ask("get", role, "", path=f"/graphql?{cohort}", content_type="")
        yield replace(got, head=got.head.replace("POST", "GET", 1), body="")
        if role in RECORDS:
            yield ask("large", role, LARGE)
    yield asking.question("schema", "steward", get_introspection_query())


def _bad(asking: Asking) -> Iterator[tuple[Question, int, Code | None]]:
    for role in ("partner", "steward"):
        for name, (document, code) in DOCUMENTS.items():
            ask, whole = asking.question(name, role, document), code.status == 400
            yield ask, 200 if whole else code.status, code
        strict = asking.question(
            "strict", role, "{ nothing }", accept="application/graphql-response+json"
        )
        yield strict, 400, Code.GRAPHQL_VALIDATION_FAILED
        yield asking.question("text", role, IDS, content_type="text/plain"), 415, None
        yield asking.question("html", role, IDS, accept="text/html"), 406, None
        yield asking.question("scope", role, IDS, x_scope="NOT-OURS"), 403, Code.SCOPE_REFUSED
        broken = replace(asking.question("broken", role, IDS), body='{"query": ')
        yield broken, 400, Code.BAD_USER_INPUT
    for name, said in (("none", ""), ("wrong", "Bearer x"), ("forged", _forged(asking))):
        refused = asking.question(f"token {name}", "partner", IDS, authorization=said)
        yield refused, 401, Code.UNAUTHENTICATED
    asked = asking.question("get change", "steward", "", path=_got(CREATED))
    got = replace(asked, head=asked.head.replace("POST", "GET", 1), body="")
    yield got, 200, Code.BAD_USER_INPUT


def _forged(asking: Asking) -> str:
    """Give a token whose claims are another's than its signature."""
    head, _, sign = asking.tokens["partner"].split(".")
    return f"Bearer {head}.{asking.tokens['steward'].split('.')[1]}.{sign}"


def _got(document: str) -> str:
    return f"/graphql?{urlencode({'query': document})}"


def _codes(answer: str) -> set[str]:
    errors = json.loads(answer).get("errors", [])
    return {code for each in errors if (code := each.get("extensions", {}).get("code"))}
