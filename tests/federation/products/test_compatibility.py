"""Apollo's compatibility suite for subgraphs: our binding and planner pass all but one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from connect_graph.gateway import FOLDER
from tests.federation.gateway.stack import before
from tests.federation.products.conftest import NODE
from tests.http.client import bearer
from tests.world import World

TESTS = 23
FAILING = {"ftv1": "expected: a trace would tell callers how long each field took"}
TRACE = {"apollo-federation-include-trace": "ftv1"}
COMPOSERS = ("apollo", "guild")
OF_OTHERS = """
{ product(id: "apollo-federation") { createdBy {
  averageProductsCreatedPerYear totalProductsCreated yearsOfEmployment name } } }
"""


async def node(script: str, *arguments: str, **environment: str) -> str:
    """Run a script of the gateway's; give what it prints."""
    process = await asyncio.create_subprocess_exec(
        NODE,
        script,
        *arguments,
        cwd=FOLDER,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        told, failed = await process.communicate()
    assert process.returncode == 0, failed.decode()
    return told.decode()


@pytest.mark.parametrize("composer", COMPOSERS)
async def test_all_but_traces_pass(
    products: World,
    served: str,
    others: Mapping[str, str],
    suite: Path,
    tmp_path: Path,
    composer: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Composed by either composer; what goes to a router goes to our gateway."""
    token = await products.token("researcher")
    async with httpx.AsyncClient(headers=bearer(token)) as client:
        told = await client.post(served, json={"query": "{ _service { sdl } }"})
        files = {name: suite / "subgraphs" / name / f"{name}.graphql" for name in others}
        files["products"] = tmp_path / "products.graphql"
        files["products"].write_text(told.json()["data"]["_service"]["sdl"])
        supergraph = tmp_path / "supergraph.graphql"
        named = [f"{name}={file}" for name, file in files.items()]
        supergraph.write_text(await node("compose.ts", composer, *named))

        urls = {name: [url] for name, url in {**others, "products": served}.items()}
        with before(products, urls, supergraph=supergraph, own=tuple(urls)) as gateway:
            router = f"{gateway.url}/graphql"
            results = json.loads(await node("compatibility.ts", served, router, TOKEN=token))
            traced = await client.post(served, json={"query": "{ __typename }"}, headers=TRACE)
            computed = await client.post(router, json={"query": OF_OTHERS})

    reasons = {each["name"]: each["reason"] for each in results}
    failed = {name for name, reason in reasons.items() if reason is not None}
    with capsys.disabled():
        print(f"\nsubgraph compatibility, composed by {composer}:")
        for name in reasons:
            expected = f" ({FAILING[name]})" if name in FAILING else ""
            print(f"  {'failed' if name in failed else 'passed'}  {name}{expected}")
    assert len(results) == len(reasons) == TESTS
    assert failed == FAILING.keys(), [reasons[name] for name in failed - FAILING.keys()]
    assert traced.json() == {"data": {"__typename": "Query"}}  # and no other reason than the trace
    # What the suite does not look at: the value is computed of what the users subgraph says.
    assert computed.json() == {
        "data": {
            "product": {
                "createdBy": {
                    "averageProductsCreatedPerYear": 1,
                    "totalProductsCreated": 10,
                    "yearsOfEmployment": 10,
                    "name": "Jane Smith",
                }
            }
        }
    }
