"""A client of a served graph: what every test of HTTP asks with, and what no answer may say."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import httpx

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
VIEWER = "{ viewer { role } }"
LEAKS = re.compile(
    r"Did you mean|Traceback|File \"|\.py\b|asyncpg|[Pp]ostgres|psycopg|SELECT |select |set_config"
    r"|connect\.[a-z_]+|patient_identity|pseudonym\b|patient_id|membership\.|_login|relation "
)
"""What would tell of the inside: hints, stack traces, tables, columns, SQL."""


def bearer(token: str) -> dict[str, str]:
    """Give the header that a token travels in."""
    return {"Authorization": f"Bearer {token}"}


@dataclass(frozen=True, slots=True)
class Client:
    """Ask a served graph with the same headers every time, unless told otherwise."""

    http: httpx.AsyncClient
    headers: dict[str, str]

    async def ask(
        self, query: str, variables: dict[str, Any] | None = None, **headers: str
    ) -> httpx.Response:
        """Ask a query; a header's underscores stand for hyphens."""
        return await self.post({"query": query, "variables": variables}, **headers)

    async def post(self, content: object, **headers: str) -> httpx.Response:
        """Post a body as it is, or as JSON where it is not bytes."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"content-type": JSON, **self.headers, **given}
        return told(await self.http.post("/graphql", content=body, headers=sent))

    async def get(self, **parameters: str) -> httpx.Response:
        """Ask by GET."""
        return told(await self.http.get("/graphql", params=parameters, headers=self.headers))


def told(response: httpx.Response) -> httpx.Response:
    """Check that an answer tells nothing of the inside."""
    if "errors" in response.json():
        found = LEAKS.search(json.dumps(response.json()["errors"]))
        assert found is None, (found, response.text)
    return response


def codes(response: httpx.Response) -> list[str]:
    """List the codes of an answer's errors."""
    return [error["extensions"]["code"] for error in response.json()["errors"]]


def nothing_executed(response: httpx.Response, code: str) -> bool:
    """Tell whether the answer is errors of one code, of the documented shape, without data."""
    body = response.json()
    assert all(set(e) <= {"message", "locations", "path", "extensions"} for e in body["errors"])
    return list(body) == ["errors"] and set(codes(response)) == {code}
