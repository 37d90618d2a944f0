"""A long list, nested, streams whole from a process that stays small: in the night 100,000."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest

from tests.conftest import Clone
from tests.extent import count
from tests.http.client import bearer
from tests.stream.test_account import MOST_MEGABYTES, most_megabytes
from tests.world import World, make, serving

PATIENTS = count(ci=2_000, nightly=100_000)
NESTED = """{ patients { nodes { id sex ageBand diagnoses { oncoTreeCode }
  biomarkers { __typename id label gene { symbol } ... on SmallVariant { hgvsp vaf } }
  treatments { id line startedOn drugs { inn } outcome { bestOverallResponse }
    responses { day normalisedResponse targetSum } } } } }"""


@pytest.fixture(scope="module")
async def crowd(clone: Clone, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with clone() as copy:
        filled = await make(copy, Path(tmp_path_factory.mktemp("crowd")), PATIENTS)
        try:
            yield filled
        finally:
            await filled.pools.close()


@pytest.mark.property
async def test_a_long_list_streams_whole_and_within_bounds(
    crowd: World, record_property: Callable[[str, object], None]
) -> None:
    headers = {**bearer(await crowd.token("steward")), "accept": "application/jsonl"}
    begun, size, lines = time.monotonic(), 0, 0
    with serving(crowd.environment) as (address, process):
        async with httpx.AsyncClient(base_url=address, timeout=120) as http:
            request = http.stream("POST", "/graphql", json={"query": NESTED}, headers=headers)
            async with request as answer:
                last = ""
                async for line in answer.aiter_lines():
                    size, lines, last = size + len(line) + 1, lines + 1, line
        most = most_megabytes(process)
    told = {"lines": lines, "bytes": size, "megabytes": most, "seconds": time.monotonic() - begun}
    for name, value in told.items():
        record_property(name, round(value))
    assert "errors" not in json.loads(last)
    assert lines == PATIENTS
    assert most < MOST_MEGABYTES
