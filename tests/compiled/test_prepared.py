"""What is kept of an operation serves other values, and never other words."""

from __future__ import annotations

import pytest

from tests.world import World

TYPED = """query ($where: BiomarkerFilter) {
  biomarkers(first: 3, where: $where) { nodes { __typename } } }"""


@pytest.mark.parametrize("word", ["eq", "in"])
async def test_a_plan_is_kept_for_the_words_that_shape_it(world: World, word: str) -> None:
    """By one document, one after the other."""
    for kind in ("SmallVariant", "Signature", "CopyNumber", "SmallVariant"):
        wanted = [kind] if word == "in" else kind
        answer = await world.answer("steward", TYPED, {"where": {"type": {word: wanted}}})
        nodes = answer.body["data"]["biomarkers"]["nodes"]
        assert {node["__typename"] for node in nodes} == {kind}


async def test_a_plan_is_kept_whatever_the_values(world: World) -> None:
    """And is not made again: each finds its own patient."""
    page = "query ($n: Int!) { patients(first: $n) { nodes { id } } }"
    answer = await world.answer("steward", page, {"n": 5})
    ids = [node["id"] for node in answer.body["data"]["patients"]["nodes"]]
    one = "query ($id: ID!) { patient(id: $id) { id } }"
    await world.answer("steward", one, {"id": ids[0]})
    kept = len(world.graph.prepared)
    for each in ids:
        found = await world.answer("steward", one, {"id": each})
        assert found.body["data"]["patient"] == {"id": each}
    assert len(world.graph.prepared) == kept
