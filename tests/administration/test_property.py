"""Inputs of any kind: an answer, or a refusal that names a place; never a fault of ours."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    get_named_type,
    is_required_input_field,
)
from hypothesis import example, given
from hypothesis import strategies as st

from resolvers.execute import Graph
from tests.administration.conftest import Bench, document
from tests.extent import trying

SCHEMA = Graph.make().binding.schema
KNOWN = {
    "code": ["ANY-1", "CONNECT", "NORDLYS"],
    "partner": ["NORDLYS", "UIO"],
    "institution": ["UIO", "NORDLYS"],
    "drugs": ["olaparib", "alpelisib"],
    "addDrugs": ["olaparib", "trametinib"],
    "cohorts": ["TRA-BRAF-CRC"],
    "addCohorts": ["TRA-BRAF-CRC"],
    "tumourTypes": ["BOWEL"],
    "addTumourTypes": ["CHOL"],
    "issuer": ["https://demo.connect-graph.invalid"],
    "organisationNumber": ["993467049", "999000259"],
    "subject": ["anybody", "nobody"],
    "scope": ["AGR-OLA-01", "ANY-1"],
}
MOMENTS = ["2030-01-01T00:00:00Z", "2020-01-01T00:00:00+01:00", "9999-12-31T23:59:59-12:00", "x"]
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


def value(name: str, type_: Any) -> st.SearchStrategy[Any]:
    """Draw a value of an input's field: often one that is known, often none at all."""
    if isinstance(type_, GraphQLNonNull):
        return value(name, type_.of_type).filter(lambda drawn: drawn is not None)
    if isinstance(type_, GraphQLList):
        return st.none() | st.lists(value(name, type_.of_type), max_size=3)
    match type_.name:
        case "DateTime":
            return st.none() | st.sampled_from(MOMENTS) | st.datetimes().map(str) | TEXT
        case "Int":
            return st.none() | st.integers(-(2**31), 2**31 - 1)
        case "Boolean":
            return st.booleans()
        case _ if isinstance(type_, GraphQLEnumType):
            return st.none() | st.sampled_from(sorted(type_.values))
        case _:
            return st.none() | st.sampled_from(KNOWN.get(name, [""])) | TEXT


def inputs(name: str) -> st.SearchStrategy[dict[str, Any]]:
    mutation = SCHEMA.mutation_type
    assert mutation is not None
    type_ = get_named_type(mutation.fields[name].args["input"].type)
    assert isinstance(type_, GraphQLInputObjectType)
    required = {k: value(k, f.type) for k, f in type_.fields.items() if is_required_input_field(f)}
    optional = {
        k: value(k, f.type) for k, f in type_.fields.items() if not is_required_input_field(f)
    }
    return st.fixed_dictionaries(required, optional=optional)


CHANGES = st.sampled_from(sorted(SCHEMA.mutation_type.fields if SCHEMA.mutation_type else ()))
ANY = CHANGES.flatmap(lambda name: st.tuples(st.just(name), inputs(name)))


@pytest.mark.property
async def test_no_input_is_a_fault(bench: Bench) -> None:
    loop = asyncio.get_running_loop()
    seen = {"changed": 0, "refused": 0}

    @trying(ci=40, nightly=2_000)
    @given(ANY)
    @example(("updatePartner", {"code": "NORDLYS"}))
    def ask(drawn: tuple[str, dict[str, Any]]) -> None:
        name, input_ = drawn
        future = asyncio.run_coroutine_threadsafe(
            bench.ask(document(name, ""), {"i": input_}), loop
        )
        body = future.result(30)
        codes = {error["extensions"]["code"] for error in body.get("errors", [])}
        assert codes <= {"BAD_USER_INPUT"}, body
        for error in body.get("errors", []):
            if "path" in error:
                assert error["message"].startswith("input."), error
        seen["refused" if codes else "changed"] += 1

    await asyncio.to_thread(ask)
    assert min(seen.values()) > 0, seen
