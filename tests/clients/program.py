"""A program in the client's environment, and plain HTTP beside it."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import httpx

from tests.world import ROOT

CLIENT = ROOT / "clients" / "python"
PYTHON = CLIENT / ".venv" / "bin" / "python"
NOT_BUILT = "the Python client is not built: run `make clients`"
NO_JQ = "jq or curl is not there: install them for the cURL example"
NO_R = "R is not there: install r-base-core, r-cran-curl and r-cran-jsonlite"
PROGRAM = CLIENT / "tests" / "asked.py"


def is_built() -> bool:
    """Tell whether the client's environment is there, with the client."""
    return (CLIENT / ".built").exists()


def has_jq() -> bool:
    """Tell whether there is what the cURL example needs."""
    return all(shutil.which(tool) is not None for tool in ("curl", "jq"))


@cache
def has_r() -> bool:
    """Tell whether R is there, with the packages that the example needs."""
    if shutil.which("Rscript") is None:
        return False
    needed = "stopifnot(requireNamespace('curl'), requireNamespace('jsonlite'))"
    return subprocess.run(["Rscript", "-e", needed], capture_output=True).returncode == 0


def call(
    url: str,
    token: str | list[str],
    method: str,
    *,
    choice: dict[str, str] | None = None,
    times: int = 1,
    **arguments: Any,
) -> dict[str, Any]:
    """Say what to call; several tokens are given one after the other."""
    return {
        "url": url,
        "tokens": [token] if isinstance(token, str) else token,
        "choice": choice or {},
        "method": method,
        "arguments": arguments,
        "times": times,
    }


async def ran(python: Path, *calls: dict[str, Any]) -> list[dict[str, Any]]:
    """Make the calls from one program, and give what came of each."""
    process = await asyncio.create_subprocess_exec(
        python,
        PROGRAM,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await asyncio.wait_for(process.communicate(json.dumps(calls).encode()), 60)
    assert (process.returncode, errors) == (0, b""), errors.decode()
    outcomes: list[dict[str, Any]] = json.loads(output)
    return outcomes


async def over_http(
    graph: str, token: str, query: str, variables: dict[str, Any] | None = None
) -> Any:
    """Ask as any program can, without the client."""
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=30) as http:
        response = await http.post(graph, json={"query": query, "variables": variables})
        return response.json()
