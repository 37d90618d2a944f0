"""Whatever goes wrong at a partner costs its own fields alone, and changes none of ours."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from connect_graph.gateway import FOLDER
from connect_graph.issuer import DemoIssuer
from schema.subgraph import SUBGRAPHS
from tests.federation.partner.program import Falsify, Joined, Partner

BOTH = """{ drugs(where: {inn: {in: ["olaparib", "vemurafenib"]}}) { nodes {
  inn atc targets { symbol name%s } %s } } }"""
OURS = BOTH % ("", "")
ASKED = BOTH % (" curatedEvidence { level source drug { route } }", "supply { packages countedOn }")


def entities(change: Callable[[list[Any]], Any]) -> Falsify:
    """Change the records of an answer."""

    def falsified(_status: int, body: bytes) -> tuple[int, bytes]:
        answer = json.loads(body)
        answer["data"] = {root: change(found) for root, found in answer["data"].items()}
        return 200, json.dumps(answer).encode()

    return falsified


def always(status: int, body: object) -> Falsify:
    """Answer the same, whatever is asked."""
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda _status, _body: (status, text)


def each(change: dict[str, Any]) -> Falsify:
    return entities(lambda found: [{**one, **change} for one in found])


def coded(code: str, path: list[Any] | None) -> Falsify:
    error = {"message": "secret", "extensions": {"code": code}, **({"path": path} if path else {})}
    return lambda _, body: (200, json.dumps({**json.loads(body), "errors": [error]}).encode())


UNNOTICED = {
    "names of ours": each({"inn": "x", "atc": "x", "symbol": "x", "name": "x", "targets": []}),
    "another type": each({"__typename": "Patient"}),
    "the type of an interface": each({"__typename": "Biomarker"}),
    "a prototype": each({"__proto__": {"inn": "x"}, "constructor": "x"}),
    "a wrong status": lambda _status, body: (503, body),
}
"""Answers with more than was asked for, or beside it: what was asked for stands."""

NOTICED = {
    "fewer records": entities(lambda found: found[:-1]),
    "more records": entities(lambda found: [*found, *found]),
    "no records": entities(lambda _: None),
    "one record": entities(lambda found: found[0]),
    "numbers for objects": each({"supply": 7, "curatedEvidence": 7}),
    "objects for lists": each({"supply": [], "curatedEvidence": {"level": "A"}}),
    "null for what is not": each(
        {"supply": {"packages": None, "countedOn": ""}, "curatedEvidence": [{"level": None}, None]}
    ),
    "text for a number": each(
        {"supply": {"packages": "many", "countedOn": ""}, "curatedEvidence": [{"level": {}}]}
    ),
    "no data": always(200, {"data": None}),
    "no data and an error": always(200, {"data": None, "errors": [{"message": "secret"}]}),
    "an unknown code": coded("SECRET", None),
    "an error that costs the whole": coded("BAD_USER_INPUT", ["_entities", 0, "supply"]),
    "a refusal": always(
        401, {"errors": [{"message": "secret", "extensions": {"code": "UNAUTHENTICATED"}}]}
    ),
    "a page": always(502, b"<html>secret</html>"),
    "nothing": always(200, b""),
    "a list": always(200, []),
    "a hundred thousand errors": lambda _, body: (
        200,
        json.dumps(
            {**json.loads(body), "errors": [{"message": "x", "path": ["_entities", 0]}] * 100_000}
        ).encode(),
    ),
    "more than it may": entities(lambda found: [{**one, "x": "x" * 4_000_000} for one in found]),
    "an error at a field of ours": coded("INTERNAL", ["_entities", 0, "inn"]),
    "an error at no field": coded("INTERNAL", ["_entities", 0, "secret"]),
    "an error at no record": coded("INTERNAL", ["_entities", 99_999, "supply"]),
    "an error deep in text": coded("INTERNAL", ["_entities", 0, "supply", "secret", "more"]),
    "many brackets": always(200, b'{"data":' + b"[" * 100_000),
}
"""Answers that cannot be used as they are: the partner's fields are null, and that is told."""


@pytest.fixture
def falsified(joined: Joined) -> Iterator[Joined]:
    yield joined
    joined.tap.falsify = None


def without_partner(body: dict[str, Any]) -> dict[str, Any]:
    """Take what the partner tells out of an answer."""
    for drug in body["data"]["drugs"]["nodes"]:
        del drug["supply"]
        for target in drug["targets"]:
            del target["curatedEvidence"]
    return {"data": body["data"]}


async def ours(joined: Joined) -> dict[str, Any]:
    answer = await joined.world.answer("steward", OURS)
    return answer.body


def test_who_is_not_one_of_ours_is_a_partner() -> None:
    """Also where nothing says so."""
    (text,) = re.findall(r"^const OWN = (\[.*\]);$", (FOLDER / "settings.ts").read_text(), re.M)
    assert tuple(json.loads(text)) == SUBGRAPHS


@pytest.mark.parametrize("kind", UNNOTICED)
async def test_a_partner_cannot_put_anything_in_the_place_of_ours(
    falsified: Joined, kind: str
) -> None:
    right = await falsified.ask("steward", ASKED)
    falsified.tap.falsify = UNNOTICED[kind]
    body = await falsified.ask("steward", ASKED)
    assert body == right
    assert without_partner(body) == await ours(falsified)


@pytest.mark.parametrize("kind", NOTICED)
async def test_an_answer_that_cannot_be_used_costs_the_partners_fields(
    falsified: Joined, kind: str
) -> None:
    falsified.tap.falsify = NOTICED[kind]
    body = await falsified.ask("steward", ASKED)
    assert {json.dumps(error["extensions"]) for error in body["errors"]} == {
        '{"code": "SUBGRAPH_UNAVAILABLE"}'
    }
    assert "secret" not in json.dumps(body)
    for error in body["errors"]:
        assert {"supply", "curatedEvidence"} & set(error["path"])
    assert without_partner(body) == await ours(falsified)


async def test_a_fault_of_the_program_is_told_without_its_sentence(joined: Joined) -> None:
    right = await joined.ask("steward", ASKED)
    joined.partner.rows("alter table supply rename to mislaid")
    try:
        body = await joined.ask("steward", ASKED)
        assert {error["extensions"]["code"] for error in body["errors"]} == {"SUBGRAPH_UNAVAILABLE"}
        assert {tuple(error["path"][-1:]) for error in body["errors"]} == {("supply",)}
        assert "mislaid" not in json.dumps(body)
        assert "table" not in json.dumps(body)
        for drug, other in zip(
            body["data"]["drugs"]["nodes"], right["data"]["drugs"]["nodes"], strict=True
        ):
            assert drug == {**other, "supply": None}
    finally:
        joined.partner.rows("alter table mislaid rename to supply")
    assert await joined.ask("steward", ASKED) == right


async def test_a_partner_that_hangs_is_given_up(falsified: Joined) -> None:
    """After five seconds; ours may take a minute."""

    def slow(status: int, body: bytes) -> tuple[int, bytes]:
        time.sleep(7)
        return status, body

    falsified.tap.falsify = slow
    began = time.monotonic()
    body = await falsified.ask("steward", BOTH % ("", "supply { packages }"))
    assert 4.5 < time.monotonic() - began < 6.5
    (error,) = body["errors"]
    assert error["extensions"] == {"code": "SUBGRAPH_UNAVAILABLE"}


async def test_a_partner_that_believes_nobody_costs_its_own_fields(
    joined: Joined, tmp_path: Path
) -> None:
    """Here with the keys of another issuer."""
    keys = tmp_path / "keys.json"
    keys.write_text(DemoIssuer(tmp_path).public_keys())
    other = Partner(tmp_path, str(keys))
    try:
        other.start()
        joined.tap.target = other.url
        body = await joined.ask("steward", ASKED)
        assert {error["extensions"]["code"] for error in body["errors"]} == {"SUBGRAPH_UNAVAILABLE"}
        assert without_partner(body) == await ours(joined)
    finally:
        joined.tap.target = joined.partner.url
        other.stop()
