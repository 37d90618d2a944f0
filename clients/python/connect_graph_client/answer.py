"""From what came over HTTP to data, or to an error that says what is wrong."""

from __future__ import annotations

from typing import Any

import httpx

from connect_graph_client.errors import AnswerError, NotGraphQL, Problem


def data_of(response: httpx.Response) -> dict[str, Any]:
    """Give the data of an answer that has no errors.

    Raises AnswerError, or NotGraphQL.
    """
    try:
        body = response.json()
    except ValueError:
        body = None
    if not isinstance(body, dict) or not (body.keys() & {"data", "errors"}):
        kind = response.headers.get("content-type", "no type")
        raise NotGraphQL(
            f"{response.url} answered {response.status_code} with {kind}, which is not GraphQL:"
            " is it the address of /graphql?"
        )
    data: dict[str, Any] | None = body.get("data")
    if errors := body.get("errors"):
        problems = tuple(map(_problem, errors))
        after = response.headers.get("retry-after", "")
        raise AnswerError.of(problems)(
            problems, data, response.status_code, int(after) if after.isdecimal() else None
        )
    if data is None:
        raise NotGraphQL(f"{response.url} answered neither data nor errors")
    return data


def _problem(error: dict[str, Any]) -> Problem:
    code = (error.get("extensions") or {}).get("code")
    return Problem(code, str(error.get("message")), tuple(error.get("path") or ()))
